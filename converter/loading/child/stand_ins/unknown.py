"""What stands in for an object that is not there: it lets a DAG file go on, and leaves a trace wherever it
goes.

An :class:`Unknown` has every attribute, can be called, subscripted, entered, inherited from and used as a
decorator; what comes out is unknown too. It knows how the file came by it
(``boto3.client('s3').list_buckets()``) and says so wherever it ends up: as an argument it becomes an
Opaque, in a text it is a mark that ``mark_in`` finds again. Set before or behind a task, it is a task
itself, of an operator that is not installed. Where the file decides something by it (a loop, a comparison,
a number), nobody can know what the DAG looks like: that is noted.
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from converter.loading.child.airflow_names import DependencyMixin
from converter.workflow import StandInKind

if TYPE_CHECKING:
    from converter.loading.child.stand_ins.missing import Missing

#: Brackets that no DAG file is expected to hold: a text between them is that of an Unknown.
_OPEN, _CLOSE = "\u27e6", "\u27e7"
_LONGEST_TEXT = 120


def mark_in(text: str) -> str | None:
    """Return what the first unknown object in a text is; None if the text was made of nothing unknown."""
    return text.partition(_OPEN)[2].partition(_CLOSE)[0] if _OPEN in text else None


def shown(value: object) -> str:
    """Return an argument as a message shows it: no ``repr`` of objects, which would have addresses in it."""
    if isinstance(value, Unknown):
        return value.__dict__["_text"]  # type: ignore[no-any-return]  # written by __init__ below
    return repr(value) if value is None or isinstance(value, (bool, int, float, str)) else "..."


def _unpacked_into(frame: FrameType) -> int:
    """Return into how many names a frame is about to unpack an object, as in ``a, b = x``; 0 if it is not."""
    operation, argument = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return argument if operation == opcode.opmap["UNPACK_SEQUENCE"] else 0


class Unknown(DependencyMixin):  # type: ignore[misc]  # Airflow comes without types here
    """An object of which nothing is known but how the file came by it: ``text``."""

    def __init__(self, text: str, missing: Missing) -> None:
        short = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
        self.__dict__.update(_text=short, _missing=missing)

    # --- whatever is taken from it is unknown ---

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            # Python and libraries ask for these to find out what an object can do.
            raise AttributeError(name)
        return self._missing.named(f"{self._text}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[name] = value

    def __getitem__(self, key: object) -> Any:
        return self._missing.value(f"{self._text}[{shown(key)}]")

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the call gives: unknown too; a decorated function as it is; a task if it has an id."""
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Unknown):
            # It decorates: the function goes on without what the decorator would have added.
            return args[0]
        return self._missing.called(self._text, args, kwargs)

    def given_to(self, function: str) -> Any:
        """Return what a function gives for it."""
        return self._missing.value(f"{function}({self._text})")

    def _combined(self, other: object) -> Any:
        return self._missing.value(f"a value made of {self._text}")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _combined
    __mod__ = __floordiv__ = __or__ = __ror__ = __and__ = __rand__ = _combined

    def __enter__(self) -> Unknown:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (self._missing.base_class(self._text),)

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Unknown:
        return self

    # --- as a name or a text ---

    @property
    def __name__(self) -> str:
        return str(self._text).rpartition(".")[2]

    def __str__(self) -> str:
        return f"{_OPEN}{self._text}{_CLOSE}"

    __repr__ = __fspath__ = __str__

    def __format__(self, spec: str) -> str:
        return str(self)

    # --- where it decides something ---

    def _decides(self, how: str) -> None:
        # Airflow and the libraries may look at it as they please: it is an argument to them.
        if self._missing.is_authors(sys._getframe(2)):
            self._missing.ledger.note(StandInKind.UNKNOWN_DECIDES, self._text, how)

    def __iter__(self) -> Iterator[Any]:
        if count := _unpacked_into(sys._getframe(1)):
            return iter([self[index] for index in range(count)])
        self._decides("is iterated over, and taken to be empty")
        return iter(())

    def __bool__(self) -> bool:
        self._decides("is used as a condition, and taken to be true")
        return True

    def __contains__(self, item: object) -> bool:
        self._decides("is searched, and taken to be empty")
        return False

    def __eq__(self, other: object) -> bool:
        if self is not other:
            self._decides("is compared, and taken to differ")
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def _ordered(self, other: object) -> bool:
        self._decides("is compared, and taken to differ")
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _ordered

    # No __index__: open(x) would take it for a file that is open already.
    def __int__(self) -> int:
        self._missing.ledger.note(
            StandInKind.UNKNOWN_DECIDES, self._text, "is used as a number, and taken to be 1"
        )
        return 1

    def __float__(self) -> float:
        return float(int(self))

    # --- as a part of the DAG: whatever it is, it stands there as one task ---

    def _task(self) -> Any:
        if "_made" not in self.__dict__:
            self.__dict__["_made"] = self._missing.task(self._text)
        return self.__dict__["_made"]

    @property
    def roots(self) -> list[Any]:
        """The tasks with which it begins, when a task is set before it."""
        return [self._task()]

    @property
    def leaves(self) -> list[Any]:
        """The tasks with which it ends, when a task is set behind it."""
        return [self._task()]

    def set_upstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Set a task, or a list of them, before it."""
        self._task().set_upstream(other, edge_modifier)

    def set_downstream(self, other: Any, edge_modifier: Any = None) -> None:
        """Set a task, or a list of them, behind it."""
        self._task().set_downstream(other, edge_modifier)

    def as_setup(self) -> Any:
        """Make its task a setup task."""
        return self._task().as_setup()

    def as_teardown(self, **options: Any) -> Any:
        """Make its task a teardown task."""
        return self._task().as_teardown(**options)
