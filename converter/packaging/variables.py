"""What a machine is allowed that reads Airflow's Variables when a run begins."""

from __future__ import annotations

from collections.abc import Iterable

from converter.operators.step import Permission, Step
from converter.task_runtime.dag2sfn_tasks.parameter_store import VARIABLES_PREFIX

#: What names of Variables are behind.
PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter" + VARIABLES_PREFIX
REASON = "Airflow's Variables, under the names that its own Parameter Store backend uses."


def permissions_on_variables(steps: Iterable[Step]) -> list[Permission]:
    """Return what the machine of these steps needs: to read just the parameters that they name.

    Decryption under the key of Parameter Store itself (``aws/ssm``) needs no permission of its own, and under
    the stack's KmsKeyArn the role may decrypt anyway.
    """
    names = sorted({name for step in steps for name in step.variables})
    arns = tuple(PARAMETERS + name for name in names)
    return [Permission(("ssm:GetParameters",), arns, REASON)] if arns else []
