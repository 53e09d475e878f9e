"""What stands in for the value of a Variable or Connection that nobody gave: the template that has this
value.

Airflow knows Variables and Connections in templates too, so a text that is made of ``Variable.get('bucket')``
can hold ``{{ var.value.bucket }}`` instead of the value, and comes to the same when it is rendered.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from converter.loading.child.stand_ins.ledger import Ledger
from converter.workflow import StandInKind

#: A template that stands in for a value: the expression, and the name of the Variable or Connection in it.
_TEMPLATE = re.compile(r"\{\{ ((?:var\.value|var\.json|conn|environ)(?:\.(\w+)|\['([^']*)'\])[^{}]*) \}\}")

#: How the expression of a list of texts ends.
_LIST = re.compile(r"\.(r?split|splitlines)\([^()]*\)\Z")


def placeholder_in(text: str) -> str | None:
    """Return the first expression in a text that reads a Variable or Connection; None if there is none."""
    match = _TEMPLATE.search(text) if "{{ " in text else None
    return match[1] if match else None


def without_placeholders(text: str) -> str:
    """Return a text in which each such template is replaced by the name of what it reads."""

    def name(match: re.Match[str]) -> str:
        return re.sub(r"[^\w.-]+", "_", match[2] or match[3])

    return _TEMPLATE.sub(name, text)


def member(expression: str, name: str) -> str:
    """Return the expression for a member of what an expression gives."""
    return f"{expression}.{name}" if name.isidentifier() else f"{expression}[{name!r}]"


class Placeholder(str):
    """The template of a value that is not known: a text that has attributes, members and methods as well."""

    _expression: str
    _ledger: Ledger
    _is_authors: Callable[[FrameType], bool]

    def __new__(cls, expression: str, ledger: Ledger, is_authors: Callable[[FrameType], bool]) -> Placeholder:
        """Make the placeholder of a Jinja expression. ``is_authors`` says whether a frame is a DAG file's."""
        made = super().__new__(cls, f"{{{{ {expression} }}}}")
        made._expression, made._ledger, made._is_authors = expression, ledger, is_authors
        return made

    @property
    def expression(self) -> str:
        """The Jinja expression, without braces."""
        return self._expression

    @property
    def is_list(self) -> bool:
        """Whether it stands for a list of texts, as ``split`` gives it."""
        return _LIST.search(self._expression) is not None

    def like(self, expression: str) -> Placeholder:
        """Return the placeholder of another expression."""
        return Placeholder(expression, self._ledger, self._is_authors)

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.like(f"{self._expression}.{name}")

    def __getitem__(self, key: Any) -> Placeholder:
        if isinstance(key, str):
            return self.like(member(self._expression, key))
        inside = f"{key.start or ''}:{key.stop or ''}" if isinstance(key, slice) else key
        return self.like(f"{self._expression}[{inside}]")

    def __call__(self, *args: Any, **kwargs: Any) -> Placeholder:
        """Return the placeholder of what the call gives, in Jinja too."""
        owner, _, method = self._expression.rpartition(".")
        if method == "get" and len(args) == 1 and isinstance(args[0], str):
            return self.like(member(owner, args[0]))
        inside = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
        return self.like(f"{self._expression}({inside})")

    def __copy__(self) -> Placeholder:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Placeholder:
        return self

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return str, (str.__str__(self),)

    # --- where it decides something ---

    def _decides(self, how: str, *, whoever_asks: bool = False) -> None:
        # Airflow and the libraries may look at it as they please: it is an argument to them.
        if whoever_asks or self._is_authors(sys._getframe(2)):
            self._ledger.note(StandInKind.UNKNOWN_DECIDES, str.__str__(self), how)

    def __iter__(self) -> Iterator[str]:
        self._decides("is iterated over, and taken to be empty")
        return iter(())

    def __bool__(self) -> bool:
        self._decides("is used as a condition, and taken to be true")
        return True

    def __contains__(self, item: object) -> bool:
        self._decides("is searched, and taken to be empty")
        return False

    def __eq__(self, other: object) -> bool:
        self._decides("is compared, and taken to differ")
        return str.__eq__(self, other) if isinstance(other, str) else False

    def __ne__(self, other: object) -> bool:
        self._decides("is compared, and taken to differ")
        return not str.__eq__(self, other) if isinstance(other, str) else True

    def __hash__(self) -> int:
        self._decides("is looked up")
        return str.__hash__(self)

    # No __index__: open(x) would take it for a file that is open already.
    def __int__(self) -> int:
        self._decides("is used as a number, and taken to be 1", whoever_asks=True)
        return 1

    def __float__(self) -> float:
        return float(int(self))


def _as_template(method: str) -> Callable[..., Placeholder]:
    def apply(self: Placeholder, *args: Any, **kwargs: Any) -> Placeholder:
        return Placeholder.__getattr__(self, method)(*args, **kwargs)

    return apply


# What a text gives when it is asked for another text, the template gives too: Jinja has Python's methods.
for _method in "capitalize format join lower lstrip partition replace rpartition rsplit rstrip".split():
    setattr(Placeholder, _method, _as_template(_method))
for _method in "split splitlines strip swapcase title upper zfill".split():
    setattr(Placeholder, _method, _as_template(_method))
