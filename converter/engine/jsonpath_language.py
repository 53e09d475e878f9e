"""The expressions of JSONPath states: ``$.path``, ``$$.context``, ``$variable.path``, ``States.Format(…)``.

``compile_query`` reads one; a :class:`Query` is evaluated with a document, which is what ``$`` stands for in
the field at hand, and a :class:`~converter.engine.scope.Scope`, which has the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from converter.engine.data import compact_json, parse_json
from converter.engine.intrinsic_functions import INTRINSICS, Intrinsic, IntrinsicError, call_intrinsic
from converter.engine.paths import BeyondTheEnd, InvalidPath, NoArray, Path, PathNotFound, compile_path
from converter.engine.scope import PathError, Scope
from converter.engine.tasks import Json

_ROOT = re.compile(r"\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$")
_CALL = re.compile(r"(States\.[A-Za-z0-9]+)\s*\(")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_WORD = re.compile(r"(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,)])")
_BLANK = re.compile(r"\s*")


class NothingThere(Exception):
    """A path led nowhere. ``path`` is its text, ``searched`` what was searched; the message says why."""

    def __init__(self, path: str, searched: Json, reason: str, problem: PathNotFound | None = None) -> None:
        super().__init__(reason)
        self.path = path
        self.searched = searched
        self.is_beyond_an_end = isinstance(problem, BeyondTheEnd)
        self.is_in_no_array = isinstance(problem, NoArray)


class Query(Protocol):
    """A compiled expression."""

    @property
    def text(self) -> str:
        """The expression as the definition has it."""
        ...

    def evaluate(self, document: Json, scope: Scope) -> Json:
        """Return the value. Raises :class:`NothingThere`, or ``PathError`` for a function that failed."""
        ...


@dataclass(frozen=True)
class PathQuery:
    """A path into the document, the context object (``root`` is ``$$``) or a variable (its name)."""

    text: str
    root: str
    path: Path

    def evaluate(self, document: Json, scope: Scope) -> Json:
        """Follow the path."""
        searched = self._searched(document, scope)
        try:
            return self.path.find(searched)
        except PathNotFound as problem:
            raise NothingThere(self.text, searched, str(problem), problem) from problem

    def _searched(self, document: Json, scope: Scope) -> Json:
        if self.root == "$":
            return document
        if self.root == "$$":
            return scope.context
        if self.root not in scope.variables:
            names = {name: data.value for name, data in scope.variables.items()}
            raise NothingThere(self.text, names, f"The variable '{self.root}' is not assigned")
        return scope.variables[self.root].value


@dataclass(frozen=True)
class _Literal:
    text: str
    value: Json

    def evaluate(self, _document: Json, _scope: Scope) -> Json:
        return self.value


@dataclass(frozen=True)
class CallQuery:
    """A call of an intrinsic function."""

    text: str
    function: Intrinsic
    arguments: tuple[Query, ...]

    def evaluate(self, document: Json, scope: Scope) -> Json:
        """Call the function with its evaluated arguments."""
        try:
            return self._value(document, scope)
        except NothingThere as missing:
            reason = _missing_argument(missing, document)
            raise PathError(f"The function '{self.text}' had the following error: {reason}") from missing
        except IntrinsicError as error:
            message = f"The function '{self.text}' had the following error: {error}"
            raise PathError(message, "States.IntrinsicFailure") from error

    def _value(self, document: Json, scope: Scope) -> Json:
        """Evaluate inner calls without words of their own: the error names the outermost call."""
        values = [
            argument._value(document, scope)
            if isinstance(argument, CallQuery)
            else argument.evaluate(document, scope)
            for argument in self.arguments
        ]
        return call_intrinsic(self.function, values, scope.random)


def _missing_argument(missing: NothingThere, document: Json) -> str:
    """Say which argument leads nowhere, as AWS does; for the context object as Step Functions Local does."""
    if missing.is_in_no_array:
        return str(missing)
    path, searched = missing.path, missing.searched
    if path.startswith("$$"):
        path, searched = path[1:], document
    return (
        f"The JsonPath argument for the field '{path}' could not be found in the input "
        f"'{compact_json(searched)}'"
    )


@lru_cache(maxsize=4096)
def compile_query(text: str) -> Query:
    """Compile a path or a call of an intrinsic function, once per text. Raises :class:`InvalidPath`."""
    return compile_path_query(text) if text.startswith("$") else _CallParser(text).parse()


@lru_cache(maxsize=4096)
def compile_path_query(text: str) -> PathQuery:
    """Compile a path, once per text. Raises :class:`InvalidPath`."""
    root = _ROOT.match(text)
    if root is None:
        raise InvalidPath(f"'{text}' is no path")
    return PathQuery(text, root[1] or root[0], compile_path("$" + text[root.end() :]))


class _CallParser:
    """Reads ``States.Name(argument, …)``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def parse(self) -> Query:
        call = self._call()
        if self._position != len(self._text):
            raise self._error()
        return call

    def _call(self) -> CallQuery:
        start = self._position
        match = _CALL.match(self._text, start)
        function = None if match is None else INTRINSICS.get(match[1])
        if match is None or function is None:
            raise self._error()
        self._position = match.end()
        arguments = self._arguments(keeps_braces=match[1] == "States.Format")
        if not function.takes(len(arguments)):
            raise InvalidPath(f"{match[1]} does not take {len(arguments)} arguments")
        return CallQuery(self._text[start : self._position], function, tuple(arguments))

    def _arguments(self, *, keeps_braces: bool) -> list[Query]:
        arguments: list[Query] = []
        self._skip_blanks()
        while not self._take(")"):
            if arguments and not self._take(","):
                raise self._error()
            self._skip_blanks()
            arguments.append(self._argument(keeps_braces=keeps_braces and not arguments))
            self._skip_blanks()
        return arguments

    def _argument(self, *, keeps_braces: bool) -> Query:
        text, start = self._text, self._position
        if text.startswith("States.", start):
            return self._call()
        if text.startswith("$", start):
            return self._path()
        string = _STRING.match(text, start)
        if string is not None:
            self._position = string.end()
            return _Literal(string[0], _unescaped(string[1], keeps_braces=keeps_braces))
        word = _WORD.match(text, start)
        if word is None:
            raise self._error()
        self._position = word.end()
        try:
            return _Literal(word[0], parse_json(word[0]))
        except ValueError as error:
            raise InvalidPath(str(error)) from error

    def _path(self) -> Query:
        """Read up to the comma or parenthesis that ends the argument, and is in no bracket of the path."""
        depth = 0
        for index in range(self._position, len(self._text)):
            character = self._text[index]
            if depth == 0 and character in ",)":
                path = self._text[self._position : index].rstrip()
                self._position = index
                return compile_path_query(path)
            depth += {"[": 1, "]": -1}.get(character, 0)
        raise self._error()

    def _take(self, character: str) -> bool:
        if not self._text.startswith(character, self._position):
            return False
        self._position += 1
        return True

    def _skip_blanks(self) -> None:
        match = _BLANK.match(self._text, self._position)
        self._position = match.end() if match else self._position

    def _error(self) -> InvalidPath:
        rest = self._text[self._position :]
        return InvalidPath(f"'{self._text}' cannot be read from '{rest}' on")


def _unescaped(text: str, *, keeps_braces: bool) -> str:
    """Return what a literal stands for. ``States.Format`` needs to tell ``\\{}`` from a place to fill."""
    return re.sub(r"\\([^{}])" if keeps_braces else r"\\(.)", r"\1", text, flags=re.DOTALL)
