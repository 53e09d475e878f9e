"""What to do about errors that DAG files often raise."""

from __future__ import annotations

import re

#: A pattern of the error, and the remedy.
_REMEDIES = tuple(
    (re.compile(pattern), remedy)
    for pattern, remedy in (
        (
            r"the network is closed while DAG files are read",
            "move it into a task, or allow it: --allow-network",
        ),
        (
            r"section/key \[(?P<section>\w+)/(?P<key>\w+)\] not found in config",
            "set AIRFLOW__{SECTION}__{KEY} in the environment of the conversion",
        ),
        (
            r"^KeyError: the environment has no '(?P<name>\w+)'",
            "set {name} in the environment of the conversion",
        ),
        (
            r"^(ModuleNotFound|Import)Error: No module named '(?P<name>\w+)",
            "install '{name}' beside Airflow, or add the folder that holds it to PYTHONPATH",
        ),
    )
)


def remedy_for(error: str) -> str:
    """Return what to do about an exception, given as ``Type: message``; empty if that is not known."""
    for pattern, remedy in _REMEDIES:
        if match := pattern.search(error):
            names = match.groupdict()
            return remedy.format(**names, **{name.upper(): value.upper() for name, value in names.items()})
    return ""
