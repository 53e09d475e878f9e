"""The 13 trigger rules: what a task does, given what its upstream tasks have come to *so far*.

A rule decides as soon as it can, not when all upstream tasks have finished; so the order in which they
finish can change the outcome. All of this is one function in Airflow:
``airflow.ti_deps.deps.trigger_rule_dep``, ``TriggerRuleDep._evaluate_trigger_rule``, there
``_evaluate_direct_relatives``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from converter.workflow import Outcome, TriggerRule


class Verdict(Enum):
    """What a task does while it has no outcome."""

    RUN = "run"
    WAIT = "wait"


#: A task runs, waits, or ends without having run.
Decision: TypeAlias = Verdict | Outcome


@dataclass(frozen=True)
class Tally:
    """How many upstream tasks there are, and how many of them have finished in which way.

    Setups are counted among the others, and once more by themselves: only all_done_setup_success asks.
    """

    total: int
    success: int
    failed: int
    upstream_failed: int
    skipped: int
    setups: int = 0
    setups_succeeded: int = 0
    setups_skipped: int = 0

    @property
    def bad(self) -> int:
        """How many failed, or did not run because of a failure."""
        return self.failed + self.upstream_failed

    @property
    def complete(self) -> bool:
        """Whether all have finished."""
        return self.success + self.bad + self.skipped == self.total


def tally(upstream: Iterable[tuple[Outcome | None, bool]]) -> Tally:
    """Count upstream tasks, each given as its outcome (None: unfinished) and whether it is a setup."""
    states = list(upstream)
    outcomes = [outcome for outcome, _ in states]
    of_setups = [outcome for outcome, is_setup in states if is_setup]
    return Tally(
        total=len(outcomes),
        success=outcomes.count(Outcome.SUCCESS),
        failed=outcomes.count(Outcome.FAILED),
        upstream_failed=outcomes.count(Outcome.UPSTREAM_FAILED),
        skipped=outcomes.count(Outcome.SKIPPED),
        setups=len(of_setups),
        setups_succeeded=of_setups.count(Outcome.SUCCESS),
        setups_skipped=of_setups.count(Outcome.SKIPPED),
    )


def apply_rule(rule: TriggerRule, upstream: Tally) -> Decision:
    """Return what a task with this rule does now. A task without upstream tasks runs under any rule."""
    return _RULES[rule](upstream) if upstream.total else Verdict.RUN


def _run_when_complete(upstream: Tally) -> Decision:
    return Verdict.RUN if upstream.complete else Verdict.WAIT


def _always(_: Tally) -> Decision:
    return Verdict.RUN  # at once: the upstream tasks may not even have begun


def _all_success(upstream: Tally) -> Decision:
    if upstream.bad:
        return Outcome.UPSTREAM_FAILED
    return Outcome.SKIPPED if upstream.skipped else _run_when_complete(upstream)


def _all_failed(upstream: Tally) -> Decision:
    return Outcome.SKIPPED if upstream.success or upstream.skipped else _run_when_complete(upstream)


def _all_skipped(upstream: Tally) -> Decision:
    return Outcome.SKIPPED if upstream.success or upstream.bad else _run_when_complete(upstream)


def _none_failed(upstream: Tally) -> Decision:
    return Outcome.UPSTREAM_FAILED if upstream.bad else _run_when_complete(upstream)


def _none_failed_min_one_success(upstream: Tally) -> Decision:
    if upstream.bad:
        return Outcome.UPSTREAM_FAILED
    return Outcome.SKIPPED if upstream.skipped == upstream.total else _run_when_complete(upstream)


def _none_skipped(upstream: Tally) -> Decision:
    return Outcome.SKIPPED if upstream.skipped else _run_when_complete(upstream)


def _all_done_min_one_success(upstream: Tally) -> Decision:
    if upstream.skipped:
        return Outcome.SKIPPED  # a single skip is enough, also beside a success
    if upstream.complete and not upstream.success:
        return Outcome.UPSTREAM_FAILED
    return _run_when_complete(upstream)


def _all_done_setup_success(upstream: Tally) -> Decision:
    if upstream.complete and upstream.setups:
        if upstream.setups_skipped == upstream.setups:
            return Outcome.SKIPPED
        if not upstream.setups_succeeded:
            return Outcome.UPSTREAM_FAILED
    return _run_when_complete(upstream)


def _one_success(upstream: Tally) -> Decision:
    if upstream.success:
        return Verdict.RUN
    if not upstream.complete:
        return Verdict.WAIT
    return Outcome.SKIPPED if upstream.skipped == upstream.total else Outcome.UPSTREAM_FAILED


def _one_failed(upstream: Tally) -> Decision:
    if upstream.bad:
        return Verdict.RUN
    return Outcome.SKIPPED if upstream.complete else Verdict.WAIT


def _one_done(upstream: Tally) -> Decision:
    if upstream.success or upstream.failed:  # a task that did not run is not "done"
        return Verdict.RUN
    return Outcome.SKIPPED if upstream.complete else Verdict.WAIT


_RULES: Mapping[TriggerRule, Callable[[Tally], Decision]] = {
    TriggerRule.ALL_SUCCESS: _all_success,
    TriggerRule.ALL_FAILED: _all_failed,
    TriggerRule.ALL_DONE: _run_when_complete,
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: _all_done_min_one_success,
    TriggerRule.ALL_DONE_SETUP_SUCCESS: _all_done_setup_success,
    TriggerRule.ALL_SKIPPED: _all_skipped,
    TriggerRule.ALWAYS: _always,
    TriggerRule.NONE_FAILED: _none_failed,
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: _none_failed_min_one_success,
    TriggerRule.NONE_SKIPPED: _none_skipped,
    TriggerRule.ONE_DONE: _one_done,
    TriggerRule.ONE_FAILED: _one_failed,
    TriggerRule.ONE_SUCCESS: _one_success,
}
