"""Collecting what is wrong with a definition, all of it, each with its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from converter.engine.errors import InvalidDefinition, UnsupportedDefinition
from converter.engine.scope import json_type


class Problems:
    """Everything found while a definition is read."""

    def __init__(self) -> None:
        self._invalid: list[str] = []
        self._unsupported: list[str] = []

    def invalid(self, path: str, message: str, code: str = "SCHEMA_VALIDATION_FAILED") -> None:
        """Note what no implementation would run. ``path`` reads like ``/States/A/Next``."""
        self._invalid.append(f"{code}: {message} at {path or '/'}")

    def unsupported(self, path: str, message: str) -> None:
        """Note what AWS may run and this engine does not."""
        self._unsupported.append(f"{message} at {path or '/'}")

    def raise_if_any(self) -> None:
        """Raise :class:`InvalidDefinition`, else :class:`UnsupportedDefinition`, if anything was noted."""
        if self._invalid:
            raise InvalidDefinition(self._invalid)
        if self._unsupported:
            raise UnsupportedDefinition(self._unsupported)


class Fields:
    """The members of one JSON object of a definition, read by name and type; what nobody read is unknown."""

    def __init__(self, content: Mapping[str, Any], path: str, problems: Problems) -> None:
        self._content = content
        self.path = path
        self.problems = problems

    def __contains__(self, name: str) -> bool:
        return name in self._content

    def raw(self, name: str) -> Any:
        """Return a member as it stands, None where it is absent."""
        return self._content.get(name)

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}/{name}"

    def required(self, name: str, type_: str) -> Any:
        """Return a member of a type (a JSON type name); its absence is a problem and gives None."""
        if name not in self._content:
            self.problems.invalid(self.path, f"These fields are required: [{name}]")
            return None
        return self.optional(name, type_)

    def optional(self, name: str, type_: str) -> Any:
        """Return a member of a type, None where it is absent or (a problem) of another type."""
        value = self._content.get(name)
        if name not in self._content or json_type(value) == type_:
            return value
        article = "an" if type_[0] in "ao" else "a"
        self.problems.invalid(self.at(name), f"Expected value to be {article} {type_}")
        return None

    def target(self, *, required: bool) -> str | None:
        """Return ``Next``, None at an ``End``; one of them must be there if ``required``."""
        target: str | None = self.optional("Next", "string")
        end = self.optional("End", "boolean")
        if required and (target is None) == (end is not True):
            self.problems.invalid(self.path, "Exactly one of these fields is required: [Next, End]")
        return target

    def refuse_unknown(self, known: Collection[str], owner: str) -> None:
        """Note every member that is not known. ``owner`` says whose fields these are."""
        for name in self._content:
            if name not in known:
                self.problems.invalid(self.at(name), f"Field '{name}' is not supported for {owner}")
