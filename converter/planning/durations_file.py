"""The file with what tasks are expected to take (``--durations``): read, and checked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import yaml

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.planning.durations import ExpectedDurations
from converter.workflow import Location

_FORMS = "write {task: seconds}, or {DAG: {task: seconds}}"


def read_durations(path: Path) -> ExpectedDurations:
    """Return what a JSON or YAML file says: ``{task: seconds}`` or ``{dag_id: {task: seconds}}``.

    Raises Dag2SfnError with everything that is wrong with the file, each with its line.
    """
    file = path.as_posix()
    try:
        # JSON is YAML but for tabs between its tokens. Within its strings there are none.
        text = path.read_text(encoding="utf-8-sig")
        # Not the loader in C, which ends Python where brackets are nested very deeply.
        root = yaml.compose(text.replace("\t", " ") if path.suffix == ".json" else text, yaml.SafeLoader)
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
        raise Dag2SfnError(Diagnostic(d.DURATIONS_UNREADABLE, problem, "", Location(file))) from None
    except UnicodeDecodeError:
        problem = "the file is no text in UTF-8"
        raise Dag2SfnError(Diagnostic(d.DURATIONS_UNREADABLE, problem, _FORMS, Location(file))) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Dag2SfnError(_syntax_problem(file, error)) from None
    return _Reading(file).read(root)


def _syntax_problem(file: str, error: Exception) -> Diagnostic:
    line, reason = 0, "it is nested too deeply"
    if isinstance(error, yaml.MarkedYAMLError):
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        reason = error.problem or error.context or ""
    elif isinstance(error, yaml.reader.ReaderError):
        reason = error.reason
    problem = f"the file is neither JSON nor YAML: {reason}"
    return Diagnostic(d.DURATIONS_UNREADABLE, problem, _FORMS, Location(file, line))


class _Reading:
    """One file under examination. Keys are taken as they are written: in YAML, `on` and `1` are no text."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Diagnostic] = []

    def read(self, root: yaml.Node | None) -> ExpectedDurations:
        found = ExpectedDurations(self._file)
        if isinstance(root, yaml.MappingNode):
            by_dag = [pair for pair in root.value if isinstance(pair[1], yaml.MappingNode)]
            if not by_dag:
                found = ExpectedDurations(self._file, of_any_dag=self._tasks(root))
            elif len(by_dag) == len(root.value):
                pairs = self._pairs(root)
                found = ExpectedDurations(self._file, by_dag={key: self._tasks(dag) for key, dag in pairs})
            else:
                self._problem(by_dag[0][0], "some of its keys are DAGs, and others are tasks", _FORMS)
        else:
            self._problem(root, "it holds no durations", _FORMS)
        if self._problems:
            raise Dag2SfnError(*self._problems)
        return found

    def _tasks(self, node: yaml.Node) -> dict[str, float]:
        return {task: self._seconds(task, value) for task, value in self._pairs(node)}

    def _pairs(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._problem(key, "a key is no id", _FORMS)
                continue
            if key.value in seen:
                self._problem(key, f"'{key.value}' is there twice", "leave one of them")
            seen.add(key.value)
            yield key.value, value

    def _seconds(self, task: str, node: yaml.Node) -> float:
        """Return a number as it is written: YAML takes `1:30` and `1e3` for something else than JSON does."""
        try:
            if isinstance(node, yaml.ScalarNode) and node.style is None:
                seconds = float(node.value)
                if seconds >= 0 and math.isfinite(seconds):
                    return seconds
        except ValueError:
            pass
        shown = f"'{node.value}'" if isinstance(node, yaml.ScalarNode) else "no number"
        self._problem(
            node, f"the duration of '{task}' is {shown}", "write seconds, as a number that is 0 or more"
        )
        return 0.0

    def _problem(self, node: yaml.Node | None, problem: str, remedy: str) -> None:
        place = Location(self._file, node.start_mark.line + 1 if node else 0)
        self._problems.append(Diagnostic(d.DURATIONS_INVALID, problem, remedy, place))
