"""What reading a state needs to know of its query language: one small interface, two implementations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from converter.engine.definition import Transition
from converter.engine.problems import Fields
from converter.engine.scope import Field

COMMON_FIELDS = frozenset({"Type", "Comment", "QueryLanguage"})


class LanguageReader(Protocol):
    """Reads those fields of a state whose name or content depends on the query language.

    Each method notes problems with ``Fields`` and returns None for a field that is absent or of no use.
    """

    name: ClassVar[str]
    fields: ClassVar[Mapping[str, frozenset[str]]]
    """Type of a state → the fields that it may have."""
    rule_fields: ClassVar[frozenset[str] | None]
    """The fields of a top-level choice rule; None where :meth:`condition` checks them."""
    catcher_fields: ClassVar[frozenset[str]]
    arguments_name: ClassVar[str]
    """The field with a call's arguments."""

    def transition(self, fields: Fields, *, needs_target: bool = True) -> Transition:
        """Read how a state is left: ``Next`` or ``End``, variables, and what makes its output."""
        ...

    def rule_transition(self, rule: Fields, index: int, state: Fields) -> Transition:
        """Read how a choice rule leaves its state."""
        ...

    def catcher_transition(self, catcher: Fields, index: int, state: Fields) -> Transition:
        """Read how an entry of ``Catch`` leaves its state."""
        ...

    def condition(self, rule: Fields, index: int, state: Fields) -> Field | None:
        """Read when a choice rule is taken."""
        ...

    def result(self, fields: Fields) -> Field | None:
        """Read what a Pass makes of its input before its output is made."""
        ...

    def arguments(self, fields: Fields) -> Field | None:
        """Read what a Task or Parallel hands to its work."""
        ...

    def text(self, fields: Fields, name: str) -> Field | None:
        """Read a field that takes a string: Error and Cause."""
        ...

    def whole_number(self, fields: Fields, name: str, at_least: int, owner: Fields) -> Field | None:
        """Read a field that takes a whole number. ``owner`` is the state that ``fields`` belong to."""
        ...

    def percentage(self, fields: Fields, name: str) -> Field | None:
        """Read a field that takes a number from 0 to 100."""
        ...

    def wait(self, fields: Fields) -> tuple[Field | None, Field | None]:
        """Read the seconds and the instant of a Wait; exactly one of them is given."""
        ...

    def items(self, fields: Fields) -> Field | None:
        """Read what a Map iterates over."""
        ...

    def item_selector(self, fields: Fields) -> Field | None:
        """Read what a Map hands to an iteration."""
        ...

    def template(self, fields: Fields, name: str, location: str, owner: Fields) -> Field | None:
        """Read any JSON with expressions in it, in a part of the state ``owner``."""
        ...

    def role(self, fields: Fields) -> Field | None:
        """Read the role of ``Credentials``."""
        ...
