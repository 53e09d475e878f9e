"""Random definitions and inputs: mostly sensible machines, with odd values put anywhere.

One seed makes one case. What is drawn covers every type of state in both query languages, expressions that
fail, data that grows, and texts that are no JSON.
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass
from typing import Any

from fuzzed_values import CALLS, ERRORS, INPUTS, JSONATA, NUMBERS, ODD, PATHS, REFERENCES, RESOURCES


@dataclass(frozen=True)
class Case:
    """A definition and an input, both as text."""

    definition: str
    input: str


def case(seed: int) -> Case:
    """Return the case of a seed."""
    rng = random.Random(seed)
    maker = _Maker(rng, rng.choice(("JSONata", "JSONPath")))
    definition = maker.machine()
    if rng.random() < 0.3:
        for _ in range(rng.randint(1, 3)):
            holder, name = rng.choice(_places(definition))
            holder[name] = copy.deepcopy(rng.choice(ODD))
    text = json.dumps(definition)
    if rng.random() < 0.02:
        text = rng.choice(
            ("", "null", "[]", text[: len(text) // 2], "[" * 100_000, '{"a":' * 50_000, text + "\x00")
        )
    return Case(text, _input(rng))


def _places(value: Any) -> list[tuple[Any, Any]]:
    names = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for name in names for place in [(value, name), *_places(value[name])]]


def _input(rng: random.Random) -> str:
    if rng.random() < 0.05:
        return rng.choice(INPUTS)
    value: Any = {
        "a": rng.choice(ODD),
        "b": rng.choice((True, False, None)),
        "n": rng.choice((0, 1, 2, 5, -3, 2.5, 1e17, "1")),
        "items": rng.choice(
            ([1, 2, 3], [], [{"x": 1}, {"x": 2}], list(range(45)), "none", [[1], [None]], [True, 1, 1.0])
        ),
        "text": rng.choice(
            ("a.b..c", "{}", '{"a": [1]}', "aGk=", "", "é\u2028", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
        ),
        "time": rng.choice(("2026-01-01T00:01:00Z", "2025-01-01T00:00:00+01:00", "soon", 5)),
    }
    if rng.random() < 0.2:
        value = rng.choice(ODD)
    return json.dumps(value)


class _Maker:
    """Makes one machine."""

    def __init__(self, rng: random.Random, language: str) -> None:
        self._rng = rng
        self._language = language
        self._count = 0

    def machine(self) -> dict[str, Any]:
        machine = self._states(depth=0)
        if self._language == "JSONata" or self._rng.random() < 0.3:
            machine["QueryLanguage"] = self._language
        if self._rng.random() < 0.2:
            machine["TimeoutSeconds"] = self._rng.choice(NUMBERS)
        return machine

    def _states(self, depth: int) -> dict[str, Any]:
        names = [self._name() for _ in range(self._rng.randint(1, 4 - depth))]
        states = {name: self._state(name, names, depth) for name in names}
        return {"StartAt": names[0], "States": states}

    def _name(self) -> str:
        self._count += 1
        return f"S{self._count}"

    def _state(self, name: str, names: list[str], depth: int) -> dict[str, Any]:
        rng = self._rng
        kinds = ["Pass", "Pass", "Succeed", "Fail", "Wait", "Choice", "Choice", "Task", "Task"]
        kind = rng.choice(kinds + (["Parallel", "Map", "Map"] if depth < 2 else []))
        state: dict[str, Any] = {"Type": kind, **getattr(self, f"_{kind.lower()}")(names, depth)}
        if kind not in ("Succeed", "Fail", "Choice"):
            later = names[names.index(name) + 1 :]
            if rng.random() < 0.05:  # a loop, perhaps for ever
                state["Next"] = rng.choice(names)
            elif later and rng.random() < 0.85:
                state["Next"] = rng.choice(later)
            else:
                state["End"] = True
        if kind in ("Task", "Parallel", "Map"):
            self._add_handlers(state, names)
        self._add_data(state, kind, f"v{depth}")
        return state

    def _value(self) -> Any:
        """Return something for a field that takes any JSON."""
        rng = self._rng
        if self._language == "JSONata":
            expression = f"{{% {rng.choice(JSONATA)} %}}"
            return rng.choice(
                [expression, expression, {"a": expression, "n": 1}, [expression, 2], rng.choice(ODD)]
            )
        path = rng.choice(PATHS + CALLS)
        return rng.choice(
            [{"a.$": path, "n": 1}, {"a": {"b.$": path}}, {"x.$": rng.choice(PATHS)}, rng.choice(ODD)]
        )

    def _scalar(self, name: str, constant: Any) -> dict[str, Any]:
        """Return a field with a constant, or computed."""
        if self._rng.random() < 0.6:
            return {name: constant}
        if self._language == "JSONata":
            return {name: f"{{% {self._rng.choice(JSONATA)} %}}"}
        if name in ("Error", "Cause"):
            return {f"{name}Path": self._rng.choice(REFERENCES + CALLS)}
        return {f"{name}Path": self._rng.choice(REFERENCES)}

    def _pass(self, *_: Any) -> dict[str, Any]:
        if self._language == "JSONPath" and self._rng.random() < 0.5:
            return {"Result": self._rng.choice(ODD)}
        return {}

    def _succeed(self, *_: Any) -> dict[str, Any]:
        return {}

    def _fail(self, *_: Any) -> dict[str, Any]:
        rng = self._rng
        return {**self._scalar("Error", rng.choice(ERRORS)), **self._scalar("Cause", "why")}

    def _wait(self, *_: Any) -> dict[str, Any]:
        if self._rng.random() < 0.6:
            return self._scalar("Seconds", self._rng.choice(NUMBERS))
        return self._scalar("Timestamp", self._rng.choice(("2026-01-01T00:01:00Z", "2026-01-01", "x")))

    def _choice(self, names: list[str], _: int) -> dict[str, Any]:
        rng = self._rng
        rules = [{**self._condition(1), "Next": rng.choice(names)} for _ in range(rng.randint(1, 3))]
        return {"Choices": rules, **({"Default": rng.choice(names)} if rng.random() < 0.8 else {})}

    def _condition(self, depth: int) -> dict[str, Any]:
        rng = self._rng
        if self._language == "JSONata":
            return {"Condition": f"{{% {rng.choice(JSONATA)} %}}"}
        if depth < 3 and rng.random() < 0.3:
            inner = [self._condition(depth + 1) for _ in range(rng.randint(1, 2))]
            return rng.choice([{"And": inner}, {"Or": inner}, {"Not": inner[0]}])
        operators: list[tuple[str, Any]] = [
            *(
                ("StringEquals", "a.b..c"),
                ("StringMatches", "a*c*"),
                ("StringMatches", "\\*"),
                ("NumericLessThan", 3),
            ),
            *(
                ("NumericEqualsPath", "$.a"),
                ("BooleanEquals", True),
                ("BooleanEqualsPath", "$.b"),
                ("IsPresent", True),
            ),
            *(("TimestampLessThan", "2026-01-02T00:00:00Z"), ("TimestampGreaterThanEqualsPath", "$.time")),
            *(
                ("IsNull", False),
                ("IsNumeric", True),
                ("IsString", True),
                ("IsTimestamp", True),
                ("IsBoolean", True),
            ),
            *(("StringLessThanPath", "$.text"), ("NumericGreaterThanEquals", "no number")),
        ]
        operator, operand = rng.choice(operators)
        return {"Variable": rng.choice(PATHS), operator: operand}

    def _task(self, *_: Any) -> dict[str, Any]:
        rng = self._rng
        task: dict[str, Any] = {"Resource": rng.choice(RESOURCES)}
        if rng.random() < 0.3:
            task.update(self._scalar("TimeoutSeconds", rng.choice(NUMBERS)))
        if rng.random() < 0.2:
            task.update(self._scalar("HeartbeatSeconds", rng.choice(NUMBERS)))
        return task

    def _parallel(self, _: list[str], depth: int) -> dict[str, Any]:
        return {"Branches": [self._states(depth + 1) for _ in range(self._rng.randint(1, 3))]}

    def _map(self, _: list[str], depth: int) -> dict[str, Any]:
        rng = self._rng
        state: dict[str, Any] = {"ItemProcessor": self._states(depth + 1)}
        if rng.random() < 0.3:
            state["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
            if rng.random() < 0.5:
                state["ItemBatcher"] = {"MaxItemsPerBatch": rng.choice(NUMBERS[1:])}
            if rng.random() < 0.3:
                arguments = {"Bucket": "b", "Key": "k"}
                name = "Arguments" if self._language == "JSONata" else "Parameters"
                state["ItemReader"] = {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    name: arguments,
                }
        if rng.random() < 0.5:
            state.update(self._scalar("MaxConcurrency", rng.choice(NUMBERS)))
        if rng.random() < 0.2:
            state.update(self._scalar("ToleratedFailurePercentage", rng.choice((0, 50, 100, 101))))
        if rng.random() < 0.5:
            state["ItemSelector"] = self._value()
        if self._language == "JSONata":
            state["Items"] = rng.choice(
                ["{% $states.input.items %}", [1, 2], "{% $states.input %}", [{}] * 45]
            )
        elif rng.random() < 0.7:
            state["ItemsPath"] = rng.choice(PATHS)
        return state

    def _add_handlers(self, state: dict[str, Any], names: list[str]) -> None:
        rng = self._rng
        if rng.random() < 0.4:
            retrier = {"ErrorEquals": [rng.choice(ERRORS)], "MaxAttempts": rng.choice((0, 1, 3, 99_999_999))}
            extra = rng.choice(
                (
                    {},
                    {"BackoffRate": 1.0},
                    {"BackoffRate": 9e9},
                    {"MaxDelaySeconds": 5, "JitterStrategy": "FULL"},
                )
            )
            state["Retry"] = [{**retrier, **extra}]
        if rng.random() < 0.4:
            state["Catch"] = [{"ErrorEquals": [rng.choice(ERRORS)], "Next": rng.choice(names)}]

    def _add_data(self, state: dict[str, Any], kind: str, variable: str) -> None:
        rng = self._rng
        jsonata = {
            "Arguments": ("Task", "Parallel"),
            "Output": ("Pass", "Succeed", "Wait", "Choice", "Task", "Parallel", "Map"),
        }
        paths = {
            "InputPath": ("Pass", "Succeed", "Wait", "Choice", "Task", "Parallel", "Map"),
            "OutputPath": ("Pass", "Succeed", "Wait", "Choice", "Task", "Parallel", "Map"),
            "ResultPath": ("Pass", "Task", "Parallel", "Map"),
        }
        templates = {
            "Parameters": ("Pass", "Task", "Parallel"),
            "ResultSelector": ("Task", "Parallel", "Map"),
        }
        if kind not in ("Fail", "Succeed") and rng.random() < 0.2:
            state["Assign"] = (
                {variable: self._value()}
                if self._language == "JSONata"
                else {f"{variable}.$": rng.choice(PATHS)}
            )
        for field, kinds in (jsonata if self._language == "JSONata" else templates).items():
            if kind in kinds and rng.random() < 0.35:
                state[field] = self._value()
        for field, kinds in (paths if self._language == "JSONPath" else {}).items():
            if kind in kinds and rng.random() < 0.25:
                state[field] = rng.choice([*REFERENCES, None] if field == "ResultPath" else [*PATHS, None])
