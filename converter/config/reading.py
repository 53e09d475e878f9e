"""Finds ``dag2sfn.yaml`` and reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import yaml

from converter import diagnostics as d
from converter.config.keys import CONFIG
from converter.config.kinds import Reading
from converter.config.model import Config
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.workflow import PREFIX, Location
from converter.yaml_loader import SafeLoader

FILE_NAME = "dag2sfn.yaml"


def find_config(folder: Path) -> Path | None:
    """Return the nearest ``dag2sfn.yaml`` in a folder or one above it; None if there is none."""
    folder = folder.resolve()
    return next(
        (place / FILE_NAME for place in (folder, *folder.parents) if (place / FILE_NAME).is_file()), None
    )


def read_config(file: Path) -> Config:
    """Return what a file says. Raises Dag2SfnError (D431, D432) with all that is wrong with it."""
    try:
        root = yaml.compose(file.read_text("utf-8-sig"), SafeLoader)
    except OSError as error:
        raise _unreadable(file, 0, f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _unreadable(file, 0, "the file is no text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise _unreadable(file, line, f"the file is no YAML: {error.problem or error.context}") from None
    except RecursionError:
        raise _unreadable(file, 0, "the file is no YAML: it is nested too deeply") from None
    except yaml.YAMLError as error:
        raise _unreadable(file, 0, f"the file is no YAML: {str(error).splitlines()[0]}") from None
    if root is None:
        return Config(file=file)
    reading = Reading(file)
    found: Config = replace(CONFIG.read(root, (), reading), file=file, lines=reading.lines)
    problems = [*reading.problems, *_unusable_shadows(found)]
    if problems:
        raise Dag2SfnError(*sorted(problems, key=lambda item: item.location or Location("")))
    return found


def _unusable_shadows(config: Config) -> Iterator[Diagnostic]:
    """Find the DAGs whose machines beside Airflow would have no environment, or not their own names."""
    for dag_id, dag in config.dags.items():
        if dag.shadow is None:
            continue
        name, place = dag.shadow.environment, config.place_of("dags", dag_id, "shadow")
        if name not in config.environments:
            problem = f"the shadow of '{dag_id}' has no environment '{name}'"
            remedy = f"add it under 'environments': {name}: {{prefix: shadow-}}, with what tasks have there"
            yield Diagnostic(d.CONFIG_INVALID, problem, remedy, place)
        elif (other := _in_one_place(config, name)) is not None:
            problem = f"'{name}', where the shadow of '{dag_id}' is to be, has the names of {other}"
            yield Diagnostic(
                d.SHADOW_IN_THE_WAY, problem, f"give '{name}' a prefix: {{prefix: shadow-}}", place
            )


def _in_one_place(config: Config, name: str) -> str | None:
    """Return which other environment has stacks of the same names in the same account and region."""
    places = {f"the environment '{other}'": config.in_environment(other) for other in config.environments}
    mine = places.pop(f"the environment '{name}'")
    for other, its in {"what is deployed without an environment": config, **places}.items():
        if _place(its) == _place(mine):
            return other
    return None


def _place(config: Config) -> tuple[str | None, str | None, str]:
    return config.account, config.region, config.prefix or PREFIX


def _unreadable(file: Path, line: int, problem: str) -> Dag2SfnError:
    remedy = "docs/configuration.md says what it may hold"
    return Dag2SfnError(Diagnostic(d.CONFIG_UNREADABLE, problem, remedy, Location(file.as_posix(), line)))
