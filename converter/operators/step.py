"""The Step: what one task becomes in the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from converter.expressions.jsonata import Expression
from converter.operators.parts import Part, Retrier
from converter.task_runtime.local_files import LocalFile

__all__ = ["GlueRun", "Permission", "Retrier", "SkipOrders", "Step"]


@dataclass(frozen=True)
class Permission:
    """What a state needs to be allowed: IAM actions on resources.

    A resource is an ARN, in which ``${AWS::Partition}``, ``${AWS::Region}`` and ``${AWS::AccountId}`` stand
    for those of the deployment, or ``*`` where AWS allows nothing else (then ``reason`` says why).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class GlueRun:
    """The task's success can be seen from outside: a run of this Glue job succeeds."""

    job_name: str


class SkipOrders(Enum):
    """Which tasks the result of a task may tell to be skipped."""

    NOT_CHOSEN = "not chosen"  # a branch: the direct downstream tasks that it does not follow
    CHILDREN = "children"  # a short-circuit that respects trigger rules: all direct ones, teardowns excepted
    DESCENDANTS = "descendants"  # a short-circuit: whatever lies behind it, teardowns excepted


@dataclass(frozen=True)
class Instances:
    """The step is done once for each of some items, side by side.

    ``count`` gives how many there are, from the records of the tasks ``over`` (whose XComs the items come
    from); ``length`` is that number where it is known at conversion. ``at_once`` is how many may run at a
    time; None: as many as the machine can run. ``group`` is the mapped task group whose items they are.
    ``distributed``: each is an execution of its own, because one execution has no room for all of them;
    ``summed``: nor for their records, of which there is only what rules go by.
    """

    count: Expression
    length: int | None = None
    over: tuple[str, ...] = ()
    at_once: int | None = None
    group: str = ""
    distributed: bool = False
    summed: bool = False


@dataclass(frozen=True)
class Step:
    """One task as a Task state, as the states of its ``parts``, or as a Pass state (nothing to do).

    It has a ``resource``, or ``parts``, or neither. ``output`` gives, from ``$states.result`` (of parts: from
    their variables), what the Airflow operator pushes as its return value; None if
    it pushes nothing. ``xcom`` gives an object of what it pushes under other keys. ``retriers`` handle
    throttling; the task's own retries come after them. ``timeout`` (seconds, per try) is a limit of the
    operator's own, besides the task's execution_timeout. ``completion`` is how other branches see the task
    succeed; None means by its outcome record alone.

    ``can_skip``: the task may end as skipped by itself, with the error AirflowSkipException.
    ``orders_skips``: its result tells downstream tasks to be skipped, and ``skip`` gives, from
    ``$states.result``, which: null, the ids of some direct downstream tasks, or "all" (of those that
    ``orders_skips`` means). ``final_errors`` are never retried. ``reads`` are the tasks whose records the
    arguments refer to. ``refusal`` says why the task is not converted: its state only records it as failed.
    ``role`` is the ARN of the role as which its calls act, where it is not the machine's own.
    ``instances``: the task is mapped, and all else is said of one instance. ``deployed`` are the parameters
    of the stack that its arguments hold, with what each stands for; ``variables`` the Airflow Variables in
    them that each run reads when it begins. ``pushes_much``: what it pushes is an answer of a service's that
    may be large, rather than ids and ARNs.
    ``job``: its call waits for the job that the sensor behind it is about, and this gives, from variables,
    how the job has ended (see ``operators/pairs.py``). ``files`` are those of the machine that it names.
    """

    task_id: str
    operator: str
    resource: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output: Expression | None = None
    xcom: Expression | None = None
    retriers: tuple[Retrier, ...] = ()
    timeout: int | None = None
    permissions: tuple[Permission, ...] = ()
    completion: GlueRun | None = None
    can_skip: bool = False
    orders_skips: SkipOrders | None = None
    skip: Expression | None = None
    final_errors: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    refusal: str = ""
    parts: tuple[Part, ...] = ()
    instances: Instances | None = None
    deployed: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    role: str = ""
    pushes_much: bool = False
    job: Expression | None = None
    files: tuple[LocalFile, ...] = ()

    def acting_as(self, role: str) -> Step:
        """Return the step with its calls made as a role, which alone the machine has to be allowed to take.

        Pollers act as the machine: they see such a task by its outcome record.
        """
        allowed = Permission(("sts:AssumeRole",), (role,))
        return replace(self, role=role, permissions=(allowed,), completion=None)

    @property
    def does_nothing(self) -> bool:
        """Whether the task is a Pass state that succeeds."""
        return self.resource is None and not self.parts and not self.refusal

    @property
    def can_fail(self) -> bool:
        """Whether the task can end other than in success, once it runs."""
        return not self.does_nothing
