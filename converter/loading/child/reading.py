"""Reads DAG files, turning every way to fail into a report.

A report is ``{"read": file, "dags": [...], "failure": {...} | None, "stand_ins": [StandIn]}``.

- failure: ``{"kind": "raised" | "syntax" | "exited" | "no_dag", "error": one line, "location": Location}``;
  there is no DAG, and may be one elsewhere: by what is unknown (``error``), or by a line
- each DAG: ``{"dag_id", "location", "workflow": Workflow | None, "cycle": [task ids], "invalid": one line}``;
  there is no workflow if there is a cycle or the DAG is invalid.
"""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.loading.child.airflow_names import DAG
from converter.loading.child.construction import Constructions
from converter.loading.child.dag_file import find_cycle, import_dag_file, names_of
from converter.loading.child.expected_dags import line_of_a_dag, unknown_dag
from converter.loading.child.home_paths import with_home_paths
from converter.loading.child.momentary import may_be_momentary, with_momentary
from converter.loading.child.stand_ins.installation import StandIns
from converter.loading.child.surviving import Survival
from converter.loading.child.tasks import default_settings
from converter.loading.child.workflows import default_dag_settings, workflow_from
from converter.loading.child.written_for import is_for_airflow_2
from converter.loading.paths import DagRoot
from converter.loading.timetables import Timetables
from converter.workflow import Location


class Reader:
    """Reads DAG files below one root. One per process."""

    def __init__(
        self,
        root: DagRoot,
        *,
        plugins: Sequence[str],
        variables: Mapping[str, Any],
        allow_network: bool,
        timetables: Timetables,
    ) -> None:
        # The defaults are those outside any DAG, so they are asked for before there is one.
        default_settings()
        default_dag_settings()
        self._root = root
        #: Whether the last import of the present file ended without an exception, if there were several.
        self._went_through = False
        #: Whether the present file could be imported only with something in it tried.
        self._is_tried = False
        self._constructions = Constructions(root)
        self._timetables = timetables
        self._stand_ins = StandIns(
            self._constructions,
            root=root,
            plugins=plugins,
            variables=variables,
            allow_network=allow_network,
            timetables=timetables,
        )

    def read(self, file: str) -> dict[str, Any]:
        """Import the file (absolute path) and return the report on it."""
        self._constructions.forget()
        place = Location(self._root.shown(file))
        self._stand_ins.begin(place)
        report: dict[str, Any] = {"read": file, "dags": [], "failure": None}
        try:
            source = Path(file).read_bytes()
            dags = self._constructions.in_order(self._imported(file, place))
        except BaseException as error:  # noqa: BLE001  (a DAG file is any program: sys.exit() is reported too)
            # Without the DAG, much of the file fails: that it is not there comes first.
            none = isinstance(error, Exception) and self._no_dag(file, place, error)
            report["failure"] = none or self._failure(error, place)
        else:
            source_hash = hashlib.sha256(source).hexdigest()
            of_airflow_2 = is_for_airflow_2(source)
            for dag in dags:
                self._stand_ins.date(dag, self._constructions.location(dag), for_airflow_2=of_airflow_2)
            report["dags"] = [self._describe(dag, place, source_hash) for dag in _without_subdags(dags)]
            if not dags:
                report["failure"] = self._no_dag(file, place)
        report["stand_ins"] = self._stand_ins.needed()
        if report["dags"] and may_be_momentary(source):
            self._mark_momentary(file, place, report["dags"])
        return report

    def _mark_momentary(self, file: str, place: Location, dags: list[dict[str, Any]]) -> None:
        """Import a file that could be read again, at another time, and mark in its DAGs what is otherwise."""
        self._constructions.forget()
        self._stand_ins.begin(place)
        try:
            with self._stand_ins.clock.forward():
                dags_then = self._imported(file, place) if self._is_tried else import_dag_file(file)
                again = _without_subdags(self._constructions.in_order(dags_then))
        except BaseException:  # noqa: BLE001  (it minds the time)
            return
        for report, dag in zip(dags, again, strict=False):
            second = self._describe(dag, place, "")["workflow"]
            if second is not None and report["workflow"] is not None and dag.dag_id == report["dag_id"]:
                report["workflow"] = with_momentary(report["workflow"], second)

    def _imported(self, file: str, place: Location) -> list[DAG]:
        """Return the file's DAGs; where statements fail for want of something, without what they give."""
        self._is_tried = False
        try:
            return import_dag_file(file)
        except BaseException as error:
            self._is_tried = True
            if found := self._survived(file, place, error):
                return found
            raise

    def _survived(self, file: str, place: Location, failure: BaseException) -> list[DAG]:
        """Import the file again and again, each time without what failed; return its DAGs, if any."""
        survival, self._went_through = Survival(file, self._stand_ins.missing), False
        try:
            while survival.learn_from(failure):
                self._constructions.forget()
                self._stand_ins.begin(place)
                survival.begin()
                try:
                    dags = import_dag_file(file, survival)
                except BaseException as another:  # noqa: BLE001  (a DAG file is any program)
                    failure = another
                else:
                    self._went_through = True
                    return dags
            return []
        finally:
            survival.end()

    def _no_dag(self, file: str, place: Location, error: Exception | None = None) -> dict[str, Any] | None:
        """Return what is to be said about a file without a DAG; None for one that seems to make none.

        ``error`` is the first one of its imports, if they were several: the last may have gone through.
        """
        if isinstance(error, SyntaxError):
            return None
        unknown = unknown_dag(names_of(file)) or self._stand_ins.missing.was_given_globals
        line = 0
        if not unknown and (error is None or self._went_through):
            line = line_of_a_dag(Path(file).read_bytes())
        if not unknown and not line:
            return None
        return {"kind": "no_dag", "error": unknown, "location": replace(place, line=line)}

    def _failure(self, error: BaseException, file: Location) -> dict[str, Any]:
        if isinstance(error, SyntaxError):
            if error.filename and error.lineno:
                file = Location(self._constructions.shown(error.filename), error.lineno)
            return {"kind": "syntax", "error": error.msg, "location": file}
        kind = "exited" if isinstance(error, SystemExit) else "raised"
        place = self._constructions.innermost_location(error.__traceback__) or file
        return {"kind": kind, "error": _in_words(error), "location": place}

    def _describe(self, dag: DAG, file: Location, source_hash: str) -> dict[str, Any]:
        report: dict[str, Any] = {
            "dag_id": dag.dag_id,
            "location": self._constructions.location(dag) or file,
            "workflow": None,
            "cycle": find_cycle(dag),
            "invalid": "",
        }
        if report["cycle"]:
            return report
        try:
            dag.validate()
            dag.resolve_template_files()
            found = workflow_from(
                dag,
                constructions=self._constructions,
                file=file,
                source_hash=source_hash,
                stand_ins=self._stand_ins.needed(),
                timetables=self._timetables,
            )
            report["workflow"] = with_home_paths(found, os.environ["AIRFLOW_HOME"])
        except Exception as error:  # noqa: BLE001  (the author's own operators and timetables can raise it)
            report["invalid"] = one_line(error)
        return report


def _without_subdags(dags: Sequence[DAG]) -> list[DAG]:
    """Return the DAGs that are no task of another one, as with the SubDagOperator of Airflow 2."""
    tasks = [task for dag in dags for task in dag.task_dict.values()]
    inner = {id(getattr(task, "_BaseOperator__init_kwargs", {}).get("subdag")) for task in tasks}
    return [dag for dag in dags if id(dag) not in inner]


def _in_words(error: BaseException) -> str:
    """Return the exception on one line, and that of ``os.environ["X"]`` in words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if isinstance(error, KeyError) and trace is not None and trace.tb_frame.f_globals is vars(os):
        return f"KeyError: the environment has no {error}"
    return one_line(error)


def one_line(error: BaseException) -> str:
    """Return the exception as it ends a traceback, on one line: ``ValueError: two lines``."""
    return " ".join("".join(traceback.format_exception_only(error)).split())
