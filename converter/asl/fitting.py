"""Emits a machine that fits the limits of Step Functions, and says what there is to say about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from converter import diagnostics as d
from converter.asl import lease
from converter.asl.awaiting import Pace
from converter.asl.budget import (
    LIMITS,
    Limits,
    TaskPolls,
    depth,
    event_problems,
    fitting_pace,
    polls_apart,
    polls_until_deadline,
    record_bytes,
    size_problems,
    task_polls_of,
    waiting_events,
)
from converter.asl.deadlines import deadline_reason, poller_deadline
from converter.asl.distributing import distribution_problems
from converter.asl.instances import (
    events_of_instances,
    instance_problems,
    problems_together,
    stopping_problems,
)
from converter.asl.machine import Machine, OneMachine, emit
from converter.asl.options import Correlate, Failures, Options, PollerStyle
from converter.asl.rules import Rules
from converter.asl.tasks import notice_problems, seen_in_glue
from converter.asl.weights import Cut, limit_of
from converter.diagnostics import Diagnostic, about_dag, refuses
from converter.operators.arguments import task_diagnostic
from converter.operators.parts import Poll
from converter.operators.step import Step
from converter.planning import Plan, Strategy, awaits
from converter.workflow import Workflow

#: How plans are cut, tried in turn: how much of the limits a machine may use by an estimate, and how fast
#: the interval of its pollers may grow (at 0.02, they may be late by 2 % of the age).
_CUTS = ((0.85, 0.02), (0.85, 0.05), (0.85, 0.1), (0.6, 0.1), (0.4, 0.1), (0.25, 0.1))
#: A stack has at most 500 resources (CloudFormation quotas); some are for the roles, functions and so on.
_MOST_MACHINES = 450


def emit_fitting(
    workflow: Workflow,
    plan: Plan,
    steps: Mapping[str, Step],
    options: Options,
    limits: Limits = LIMITS,
) -> tuple[Machine, list[Diagnostic]]:
    """Return the machine, with pollers that ask as often as the history allows, and all diagnostics.

    A plan that does not fit into one machine is cut into child machines, as large as they may be.
    """
    whole = Fitting(workflow, plan, steps, options, limits)
    if whole.may_fit():
        machine, found = whole.emit(None)
        if not refuses(found):
            return machine, found
    for share, growth in _CUTS:
        slowest = Pace(options.poll_interval, poller_deadline(workflow, steps, options), growth)
        machine, found = whole.emit(Cut(limit_of(limits, share), slowest))
        if not refuses(found):
            break
    return machine, found


@dataclass(frozen=True)
class Fitting:
    """Emits a plan, whole or cut, and says what there is to say about the result."""

    workflow: Workflow
    plan: Plan
    steps: Mapping[str, Step]
    options: Options
    limits: Limits

    def may_fit(self) -> bool:
        """Return whether the plan may fit into one machine: what is sure not to need not be tried."""
        return self._bytes_of_records <= self.limits.data and depth(self.plan) <= self.limits.depth

    def emit(self, cut: Cut | None) -> tuple[Machine, list[Diagnostic]]:
        """Return the machine, cut if that is asked for, and all diagnostics."""
        workflow, options = self.workflow, self.options
        pace = Pace(options.poll_interval, poller_deadline(workflow, self.steps, options))
        likely = pace if cut else self._likely_pace(pace)
        machine = emit(workflow, self.plan, self.steps, options, likely, cut=cut)
        found = [*self._size_problems(machine), *instance_problems(workflow, self.steps)]
        found += distribution_problems(workflow, self.steps)
        found += _slot_problems(workflow, machine, options)
        if machine.outer is not None:
            problem = (
                "the tasks run in a machine of their own, so that teardowns run after a timeout or a stop"
            )
            found.append(about_dag(workflow, d.OUTER_MACHINE, problem, "stop runs with `dag2sfn stop`"))
        found += self._resume_problems()
        found += _task_problems(workflow, machine, options)
        polls = (*task_polls_of(workflow, self.steps), *polls_apart(workflow, self.steps))
        if not (machine.pollers or polls) or refuses(found):
            return machine, [*found, *_child_problems(workflow, machine)]
        fitting = self._fitting_pace(machine, pace)
        if fitting is None:
            return machine, [*found, self._too_many_polls(machine, pace)]
        if fitting != likely:
            machine = emit(workflow, self.plan, self.steps, options, fitting, cut=cut)
        found += _child_problems(workflow, machine)
        if machine.pollers:
            found += _poller_problems(
                workflow, machine, options, fitting, deadline_reason(workflow, self.steps, options)
            )
            found += _correlation_problems(workflow, machine, options)
        if fitting.growth:
            found += _patience_problems(workflow, self.steps, fitting.growth)
        return machine, found

    def _size_problems(self, machine: Machine) -> Iterator[Diagnostic]:
        if len(machine.machines) > _MOST_MACHINES:
            problem = f"it takes {len(machine.machines)} machines, and a stack has room for {_MOST_MACHINES}"
            remedy = "give --poller-style retry, or a shorter --await-deadline, or split the DAG"
            yield about_dag(self.workflow, d.TOO_LARGE, problem, remedy)
        for one in machine.machines:
            besides = self._waiting_events(machine, one)
            yield from event_problems(
                self.workflow, one.definition, besides=besides, limit=self.limits.events
            )
            yield from size_problems(self.workflow, one.text, one.data, self.limits)
            yield from problems_together(self.workflow, self.steps, one.handles)

    def _resume_problems(self) -> Iterator[Diagnostic]:
        data = self._bytes_of_records
        if self.options.resumable and data > self.limits.data:
            problem = (
                f"the records of its {len(self.workflow.tasks)} tasks may have {data:,} bytes;"
                f" `run --resume` can hand on {self.limits.data:,}"
            )
            remedy = "nothing to do if runs need not be resumed; else split the DAG"
            yield about_dag(self.workflow, d.TOO_LARGE_TO_RESUME, problem, remedy)

    @cached_property
    def _bytes_of_records(self) -> int:
        count = len(self.workflow.tasks)
        return sum(record_bytes(task.task_id, count) for task in self.workflow.tasks)

    def _likely_pace(self, wanted: Pace) -> Pace:
        """Return the pace at which the plan's polls alone would fit: mostly, they do so beside all else, too.

        Only an emitted machine says how many events all else may have, and to emit it takes its time.
        """
        intervals = [wanted.interval] * len(awaits(self.plan))
        polls = task_polls_of(self.workflow, self.steps)
        if not intervals and not polls:
            return wanted
        nothing: dict[str, Any] = {"States": {}}
        likely = fitting_pace(nothing, intervals, wanted, task_polls=polls, limit=self.limits.events)
        return likely or wanted

    def _fitting_pace(self, machine: Machine, wanted: Pace) -> Pace | None:
        """Return the pace at which the pollers of all machines fit: that of the most crowded one."""
        found = wanted
        for one in machine.machines:
            besides = self._waiting_events(machine, one)
            pace = fitting_pace(
                one.definition,
                one.intervals,
                wanted,
                besides=besides,
                task_polls=task_polls_of(self.workflow, self.steps, one.tasks),
                apart=polls_apart(self.workflow, self.steps, one.tasks),
                limit=self.limits.events,
            )
            if pace is None:
                return None
            found = max(found, pace, key=lambda pace: pace.growth)
        return found

    def _waiting_events(self, machine: Machine, one: OneMachine) -> int:
        """Return the events of instances, and of the wait for a slot in the machine that waits."""
        waiting = events_of_instances(self.workflow, self.steps, one.tasks)
        if one.number or machine.slots is None or machine.outer is not None:
            return waiting
        return waiting + lease.EVENTS_PER_ROUND * polls_until_deadline(lease.pace_of(self.options))

    def _too_many_polls(self, machine: Machine, pace: Pace) -> Diagnostic:
        def polls_of(one: OneMachine) -> tuple[TaskPolls, ...]:
            own = task_polls_of(self.workflow, self.steps, one.tasks)
            return (*own, *polls_apart(self.workflow, self.steps, one.tasks))

        def events_of(one: OneMachine) -> int:
            own = sum(polls.events(0.0) for polls in polls_of(one))
            return own + waiting_events(one.definition, one.intervals, pace)

        worst = max(machine.machines, key=events_of)
        polls = polls_of(worst)
        who = [f"{worst.pollers} pollers that ask every {pace.interval} s until their deadline"]
        who = who if worst.pollers else []
        who += [f"{len(polls)} tasks that poll until their timeouts"] if polls else []
        allowed = f"{self.limits.events:,} are allowed"
        problem = f"{' and '.join(who)} may have {events_of(worst):,} events, {allowed}"
        remedies = ["give a longer --poll-interval", "--poller-style retry"] if worst.pollers else []
        remedies += ["give sensors a shorter timeout or fewer retries"] if polls else []
        remedy = f"{', '.join(remedies)}, or split the DAG"
        return about_dag(self.workflow, d.TOO_MANY_EVENTS, problem, remedy)


def _child_problems(workflow: Workflow, machine: Machine) -> Iterator[Diagnostic]:
    """Yield what it means that a DAG is too large for one machine, if it is."""
    if not machine.children:
        return
    problem = (
        f"it is too large for one machine: it runs as {len(machine.machines)}, which start each other;"
        " a run is started, followed, stopped and read back as one"
    )
    yield about_dag(
        workflow, d.IN_CHILDREN, problem, "deploy no other version of the DAG while a run is under way"
    )


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


def _task_problems(workflow: Workflow, machine: Machine, options: Options) -> Iterator[Diagnostic]:
    rules, steps = machine.rules, machine.steps
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
        if mapped := rules.read_too_early(task.task_id):
            problem = f"it reads XComs of {', '.join(mapped)}, and may begin before all instances have ended"
            remedy = "use a rule that waits for all, such as none_failed_min_one_success"
            yield task_diagnostic(d.XCOMS_OF_SOME, task, problem, remedy)
        if rules.may_be_overtaken(task):
            yield task_diagnostic(
                d.SKIP_OVERTAKES,
                task,
                "a skip may reach it after it has begun; it then runs to its end",
                "use all_success or a none_* rule behind branches and short-circuits",
            )
    if options.failures is Failures.STOP:
        yield from stopping_problems(workflow, steps)
    delays = bool(machine.pollers) or options.strategy is Strategy.BARRIER
    yield from _order_problems(workflow, rules, delays=delays)
    yield from _end_problems(workflow, options)


def _order_problems(workflow: Workflow, rules: Rules, *, delays: bool) -> Iterator[Diagnostic]:
    """Yield what may come in another order than in Airflow, where the order decides."""
    late = {task.task_id for task in workflow.tasks if rules.starts_late(task)}
    if rules.order_matters and (delays or late):
        problem = "where a failure and a skip come close after each other, a delay may swap them"
        remedy = "nothing to do if it does not matter whether a task is upstream_failed or skipped"
        yield about_dag(workflow, d.ARRIVAL_ORDER, problem, remedy)
    elif any(
        rules.questions[name].skipped_by and not late.isdisjoint(rules.relations.ancestors(name))
        for name in rules.questions
    ):
        problem = "where a task starts late, a skip may come before what is behind it has begun"
        remedy = "nothing to do if it does not matter whether that runs or is skipped"
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
    workflow: Workflow, machine: Machine, options: Options, pace: Pace, reason: str
) -> Iterator[Diagnostic]:
    longest = max(interval for one in machine.machines for interval in one.intervals)
    who = "1 poller gives" if machine.pollers == 1 else f"{machine.pollers} pollers give"
    yield about_dag(
        workflow,
        d.AWAIT_DEADLINE,
        f"{who} up {pace.deadline / 3600:.4g} h after the start of the execution{reason}",
        "set another limit with --await-deadline",
    )
    yield about_dag(
        workflow,
        d.POLLING_DELAY,
        f"what is behind a poller starts up to {longest} s later than in Airflow",
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
    """Yield what it means that runs are recognised by time, where they are."""
    by_time = {
        run.job_name
        for task_id in machine.awaited
        if options.correlation_of(task_id).by is Correlate.WINDOW
        and (run := seen_in_glue(machine.steps[task_id], workflow.task(task_id)))
    }
    if not by_time:
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
    for job in sorted(by_time):
        if len(users[job]) > 1:
            yield about_dag(
                workflow,
                d.WINDOW_AMBIGUOUS,
                f"tasks {', '.join(users[job])} run the Glue job '{job}', and a branch awaits one of them",
                "use --correlate argument, or a job of its own for each task",
            )
