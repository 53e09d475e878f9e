"""The file with values of Airflow's Variables (``--variables``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.workflow import Location


def read_variables(path: Path) -> Mapping[str, Any]:
    """Return Variable → value of a JSON or YAML file, as ``airflow variables export`` writes it.

    Raises Dag2SfnError (D135) if it cannot be read, or is no mapping with texts as keys.
    """
    return read_mapping(path, "names of Variables to values", "write {name: value}")


def read_mapping(path: Path, what: str, remedy: str) -> Mapping[str, Any]:
    """Return the mapping with texts as keys that a JSON or YAML file holds. Raises Dag2SfnError (D135)."""
    location = Location(path.as_posix())
    try:
        values = yaml.safe_load(path.read_text("utf-8-sig"))
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        problem = f"the file is neither JSON nor YAML: {str(error).splitlines()[0]}"
    else:
        if isinstance(values, dict) and all(isinstance(name, str) for name in values):
            # JSON values only: YAML has dates as well.
            return {name: json.loads(json.dumps(value, default=str)) for name, value in values.items()}
        problem = f"the file does not map {what}"
    raise Dag2SfnError(Diagnostic(d.VARIABLES_UNREADABLE, problem, remedy, location))


def as_text(value: Any) -> str:
    """Return a Variable's value as Airflow stores it: texts as they are, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
