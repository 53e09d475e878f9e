"""How a value of the configuration is read: each kind of value knows its form and what it becomes.

Values are taken as they are written: in YAML, ``012345678901`` is a number, and ``on`` no text.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import yaml

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.workflow import Location
from converter.yaml_loader import SafeLoader

_NULL = "tag:yaml.org,2002:null"
#: Where a value stands: the keys that lead to it, from the outermost.
Keys: TypeAlias = tuple[str, ...]
_SWITCHES = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


@dataclass
class Reading:
    """One file under examination: where it is, on which lines its keys stand, and what is wrong with it."""

    file: Path
    lines: dict[Keys, int] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def problem(self, node: yaml.Node, problem: str, remedy: str) -> None:
        """Note a mistake, with its line."""
        place = Location(self.file.as_posix(), node.start_mark.line + 1)
        self.problems.append(Diagnostic(d.CONFIG_INVALID, problem, remedy, place))

    def members(self, node: yaml.Node, keys: Keys, form: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield the members of a mapping that stands below some keys; note what is none."""
        if not isinstance(node, yaml.MappingNode):
            if not _is_null(node):  # a heading with nothing below it
                self.problem(node, f"{named(keys)} is {_shown(node)}", f"write {form}")
            return
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, f"{named(keys)} has a key that is no text", f"write {form}")
            elif (place := (*keys, key.value)) in self.lines:
                self.problem(key, f"'{key.value}' is there twice", "leave one of them")
            else:
                self.lines[place] = key.start_mark.line + 1
                yield key, value


class Kind(Protocol):
    """A kind of value. ``form`` says what to write."""

    @property
    def form(self) -> str: ...  # noqa: D102

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Any:
        """Return the value that stands below some keys; None if it is none, which is then noted."""


def named(keys: Keys) -> str:
    """Return what a message calls the value below some keys."""
    return f"'{keys[-1]}'" if keys else "the file"


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL and not node.style


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'" if node.value else "empty"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


@dataclass(frozen=True)
class Scalar:
    """A single value: ``convert`` makes it of its text, and gives None where it cannot."""

    form: str
    convert: Callable[[str, Path], Any]

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Any:
        """As in :class:`Kind`."""
        found = None
        if isinstance(node, yaml.ScalarNode) and not _is_null(node):
            found = self.convert(node.value, reading.file)
        if found is None:
            reading.problem(node, f"{named(keys)} is {_shown(node)}", f"write {self.form}")
        return found


def text(pattern: str, form: str) -> Scalar:
    """Return the kind of a text that fits a pattern."""
    return Scalar(form, lambda given, _file: given if re.fullmatch(pattern, given) else None)


def seconds(least: int = 1) -> Scalar:
    """Return the kind of a whole number of seconds."""

    def convert(given: str, _file: Path) -> int | None:
        return int(given) if re.fullmatch(r"[0-9]{1,9}", given) and int(given) >= least else None

    return Scalar(f"whole seconds, {least} or more", convert)


def one_of(choices: type[Enum]) -> Scalar:
    """Return the kind of one word out of several."""
    known: dict[str, Enum] = {choice.value: choice for choice in choices}
    return Scalar(" or ".join(f"`{word}`" for word in known), lambda given, _file: known.get(given))


#: A file: relative to the one that names it.
FILE = Scalar("the path of a file", lambda given, file: file.parent / given if given else None)
SWITCH = Scalar("`on` or `off`", lambda given, _file: _SWITCHES.get(given.lower()))


@dataclass(frozen=True)
class Key:
    """A key of a section: its name, what it holds, and what it means to people.

    ``option`` is the one of the command line that goes before it.
    """

    name: str
    kind: Kind
    meaning: str
    option: str = ""


@dataclass(frozen=True)
class Section:
    """A mapping with known keys, of which ``make`` makes the value; keys become its arguments."""

    keys: tuple[Key, ...]
    make: Callable[..., Any]
    title: str = ""
    form: str = "a mapping"

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Any:
        """As in :class:`Kind`."""
        known = {key.name: key for key in self.keys}
        found: dict[str, Any] = {}
        for place, value in reading.members(node, keys, f"{self.form} of {', '.join(known)}"):
            given = place.value
            if given in known:
                read = known[given].kind.read(value, (*keys, given), reading)
                if read is not None:
                    found[given.replace("-", "_")] = read
            else:
                near = difflib.get_close_matches(given, known, 1, 0.6)
                remedy = f"write '{near[0]}'" if near else f"write {', '.join(known)}"
                reading.problem(place, f"{named(keys)} has no key '{given}'", remedy)
        return self.make(**found)


@dataclass(frozen=True)
class Named:
    """A mapping of the user's own names to values of one kind; ``of`` says what the names are."""

    of: str
    kind: Kind

    @property
    def form(self) -> str:
        """What to write."""
        return f"{{{self.of}: {self.kind.form}}}"

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Mapping[str, Any]:
        """As in :class:`Kind`."""
        found = {}
        for place, value in reading.members(node, keys, self.form):
            read = self.kind.read(value, (*keys, place.value), reading)
            if read is not None:
                found[place.value] = read
        return found


@dataclass(frozen=True)
class Either:
    """A short form, which is a scalar, or a section; ``expand`` makes the value of the short one."""

    short: Scalar
    long: Section
    expand: Callable[[Any], Any]

    @property
    def form(self) -> str:
        """What to write."""
        return f"{self.short.form}, or {{{', '.join(key.name for key in self.long.keys)}}}"

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Any:
        """As in :class:`Kind`."""
        if isinstance(node, yaml.MappingNode):
            return self.long.read(node, keys, reading)
        found = Scalar(self.form, self.short.convert).read(node, keys, reading)
        return None if found is None else self.expand(found)


@dataclass(frozen=True)
class AnyValue:
    """Any JSON value."""

    form: str = "a value"

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> Any:
        """As in :class:`Kind`. A null is no value: there is nothing that it could replace."""
        try:
            found = SafeLoader("").construct_object(node, deep=True)
            if found is not None:
                return json.loads(json.dumps(found, default=str))  # YAML has dates as well
            problem = "it is empty"
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            problem = str(error).splitlines()[0]
        reading.problem(node, f"{named(keys)} is no value: {problem}", "write what JSON has")
        return None


@dataclass(frozen=True)
class ParameterValue:
    """The value of a parameter of CloudFormation: a text; a list becomes one with commas."""

    form: str = "a value, or a list of them"

    def read(self, node: yaml.Node, keys: Keys, reading: Reading) -> str | None:
        """As in :class:`Kind`."""
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if all(isinstance(item, yaml.ScalarNode) and not _is_null(item) for item in items):
            return ",".join(item.value for item in items)
        reading.problem(node, f"{named(keys)} is {_shown(node)}", f"write {self.form}")
        return None
