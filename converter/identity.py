"""Names in AWS that follow from Airflow's: no database is needed to find a machine or an execution again.

>>> machine_name("etl.daily")
'dag2sfn-etl-daily-87c5cb'
>>> machine_name("partial_fan_in")
'dag2sfn-partial_fan_in'
"""

from __future__ import annotations

import hashlib
import re

from converter.workflow import PREFIX

__all__ = [
    "DAG_ID_TAG",
    "LIVE",
    "PREFIX",
    "child_machine_name",
    "companion_id",
    "execution_name",
    "machine_name",
    "stack_name",
]

#: The alias by which runs are started: it leads to the version of the machine that is in force.
LIVE = "live"
#: The tag of what belongs to a DAG, with its id.
DAG_ID_TAG = "dag2sfn:dag-id"
#: State machines and executions (AWS documentation, CreateStateMachine and StartExecution).
_MAX_NAME = 80
#: CloudFormation stacks: letters, digits and hyphens.
_MAX_STACK_NAME = 128


def machine_name(dag_id: str, prefix: str = PREFIX) -> str:
    """Return the name of the state machine of a DAG: letters, digits, ``-`` and ``_``, at most 80.

    ``prefix`` is letters, digits and hyphens that end in a hyphen, at most 32.
    """
    return _fit(f"{prefix}{dag_id}", r"[^A-Za-z0-9_-]", _MAX_NAME)


def companion_id(dag_id: str) -> str:
    """Return the id of the DAG in Airflow that runs the state machine of a DAG."""
    return f"{dag_id}__step_functions"


def child_machine_name(dag_id: str, number: int | str, prefix: str = PREFIX) -> str:
    """Return the name of the child machine of a DAG.

    No DAG's own machine is called so, since in these the prefix ends in a hyphen.

    >>> child_machine_name("etl", 3)
    'dag2sfn_etl-child-3'
    """
    suffix = f"-child-{number}"
    return _fit(f"{prefix[:-1]}_{dag_id}", r"[^A-Za-z0-9_-]", _MAX_NAME - len("-child-9999")) + suffix


def stack_name(dag_id: str, prefix: str = PREFIX) -> str:
    """Return the name of the CloudFormation stack of a DAG: letters, digits and ``-``, at most 128."""
    return _fit(f"{prefix}{dag_id}", r"[^A-Za-z0-9-]", _MAX_STACK_NAME)


def execution_name(run_id: str, number: int = 1) -> str:
    """Return the name of the execution of a DAG run; ``number`` counts executions of the same run_id."""
    suffix = "" if number == 1 else f"-{number}"
    return _fit(run_id, r"[^A-Za-z0-9_-]", _MAX_NAME - len(suffix)) + suffix


def _fit(name: str, forbidden: str, length: int) -> str:
    """Replace what is forbidden by hyphens and cut; a hash keeps names apart that would become equal."""
    fitted = re.sub(forbidden, "-", name)
    if fitted == name and len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{fitted[: length - 7]}-{digest}"
