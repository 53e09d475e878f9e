"""Airflow's own operators."""

from __future__ import annotations

from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.registry import converts
from converter.operators.step import SkipOrders, Step

#: The end of the data interval after the run's own, in UTC. Only the starter of a schedule writes it.
LATEST_UNTIL = "$states.context.Execution.Input.latest_until"


@converts("airflow.providers.standard.operators.empty.EmptyOperator")
def empty(args: Arguments) -> Step:
    """Nothing to do: a Pass state. It cannot fail, and pushes no XCom."""
    return Step(task_id=args.task.task_id, operator="EmptyOperator", resource=None)


@converts("airflow.providers.standard.operators.latest_only.LatestOnlyOperator")
def latest_only(args: Arguments) -> Step:
    """A Pass state that has what is directly behind it skipped, if the next data interval is over, too.

    When that is stands in the execution's input, as ``latest_until``. A run whose input does not say so, as
    that of one that was started by hand, skips nothing. It pushes no XCom.
    """
    # Both are times in UTC, as ISO 8601 writes them. Whole seconds: all that a schedule can tell.
    now, until = (f"$substring({time}, 0, 19)" for time in ("$now()", f"$string({LATEST_UNTIL})"))
    return Step(
        task_id=args.task.task_id,
        operator="LatestOnlyOperator",
        resource=None,
        orders_skips=SkipOrders.NOT_CHOSEN,
        skip=Expression(f"$exists({LATEST_UNTIL}) and {until} < {now} ? 'all'"),
    )
