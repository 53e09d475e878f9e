"""Reading the fields of JSONPath states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from converter.engine import jsonpath_fields as made
from converter.engine.choice_reading import read_rule
from converter.engine.choice_rules import RuleField
from converter.engine.definition import Transition
from converter.engine.instants import parse_instant
from converter.engine.jsonpath_language import PathQuery, compile_path_query, compile_query
from converter.engine.language_reading import COMMON_FIELDS
from converter.engine.paths import InvalidPath, Path
from converter.engine.payload_template import PayloadTemplate, TemplateSyntaxError, is_dynamic
from converter.engine.problems import Fields
from converter.engine.scope import Field
from converter.engine.tasks import Json

_PATHS = frozenset({"InputPath", "OutputPath"})
_LEAVING = _PATHS | {"Next", "End", "Assign"}
_RESULT = frozenset({"Parameters", "ResultPath"})
_HANDLING = _RESULT | {"ResultSelector", "Retry", "Catch"}
_ROOT = compile_path_query("$")
_WITHOUT_RESULT = ("Choice", "Succeed", "Wait")
T = TypeVar("T")


def _with_path(*names: str) -> frozenset[str]:
    return frozenset(names) | {f"{name}Path" for name in names}


class JsonPathReader:
    """Reads JSONPath states (see :class:`~converter.engine.language_reading.LanguageReader`)."""

    name: ClassVar[str] = "JSONPath"
    fields: ClassVar[Mapping[str, frozenset[str]]] = {
        "Pass": COMMON_FIELDS | _LEAVING | _RESULT | {"Result"},
        "Succeed": COMMON_FIELDS | _PATHS,
        "Fail": COMMON_FIELDS | _with_path("Error", "Cause"),
        "Wait": COMMON_FIELDS | _LEAVING | _with_path("Seconds", "Timestamp"),
        "Choice": COMMON_FIELDS | _PATHS | {"Choices", "Default", "Assign"},
        "Task": COMMON_FIELDS
        | _LEAVING
        | _HANDLING
        | {"Resource", "Credentials"}
        | _with_path("TimeoutSeconds", "HeartbeatSeconds"),
        "Parallel": COMMON_FIELDS | _LEAVING | _HANDLING | {"Branches"},
        "Map": COMMON_FIELDS
        | _LEAVING
        | _HANDLING
        | {"ItemsPath", "ItemSelector", "ItemProcessor", "Iterator"}
        | _with_path("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage")
        | {"ItemReader", "ItemBatcher", "ResultWriter", "Label"},
    }
    rule_fields: ClassVar[frozenset[str] | None] = None
    catcher_fields: ClassVar[frozenset[str]] = frozenset(
        {"ErrorEquals", "Next", "Assign", "ResultPath", "Comment"}
    )
    arguments_name: ClassVar[str] = "Parameters"

    def transition(self, fields: Fields, *, needs_target: bool = True) -> Transition:
        """Read ``Next`` or ``End``, ``Assign``, and the way from a result to an output."""
        target = fields.target(required=needs_target)
        result = _result(fields)
        return Transition(target, _assign(fields, result), _output(fields, result))

    def rule_transition(self, rule: Fields, index: int, state: Fields) -> Transition:
        """Read a rule's ``Next`` and ``Assign``; the output is the state's."""
        result = _result(state)
        return Transition(rule.target(required=False), _assign(rule, result), _output(state, result))

    def catcher_transition(self, catcher: Fields, index: int, state: Fields) -> Transition:
        """Read a catcher's ``Next``, ``Assign`` and ``ResultPath``. OutputPath does not apply (recorded)."""
        error = made.SelectedResult()
        path = _result_path(catcher)
        output = None if path is not None and not path.steps else made.OutputField(error, path, _ROOT)
        return Transition(catcher.target(required=False), _assign(catcher, error), output)

    def condition(self, rule: Fields, index: int, state: Fields) -> Field | None:
        """Read a comparison, or And, Or, Not of rules."""
        read = read_rule(rule, is_top=True)
        return None if read is None else RuleField(read, _input(state))

    def result(self, fields: Fields) -> Field | None:
        """Read a Pass state's ``Result``, else its ``Parameters`` or ``InputPath``."""
        return made.Constant(fields.raw("Result")) if "Result" in fields else self.arguments(fields)

    def arguments(self, fields: Fields) -> Field | None:
        """Read ``Parameters``, else ``InputPath``."""
        template = _payload(fields, "Parameters")
        if template is not None:
            return made.TemplateField(template, _input(fields))
        return made.InputField(_input(fields)) if _has_input_path(fields) else None

    def text(self, fields: Fields, name: str) -> Field | None:
        """Read a string, or the path or intrinsic function of the field with ``Path``."""
        if f"{name}Path" not in fields:
            return _constant(fields, name, "string")
        _refuse_both(fields, name)
        return _path_field(fields, name, made.StateInput(), made.read_text, calls=True)

    def whole_number(self, fields: Fields, name: str, at_least: int, owner: Fields) -> Field | None:
        """Read a whole number or the path to one."""
        if f"{name}Path" in fields:
            _refuse_both(fields, name)
            return _path_field(fields, name, _input(owner), made.read_integer)
        value = fields.optional(name, "number")
        if value is not None and (not isinstance(value, int) or value < at_least):
            fields.problems.invalid(
                fields.at(name), f"Expected value to be an integer of at least {at_least}"
            )
        return None if value is None else made.Constant(value)

    def percentage(self, fields: Fields, name: str) -> Field | None:
        """Read a number from 0 to 100 or the path to one."""
        if f"{name}Path" in fields:
            _refuse_both(fields, name)
            return _path_field(fields, name, _input(fields), made.read_float)
        value = fields.optional(name, "number")
        if value is not None and not 0 <= value <= 100:
            fields.problems.invalid(fields.at(name), "Expected value to be a number from 0 to 100")
        return None if value is None else made.Constant(value)

    def wait(self, fields: Fields) -> tuple[Field | None, Field | None]:
        """Read one of the four ways to say how long."""
        names = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]
        if sum(name in fields for name in names) != 1:
            fields.problems.invalid(
                fields.path, f"Exactly one of these fields is required: [{', '.join(names)}]"
            )
            return None, None
        source = _input(fields)
        if "SecondsPath" in fields:
            return _path_field(
                fields, "Seconds", source, made.read_seconds, missing=made.no_input_value
            ), None
        if "TimestampPath" in fields:
            return None, _path_field(
                fields, "Timestamp", source, made.read_timestamp, missing=made.no_input_value
            )
        timestamp = fields.optional("Timestamp", "string")
        if timestamp is not None and parse_instant(timestamp) is None:
            fields.problems.invalid(fields.at("Timestamp"), "Expected value to be an ISO-8601 date-time")
        return self.whole_number(fields, "Seconds", 0, fields), _constant(fields, "Timestamp", "string")

    def items(self, fields: Fields) -> Field | None:
        """Read ``ItemsPath``, by default the whole input."""
        query = _ROOT if "ItemsPath" not in fields else _query(fields, "ItemsPath", compile_path_query)
        if query is None:
            return None
        return made.PathField("ItemsPath", query, _input(fields), made.read_array, made.invalid_path)

    def item_selector(self, fields: Fields) -> Field | None:
        """Read ``ItemSelector``, which was called ``Parameters`` once."""
        names = [name for name in ("ItemSelector", "Parameters") if name in fields]
        template = _payload(fields, names[0]) if names else None
        return None if template is None else made.TemplateField(template, _input(fields))

    def template(self, fields: Fields, name: str, location: str, owner: Fields) -> Field | None:
        """Read a payload template."""
        template = _payload(fields, name)
        return None if template is None else made.TemplateField(template, _input(owner))

    def role(self, fields: Fields) -> Field | None:
        """Read ``Credentials``."""
        template = _payload(fields, "Credentials")
        if template is None or not isinstance(template.value, dict):
            return None
        inner = Fields(template.value, fields.at("Credentials"), fields.problems)
        inner.refuse_unknown({"RoleArn", "RoleArn.$"}, "Credentials in JSONPath mode")
        if len(template.value) != 1:
            inner.problems.invalid(
                inner.path, "Exactly one of these fields is required: [RoleArn, RoleArn.$]"
            )
        return made.MemberField(template, "RoleArn", _input(fields))


def _has_input_path(fields: Fields) -> bool:
    """A path of ``$`` is like none, and then the text of the input stays as it is."""
    return "InputPath" in fields and fields.raw("InputPath") != "$"


def _input(fields: Fields) -> made.Source:
    if not _has_input_path(fields):
        return made.StateInput()
    return made.EffectiveInput(_nullable(fields, "InputPath"))


def _nullable(fields: Fields, name: str) -> PathQuery | None:
    """Read a path that may be null; ``$`` where the field is absent or (a problem) no path."""
    if name not in fields:
        return _ROOT
    return None if fields.raw(name) is None else _query(fields, name, compile_path_query) or _ROOT


def _result(fields: Fields) -> made.Source:
    """Return what Assign and the output start from. States without a result have their input instead."""
    if fields.raw("Type") in _WITHOUT_RESULT:
        return _input(fields)
    return made.SelectedResult(_payload(fields, "ResultSelector"))


def _output(fields: Fields, result: made.Source) -> Field | None:
    """Return what makes the output, or None where the result is the output as it stands."""
    path = _result_path(fields)
    output_path = _nullable(fields, "OutputPath")
    is_whole = path is not None and not path.steps
    if is_whole and output_path == _ROOT and result in (made.StateInput(), made.SelectedResult()):
        return None
    return made.OutputField(result, path, output_path)


def _result_path(fields: Fields) -> Path | None:
    if "ResultPath" not in fields:
        return _ROOT.path
    if fields.raw("ResultPath") is None:
        return None
    query = _query(fields, "ResultPath", compile_path_query)
    if query is not None and (query.root != "$" or not query.path.definite):
        fields.problems.invalid(fields.at("ResultPath"), "Value is not a Reference Path")
    return _ROOT.path if query is None else query.path


def _query(fields: Fields, name: str, compile_: Callable[[str], T]) -> T | None:
    text = fields.optional(name, "string")
    if text is None:
        return None
    try:
        return compile_(text)
    except InvalidPath:
        fields.problems.invalid(fields.at(name), "Value is not a valid JSONPath")
        return None


def _path_field(
    fields: Fields,
    name: str,
    source: made.Source,
    read: Callable[[str, str, Json], Json],
    *,
    missing: Any = made.invalid_path,
    calls: bool = False,
) -> Field | None:
    field = f"{name}Path"
    query = _query(fields, field, compile_query if calls else compile_path_query)
    return None if query is None else made.PathField(field, query, source, read, missing)


def _refuse_both(fields: Fields, name: str) -> None:
    if name in fields:
        fields.problems.invalid(fields.path, f"You cannot specify both [{name}] and [{name}Path]")


def _constant(fields: Fields, name: str, type_: str) -> Field | None:
    value = fields.optional(name, type_)
    return None if value is None else made.Constant(value)


def _payload(fields: Fields, name: str) -> PayloadTemplate | None:
    return _compiled(fields, name, fields.raw(name)) if name in fields else None


def _compiled(fields: Fields, name: str, value: Json) -> PayloadTemplate | None:
    try:
        return PayloadTemplate(value)
    except TemplateSyntaxError as error:
        fields.problems.invalid(fields.at(name), str(error))
        return None


def _assign(fields: Fields, source: made.Source) -> dict[str, Field] | None:
    variables: dict[str, Any] | None = fields.optional("Assign", "object")
    if variables is None:
        return None
    assigned: dict[str, Field] = {}
    for name, value in variables.items():
        template = _compiled(fields, "Assign", {name: value})
        if template is not None:
            variable = name.removesuffix(".$") if is_dynamic(name) else name
            assigned[variable] = made.MemberField(template, variable, source)
    return assigned
