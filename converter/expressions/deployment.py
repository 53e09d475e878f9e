"""Values that nobody gave at conversion, and that the stack is given when it is deployed.

A Variable, or an environment variable of Airflow's own machines, is then a parameter of the template. Its
value stands inside a JSONata text of the definition, of which CloudFormation knows nothing: no quotes in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

#: Words that can be told apart again when they are written together.
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*\Z")
#: What a value may be: no quote, no backslash, no control character.
_ALLOWED = r"[^\"'\\\x00-\x1f]+"


def parameter_name(kind: str, key: str) -> str:
    """Return the name of the parameter for a key: two keys of a kind never share one.

    >>> parameter_name("Variable", "bucket_name"), parameter_name("Environment", "BUCKET")
    ('VariableBucketName', 'EnvironmentBucket')
    >>> parameter_name("Variable", "BUCKET")
    'VariableBucket99644b15'
    """
    # Variables of environments are written in capitals.
    usual = (key.lower() if key.isupper() else key.upper()) if kind == ENVIRONMENT else key
    words = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", usual))
    plain = _SNAKE.match(usual) is not None
    return f"{kind}{words}{'' if plain else hashlib.sha256(key.encode()).hexdigest()[:8]}"


#: The kinds of values.
VARIABLE, ENVIRONMENT = "Variable", "Environment"


def parameter(description: str) -> dict[str, Any]:
    """Return a parameter of the template; it has no default, so that nobody forgets it."""
    return {
        "Type": "String",
        "AllowedPattern": _ALLOWED,
        "Description": f"{description}: a text without quotes and backslashes",
    }


def described(kind: str, key: str) -> str:
    """Return in words what a parameter stands for."""
    return f"The Airflow Variable {key}" if kind == VARIABLE else f"The environment variable {key}"


def parameters_of(descriptions: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of the template for names and what they stand for."""
    return {name: parameter(text) for name, text in sorted(descriptions.items())}
