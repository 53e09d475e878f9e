"""Objects that stand for what the function does not have: they accept anything, and do nothing.

They exist so that a DAG file can be imported. While a task runs, touching one is an error: it names what is
missing, instead of giving the task a value that means nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from .exceptions import NotInLambdaError

_running = False


@contextmanager
def running_a_task() -> Iterator[None]:
    """From here on, stand-ins raise when they are used."""
    global _running  # noqa: PLW0603 - one process runs one task at a time
    _running = True
    try:
        yield
    finally:
        _running = False


def is_task_running() -> bool:
    """Whether the author's code is called for a task, rather than for the import of the DAG file."""
    return _running


def missing_module_of(name: str) -> str:
    """Return what to say about a name that the function cannot provide."""
    if name.startswith(("airflow", "the context's ")):
        return f"{name} is not there: the task runs in Lambda, without Airflow"
    return f"{name} is not there: the module is not part of the function (`dag2sfn package` adds modules)"


class InertType(type):
    """The class of inert classes: their attributes are inert as well, and they can be base classes."""

    stands_for: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"{cls.stands_for}.{name}")

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


class Inert(metaclass=InertType):
    """An object of which nothing is known but the name of what it stands for."""

    stands_for = "an object"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _running:
            raise NotInLambdaError(missing_module_of(self.stands_for))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _touched(f"{self.stands_for}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; as a decorator it leaves what it decorates as it is."""
        result = _touched(f"{self.stands_for}()")
        if len(args) == 1 and not kwargs and isinstance(args[0], (FunctionType, type)):
            return args[0]
        return result

    def __repr__(self) -> str:
        return f"<stand-in for {self.stands_for}>"

    def __str__(self) -> str:
        _touched(self.stands_for)
        return repr(self)

    def __fspath__(self) -> str:
        return str(self)

    def __bool__(self) -> bool:
        _touched(self.stands_for)
        return True

    def __int__(self) -> int:
        _touched(self.stands_for)
        return 0

    __index__ = __len__ = __int__

    def __float__(self) -> float:
        return float(int(self))

    def __iter__(self) -> Iterator[Any]:
        _touched(self.stands_for)
        return iter(())

    def __contains__(self, item: object) -> bool:
        _touched(self.stands_for)
        return False

    def __enter__(self) -> Any:
        return _touched(self.stands_for)

    def __exit__(self, *error: object) -> None:
        return None

    def _operated(self, *others: object) -> Any:
        return _touched(self.stands_for)

    __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __mod__ = (
        _operated
    )
    __rtruediv__ = __and__ = __or__ = __rand__ = __ror__ = __neg__ = _operated
    __rshift__ = __lshift__ = __rrshift__ = __rlshift__ = _operated

    def __setitem__(self, key: object, value: object) -> None:
        _touched(self.stands_for)

    def __lt__(self, other: object) -> bool:
        _touched(self.stands_for)
        return False

    __le__ = __gt__ = __ge__ = __lt__


def inert(name: str) -> Any:
    """Return an object that stands for a dotted name."""
    return inert_class(name)()


def inert_class(name: str, *bases: type) -> Any:
    """Return a class that stands for a dotted name; it can be a base class of the author's."""
    return InertType(name.rpartition(".")[2], bases or (Inert,), {"stands_for": name})


def _touched(name: str) -> Any:
    if _running:
        raise NotInLambdaError(missing_module_of(name))
    return inert(name)
