"""Puts all stand-ins in place, once per process, and says for each file which of them it needed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

from converter.loading.child.construction import Constructions
from converter.loading.child.stand_ins.airflow_folders import AirflowFolders
from converter.loading.child.stand_ins.clock import Clock
from converter.loading.child.stand_ins.constructors import Constructors
from converter.loading.child.stand_ins.environment import lend_environment
from converter.loading.child.stand_ins.imports import Imports
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.missing import Missing
from converter.loading.child.stand_ins.network import close_network
from converter.loading.child.stand_ins.parsers import let_parsers_pass_what_is_unknown
from converter.loading.child.stand_ins.variables import Variables
from converter.loading.paths import DagRoot
from converter.loading.timetables import Timetables
from converter.workflow import Location, StandIn


class StandIns:
    """All stand-ins. ``variables`` are given values of Variables by name, as JSON values.

    ``timetables`` are what Airflow has been told about plain schedules.

    ``constructions`` knows which files are the author's: those below ``root``. ``plugins`` are folders that
    are importable besides. With ``allow_network``, DAG files may reach other machines, and boto3 and hooks
    are the real ones.
    """

    def __init__(
        self,
        constructions: Constructions,
        *,
        root: DagRoot,
        plugins: Sequence[str],
        variables: Mapping[str, Any],
        allow_network: bool,
        timetables: Timetables,
    ) -> None:
        def is_authors(frame: FrameType) -> bool:
            return constructions.is_authors(frame.f_code.co_filename)

        self._ledger = Ledger(constructions.here)
        self.missing = missing = Missing(self._ledger, is_authors)
        self._constructors = Constructors(self._ledger, timetables)
        self._constructors.install()
        Variables(variables, missing).install()
        lend_environment(missing)
        let_parsers_pass_what_is_unknown()
        if not allow_network:
            close_network()
        self.clock = Clock()
        folders = AirflowFolders(root, plugins, os.environ["AIRFLOW_HOME"], self._ledger)
        folders.install()
        Imports(missing, constructions.is_authors, self.clock, folders, offline=not allow_network).install()

    def begin(self, file: Location) -> None:
        """Start noting, for another DAG file."""
        self._ledger.begin(file)
        self.missing.was_given_globals = ""

    def date(self, dag: Any, place: Location | None, *, for_airflow_2: bool) -> None:
        """Let the schedule of a DAG, made at ``place``, mean what it does in the Airflow of its file."""
        self._constructors.date(dag, place, for_airflow_2=for_airflow_2)

    def needed(self) -> tuple[StandIn, ...]:
        """Return what the present file needed so far."""
        return self._ledger.noted()
