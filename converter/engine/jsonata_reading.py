"""Reading the fields of JSONata states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from converter.engine.definition import Transition
from converter.engine.jsonata_fields import Template, TemplateSyntaxError, is_expression
from converter.engine.language_reading import COMMON_FIELDS
from converter.engine.problems import Fields
from converter.engine.scope import Field
from converter.engine.tasks import Json

_LEAVING = frozenset({"Next", "End", "Assign", "Output"})
_HANDLING = frozenset({"Retry", "Catch"})


class JsonataReader:
    """Reads JSONata states (see :class:`~converter.engine.language_reading.LanguageReader`)."""

    name: ClassVar[str] = "JSONata"
    fields: ClassVar[Mapping[str, frozenset[str]]] = {
        "Pass": COMMON_FIELDS | _LEAVING,
        "Succeed": COMMON_FIELDS | {"Output"},
        "Fail": COMMON_FIELDS | {"Error", "Cause"},
        "Wait": COMMON_FIELDS | _LEAVING | {"Seconds", "Timestamp"},
        "Choice": COMMON_FIELDS | {"Choices", "Default", "Assign", "Output"},
        "Task": COMMON_FIELDS
        | _LEAVING
        | _HANDLING
        | {"Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
        "Parallel": COMMON_FIELDS | _LEAVING | _HANDLING | {"Branches", "Arguments"},
        "Map": COMMON_FIELDS
        | _LEAVING
        | _HANDLING
        | {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency"}
        | {"ToleratedFailureCount", "ToleratedFailurePercentage"}
        | {"ItemReader", "ItemBatcher", "ResultWriter", "Label"},
    }
    rule_fields: ClassVar[frozenset[str] | None] = frozenset(
        {"Condition", "Next", "Assign", "Output", "Comment"}
    )
    catcher_fields: ClassVar[frozenset[str]] = frozenset(
        {"ErrorEquals", "Next", "Assign", "Output", "Comment"}
    )
    arguments_name: ClassVar[str] = "Arguments"

    def transition(self, fields: Fields, *, needs_target: bool = True) -> Transition:
        """Read ``Next`` or ``End``, ``Assign`` and ``Output``."""
        return _transition(fields, "", needs_target=needs_target)

    def rule_transition(self, rule: Fields, index: int, state: Fields) -> Transition:
        """Read a rule's ``Next``, ``Assign`` and ``Output``."""
        return _transition(rule, f"Choices[{index}]/", needs_target=False)

    def catcher_transition(self, catcher: Fields, index: int, state: Fields) -> Transition:
        """Read a catcher's ``Next``, ``Assign`` and ``Output``."""
        return _transition(catcher, f"Catch[{index}]/", needs_target=False)

    def condition(self, rule: Fields, index: int, state: Fields) -> Field | None:
        """Read ``Condition``."""
        if "Condition" not in rule:
            rule.problems.invalid(rule.path, "These fields are required: [Condition]")
            return None
        return _read(rule, "Condition", "boolean", f"Choices[{index}]/Condition")

    def result(self, fields: Fields) -> Field | None:
        """A Pass makes its output of its input at once."""
        return None

    def arguments(self, fields: Fields) -> Field | None:
        """Read ``Arguments``."""
        return _read(fields, "Arguments")

    def text(self, fields: Fields, name: str) -> Field | None:
        """Read a string."""
        return _read(fields, name, "string")

    def whole_number(self, fields: Fields, name: str, at_least: int, owner: Fields) -> Field | None:
        """Read a whole number; a constant is checked here."""
        value = fields.raw(name)
        if isinstance(value, (int, float)) and (not isinstance(value, int) or value < at_least):
            fields.problems.invalid(
                fields.at(name), f"Expected value to be an integer of at least {at_least}"
            )
            return None
        return _read(fields, name, "number")

    def percentage(self, fields: Fields, name: str) -> Field | None:
        """Read a number; its range is checked when it is used."""
        return _read(fields, name, "number")

    def wait(self, fields: Fields) -> tuple[Field | None, Field | None]:
        """Read ``Seconds`` or ``Timestamp``."""
        if ("Seconds" in fields) == ("Timestamp" in fields):
            fields.problems.invalid(
                fields.path, "Exactly one of these fields is required: [Seconds, Timestamp]"
            )
        return self.whole_number(fields, "Seconds", 0, fields), _read(fields, "Timestamp", "string")

    def items(self, fields: Fields) -> Field | None:
        """Read ``Items``."""
        return _read(fields, "Items", "array")

    def item_selector(self, fields: Fields) -> Field | None:
        """Read ``ItemSelector``."""
        return _read(fields, "ItemSelector")

    def template(self, fields: Fields, name: str, location: str, owner: Fields) -> Field | None:
        """Read any JSON with expressions."""
        return _read(fields, name, None, location)

    def role(self, fields: Fields) -> Field | None:
        """Read ``Credentials``."""
        credentials = fields.optional("Credentials", "object")
        if credentials is None:
            return None
        inner = Fields(credentials, fields.at("Credentials"), fields.problems)
        inner.refuse_unknown({"RoleArn"}, "Credentials in JSONata mode")
        return _read(inner, "RoleArn", "string", "Credentials/RoleArn")


def _transition(fields: Fields, prefix: str, *, needs_target: bool) -> Transition:
    target = fields.target(required=needs_target)
    output = _read(fields, "Output", location=f"{prefix}Output")
    return Transition(target, _assign(fields, prefix), output)


def _assign(fields: Fields, prefix: str) -> dict[str, Field] | None:
    variables: dict[str, Any] | None = fields.optional("Assign", "object")
    if variables is None:
        return None
    templates = {
        name: _template(fields, value, "Assign", f"{prefix}Assign/{name}")
        for name, value in variables.items()
    }
    return {name: template for name, template in templates.items() if template is not None}


def _read(
    fields: Fields, name: str, type_: str | None = None, location: str | None = None
) -> Template | None:
    """Return a field as a template, None where it is absent.

    ``type_`` is the JSON type that a constant must have (an expression is checked when it is evaluated).
    ``location`` is how errors at run time name the field, if not by ``name``.
    """
    if name not in fields:
        return None
    value = fields.raw(name)
    if type_ is not None and not is_expression(value) and fields.optional(name, type_) is None:
        return None
    return _template(fields, value, name, location or name)


def _template(fields: Fields, value: Json, name: str, location: str) -> Template | None:
    try:
        return Template(value, location)
    except TemplateSyntaxError as error:
        fields.problems.invalid(
            fields.at(name), f"The JSONata expression of '{error.location}' is invalid: {error}"
        )
        return None
