"""What a JSONata expression refers to: variables, functions, members of ``$states``.

The syntax tree is that of the library jsonata-python, imported with the first expression. Expressions of a
machine differ mostly in their string literals, so texts are parsed once per form: a machine of 900 tasks has
thousands of expressions and a few dozen forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

#: JSONata 2.0.6 (docs.jsonata.org, "Function library"); Step Functions has all of them but $eval.
_LIBRARY = """
    string length substring substringBefore substringAfter uppercase lowercase trim pad contains split join
    match replace base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl
    number abs floor ceil round power sqrt random formatNumber formatBase formatInteger parseInteger
    sum max min average count append sort reverse shuffle distinct zip
    keys lookup spread merge sift each error assert type boolean not exists
    now millis fromMillis toMillis map filter single reduce
""".split()
#: Step Functions Developer Guide, "Transforming data with JSONata".
_ADDED = "partition range hash parse uuid".split()
FUNCTIONS = frozenset((*_LIBRARY, *_ADDED))

_PLAIN_LITERAL = re.compile(r"""'[^'\\]*'|"[^"\\]*\"""")
_LITERALS_IN_A_ROW = re.compile(r"''(?:, '')+(?!:)")


class SyntaxProblem(Exception):
    """The text is no JSONata expression; the message says why."""


@dataclass(frozen=True)
class References:
    """What an expression refers to and does not itself define.

    ``variables`` are names without ``$`` that are read, ``called`` those that are called as functions.
    ``states`` are paths into ``$states``: ``("context", "Task", "Token")``. ``loose`` are names and wildcards
    that look into a context item where there is none: ``foo`` instead of ``$states.input.foo``, or ``$``.
    """

    variables: frozenset[str]
    called: frozenset[str]
    states: frozenset[tuple[str, ...]]
    loose: frozenset[str]

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The variables that neither JSONata nor Step Functions has."""
        return self.variables - FUNCTIONS - {"states"}


def references(text: str) -> References:
    """Return what an expression (without its ``{% %}``) refers to. Raises SyntaxProblem."""
    form = _LITERALS_IN_A_ROW.sub("''", _PLAIN_LITERAL.sub("''", text))
    if "/" not in form:  # a regular expression or a comment may hold quotes that begin no string
        try:
            return _references(form)
        except SyntaxProblem:
            pass  # for the position in the message, and in case that the form misleads
    return _references(text)


@lru_cache(maxsize=4096)
def _references(text: str) -> References:
    reader = _Reader()
    reader.read(_syntax_tree(text), has_context=False)
    free = reader.read_names - reader.defined
    return References(
        frozenset(free),
        frozenset(reader.called & free),
        frozenset(reader.states),
        frozenset(reader.loose),
    )


def _syntax_tree(text: str) -> Any:
    from jsonata.jexception import JException
    from jsonata.jsonata import Jsonata

    try:
        # One parser for each thread. It stumbles over a comment at the very end of a text.
        return Jsonata.get_parser().parse(f"{text} ")
    except JException as error:
        raise SyntaxProblem(str(error)) from None
    except Exception as error:  # noqa: BLE001 - the parser stumbles over some malformed texts
        raise SyntaxProblem(f"it cannot be parsed ({type(error).__name__})") from None


#: Attributes of a node of the library's tree that hold nodes, or lists of them, seen with the node's own
#: context item; and those that are seen with each item of what the node selects.
_SAME_CONTEXT = (
    "lhs", "rhs", "lhs_object", "rhs_object", "rhs_terms", "expressions", "expression", "arguments",
    "procedure", "body", "condition", "then", "_else",
)  # fmt: skip
_ITEM_CONTEXT = ("stages", "predicate", "group", "expr", "terms", "pattern", "update", "delete")


class _Reader:
    """Walks a syntax tree.

    Names that are defined anywhere in the expression count as defined everywhere in it: coarser than
    JSONata's scopes, and never a false alarm.
    """

    def __init__(self) -> None:
        self.read_names: set[str] = set()
        self.called: set[str] = set()
        self.defined: set[str] = set()
        self.states: set[tuple[str, ...]] = set()
        self.loose: set[str] = set()

    def read(self, node: Any, *, has_context: bool) -> None:
        if isinstance(node, (list, tuple)):
            for item in node:
                self.read(item, has_context=has_context)
            return
        if not hasattr(node, "procedure"):
            return  # a number, a text or a position, not a node
        self._note_names(node, has_context)
        for name in _SAME_CONTEXT:
            self.read(getattr(node, name), has_context=has_context)
        for name in _ITEM_CONTEXT:
            self.read(getattr(node, name), has_context=True)
        self._read_steps(node, has_context)

    def _read_steps(self, node: Any, has_context: bool) -> None:
        for position, step in enumerate(node.steps or ()):
            if position == 0:
                self.read(step, has_context=has_context)
                if step.type in ("name", "wildcard", "descendant") and not has_context:
                    self.loose.add(str(step.value))
                if step.type == "variable" and step.value == "states":
                    self.states.add(tuple(_names_after(node.steps)))
            else:
                self.read(step, has_context=True)

    def _note_names(self, node: Any, has_context: bool) -> None:
        if node.type == "variable":
            if node.value == "$" or (node.value == "" and not has_context):
                self.loose.add(f"${node.value}")
            elif node.value:
                self.read_names.add(node.value)
        elif node.type == "bind":
            self.defined.add(node.lhs.value)
        elif node.type == "lambda":
            self.defined.update(argument.value for argument in node.arguments or ())
        elif node.type in ("function", "partial") and node.procedure.type == "variable":
            self.called.add(node.procedure.value)
        self.defined.update(name for name in (node.focus, node.index) if isinstance(name, str))


def _names_after(steps: Any) -> Iterator[str]:
    for step in steps[1:]:
        if step.type not in ("name", "string"):
            return
        yield str(step.value)
