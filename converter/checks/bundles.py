"""What a path leads to: a definition, a bundle, or a folder of bundles; all checks of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from converter import diagnostics as d
from converter.checks.definitions import DEFINITION, findings_of, findings_of_all
from converter.checks.findings import Finding, about_state, listing
from converter.checks.json_lines import line_of
from converter.checks.machine import MachineTree, read_machine
from converter.checks.permissions import check_permissions
from converter.checks.shapes import objects_of, texts_of
from converter.checks.template import Template, TemplateProblem, read_template
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.workflow import Location

MANIFEST, TEMPLATE, FUNCTIONS = "bundle.json", "template.yaml", "functions"
#: Fields of a state that hold other states, whose substitutions are their own.
_HOLDS_STATES = ("Branches", "ItemProcessor", "Iterator")
#: The folder of child machines' definitions, and what these are called.
CHILDREN, _CHILD_FILE = "children", re.compile(r"child-(\d+)\.asl\.json")
_SUBSTITUTION = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Report:
    """The files with definitions that were checked, and everything that was found."""

    checked: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def check(path: Path) -> list[Diagnostic]:
    """Return everything that is wrong with what a path leads to (see :func:`inspect`)."""
    return list(inspect(path).diagnostics)


def inspect(path: Path) -> Report:
    """Check a definition (a file), a bundle (a folder), or all bundles in a folder.

    What cannot be read is a diagnostic too, and stops nothing else.
    """
    if path.is_file():
        return _inspect_file(path)
    folders = [path] if _is_bundle(path) else sorted(filter(_is_bundle, path.glob("*/")))
    if not folders:
        why = "is neither a definition, nor a bundle, nor a folder of bundles"
        problem = f"{path} {why}" if path.exists() else f"there is no {path}"
        remedy = "give what `dag2sfn convert` wrote, or the file of a definition"
        return Report((), (Diagnostic(d.NOT_A_DEFINITION, problem, remedy),))
    reports = [_inspect_bundle(folder) for folder in folders]
    return Report(
        tuple(file for report in reports for file in report.checked),
        tuple(item for report in reports for item in report.diagnostics),
    )


def _is_bundle(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() or (folder / DEFINITION).is_file()


def _inspect_file(file: Path) -> Report:
    try:
        definition = _Definition.read(file)
    except Dag2SfnError as error:
        return Report((file,), error.diagnostics)
    return Report((file,), tuple(definition.diagnostics(findings_of(definition.machine))))


def _inspect_bundle(folder: Path) -> Report:
    bundle = _Bundle(folder)
    found = list(bundle.problems())
    files = sorted(folder.glob("**/*.asl.json"))
    definitions: dict[Path, _Definition] = {}
    for file in files:
        try:
            definition = _Definition.read(file)
        except Dag2SfnError as error:
            found += error.diagnostics
        else:
            findings = [*findings_of(definition.machine), *bundle.findings(definition)]
            found += definition.diagnostics(findings)
            definitions[file] = definition
    found += bundle.problems_with(definitions)
    found += _between_machines(folder, definitions)
    return Report(tuple(files), tuple(found))


def _between_machines(folder: Path, definitions: Mapping[Path, _Definition]) -> Iterator[Diagnostic]:
    """Yield what is wrong between the machine of a run and its child machines."""
    main = definitions.get(folder / DEFINITION)
    children = {
        int(match[1]): definition
        for file, definition in definitions.items()
        if file.parent.name == CHILDREN and (match := _CHILD_FILE.fullmatch(file.name))
    }
    if main is None or not children:
        return
    contents = {number: child.machine.content for number, child in children.items()}
    for item in findings_of_all(main.machine.content, contents):
        owner, path = main, item.path
        for index, step in enumerate(item.path[:-1]):
            number = item.path[index + 1]
            if step == "child" and isinstance(number, int):
                owner, path = children[number], item.path[index + 2 :]
        yield from owner.diagnostics([replace(item, path=path)])


# --- a file ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Definition:
    """A definition with its text, for the lines of what is found in it."""

    file: Path
    text: str
    machine: MachineTree

    @classmethod
    def read(cls, file: Path) -> _Definition:
        """Read a file. Raises Dag2SfnError (D501)."""
        try:
            text = file.read_text("utf-8")
            content = json.loads(text, object_pairs_hook=_object_without_repetition)
        except OSError as error:
            raise _unreadable(file, f"cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise _unreadable(file, f"is no JSON: {error}") from None
        if not isinstance(content, dict):
            raise _unreadable(file, "holds no JSON object")
        return cls(file, text, read_machine(content))

    def diagnostics(self, findings: list[Finding]) -> Iterator[Diagnostic]:
        """Yield findings as diagnostics, each with its line."""
        for item in findings:
            place = Location(self.file.as_posix(), line_of(self.text, item.path))
            yield Diagnostic(item.code, item.problem, item.remedy, place)


def _object_without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the member '{repeated}' twice")
    return members


def _unreadable(file: Path, why: str) -> Dag2SfnError:
    problem = f"the definition {why}"
    return Dag2SfnError(Diagnostic(d.NOT_A_DEFINITION, problem, location=Location(file.as_posix())))


# --- a bundle ----------------------------------------------------------------------------------------------


class _Bundle:
    """What stands beside the definitions of a bundle."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: list[Diagnostic] = []
        self._manifest = self._read_manifest()
        self._template = self._read_template()

    def problems(self) -> Iterator[Diagnostic]:
        """Yield what is wrong with the files of the bundle themselves (D547)."""
        yield from self._found
        if not (self._folder / DEFINITION).is_file():
            yield self._incomplete(f"there is no {DEFINITION}")
        for function in texts_of(self._manifest.get("functions")):
            if not any((self._folder / FUNCTIONS / function).glob("**/*.py")):
                yield self._incomplete(f"the function '{function}' has no source in {FUNCTIONS}/{function}")

    def problems_with(self, definitions: Mapping[Path, _Definition]) -> Iterator[Diagnostic]:
        """Yield what the manifest says and the definitions do not (D547)."""
        if self._folder / DEFINITION not in definitions:
            return
        names = {state.name for item in definitions.values() for state in item.machine.states}
        tasks = objects_of(self._manifest.get("tasks"))
        missing = [str(task.get("task_id")) for task in tasks if str(task.get("state")) not in names]
        if missing:
            problem = f"the states of the tasks {listing(missing)} are not in {DEFINITION}"
            yield self._incomplete(problem)
        started = {state.child for item in definitions.values() for state in item.machine.states}
        for number in sorted(number for number in started if number is not None):
            if not (self._folder / CHILDREN / f"child-{number}.asl.json").is_file():
                yield self._incomplete(f"there is no {CHILDREN}/child-{number}.asl.json, which is started")

    def findings(self, definition: _Definition) -> Iterator[Finding]:
        """Yield what is wrong between a definition and the template (D545, D546)."""
        if self._template is None:
            return
        machine, template = definition.machine, self._template.of(definition.file.name)
        for state in machine.states:
            own = {name: value for name, value in state.content.items() if name not in _HOLDS_STATES}
            used = dict.fromkeys(_SUBSTITUTION.findall(json.dumps(own)))
            for name in used:
                if name not in template.substitutions:
                    problem = f"the template does not say what ${{{name}}} is"
                    remedy = "add it to DefinitionSubstitutions, or write '$' & '{…}' if it is text"
                    yield about_state(d.UNDEFINED_SUBSTITUTION, state, problem, remedy)
        yield from check_permissions(machine, template)

    def _read_manifest(self) -> Mapping[str, Any]:
        try:
            manifest = json.loads((self._folder / MANIFEST).read_text("utf-8"))
        except FileNotFoundError:
            self._found.append(self._incomplete(f"there is no {MANIFEST}"))
        except (OSError, ValueError) as error:
            self._found.append(self._incomplete(f"{MANIFEST} cannot be read: {error}"))
        else:
            if isinstance(manifest, dict):
                return manifest
            self._found.append(self._incomplete(f"{MANIFEST} holds no JSON object"))
        return {}

    def _read_template(self) -> Template | None:
        try:
            return read_template((self._folder / TEMPLATE).read_text("utf-8"))
        except FileNotFoundError:
            self._found.append(self._incomplete(f"there is no {TEMPLATE}"))
        except (OSError, UnicodeError, TemplateProblem) as error:
            self._found.append(self._incomplete(f"{TEMPLATE} cannot be used: {error}"))
        return None

    def _incomplete(self, problem: str) -> Diagnostic:
        place = Location(self._folder.as_posix())
        return Diagnostic(d.BUNDLE_INCOMPLETE, problem, "convert the DAG again", place)
