"""Templates statement by statement, as one text: if, for, set, with, and what stands between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jinja2 import nodes

from converter.expressions.templates.conversions import list_atom, text_of
from converter.expressions.templates.evaluation import Evaluation
from converter.expressions.templates.operands import (
    Computed,
    Constant,
    Fields,
    Kind,
    Operand,
    Several,
    Undefined,
    concatenation,
    either,
)
from converter.expressions.templates.scope import Findings, Problem, Refusal

_LONGEST_LOOP = 1000
#: Statements whose tag has another name.
_TAGS: dict[type[nodes.Node], str] = {
    nodes.FilterBlock: "filter",
    nodes.ExprStmt: "do",
    nodes.CallBlock: "call",
}


class Rendering:
    """Renders the statements of one template. ``names`` are those that it has set so far."""

    def __init__(self, findings: Findings, template: str) -> None:
        self.findings = findings
        self.template = template
        self.names: dict[str, Operand] = {}

    def text(self, statements: Sequence[nodes.Node]) -> Operand:
        """Return what statements write, one after the other; what cannot be translated is noted."""
        parts: list[Operand] = []
        for statement in statements:
            with self._noting(statement):
                parts.append(self._statement(statement))
        return concatenation(parts)

    def evaluation(self) -> Evaluation:
        """Return what evaluates expressions with the names set so far."""
        return Evaluation(self.findings, self.names)

    @contextmanager
    def _noting(self, node: nodes.Node) -> Iterator[None]:
        try:
            yield
        except Refusal as refusal:
            problem = Problem(self.template, node.lineno, refusal.what, refusal.remedy)
            if problem not in self.findings.problems:
                self.findings.problems.append(problem)

    def _statement(self, statement: nodes.Node) -> Operand:
        render = _STATEMENTS.get(type(statement))
        if render is None:
            kind = _TAGS.get(type(statement), type(statement).__name__.lower())
            raise Refusal(f"{{% {kind} %}} is not converted", "write the text without it")
        return render(self, statement)

    def output(self, statement: nodes.Output) -> Operand:
        """Return text and ``{{ … }}``."""
        parts: list[Operand] = []
        for node in statement.nodes:
            with self._noting(node):
                parts.append(text_of(self.evaluation().lenient_value(node)))
        return concatenation(parts)

    def condition(self, statement: nodes.If) -> Operand:
        """Return ``{% if %}`` with its branches."""
        condition = self.evaluation().condition(statement.test)
        otherwise: Sequence[nodes.Node] = [*statement.elif_[:1], *statement.else_]
        if statement.elif_:
            first, *others = statement.elif_
            rest = nodes.If(first.test, first.body, others, statement.else_, lineno=first.lineno)
            otherwise = [rest]
        if isinstance(condition, Constant):
            return self.text(statement.body if condition.value else otherwise)
        return either(condition.text, self._branch(statement.body), self._branch(otherwise))

    def _branch(self, statements: Sequence[nodes.Node]) -> Operand:
        before = dict(self.names)
        text = self.text(statements)
        changed = [name for name in self.names if self.names[name] is not before.get(name)]
        remedy = "set it with an inline if: {% set x = a if b else c %}"
        doubtful = Undefined("a name is set or not, as the run decides", remedy)
        self.names = {**before, **dict.fromkeys(changed, doubtful)}
        return text

    def assignment(self, statement: nodes.Assign) -> Operand:
        """Note ``{% set x = … %}``."""
        self._set(statement.target, self.evaluation().operand(statement.node))
        return Constant("")

    def block_assignment(self, statement: nodes.AssignBlock) -> Operand:
        """Note ``{% set x %}…{% endset %}``."""
        if statement.filter is not None:
            raise Refusal("{% set %} with a filter is not converted", "use the filter where the name is used")
        self._set(statement.target, self.text(statement.body))
        return Constant("")

    def _set(self, target: nodes.Node, operand: Operand) -> None:
        if isinstance(target, nodes.Name):
            self.names[target.name] = operand
            return
        if isinstance(target, nodes.Tuple):
            items = _items(operand)
            if items is not None and len(items) == len(target.items):
                for one, item in zip(target.items, items, strict=True):
                    self._set(one, item)
                return
        raise Refusal("several names are set at once", "set them one by one")

    def with_block(self, statement: nodes.With) -> Operand:
        """Return ``{% with %}``, whose names are gone after it."""
        before = dict(self.names)
        values = [self.evaluation().operand(value) for value in statement.values]
        for target, value in zip(statement.targets, values, strict=True):
            self._set(target, value)
        text = self.text(statement.body)
        self.names = before
        return text

    def loop(self, statement: nodes.For) -> Operand:
        """Return ``{% for %}``: unrolled where the items are known, else with ``$map``."""
        if statement.recursive:
            raise Refusal("{% for … recursive %} is not converted", "write the levels one by one")
        before = dict(self.names)
        operand = self.evaluation().value(statement.iter)
        items = _items(operand)
        text = (
            self._loop_at_run_time(statement, operand) if items is None else self._unrolled(statement, items)
        )
        self.names = before
        return text

    def _unrolled(self, statement: nodes.For, items: Sequence[Operand]) -> Operand:
        outside = dict(self.names)
        chosen: list[Operand] = []
        for item in items:
            if statement.test is not None:
                self._set(statement.target, item)
                condition = self.evaluation().condition(statement.test)
                if not isinstance(condition, Constant):
                    raise Refusal("the run decides which items a loop takes", "use {% if %} in the loop")
                if not condition.value:
                    continue
            chosen.append(item)
        if not chosen:
            return self.text(statement.else_)
        if len(chosen) > _LONGEST_LOOP:
            raise Refusal(f"a loop has more than {_LONGEST_LOOP} items", "write less into one argument")
        parts = []
        for index, item in enumerate(chosen):
            self.names = {**outside, "loop": _loop_fields(index, len(chosen))}
            self._set(statement.target, item)
            parts.append(self.text(statement.body))
        return concatenation(parts)

    def _loop_at_run_time(self, statement: nodes.For, operand: Operand) -> Operand:
        if statement.test is not None or statement.else_:
            raise Refusal(
                "a loop over a list of the run has a condition or an else", "use {% if %} in the loop"
            )
        everything = list_atom(operand, "a loop")
        item, index = self.findings.fresh_name(), self.findings.fresh_name()
        self.names["loop"] = Fields(
            {
                "index": Computed(Kind.INTEGER, f"({index} + 1)"),
                "index0": Computed(Kind.INTEGER, index),
                "first": Computed(Kind.BOOLEAN, f"({index} = 0)"),
                "last": Computed(Kind.BOOLEAN, f"({index} = $count({everything}) - 1)"),
                "length": Computed(Kind.INTEGER, f"$count({everything})"),
            }
        )
        self._set(statement.target, Computed(Kind.JSON, item))
        body = self.text(statement.body)
        if isinstance(body, Constant):
            raise Refusal("a loop over a list of the run writes the same each time", "use its items")
        assert isinstance(body, Computed)  # noqa: S101 - a text is one or the other
        mapped = f"$map({everything}, function({item}, {index}) {{ {body.text} }})"
        # $map gives nothing for an empty list.
        return Computed(Kind.TEXT, f"($join({mapped}) & '')")


def _items(operand: Operand) -> Sequence[Operand] | None:
    if isinstance(operand, Several):
        return operand.items
    if isinstance(operand, Constant):
        if not isinstance(operand.value, (list, tuple, str, dict)):
            raise Refusal(f"{operand.value!r} has no items", "use a list")
        return [Constant(item) for item in operand.value]
    return None


def _loop_fields(index: int, length: int) -> Constant:
    return Constant(
        {
            "index": index + 1,
            "index0": index,
            "revindex": length - index,
            "revindex0": length - index - 1,
            "first": index == 0,
            "last": index == length - 1,
            "length": length,
        }
    )


_STATEMENTS: dict[type[nodes.Node], Callable[[Rendering, Any], Operand]] = {
    nodes.Output: Rendering.output,
    nodes.If: Rendering.condition,
    nodes.Assign: Rendering.assignment,
    nodes.AssignBlock: Rendering.block_assignment,
    nodes.For: Rendering.loop,
    nodes.With: Rendering.with_block,
}
