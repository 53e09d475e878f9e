"""What a plain schedule means in the Airflow that the DAG files are from.

The same cron string is two timetables: a run stands for the interval before it (Airflow 2, where the logical
date of a daily run is the day before), or for the moment itself (Airflow 3). Airflow's configuration decides,
so it has to be told: the file does not say it, and one for Airflow 2 loads in Airflow 3 with other dates.
"""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.workflow import Location

#: Field of :class:`Timetables` → the option of Airflow's section [scheduler].
_OPTIONS = {
    "cron_intervals": "create_cron_data_intervals",
    "delta_intervals": "create_delta_data_intervals",
    "catchup": "catchup_by_default",
}
#: As in Airflow's own configuration (ConfigParser).
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


@dataclass(frozen=True)
class Timetables:
    """Airflow's options on plain schedules; None is one that nobody has told.

    ``cron_intervals`` and ``delta_intervals``: whether a run with a cron string, or a time span, as schedule
    stands for an interval. ``catchup``: whether missed runs are made up for where a DAG does not say it.
    """

    cron_intervals: bool | None = None
    delta_intervals: bool | None = None
    catchup: bool | None = None

    @classmethod
    def of_version(cls, version: str) -> Timetables:
        """Return the defaults of a version, ``2`` or ``2.10.3``, of Airflow.

        >>> Timetables.of_version("2.10.3").cron_intervals, Timetables.of_version("3").cron_intervals
        (True, False)
        """
        return cls(*[version.partition(".")[0] in ("1", "2")] * len(_OPTIONS))

    @classmethod
    def of_options(cls, options: Mapping[str, str]) -> Timetables:
        """Return what configuration options say, ``{"scheduler.create_cron_data_intervals": "True"}``."""
        found = {name: options.get(f"scheduler.{option}", "") for name, option in _OPTIONS.items()}
        return cls(**{name: _BOOLEANS.get(text.strip().lower()) for name, text in found.items()})

    @classmethod
    def of_environment(cls) -> Timetables:
        """Return what this process' own environment says, as Airflow would read it."""
        names = {f"scheduler.{option}": _variable(option) for option in _OPTIONS.values()}
        return cls.of_options({name: os.environ.get(variable, "") for name, variable in names.items()})

    def otherwise(self, other: Timetables) -> Timetables:
        """Return these, with those of another one where these say nothing."""
        mine = {name: value for name, value in asdict(self).items() if value is not None}
        return Timetables(**{**asdict(other), **mine})

    def variables(self) -> dict[str, str]:
        """Return the environment variables that let Airflow make these timetables of plain schedules."""
        said = {_variable(_OPTIONS[name]): value for name, value in asdict(self).items() if name != "catchup"}
        return {name: str(value) for name, value in said.items() if value is not None}


def _variable(option: str) -> str:
    return f"AIRFLOW__SCHEDULER__{option.upper()}"


def told_timetables(source_airflow: str | None, airflow_config: Path | None) -> Timetables:
    """Return what ``--source-airflow`` and ``--airflow-config`` say; the file goes before the version.

    Raises Dag2SfnError (D241) if the file cannot be read.
    """
    told = Timetables()
    if airflow_config is not None:
        options, version = _configured(airflow_config)
        told = Timetables.of_options(options)
        if version:
            told = told.otherwise(Timetables.of_version(version))
    return told.otherwise(Timetables.of_version(source_airflow)) if source_airflow else told


def _configured(path: Path) -> tuple[Mapping[str, str], str]:
    """Return the options in a file, and the version of Airflow if it says that, too."""
    try:
        text = path.read_text("utf-8-sig")
        if not text.lstrip().startswith("{"):
            return options_from_ini(text), ""
        document = json.loads(text)
        options, version = options_from_json(document), version_from_json(document)
        if options or version or "AirflowConfigurationOptions" in document:
            return options, version
        problem = "the file is no configuration of Airflow: it has neither options nor a version"
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    except (ValueError, configparser.Error) as error:
        problem = f"the file is no configuration of Airflow: {str(error).splitlines()[0]}"
    remedy = "give an airflow.cfg, or what `aws mwaa get-environment` prints"
    location = Location(path.as_posix())
    raise Dag2SfnError(Diagnostic(d.AIRFLOW_CONFIG_UNREADABLE, problem, remedy, location))


def options_from_json(document: Any) -> dict[str, str]:
    """Return the options in what `aws mwaa get-environment` prints, or in its part with the options."""
    for name in ("Environment", "AirflowConfigurationOptions"):
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            document = document[name]
    items = document.items() if isinstance(document, dict) else ()
    return {name: str(value) for name, value in items if "." in name and not isinstance(value, (dict, list))}


def version_from_json(document: Any) -> str:
    """Return the version of Airflow in what `aws mwaa get-environment` prints; empty if it has none."""
    try:
        return str(document["Environment"]["AirflowVersion"])
    except (KeyError, TypeError):
        return ""


def options_from_ini(text: str) -> dict[str, str]:
    """Return the options of an ``airflow.cfg``. Raises configparser.Error."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return {
        f"{section}.{key}": value for section in parser.sections() for key, value in parser[section].items()
    }
