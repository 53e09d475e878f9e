"""Emits a machine that fits the limits of Step Functions, and says what there is to say about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from converter import diagnostics as d
from converter.asl import lease
from converter.asl.awaiting import Pace
from converter.asl.budget import (
    EVENT_LIMIT,
    TaskPolls,
    event_problems,
    fitting_pace,
    polls_until_deadline,
    size_problems,
    task_polls_of,
    waiting_events,
)
from converter.asl.instances import events_of_instances, instance_problems, stopping_problems
from converter.asl.machine import Machine, emit
from converter.asl.options import Correlate, Failures, Options, PollerStyle
from converter.asl.rules import Rules
from converter.asl.tasks import notice_problems
from converter.diagnostics import Diagnostic, about_dag, refuses
from converter.operators.arguments import task_diagnostic
from converter.operators.parts import Poll
from converter.operators.step import Step
from converter.planning import Plan
from converter.workflow import Workflow


def emit_fitting(
    workflow: Workflow, plan: Plan, steps: Mapping[str, Step], options: Options
) -> tuple[Machine, list[Diagnostic]]:
    """Return the machine, with pollers that ask as often as the history allows, and all diagnostics."""
    pace = Pace(options.poll_interval, _poller_deadline(workflow, options))
    machine = emit(workflow, plan, steps, options, pace)
    waiting = events_of_instances(workflow, steps)
    if machine.slots is not None and machine.outer is None:
        waiting += lease.EVENTS_PER_ROUND * polls_until_deadline(lease.pace_of(options))
    found = [*event_problems(workflow, machine.definition, besides=waiting)]
    found += size_problems(workflow, machine.definition)
    found += instance_problems(workflow, steps)
    if refuses(found) and options.resumable:
        smaller = replace(options, resumable=False)
        machine, more = emit_fitting(workflow, plan, steps, smaller)
        if not refuses(more):
            problem = "a failed run cannot be resumed: the states for it would make the machine too large"
            more.append(about_dag(workflow, d.TOO_LARGE_TO_RESUME, problem, "split the DAG in two"))
        return machine, more
    found += _slot_problems(workflow, machine, options)
    if machine.outer is not None:
        problem = "the tasks run in a machine of their own, so that teardowns run after a timeout or a stop"
        found.append(about_dag(workflow, d.OUTER_MACHINE, problem, "stop runs with `dag2sfn stop`"))
    found += _task_problems(workflow, steps, options, machine.pollers)
    polls = task_polls_of(workflow, steps)
    if not (machine.pollers or polls) or refuses(found):
        return machine, found
    fitting = fitting_pace(machine.definition, machine.pollers, pace, besides=waiting, task_polls=polls)
    if fitting is None:
        return machine, [*found, _too_many_polls(workflow, machine, pace, polls)]
    if fitting != pace:
        machine = emit(workflow, plan, steps, options, fitting)
    if machine.pollers:
        found += _poller_problems(workflow, machine, options, fitting)
        found += _correlation_problems(workflow, machine, options)
    if fitting.growth:
        found += _patience_problems(workflow, steps, fitting.growth)
    return machine, found


def _poller_deadline(workflow: Workflow, options: Options) -> int:
    """Return when pollers give up, in seconds after the start: what waits for a slot has not begun."""
    has_outer = any(task.is_teardown for task in workflow.tasks)
    waits = workflow.max_active_runs and not has_outer and options.await_deadline is None
    return (lease.PATIENCE if waits else 0) + options.deadline(workflow.dagrun_timeout)


def _slot_problems(workflow: Workflow, machine: Machine, options: Options) -> Iterator[Diagnostic]:
    if machine.slots is None:
        return
    yield about_dag(
        workflow,
        d.RUN_SLOTS,
        f"an execution waits until fewer than {machine.slots} others run; it looks every "
        f"{options.poll_interval} s at first and gives up after {lease.PATIENCE / 3600:g} h",
        "a shorter --poll-interval lets it begin sooner",
    )
    if workflow.dagrun_timeout and machine.outer is None:
        yield about_dag(
            workflow,
            d.WAIT_COUNTS,
            "dagrun_timeout counts from the start of the execution, the wait for a slot included",
            "give it room for the wait, or start runs one after the other",
        )


def _task_problems(
    workflow: Workflow, steps: Mapping[str, Step], options: Options, pollers: int
) -> Iterator[Diagnostic]:
    rules = Rules.of(workflow, steps, failures_end_the_run=options.failures is Failures.STOP)
    for task in workflow.tasks:
        yield from notice_problems(steps[task.task_id], task)
        if rules.starts_late(task):
            problem = "an upstream task that does not run is decided earlier in Airflow than in the machine"
            yield task_diagnostic(
                d.EARLY_DECISION, task, problem, "nothing to do if the delay does not matter"
            )
        if strangers := set(steps[task.task_id].reads) - set(rules.reads[task.task_id]):
            names = ", ".join(sorted(strangers))
            problem = f"it reads XComs of {names}, which need not have ended before it: it finds none"
            yield task_diagnostic(d.UNORDERED_XCOM, task, problem, "make it depend on what it reads")
        if rules.may_be_overtaken(task):
            yield task_diagnostic(
                d.SKIP_OVERTAKES,
                task,
                "a skip may reach it after it has begun; it then runs to its end",
                "use all_success or a none_* rule behind branches and short-circuits",
            )
    if options.failures is Failures.STOP:
        yield from stopping_problems(workflow, steps)
    yield from _order_problems(workflow, rules, pollers)
    yield from _end_problems(workflow, options)


def _order_problems(workflow: Workflow, rules: Rules, pollers: int) -> Iterator[Diagnostic]:
    """Yield what may come in another order than in Airflow, where the order decides."""
    if not rules.order_matters:
        return
    remedy = "nothing to do if it does not matter whether a task is upstream_failed or skipped"
    if pollers or any(rules.starts_late(task) for task in workflow.tasks):
        problem = "where a failure and a skip come close after each other, a delay may swap them"
        yield about_dag(workflow, d.ARRIVAL_ORDER, problem, remedy)


def _end_problems(workflow: Workflow, options: Options) -> Iterator[Diagnostic]:
    """Yield how a run that is cut short is read differently."""
    stops = options.failures is Failures.STOP
    several = len(workflow.tasks) > 1
    if stops and several:
        problem = "the first failure fails the execution, also of a task that is no leaf"
        remedy = "nothing to do if every failure is to fail the run"
        yield about_dag(workflow, d.FAILS_WITH_THE_FIRST, problem, remedy)
    if stops and any(task.is_teardown for task in workflow.tasks):
        problem = "once a task has failed, teardowns run when all else has been stopped, one after another"
        remedy = "nothing to do if a teardown that was broken off may run again"
        yield about_dag(workflow, d.TEARDOWNS_LAST, problem, remedy)
    if (stops or workflow.dagrun_timeout) and several:
        problem = "once the run is cut short, what was not decided reads as skipped"
        yield about_dag(workflow, d.CUT_SHORT, problem, "nothing to do if only the run's outcome matters")


def _too_many_polls(
    workflow: Workflow, machine: Machine, pace: Pace, polls: Sequence[TaskPolls]
) -> Diagnostic:
    events = waiting_events(machine.definition, machine.pollers, pace)
    events += sum(item.events(0.0) for item in polls)
    who = [f"{machine.pollers} pollers that ask every {pace.interval} s until their deadline"]
    who = who if machine.pollers else []
    who += [f"{len(polls)} tasks that poll until their timeouts"] if polls else []
    problem = f"{' and '.join(who)} may have {events:,} events, {EVENT_LIMIT:,} are allowed"
    remedies = ["give a longer --poll-interval", "--poller-style retry"] if machine.pollers else []
    remedies += ["give sensors a shorter timeout or fewer retries"] if polls else []
    return about_dag(workflow, d.TOO_MANY_EVENTS, problem, f"{', '.join(remedies)}, or split the DAG")


def _patience_problems(workflow: Workflow, steps: Mapping[str, Step], growth: float) -> Iterator[Diagnostic]:
    """Yield the tasks whose own polls become rarer, and from when on."""
    for task in workflow.tasks:
        polls = [part for part in steps[task.task_id].parts if isinstance(part, Poll)]
        if polls:
            interval = max(1, math.ceil(min(poll.interval for poll in polls)))
            problem = (
                f"it asks every {interval:g} s for the first {interval / growth / 3600:.1f} h, later at "
                f"intervals of {growth:.2%} of the time that it has waited"
            )
            remedy = "a shorter timeout, or fewer retries, keep the interval"
            yield task_diagnostic(d.GROWING_POLLS, task, problem, remedy)


def _poller_problems(
    workflow: Workflow, machine: Machine, options: Options, pace: Pace
) -> Iterator[Diagnostic]:
    who = "1 poller gives" if machine.pollers == 1 else f"{machine.pollers} pollers give"
    yield about_dag(
        workflow,
        d.AWAIT_DEADLINE,
        f"{who} up {pace.deadline / 3600:.4g} h after the start of the execution",
        "set another limit with --await-deadline",
    )
    yield about_dag(
        workflow,
        d.POLLING_DELAY,
        f"what is behind a poller starts up to {pace.interval} s later than in Airflow",
        "a shorter --poll-interval makes it less",
    )
    if pace.growth:
        yield about_dag(
            workflow,
            d.GROWING_INTERVAL,
            _growing(pace, options.style_for(machine.awaited)),
            "a shorter --await-deadline keeps the interval",
        )


def _growing(pace: Pace, style: PollerStyle) -> str:
    if style is PollerStyle.RETRY:
        grows = f"then ever less often, by {pace.growth:.2%} of the time that they have waited"
        return f"pollers ask every {pace.interval} s at first, {grows}"
    constant = f"for the first {pace.interval / pace.growth / 3600:.1f} h"
    grows = f"later at intervals of {pace.growth:.2%} of the execution's age"
    return f"pollers ask every {pace.interval} s {constant}, {grows}"


def _correlation_problems(workflow: Workflow, machine: Machine, options: Options) -> Iterator[Diagnostic]:
    """Yield what it means that runs are recognised by time, if they are."""
    if options.correlate is not Correlate.WINDOW:
        return
    yield about_dag(
        workflow,
        d.WINDOW_CORRELATION,
        "a run of an awaited job by anybody else in the execution's window is taken for its own",
        "use --correlate argument where the jobs can take another argument",
    )
    users = defaultdict(list)
    for task_id, step in machine.steps.items():
        # Whether or not the task waits for its run: any run of the job would be taken for the awaited one.
        users[step.arguments.get("JobName")].append(task_id)
    for job in machine.polled_jobs:
        if len(users[job]) > 1:
            yield about_dag(
                workflow,
                d.WINDOW_AMBIGUOUS,
                f"tasks {', '.join(users[job])} run the Glue job '{job}', and a branch awaits one of them",
                "use --correlate argument, or a job of its own for each task",
            )
