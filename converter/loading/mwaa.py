"""An environment of Amazon MWAA as one input: its DAGs, plugins, requirements and configuration options.

As it lies in the environment's bucket, or in a project for it: ``dags/``; ``plugins/`` or ``plugins.zip``,
which are importable for the DAGs; ``requirements.txt``; configuration options, as `aws mwaa get-environment`
prints them, or in an ``airflow.cfg``; and the variables that ``startup.sh`` exports.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.loading.timetables import Timetables, options_from_ini, options_from_json, version_from_json
from converter.task_runtime.plugins import PLUGINS, plugins_in
from converter.task_runtime.third_party import normalized
from converter.workflow import Location

_DAGS = "dags"
_REQUIREMENTS = ("requirements.txt", "requirements/requirements.txt")
_OPTIONS = ("environment.json", "airflow-configuration-options.json", "configuration.json", "airflow.cfg")
_STARTUP = ("startup.sh", "startup_script/startup.sh")
_EXPORT = re.compile(r"^\s*export\s+([A-Za-z_]\w*)=(\"[^\"$`]*\"|'[^']*'|[^\s$`;&|]*)\s*$", re.MULTILINE)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(==\s*([\w.!+-]+))?")
#: A requirement of one version, for all of its environments.
_PIN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*==\s*([\w.!+-]+)\s*(?:#.*|--hash.*|\\)?")
#: Options that say where the environment keeps things, and nothing about its DAGs.
_NOT_TAKEN = ("core.dags_folder", "core.plugins_folder", "core.executor", "core.load_examples")
_SECTIONS_NOT_TAKEN = ("database", "logging", "secrets", "celery", "webserver", "scheduler", "metrics", "api")


@dataclass(frozen=True)
class Surroundings:
    """What DAG files find besides themselves: folders to import from, and variables of the environment.

    ``timetables`` are what the environment says about plain schedules.
    """

    folders: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    timetables: Timetables = field(default_factory=Timetables)


@dataclass(frozen=True)
class MwaaEnvironment:
    """The parts of an environment, as far as they are there."""

    dags: Path
    plugins: Path | None
    requirements: Path | None
    options: Path | None
    startup: Path | None

    @classmethod
    def at(cls, path: Path) -> MwaaEnvironment | None:
        """Return the environment in a folder; None if it is no such folder: one of DAG files, say."""
        if not (path / _DAGS).is_dir():
            return None
        found = {
            name: next((path / part for part in parts if (path / part).exists()), None)
            for name, parts in (
                ("plugins", PLUGINS),
                ("requirements", _REQUIREMENTS),
                ("options", _OPTIONS),
                ("startup", _STARTUP),
            )
        }
        return cls(path / _DAGS, **found) if any(found.values()) else None

    def surroundings(self) -> Surroundings:
        """Return what its DAG files find besides themselves."""
        plugins = plugins_in(os.path.abspath(self.dags.parent))
        options = self._configuration()
        names = {_variable_of(name): value for name, value in options.items() if _is_taken(name)}
        timetables = Timetables.of_options(options)
        if version := self._version():
            timetables = timetables.otherwise(Timetables.of_version(version))
        folders = () if plugins is None else (str(plugins),)
        return Surroundings(folders, {**names, **self._exported()}, timetables)

    def pins(self) -> dict[str, str]:
        """Return the versions that its requirements fix, by the packages' normalized names."""
        lines = _text(self.requirements).splitlines()
        return {normalized(pin[1]): pin[2] for pin in map(_PIN.fullmatch, lines) if pin}

    def notes(self) -> Iterator[Diagnostic]:
        """Yield what was taken from where, and the requirements that are not met here."""
        parts = [part for part in (self.plugins, self.options, self.startup) if part is not None]
        also = f", with {', '.join(part.as_posix() for part in parts)}" if parts else ""
        yield Diagnostic(
            d.MWAA_ENVIRONMENT,
            f"the DAGs are those of {self.dags.as_posix()}{also}",
            "give that folder itself to leave out what is around it",
            Location(self.dags.parent.as_posix()),
        )
        for number, name, wanted in self._required():
            yield from _requirement_note(self.requirements, number, name, wanted)

    def _configuration(self) -> dict[str, str]:
        if self.options is None:
            return {}
        try:
            text = self.options.read_text("utf-8")
            found = (
                options_from_ini(text)
                if self.options.suffix == ".cfg"
                else options_from_json(json.loads(text))
            )
        except (OSError, ValueError, configparser.Error):
            return {}
        return found

    def _version(self) -> str:
        """Return the environment's version of Airflow, if `aws mwaa get-environment` has told it."""
        try:
            return version_from_json(json.loads(_text(self.options)))
        except ValueError:
            return ""

    def _exported(self) -> dict[str, str]:
        text = _text(self.startup)
        return {name: value.strip("\"'") for name, value in _EXPORT.findall(text)}

    def _required(self) -> Iterator[tuple[int, str, str]]:
        for number, line in enumerate(_text(self.requirements).splitlines(), 1):
            found = _REQUIREMENT.match(line)
            if found and not line.lstrip().startswith(("-", "#")):
                yield number, found[1], found[3] or ""


def _requirement_note(file: Path | None, line: int, name: str, wanted: str) -> Iterator[Diagnostic]:
    place = Location(file.as_posix(), line) if file else None
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        problem = f"the environment has '{name}', which is not installed here"
        yield Diagnostic(
            d.REQUIREMENT_NOT_MET, problem, "install it beside Airflow, if DAG files import it", place
        )
        return
    if wanted and installed != wanted and not name.startswith("apache-airflow"):
        problem = f"the environment has '{name}' {wanted}, as which it is packaged; here it is {installed}"
        yield Diagnostic(
            d.REQUIREMENT_NOT_MET, problem, "install that version, if DAG files depend on it", place
        )


def _is_taken(option: str) -> bool:
    section = option.partition(".")[0]
    return option not in _NOT_TAKEN and section not in _SECTIONS_NOT_TAKEN


def _variable_of(option: str) -> str:
    section, _, key = option.partition(".")
    return f"AIRFLOW__{section.upper()}__{key.upper()}"


def _text(file: Path | None) -> str:
    try:
        return file.read_text("utf-8", errors="replace") if file else ""
    except OSError:
        return ""


def notes_on(path: Path) -> Sequence[Diagnostic]:
    """Return what is to be said about a path that is an environment; nothing about another one."""
    environment = MwaaEnvironment.at(path)
    return list(environment.notes()) if environment else []
