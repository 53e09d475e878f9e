"""Airflow's own operators."""

from __future__ import annotations

from converter.operators.arguments import Arguments
from converter.operators.registry import converts
from converter.operators.step import Step


@converts("airflow.providers.standard.operators.empty.EmptyOperator")
def empty(args: Arguments) -> Step:
    """Nothing to do: a Pass state. It cannot fail, and pushes no XCom."""
    return Step(task_id=args.task.task_id, operator="EmptyOperator", resource=None)
