"""Imports a DAG file in spite of statements that fail here, and not where the file is at home.

A file asks for a configuration file, a database or another machine; calculates with what a stand-in is no
number for; or uses what is gone from Airflow's classes. What is gone gets a stand-in. Any other expression
that fails so is *tried* in another import, or the whole statement, where Python does not tell which
expression it was: what it would give is unknown, and followed like everything unknown. What it would do
besides cannot be known, so that the DAG is then refused, with the place and the error. The last word is the
first failure, if nothing comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, ModuleType, TracebackType
from typing import Any

from airflow.exceptions import AirflowException

from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.missing import Missing
from converter.loading.child.trying import NOTE, TRY, UNKNOWN, Span, can_be_tried, span_of_frame, trying
from converter.workflow import StandInKind

#: What is not there where the file is read, whatever the file is like.
_OF_THE_SURROUNDINGS = (OSError, ImportError, AttributeError)
#: Mistakes in a DAG itself, as Airflow finds them.
_MISTAKES = ("Duplicate", "Cycle", "TaskAlreadyInTaskGroup", "TaskNotFound")
#: After which values are not known.
_UNKNOWNS = (
    StandInKind.CALL,
    StandInKind.CONNECTION,
    StandInKind.ENVIRONMENT,
    StandInKind.MISSING_MODULE,
    StandInKind.MOVED,
    StandInKind.REMOVED,
    StandInKind.UNKNOWN_DECIDES,
    StandInKind.UNMAPPED_OPERATOR,
    StandInKind.VARIABLE,
)
_MOST_FAILURES = 25
#: How errors show unknown objects, texts with their marks, and templates of Variables.
_OF_UNKNOWNS = re.compile(r"\bUnknown\b|\u27e6|\{\{ (var|conn|environ)\b")
#: Modules of Python that only calculate.
_WITHOUT_EFFECTS = frozenset(
    "ast base64 calendar csv datetime decimal json re string strptime uuid yaml".split()
)


def may_be_survived(error: BaseException, ledger: Ledger) -> bool:
    """Return whether an exception may come from what is not here, rather than from a mistake in the file."""
    if not isinstance(error, Exception) or isinstance(error, (SyntaxError, RecursionError, MemoryError)):
        return False
    if any(word in type(error).__name__ for word in _MISTAKES):
        return False
    if isinstance(error, (*_OF_THE_SURROUNDINGS, AirflowException)):
        return True
    modules = list(_modules_of(error))
    if any(name.startswith("airflow.") for name in modules):  # another version may think otherwise
        return True
    return (isinstance(error, KeyError) and modules[-1:] == ["os"]) or ledger.has(*_UNKNOWNS)


def _only_for_the_unknown(error: Exception, file: str) -> bool:
    """Return whether a function of Python's own failed at a value that is not known.

    It would have done nothing besides: what it gives counts where it is used.
    """
    if not isinstance(error, (TypeError, ValueError)) or not _OF_UNKNOWNS.search(str(error)):
        return False
    trace, inner = error.__traceback__, []
    while trace is not None:
        inner.append(trace.tb_frame.f_globals.get("__name__", ""))
        if trace.tb_frame.f_code.co_filename == file:
            inner.clear()
        trace = trace.tb_next
    return all(name.partition(".")[0].lstrip("_") in _WITHOUT_EFFECTS for name in inner)


def _modules_of(error: Exception) -> Iterator[str]:
    """Yield the modules whose code an exception came through, the one that raised it last."""
    trace = error.__traceback__
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next


class Survival:
    """How one file (absolute path) is imported again: which of its lines are tried, what Airflow is lent."""

    def __init__(self, file: str, missing: Missing) -> None:
        self._file = file
        self._missing = missing
        self._spans: list[Span] = []
        self._lines: list[int] = []
        self._lent: list[tuple[Any, str]] = []

    def learn_from(self, error: BaseException) -> bool:
        """Prepare another import after a failure; return whether it may go better."""
        enough = len(self._spans) + len(self._lines) + len(self._lent) >= _MOST_FAILURES
        if enough or not may_be_survived(error, self._missing.ledger):
            return False
        return self._lend(error) or self._try_place(error.__traceback__)

    def begin(self) -> None:
        """Note what is lent, for the import that begins."""
        for owner, name in self._lent:
            self._missing.ledger.note(StandInKind.MISSING_MODULE, _dotted(owner, name))

    def end(self) -> None:
        """Take back what was lent."""
        for owner, name in self._lent:
            delattr(owner, name)
        self._lent.clear()

    def _lend(self, error: BaseException) -> bool:
        """Give a class or module of Airflow the attribute that it lacks, as it had it once."""
        owner = getattr(error, "obj", None)
        if not isinstance(error, AttributeError) or owner is None or not error.name:
            return False
        owner = owner if isinstance(owner, (type, ModuleType)) else type(owner)
        if not _dotted(owner, "").startswith("airflow.") or error.name.startswith("__"):
            return False
        if error.name in vars(owner) or (owner, error.name) in self._lent:
            return False
        try:
            setattr(owner, error.name, self._missing.value(_dotted(owner, error.name)))
        except (AttributeError, TypeError):
            return False
        self._lent.append((owner, error.name))
        return True

    def _try_place(self, trace: TracebackType | None) -> bool:
        """Have the expression tried that an exception came from, else the statement."""
        place = None
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                place = trace
            trace = trace.tb_next
        if place is None:
            return False
        span = span_of_frame(place)
        if span and span not in self._spans and can_be_tried(self._file, span):
            self._spans.append(span)
        elif place.tb_lineno not in self._lines:
            self._lines.append(place.tb_lineno)
        else:
            return False
        return True

    def code(self, source: bytes) -> CodeType:
        """Return the code of the file, in which the statements are tried."""
        return trying(source, self._file, self._spans, self._lines)

    def names(self) -> Mapping[str, Callable[..., Any]]:
        """Return what the changed code needs."""
        return {UNKNOWN: self._unknown, NOTE: self._note, TRY: self._tried}

    def _tried(self, expression: Callable[[], Any], told: str) -> Any:
        try:
            return expression()
        except Exception as error:  # noqa: BLE001  (a DAG file is any program)
            if not _only_for_the_unknown(error, self._file):
                self._note(error, told)
            return self._missing.value(told)

    def _unknown(self, line: int) -> Any:
        return self._missing.value(f"what line {line} gives")

    def _note(self, error: Exception, statement: str) -> None:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        self._missing.ledger.note(StandInKind.STATEMENT_FAILED, statement, what[:200])


def _dotted(owner: Any, name: str) -> str:
    module = owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"
    return f"{module}.{name}"
