"""Expressions of a template, node by node, as operands."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jinja2 import nodes

from converter.expressions.templates import context, dates, filters, functions, predicates, text_methods
from converter.expressions.templates.arguments import Given
from converter.expressions.templates.arithmetic import calculate
from converter.expressions.templates.comparing import compare, negation
from converter.expressions.templates.conversions import condition_of, number_atom, text_of
from converter.expressions.templates.folding import folded
from converter.expressions.templates.members import attribute, item, sliced
from converter.expressions.templates.operands import (
    DATES,
    Computed,
    Constant,
    Kind,
    Named,
    Operand,
    Several,
    Undefined,
    common_kind,
    computed,
    concatenation,
    either,
)
from converter.expressions.templates.scope import Findings, Refusal
from converter.expressions.templates.text_methods import call_on_constant

#: The names that a template has set so far.
Names = Mapping[str, Operand]


class Evaluation:
    """Evaluates expressions where certain names are set."""

    def __init__(self, findings: Findings, names: Names) -> None:
        self.findings = findings
        self.names = names

    def operand(self, node: nodes.Node) -> Operand:
        """Return what an expression stands for, which need not be a value. Raises Refusal."""
        evaluate = _EVALUATIONS.get(type(node))
        if evaluate is None:
            raise Refusal(f"{type(node).__name__} in an expression is not converted", "write it another way")
        return evaluate(self, node)

    def value(self, node: nodes.Node) -> Operand:
        """Return the value of an expression; conf and params are values, too. Raises Refusal."""
        return self._as_value(self.operand(node))

    def lenient_value(self, node: nodes.Node) -> Operand:
        """Return the value of an expression that is just written or tested. Raises Refusal."""
        operand = self.operand(node)
        if isinstance(operand, Undefined) and operand.counts_as_empty:
            return Constant("")
        if isinstance(operand, Computed) and operand.lenient is not None:
            return operand.lenient
        return self._as_value(operand)

    def _as_value(self, operand: Operand) -> Operand:
        if isinstance(operand, Undefined):
            raise Refusal(operand.what, operand.remedy)
        return context.whole(self.findings, operand) if isinstance(operand, Named) else operand

    def condition(self, node: nodes.Node) -> Constant | Computed:
        """Return an expression as a condition: a known boolean, or JSONata for one."""
        if isinstance(node, nodes.And):
            return self._both(self.condition(node.left), node.right)
        if isinstance(node, nodes.Or):
            return self._one_of(self.condition(node.left), node.right)
        return condition_of(self.lenient_value(node))

    def _both(self, left: Constant | Computed, right: nodes.Node) -> Constant | Computed:
        if isinstance(left, Constant):
            return self.condition(right) if left.value else left
        return either(left.text, self.condition(right), Constant(False))

    def _one_of(self, left: Constant | Computed, right: nodes.Node) -> Constant | Computed:
        if isinstance(left, Constant):
            return left if left.value else self.condition(right)
        return either(left.text, Constant(True), self.condition(right))

    def const(self, node: nodes.Const) -> Operand:
        """Return a literal."""
        return Constant(node.value)

    def template_data(self, node: nodes.TemplateData) -> Operand:
        """Return text between tags."""
        return Constant(node.data)

    def name(self, node: nodes.Name) -> Operand:
        """Return what a name stands for."""
        if node.name in self.names:
            return self.names[node.name]
        return context.name_in_context(self.findings, node.name)

    def getattr(self, node: nodes.Getattr) -> Operand:
        """Return ``x.y``."""
        owner = self.operand(node.node)
        if isinstance(owner, Named):
            return context.member(self.findings, owner, node.attr, dotted=True)
        return attribute(owner, node.attr)

    def getitem(self, node: nodes.Getitem) -> Operand:
        """Return ``x[y]`` or a slice."""
        owner = self.operand(node.node)
        if isinstance(node.arg, nodes.Slice):
            limits = (node.arg.start, node.arg.stop, node.arg.step)
            return sliced(
                owner, *(Constant(None) if limit is None else self.value(limit) for limit in limits)
            )
        key = self.value(node.arg)
        if isinstance(owner, Named):
            if isinstance(key, Constant) and isinstance(key.value, str):
                return context.member(self.findings, owner, key.value, dotted=False)
            owner = context.whole(self.findings, owner)
        return item(owner, key)

    def sequence(self, node: nodes.List | nodes.Tuple) -> Operand:
        """Return a list or tuple."""
        items = tuple(self.value(one) for one in node.items)
        if all(isinstance(one, Constant) for one in items):
            values = [one.value for one in items if isinstance(one, Constant)]
            return Constant(tuple(values) if isinstance(node, nodes.Tuple) else values)
        return Several(items)

    def dict(self, node: nodes.Dict) -> Operand:
        """Return a dict, all of which has to be known."""
        pairs = [(self.value(pair.key), self.value(pair.value)) for pair in node.items]
        known: dict[Any, Any] = {}
        for key, value in pairs:
            if not isinstance(key, Constant) or not isinstance(value, Constant):
                raise Refusal(
                    "a dict has values of the run", "write the dict in Python, with templates in it"
                )
            known[key.value] = value.value
        return Constant(known)

    def concat(self, node: nodes.Concat) -> Operand:
        """Return ``x ~ y``."""
        return concatenation([self._unmarked_text(one) for one in node.nodes])

    def _unmarked_text(self, node: nodes.Node) -> Operand:
        value = self.lenient_value(node)
        markup = computed(value).kind is Kind.MARKUP if isinstance(value, (Computed, Constant)) else False
        if markup:
            raise Refusal(
                "~ joins the result of tojson, and Jinja escapes what is beside it", "put it outside {{ }}"
            )
        return text_of(value)

    def conditional(self, node: nodes.CondExpr) -> Operand:
        """Return ``x if y else z``."""
        condition = self.condition(node.test)
        if isinstance(condition, Constant):
            if condition.value:
                return self.operand(node.expr1)
            nothing = Undefined("an if without else is false", counts_as_empty=True)
            return self.operand(node.expr2) if node.expr2 else nothing
        first = self.value(node.expr1)
        if node.expr2 is not None:
            return either(condition.text, first, self.value(node.expr2))
        # Jinja writes nothing where such an if is false, even where it is strict about undefined values.
        value = computed(first)
        return Computed(
            value.kind,
            f"({condition.text} ? {value.text} : $error('an if without else is false'))",
            f"({condition.text} ? {value.exists or 'true'} : false)",
            bare=value.bare or value.text,
            lenient=either(condition.text, value.lenient or replace(value, exists=None), Constant("")),
        )

    def conjunction(self, node: nodes.And) -> Operand:
        """Return ``x and y``: one of them, as in Python."""
        return self._chosen(node, when_true=False)

    def disjunction(self, node: nodes.Or) -> Operand:
        """Return ``x or y``: one of them, as in Python."""
        return self._chosen(node, when_true=True)

    def _chosen(self, node: nodes.And | nodes.Or, when_true: bool) -> Operand:
        left = self.lenient_value(node.left)
        condition = condition_of(left)
        if isinstance(condition, Constant):
            return left if condition.value is when_true else self.value(node.right)
        first, second = computed(left), computed(self.value(node.right))
        # The left side is computed once.
        name = self.findings.fresh_name()
        bound = Computed(first.kind, name)
        test = computed(condition_of(bound)).text
        yes, no = (bound, second) if when_true else (second, bound)
        return Computed(
            common_kind(first, second), f"({name} := {first.text}; {test} ? {yes.text} : {no.text})"
        )

    def negated(self, node: nodes.Not) -> Operand:
        """Return ``not x``."""
        return negation(self.condition(node.node))

    def signed(self, node: nodes.Neg | nodes.Pos) -> Operand:
        """Return ``-x`` or ``+x``."""
        value = self.value(node.node)
        negative = isinstance(node, nodes.Neg)
        if isinstance(value, Constant):
            return folded(lambda: -value.value if negative else +value.value)
        number = computed(value)
        sign = -1 if negative else 1
        if number.kind is Kind.JSON:
            return Computed(Kind.JSON, f"({sign} * {number.text})")
        kind = Kind.FLOAT if number.kind is Kind.FLOAT else Kind.NUMBER
        return Computed(kind, f"({sign} * {number_atom(number)})")

    def binary(self, node: nodes.BinExpr) -> Operand:
        """Return the result of an arithmetic operator."""
        return calculate(node.operator or "", self.value(node.left), self.value(node.right))

    def comparison(self, node: nodes.Compare) -> Operand:
        """Return ``x < y``, or a chain of comparisons."""
        left = node.expr
        result: Operand = Constant(True)
        for operation in node.ops:
            found = self._compared(operation.op, left, operation.expr)
            if isinstance(result, Constant):
                result = found if result.value else result
            else:
                result = either(computed(result).text, found, Constant(False))
            left = operation.expr
        return result

    def _compared(self, operator: str, left: nodes.Node, right: nodes.Node) -> Operand:
        container = self.operand(right)
        if operator in ("in", "notin") and isinstance(container, Named):
            key = self.value(left)
            if isinstance(key, Constant) and isinstance(key.value, str):
                found = context.is_member(self.findings, key.value, container)
                return negation(found) if operator == "notin" else found
        return compare(operator, self.value(left), self.value(right))

    def call(self, node: nodes.Call) -> Operand:
        """Return what a function or method returns."""
        given = self._given(node)
        if not isinstance(node.node, nodes.Getattr):
            function = self.operand(node.node)
            if isinstance(function, Named):
                return functions.call(self.findings, function, given)
            raise Refusal("a value is called like a function", "leave out the parentheses")
        owner = self.operand(node.node.node)
        name = node.node.attr
        if isinstance(owner, Named):
            member = context.member(self.findings, owner, name, dotted=True)
            if not isinstance(member, Named):
                raise Refusal(f"{owner.name}.{name} is called like a function", "leave out the parentheses")
            return functions.call(self.findings, member, given)
        return _method(owner, name, given)

    def filter(self, node: nodes.Filter) -> Operand:
        """Return ``x | filter``."""
        if node.node is None:
            raise Refusal("a filter block is used", "use the filter in an expression")
        given = self._given(node)
        if node.name in filters.THAT_TAKE_UNDEFINED:
            found = self.operand(node.node)
            operand = found if isinstance(found, Undefined) else self._as_value(found)
        elif node.name in filters.THAT_WRITE:
            operand = self.lenient_value(node.node)
        else:
            operand = self.value(node.node)
        return filters.apply(self.findings, node.name, operand, given)

    def test(self, node: nodes.Test) -> Operand:
        """Return ``x is test``."""
        return predicates.test(node.name, self.operand(node.node), self._given(node))

    def _given(self, node: nodes.Call | nodes.Filter | nodes.Test) -> Given:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise Refusal("arguments are unpacked with *", "write them one by one")
        positional = tuple(self.value(argument) for argument in node.args)
        return Given(positional, {str(pair.key): self.value(pair.value) for pair in node.kwargs})


def _method(owner: Operand, name: str, given: Given) -> Operand:
    if isinstance(owner, Undefined):
        raise Refusal(owner.what, owner.remedy)
    if isinstance(owner, Constant):
        known = None if isinstance(owner.value, datetime.date) else call_on_constant(owner, name, given)
        if known is not None:
            return known
    value = computed(owner)
    if value.kind in DATES:
        return dates.call_method(value, name, given)
    if value.kind is Kind.MARKUP:
        raise Refusal("a method of the result of tojson is called", "use tojson last")
    return text_methods.call_method(owner, name, given)


_EVALUATIONS: dict[type[nodes.Node], Callable[[Evaluation, Any], Operand]] = {
    nodes.Const: Evaluation.const,
    nodes.TemplateData: Evaluation.template_data,
    nodes.Name: Evaluation.name,
    nodes.Getattr: Evaluation.getattr,
    nodes.Getitem: Evaluation.getitem,
    nodes.List: Evaluation.sequence,
    nodes.Tuple: Evaluation.sequence,
    nodes.Dict: Evaluation.dict,
    nodes.Concat: Evaluation.concat,
    nodes.CondExpr: Evaluation.conditional,
    nodes.And: Evaluation.conjunction,
    nodes.Or: Evaluation.disjunction,
    nodes.Not: Evaluation.negated,
    nodes.Neg: Evaluation.signed,
    nodes.Pos: Evaluation.signed,
    nodes.Compare: Evaluation.comparison,
    nodes.Call: Evaluation.call,
    nodes.Filter: Evaluation.filter,
    nodes.Test: Evaluation.test,
    **{
        kind: Evaluation.binary
        for kind in (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
    },
}
