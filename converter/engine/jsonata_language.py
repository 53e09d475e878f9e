"""JSONata as Step Functions evaluates it, on top of the library jsonata-python.

The library follows the reference implementation in nearly everything. What differs, and what could leak its
own types or change its caller's data, is put right here and in ``jsonata_functions``; each difference is
named where it is mended and has a test. Compiled expressions hold no state of a run and may be used by many
executions and threads at once.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonata import jexception, jsonata, utils

from converter.engine.evaluation_limits import (
    IN_ALL,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_ITEMS,
    Budget,
    check_size,
    compile_regex,
    told,
    too_deep,
)
from converter.engine.jsonata_functions import FUNCTIONS, to_string
from converter.engine.jsonata_values import to_json, whole_if_integral
from converter.engine.tasks import Json


class UndefinedResult(Exception):
    """The expression returned nothing."""


class EvaluationError(Exception):
    """The expression threw an error; the message reads like ``T1006: Attempted to invoke a non-function``.

    ``has_code`` is false for what ended the evaluation from outside: its message begins without a code.
    """

    def __init__(self, message: str, *, has_code: bool = True) -> None:
        super().__init__(message)
        self.has_code = has_code


class JsonataSyntaxError(Exception):
    """The expression cannot be parsed; the message says why."""


class Expression:
    """A compiled JSONata expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._compiled = _Evaluator(text)
        except jexception.JException as error:
            raise JsonataSyntaxError(_message(error)) from error
        # The parser of the library stumbles over some malformed texts instead of reporting them.
        except Exception as error:
            raise JsonataSyntaxError(f"The expression cannot be parsed ({type(error).__name__})") from error

    @property
    def tree(self) -> Any:
        """The expression's syntax tree, in the library's words."""
        return self._compiled.ast

    def evaluate(self, variables: Mapping[str, Any]) -> Json:
        """Return the result as plain JSON.

        ``variables`` maps names (without ``$``) to what ``jsonata_values.to_query_form`` makes, or to
        functions.
        Raises :class:`UndefinedResult`, :class:`EvaluationError` or ``jsonata_values.UnsupportedResult``.
        """
        try:
            result = self._compiled.run(variables)
        except jexception.JException as error:
            raise EvaluationError(_message(error), has_code=told(error) is None) from error
        except RecursionError as error:
            raise EvaluationError(_message(too_deep()), has_code=False) from error
        # Whatever else the library stumbles over is, seen from the machine, an error of this evaluation.
        except Exception as error:
            raise EvaluationError(f"{type(error).__name__}: {error}") from error
        if result is None:
            raise UndefinedResult
        return to_json(result)


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Compile an expression (without its ``{% %}``), once per text: parsing is the slow part.

    Raises :class:`JsonataSyntaxError`.
    """
    return Expression(text)


_PLURALS = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}


def _message(error: Any) -> str:
    """Return ``code: message`` as the reference implementation words it.

    The library's templates say "Object" where the reference says "function" and leave inserted values bare.
    """
    if (reason := told(error)) is not None:
        return reason
    template = jexception.JException.error_codes.get(error.error)
    if template is None:
        return f"{error.error}: {error}"
    values = iter((error.current, error.expected, error.extra))

    def insert(match: re.Match[str]) -> str:
        value: Any = next(values, None)
        if error.error == "T0412":
            value = _PLURALS.get(value, value)
        return str(value) if match[0].startswith("{{{") else (to_string([value]) or "")[1:-1]

    text = template.replace("Object", "function")
    return f"{error.error}: {re.sub(r'{{{?[a-z_0-9]+}?}}', insert, text)}"


class _Frame(jsonata.Jsonata.Frame):  # type: ignore[misc]  # the library is untyped
    """The library's scope of names, without its hooks: looking for them took a tenth of the time.

    All scopes of one evaluation share its budget.
    """

    def __init__(self, enclosing: Any) -> None:
        super().__init__(enclosing)
        self.budget: Budget | None = enclosing.budget if type(enclosing) is _Frame else None

    def lookup(self, name: str) -> Any:
        frame: Any = None if name in _HOOKS else self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


_HOOKS = frozenset({"__evaluate_entry", "__evaluate_exit"})


class _Evaluator(jsonata.Jsonata):  # type: ignore[misc]  # the library is untyped
    """The library's interpreter with its differences from the reference implementation mended."""

    def __init__(self, text: str) -> None:
        super().__init__(text, compile_regex)
        self._base_frame = self.create_frame(jsonata.Jsonata.static_frame)
        for name, implementation in FUNCTIONS.items():
            self._base_frame.bind(name, implementation)

    def create_frame(self, enclosing_environment: Any = None) -> Any:
        return _Frame(enclosing_environment)

    def run(self, variables: Mapping[str, Any]) -> Any:
        """Evaluate without an input document: Step Functions gives an expression variables only."""
        if self.errors is not None:
            raise jexception.JException("S0500", 0)
        in_all = variables.get(IN_ALL)
        if in_all is not None:
            in_all.refuse_if_spent()
        # Higher-order functions of the library find the interpreter through this thread-local.
        jsonata.Jsonata.CURRENT.jsonata = self
        frame = self.create_frame(self._base_frame)
        frame.budget = budget = Budget()
        for name, value in variables.items():
            frame.bind(name, value)
        try:
            return self.eval(self.ast, None, frame)
        finally:
            if in_all is not None:
                in_all.left -= budget.limit - budget.left

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        # The library switches to a per-thread interpreter here, whose only state serves $eval. $eval is
        # refused, so no evaluation has state, and this is a third faster.
        budget = environment.budget
        budget.left -= 1
        budget.depth += 1
        if budget.left < 0 or budget.depth > MAX_DEPTH:
            budget.refuse()
        result = self._eval(expr, input, environment)
        budget.depth -= 1  # not after an error: that ends the whole evaluation
        return result

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        # The library appends to an empty list that it is given, which may be the caller's data.
        if isinstance(input, list) and not input:
            input = utils.Utils.create_sequence()
        return super().evaluate_group_expression(expr, input, environment)

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        # The library cuts the remainder to a whole number (5.5 % 2 is 1.5), and trips over results that are
        # infinite or no number, which they are in JavaScript, and on AWS.
        if _is_number(lhs) and _is_number(rhs):
            result = _calculated(lhs, rhs, op)
            if not math.isfinite(result):
                return result
            if op == "%":
                return whole_if_integral(result)
        return super().evaluate_numeric_expression(lhs, rhs, op)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, int) and isinstance(rhs, int):
            check_size(rhs - lhs + 1, MAX_ITEMS)
        return super().evaluate_range_expression(lhs, rhs)

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> bool:
        # In Python 1 == True; in JSON they differ. The reference compares by identity, hence scalars only.
        if lhs is None or rhs is None or isinstance(lhs, (dict, list)):
            return False
        items = rhs if isinstance(rhs, list) else [rhs]
        return any(item == lhs and isinstance(item, bool) is isinstance(lhs, bool) for item in items)

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        left, right = to_string(lhs) or "", to_string(rhs) or ""
        check_size(len(left) + len(right), MAX_CHARACTERS)
        return left + right


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _calculated(lhs: float, rhs: float, op: str) -> float:
    """Calculate with doubles, as JavaScript does: what is too large is infinite."""
    try:
        left, right = float(lhs), float(rhs)
    except OverflowError:  # whole numbers have no limit in Python
        return math.inf
    if right == 0 and op in ("/", "%"):
        return math.copysign(math.inf, left) if op == "/" and left else math.nan
    if math.isinf(left) and op == "%":
        return math.nan
    return _CALCULATIONS[op](left, right)


_CALCULATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
}
