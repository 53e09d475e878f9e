"""Imports a DAG file in spite of statements that fail here, and not where the file is at home.

A file asks for a configuration file, a database or another machine; calculates with what a stand-in is no
number for; or uses what is gone from Airflow's classes. What is gone gets a stand-in. Any other statement
that fails so is *tried* in another import: what it would give is unknown, and followed like everything
unknown. What it would do besides cannot be known, so that the DAG is then refused, with the place and the
error. The last word is the first failure, if nothing comes of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, ModuleType, TracebackType
from typing import Any

from airflow.exceptions import AirflowException

from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.missing import Missing
from converter.workflow import StandInKind

#: How the names of a file's changed code begin, which the file does not see otherwise.
_UNKNOWN, _NOTE = "_dag2sfn_unknown", "_dag2sfn_note"
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
        self._lines: list[int] = []
        self._lent: list[tuple[Any, str]] = []

    def learn_from(self, error: BaseException) -> bool:
        """Prepare another import after a failure; return whether it may go better."""
        enough = len(self._lines) + len(self._lent) >= _MOST_FAILURES
        if enough or not may_be_survived(error, self._missing.ledger):
            return False
        return self._lend(error) or self._try_line(error.__traceback__)

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

    def _try_line(self, trace: TracebackType | None) -> bool:
        """Have the statement tried that an exception came from."""
        line = 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                line = trace.tb_lineno
            trace = trace.tb_next
        if not line or line in self._lines:
            return False
        self._lines.append(line)
        return True

    def code(self, source: bytes) -> CodeType:
        """Return the code of the file, in which the statements are tried."""
        tree = _Trying(self._lines).visit(ast.parse(source, self._file))
        return compile(ast.fix_missing_locations(tree), self._file, "exec", dont_inherit=True)

    def names(self) -> Mapping[str, Callable[..., Any]]:
        """Return what the changed code needs."""
        return {_UNKNOWN: self._unknown, _NOTE: self._note}

    def _unknown(self, line: int) -> Any:
        return self._missing.value(f"what line {line} gives")

    def _note(self, error: Exception, statement: str) -> None:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        self._missing.ledger.note(StandInKind.STATEMENT_FAILED, statement, what[:200])


def _dotted(owner: Any, name: str) -> str:
    module = owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"
    return f"{module}.{name}"


class _Trying(ast.NodeTransformer):
    """Puts the innermost statement of each of some lines into a ``try``."""

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [self._tried(item) for item in block])
        return node

    def _tried(self, statement: ast.stmt) -> ast.stmt:
        if not any(line in _own_lines(statement) for line in self._lines):
            return statement
        caught = ast.Name("_dag2sfn_error", ast.Load())
        told = ast.Constant(ast.unparse(statement).partition("\n")[0][:80])
        handled: list[ast.stmt] = [ast.Expr(ast.Call(ast.Name(_NOTE, ast.Load()), [caught, told], []))]
        unknown = ast.Call(ast.Name(_UNKNOWN, ast.Load()), [ast.Constant(statement.lineno)], [])
        if isinstance(statement, ast.Return):
            handled.append(ast.Return(unknown))
        handled += [ast.Assign([target], unknown) for target in _targets(statement)]
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_dag2sfn_error", handled)
        tried = ast.Try([statement], [handler], [], [])
        return ast.fix_missing_locations(ast.copy_location(tried, statement))


def _own_lines(statement: ast.stmt) -> range:
    """Return the lines of a statement without those of the statements in it."""
    first = min([statement.lineno, *(item.lineno for item in getattr(statement, "decorator_list", ()))])
    inner = [
        item.lineno for item in ast.walk(statement) if isinstance(item, ast.stmt) and item is not statement
    ]
    last = min(inner) - 1 if inner else statement.end_lineno or statement.lineno
    return range(first, max(last, first) + 1)


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement gives a value to."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        yield statement.target
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield ast.Name(statement.name, ast.Store())
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        names = (item.asname or item.name.partition(".")[0] for item in statement.names)
        yield from (ast.Name(name, ast.Store()) for name in names if name != "*")
    elif isinstance(statement, (ast.With, ast.For, ast.If, ast.While)):
        # Its head fails, so that nothing in it is done.
        found = (item for item in ast.walk(statement) if isinstance(item, ast.Name))
        stored = dict.fromkeys(item.id for item in found if isinstance(item.ctx, ast.Store))
        yield from (ast.Name(name, ast.Store()) for name in stored)
