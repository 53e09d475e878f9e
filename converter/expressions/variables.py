"""Airflow's Variables in a machine that reads them when a run begins: the names that they have there."""

from __future__ import annotations

import re

#: The workflow variable: name of a Variable → its text, or ``{"error": text}`` where it could not be read.
ALL_VARIABLES = "airflow_variables"
#: AWS Systems Manager API, PutParameter: what a name consists of. ``:`` would ask for a version.
_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
#: Of 2,048 characters, the ARN takes some as well, and so does the prefix.
_LONGEST = 900


def is_parameter_name(key: str) -> bool:
    """Return whether a parameter in Parameter Store can have the name of this Variable."""
    return _NAME.fullmatch(key) is not None and len(key) <= _LONGEST
