"""JSONPath as Step Functions evaluates it, which is as the Java library Jayway JsonPath does.

A *definite* path (``$.a.b[0]['c']``) names at most one place: it gives the value there, or
:class:`PathNotFound`. Any other path (wildcards, slices, filters, ``..``) gives a list, maybe an empty one
(recorded). Definite paths, which are nearly all, are followed here, with Jayway's messages; the others are
evaluated by the library python-jsonpath.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from converter.engine.java_habits import java_text
from converter.engine.tasks import Json

if TYPE_CHECKING:
    import jsonpath

_NAME = re.compile(r"\.([^.\[\s()*]+)(?=[.\[]|$)")
_INDEX = re.compile(r"-?\d+")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_SELECTORS = re.compile(r"\*|\?.*|['\"].*|-?\d*(?:\s*[:,]\s*-?\d*)+", re.DOTALL)
"""Wildcard, filter, names, slice and indexes."""
_QUOTES = "'\""


class InvalidPath(Exception):
    """The text is no JSONPath; the message says where it goes wrong."""


class PathNotFound(Exception):
    """A definite path names no place in the document. The message is Jayway's."""


class BeyondTheEnd(PathNotFound):
    """A definite path leads to an item that an array does not have."""


class NoArray(PathNotFound):
    """A definite path takes an item of what is no array."""


class Path:
    """A compiled path. Its text starts with ``$``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps: tuple[str | int, ...] = ()
        """Names and indexes from the root on; only for definite paths."""
        self._query: jsonpath.JSONPath | None = None
        parsed = _Parser(text)
        if parsed.definite:
            self.steps = tuple(parsed.steps)
        else:
            self._query = _compile_query(parsed.normal_text)
        self.definite = parsed.definite

    def find(self, document: Json) -> Json:
        """Return the value at a definite path, or the list of values that match. Raises `PathNotFound`."""
        if self._query is not None:
            if not isinstance(document, (dict, list)):
                return []  # there is nothing in it; the library would read a text as JSON
            return list(self._query.findall(document))
        found = document
        for position, step in enumerate(self.steps):
            found = self._step(found, step, position)
        return found

    def _step(self, found: Json, step: str | int, position: int) -> Json:
        here = _canonical(self.steps[: position + 1])
        whole = f"No results for path: {_canonical(self.steps)}"
        if isinstance(step, str):
            if not isinstance(found, dict):
                raise PathNotFound(
                    f"Expected to find an object with property ['{step}'] in path "
                    f"{_canonical(self.steps[:position])} but found '{_java_class(found)}'."
                )
            if step not in found:
                last = position == len(self.steps) - 1
                raise PathNotFound(whole if last else f"Missing property in path {here}")
            return found[step]
        if found is None:
            raise PathNotFound(f"The path {_canonical(self.steps[:position])} is null")
        if not isinstance(found, list):
            raise NoArray(
                f"Filter: [{step}] can only be applied to arrays. Current context is: {java_text(found)}"
            )
        if not -len(found) <= step < len(found):
            raise BeyondTheEnd(whole)
        return found[step]

    def place(self, document: Json, value: Json) -> Json:
        """Return the document with a value put at a definite path; objects on the way are made.

        The document is not changed. Raises :class:`PathNotFound` where the path leads through something that
        is no object, or to an item that an array does not have.
        """
        return _placed(document, self.steps, value)


def _placed(document: Json, steps: tuple[str | int, ...], value: Json) -> Json:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if not isinstance(document, dict):
            raise PathNotFound(f"Expected to find an object with property ['{step}']")
        return {**document, step: _placed(document.get(step, {}), rest, value)}
    if not isinstance(document, list) or not -len(document) <= step < len(document):
        raise PathNotFound(f"Expected to find an array with the index {step}")
    items = list(document)
    items[step] = _placed(items[step], rest, value)
    return items


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Compile a path, once per text. Raises :class:`InvalidPath`."""
    return Path(text)


class _Parser:
    """Splits a path into steps, and writes it in the brackets that the library reads without doubt."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.definite = True
        self.steps: list[str | int] = []
        self.normal_text = "$"
        if not text.startswith("$"):
            raise InvalidPath(f"'{text}' does not start with $")
        position = 1
        while position < len(text):
            position = self._read_step(position)

    def _read_step(self, position: int) -> int:
        text = self._text
        if text.startswith("..", position):
            self.definite = False
            self.normal_text += ".."
            if text.startswith("[", position + 2):
                return self._read_brackets(position + 2)
            return self._read_name(position + 1)
        if text.startswith("[", position):
            return self._read_brackets(position)
        return self._read_name(position)

    def _read_name(self, position: int) -> int:
        if self._text.startswith(".*", position):
            self._indefinite("*")
            return position + 2
        match = _NAME.match(self._text, position)
        if match is None:
            raise InvalidPath(f"'{self._text}' cannot be read from '{self._text[position:]}' on")
        self._name(match[1])
        return match.end()

    def _read_brackets(self, position: int) -> int:
        end = self._closing_bracket(position)
        content = self._text[position + 1 : end].strip()
        quoted = _QUOTED.fullmatch(content)
        if quoted is not None:
            self._name(re.sub(r"\\(.)", r"\1", quoted[1] if quoted[1] is not None else quoted[2]))
        elif _INDEX.fullmatch(content):
            self.steps.append(int(content))
            self.normal_text += f"[{content}]"
        elif _SELECTORS.fullmatch(content):
            self._indefinite(content)
        else:
            raise InvalidPath(f"'{self._text}' cannot be read from '{self._text[position:]}' on")
        return end + 1

    def _closing_bracket(self, position: int) -> int:
        depth = 0
        quote = ""
        escaped = False
        for index in range(position, len(self._text)):
            character = self._text[index]
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif quote:
                quote = "" if character == quote else quote
            elif character in _QUOTES:
                quote = character
            elif character in "[]":
                depth += 1 if character == "[" else -1
                if depth == 0:
                    return index
        raise InvalidPath(f"'{self._text}' has an unclosed bracket")

    def _name(self, name: str) -> None:
        self.steps.append(name)
        escaped = name.replace("\\", "\\\\").replace("'", "\\'")
        self.normal_text += f"['{escaped}']"

    def _indefinite(self, selector: str) -> None:
        self.definite = False
        self.normal_text += f"[{selector}]"


def _compile_query(text: str) -> jsonpath.JSONPath:
    import jsonpath  # slow to import, and most machines never need it

    try:
        compiled = jsonpath.compile(text)
    except jsonpath.JSONPathError as error:
        raise InvalidPath(str(error).splitlines()[0]) from error
    if not isinstance(compiled, jsonpath.JSONPath):
        raise InvalidPath(f"'{text}' is more than one path")
    return compiled


def _canonical(steps: tuple[str | int, ...]) -> str:
    """Return steps as Jayway prints them: ``$['a'][0]``."""
    return "$" + "".join(f"['{step}']" if isinstance(step, str) else f"[{step}]" for step in steps)


def _java_class(value: Json) -> str:
    classes = {
        bool: "java.lang.Boolean",
        int: "java.lang.Integer",
        float: "java.lang.Double",
        str: "java.lang.String",
        list: "java.util.ArrayList",
    }
    return "null" if value is None else classes[type(value)]
