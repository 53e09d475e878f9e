"""Reads a template back: CloudFormation's short forms (``!Ref``) come out as their long ones."""

from __future__ import annotations

from typing import Any

import yaml

from converter.yaml_loader import SafeLoader


class _Loader(SafeLoader):  # type: ignore[misc]
    pass


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


def read_yaml(text: str) -> dict[str, Any]:
    """Return a template as data. Raises ValueError.

    >>> read_yaml("Role: !GetAtt MachineRole.Arn")
    {'Role': {'Fn::GetAtt': 'MachineRole.Arn'}}
    """
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(f"the template is no YAML: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("the template is no mapping")
    return document
