"""What a CloudFormation template says about its state machines: substitutions, and what their role may do.

Values are brought to one textual form: ``!Ref X`` is ``${X}``, ``!GetAtt X.Arn`` is ``${X.Arn}``, and the
text of ``!Sub`` is its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import yaml

from converter.checks.shapes import list_of, object_of, objects_of, texts_of
from converter.yaml_loader import SafeLoader

_MACHINE = "AWS::StepFunctions::StateMachine"
#: The keys of definitions that are parameters of their own; those of child machines end with the file's name.
_KEYS = {"definition.asl.json": "${DefinitionKey}", "outer.asl.json": "${OuterDefinitionKey}"}
_LOGICAL_ID = re.compile(r"\$\{([A-Za-z0-9]+)[.}]")


class TemplateProblem(Exception):
    """The file is no template; the message says why."""


@dataclass(frozen=True)
class Grant:
    """What a statement of a policy allows: actions on resources, both with wildcards."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def allows(self, action: str) -> bool:
        """Return whether an action is among those allowed. IAM does not look at capitals there."""
        return any(matches(pattern.lower(), action.lower()) for pattern in self.actions)


@dataclass(frozen=True)
class Template:
    """A template, as far as state machines are concerned: all of them, or one (``machine``, a logical id)."""

    resources: Mapping[str, Mapping[str, Any]]
    machine: str = ""

    def of(self, file: str) -> Template:
        """Return what it says about the machine whose definition is in a file of the bundle.

        Where it does not say which machine that is, about all of them.
        """
        for name, item in self.resources.items():
            place = object_of(self._properties(name).get("DefinitionS3Location"))
            key = _text(place.get("Key"))
            if item.get("Type") == _MACHINE and (key == _KEYS.get(file) or key.endswith(f"}}{file}")):
                return replace(self, machine=name)
        return self

    @cached_property
    def substitutions(self) -> Mapping[str, str]:
        """What is filled into definitions: name → value."""
        found: dict[str, str] = {}
        for properties in self._machines():
            values = object_of(properties.get("DefinitionSubstitutions"))
            found |= {name: _text(value) for name, value in values.items()}
        return found

    @cached_property
    def grants(self) -> tuple[Grant, ...] | None:
        """What the roles of the machines may do, None where the template does not say it all."""
        found: list[Grant] = []
        for properties in self._machines():
            role = logical_id(_text(properties.get("RoleArn")))
            if role not in self.resources:
                return None
            for document in self._policies(role):
                if not isinstance(document, dict):
                    return None
                found += _grants_of(document)
        return tuple(found)

    def functions(self) -> tuple[str, ...]:
        """Return the logical ids of the template's Lambda functions."""
        return tuple(
            name for name, item in self.resources.items() if item.get("Type") == "AWS::Lambda::Function"
        )

    def names_of(self, resource: str) -> frozenset[str]:
        """Return a resource's logical id, with that of its function or machine if it is a version of one."""
        properties = self._properties(resource)
        versions_of = (properties.get("FunctionName"), properties.get("StateMachineArn"))
        return frozenset({resource, *(logical_id(_text(name)) for name in versions_of)} - {""})

    def _machines(self) -> Iterator[Mapping[str, Any]]:
        for name, item in self.resources.items():
            if item.get("Type") == _MACHINE and self.machine in ("", name):
                yield self._properties(name)

    def _properties(self, name: str) -> Mapping[str, Any]:
        return object_of(self.resources.get(name, {}).get("Properties"))

    def _policies(self, role: str) -> Iterator[Any]:
        """Yield the policy documents of a role, None for one that stands elsewhere."""
        for policy in list_of(self._properties(role).get("Policies")):
            yield object_of(policy).get("PolicyDocument")
        for arn in list_of(self._properties(role).get("ManagedPolicyArns")):
            yield self._properties(logical_id(_text(arn))).get("PolicyDocument")
        for name, item in self.resources.items():
            if item.get("Type") in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                properties = self._properties(name)
                if role in {logical_id(_text(owner)) for owner in list_of(properties.get("Roles"))}:
                    yield properties.get("PolicyDocument")


def read_template(text: str) -> Template:
    """Return a template, given as YAML or JSON. Raises TemplateProblem."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader that knows CloudFormation's short forms
    except yaml.YAMLError as error:
        raise TemplateProblem(f"it is no YAML: {error}") from None
    except RecursionError:
        raise TemplateProblem("its values are nested too deep to be read") from None
    resources = document.get("Resources") if isinstance(document, dict) else None
    if not isinstance(resources, dict):
        raise TemplateProblem("it has no Resources")
    return Template({name: item for name, item in resources.items() if isinstance(item, dict)})


def logical_id(text: str) -> str:
    """Return the logical id in the textual form of a reference, empty if it is none."""
    match = _LOGICAL_ID.match(text)
    return match[1] if match else ""


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches an IAM pattern, in which ``*`` and ``?`` are wildcards."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _grants_of(document: Mapping[str, Any]) -> Iterator[Grant]:
    statements = document.get("Statement")
    for statement in objects_of(statements if isinstance(statements, list) else [statements]):
        if statement.get("Effect") == "Allow":
            yield Grant(_texts(statement.get("Action")), _texts(statement.get("Resource")))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value if isinstance(value, list) else [value]))


def _text(value: Any) -> str:
    """Return the textual form of a value, of CloudFormation's functions in their long form too."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt":
            return f"${{{argument if isinstance(argument, str) else '.'.join(texts_of(argument))}}}"
        if name == "Fn::Sub":
            return argument if isinstance(argument, str) else next(iter(texts_of(argument)), "")
    return value if isinstance(value, str) else ""


class _Loader(SafeLoader):  # type: ignore[misc]
    """Reads CloudFormation's short forms (``!Ref``) as their long ones."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # the third kind of node
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)
