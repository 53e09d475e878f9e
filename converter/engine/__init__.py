"""The Engine: an interpreter of Amazon States Language in both query languages, on a virtual or a real clock.

``parse_definition`` checks and compiles a definition; ``Execution`` runs it, calling a ``TaskBackend`` for
its tasks; ``run_virtual`` does both in virtual time with simulated tasks. Neither AWS nor its libraries are
needed. What is supported, and how far it agrees with AWS: docs/engine.md.
"""

from converter.engine.clock import Clock, RealClock, VirtualClock
from converter.engine.definition import Definition
from converter.engine.distributed_map import ChildExecution, MapRun
from converter.engine.errors import (
    Deadlock,
    EngineError,
    InvalidDefinition,
    InvalidExecutionInput,
    UnknownTaskToken,
    UnsupportedDefinition,
)
from converter.engine.execution import Execution
from converter.engine.history import HistoryEvent
from converter.engine.parsing import parse_definition
from converter.engine.simulation import SimulatedBackend, TaskResult, run_virtual
from converter.engine.tasks import TaskBackend, TaskCall, TaskFailure

__all__ = [
    "ChildExecution",
    "Clock",
    "Deadlock",
    "Definition",
    "EngineError",
    "Execution",
    "HistoryEvent",
    "InvalidDefinition",
    "InvalidExecutionInput",
    "MapRun",
    "RealClock",
    "SimulatedBackend",
    "TaskBackend",
    "TaskCall",
    "TaskFailure",
    "TaskResult",
    "UnknownTaskToken",
    "UnsupportedDefinition",
    "VirtualClock",
    "parse_definition",
    "run_virtual",
]
