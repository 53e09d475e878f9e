"""Scenarios: what chance decides in a run. How long each try takes, how it ends, what a branch chooses.

A scenario follows from its seed alone, so every finding can be played again. It is told twice: as the script
of Airflow's workers, and as what the AWS services behind the machine do.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from converter.operators.parts import SKIP_ERROR
from converter.operators.step import SkipOrders, Step
from converter.relations import Relations, relations_of
from converter.verify import airflow_run
from converter.verify.airflow_run import task_of
from converter.verify.data.drawing import NOTHING, PLAIN_RUN, Contents, Pushed
from converter.verify.data.wanted import item_shapes, shapes_of
from converter.verify.pairs import joined, watch_of_sensor
from converter.verify.simulated_aws import Try
from converter.verify.watching import NEVER, Watch, watch_of, ways_to_fail
from converter.workflow import Task, Workflow

#: Longest tries, in seconds; one is drawn for each try, so that short and long ones run side by side.
_SCALES = (5, 60, 60, 300, 1800)
#: How likely a try is to go wrong; a scenario has one of them, and a second try rather fails again.
_TROUBLE = (0.05, 0.15, 0.35, 0.6)
_TROUBLE_AGAIN = 0.6
#: How long a worker takes for what takes the machine no time, in seconds.
_A_MOMENT = 0.0005
#: How many items a list has that a task is expanded over.
_LISTS = (0, 1, 1, 2, 2, 3, 5)
#: What a task fails with: an error that may be retried, and one that the machine never retries for any task.
_ERROR = "States.TaskFailed"
_EVALUATION_ERROR = "States.QueryEvaluationError"
#: What a job's start fails with.
_SERVICE_ERROR = "Service.SomeException"


@dataclass(frozen=True)
class Scenario:
    """The tries of each task, or instance of one (``load[0]``); the last one is repeated.

    ``script`` is how Airflow sees them: cut off at the task's execution_timeout. ``work`` is what is behind
    them: how long each would take, and its end if nothing cut it off. ``is_latest``: the run is the latest of
    its schedule. ``looks`` are the tasks of several states, with the intervals at which they poll in seconds,
    0 if they do not; ``lengths`` gives how many instances each mapped task has. ``run`` is the input of the
    execution, and ``pushed`` what functions push when they succeed. ``pairs`` gives the submit of each sensor
    that is joined with it.
    """

    seed: int
    script: Mapping[str, tuple[airflow_run.Try, ...]]
    work: Mapping[str, tuple[Try, ...]]
    is_latest: bool = True
    looks: Mapping[str, float] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=lambda: dict(PLAIN_RUN))
    pushed: Mapping[str, Pushed] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)


def scenario_of(workflow: Workflow, steps: Mapping[str, Step], seed: int) -> Scenario:
    """Return the scenario of a seed. Seed 0 is the one in which everything succeeds at the first try."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose
    relations = relations_of(workflow)
    trouble = rng.choice(_TROUBLE) if seed else 0.0
    hastens = not seed or rng.random() < 0.7
    is_latest = not seed or rng.random() < 0.5 if any(map(_asks_the_date, steps.values())) else True
    draws = {
        task.task_id: _Draw(rng, relations, task, steps[task.task_id], is_latest) for task in workflow.tasks
    }
    single = [task.task_id for task in workflow.tasks if not task.is_mapped]
    tries = {name: draws[name].tries(trouble, plain=not seed) for name in single}
    pairs = joined(steps)
    for sensor, submit in pairs.items():
        watch = watch_of_sensor(workflow, sensor)
        tries[submit], tries[sensor] = draws[submit].tries_of_pair(tries[submit], watch, draws[sensor].task)
    if hastens and workflow.dagrun_timeout:
        # Scaled as it is, a sensor's week would leave all others a millisecond.
        limit = workflow.dagrun_timeout
        tries = {name: [drawn.pressed(limit) for drawn in own] for name, own in tries.items()}
    pace = _fitting(workflow, tries) if hastens else 1.0
    shapes = shapes_of(workflow), item_shapes(workflow)
    contents = Contents(f"{workflow.dag_id} {seed}", *shapes, plain=not seed)
    run = contents.run(workflow.params)
    lengths: dict[str, int] = {}
    over = expanded_over(workflow)
    if len(single) < len(workflow.tasks):
        misfortune = trouble if seed else 0.0
        lengths = _with_instances(relations, over, draws, tries, rng, pace, misfortune, contents)
    for name in single:
        if name not in over and pushes_what_is_drawn(steps[name]):
            tries[name] = _pushing(tries[name], contents.pushed(name))
    return Scenario(
        seed,
        {name: tuple(item.as_airflow(pace) for item in items) for name, items in tries.items()},
        {name: tuple(item.as_aws(pace) for item in items) for name, items in tries.items()},
        is_latest,
        {
            name: items[0].watch.interval if items[0].watch else 0.0
            for name, items in tries.items()
            if items and draws[task_of(name)].is_several_states and not {name} & {*pairs, *pairs.values()}
        },
        lengths,
        run,
        {
            name: items[-1].pushed
            for name, items in tries.items()
            if items and items[-1].pushed is not NOTHING
        },
        pairs,
    )


def expanded_over(workflow: Workflow) -> frozenset[str]:
    """Return the tasks that others are expanded over."""
    return frozenset(name for task in workflow.tasks if task.expansion for name in task.expansion.task_ids())


def pushes_what_is_drawn(step: Step) -> bool:
    """Whether a step is a call of a function, whose return value and keys a scenario draws."""
    is_function = step.output is not None and step.output.text == "$states.result.Payload.return_value"
    return is_function and step.orders_skips is None


def _pushing(tries: list[_Drawn], pushed: Pushed) -> list[_Drawn]:
    return [replace(drawn, pushed=pushed) for drawn in tries]


def _with_instances(
    relations: Relations,
    over: Collection[str],
    draws: Mapping[str, _Draw],
    tries: dict[str, list[_Drawn]],
    rng: Random,
    pace: float,
    trouble: float,
    contents: Contents,
) -> dict[str, int]:
    """Add the tries of instances; return how many each mapped task has.

    How long the lists are is drawn, and whether what they are made of is pushed is a matter of the tries.
    """
    lists: dict[str, int] = {}
    lengths: dict[str, int] = {}
    for task in relations.upstream_first:
        name, draw = task.task_id, draws[task.task_id]
        if task.expansion is None:
            if name in over:
                lists[name] = rng.choice(_LISTS) if trouble else 2
                tries[name] = _pushing(tries[name], contents.pushed(name, count=lists[name]))
            continue
        lengths[name] = airflow_run.length_of(task, lists)
        lists[name] = 0
        for instance in airflow_run.instance_ids(name, lengths[name]):
            tries[instance] = draw.tries(trouble, plain=not trouble) if lengths[name] else []
            pushes_something = pushes_what_is_drawn(draw.step) or draw.step.output is not None
            if pushes_what_is_drawn(draw.step):
                tries[instance] = _pushing(tries[instance], contents.pushed(name))
                pushes_something = all(drawn.pushed.value is not None for drawn in tries[instance])
            if tries[instance] and pushes_something:
                ends = [drawn.as_airflow(pace) for drawn in tries[instance]]
                lists[name] += airflow_run.pushes(ends, task.retries.count)
    return lengths


def _asks_the_date(step: Step) -> bool:
    """Whether the step is a LatestOnlyOperator's: it decides by itself what is skipped."""
    return step.does_nothing and step.orders_skips is not None


@dataclass(frozen=True)
class _Drawn:
    """One try: its length without a limit, the limit, and its end on both sides."""

    seconds: float
    limit: float | None = None
    end: airflow_run.End | airflow_run.Branch | airflow_run.ShortCircuit = airflow_run.End.SUCCESS
    error: str | None = None
    skip: str | tuple[str, ...] | None = None
    watch: Watch | None = None
    answer: str | None = None
    pushed: Pushed = NOTHING
    #: It starts a job, and that is all it does in Airflow; ``seconds`` and ``error`` are the job's.
    starts_job: bool = False
    #: In the machine its job is over before it begins.
    is_told: bool = False

    def pressed(self, limit: float) -> _Drawn:
        """Return the try with what is over a limit pressed together: what was longer still is."""
        if self.seconds <= limit:
            return self
        return replace(self, seconds=round(limit * (1 + math.log(self.seconds / limit)), 3))

    def as_airflow(self, pace: float) -> airflow_run.Try:
        """Return the try as Airflow's workers see it, its length multiplied by ``pace``."""
        if self.starts_job:
            return airflow_run.Try(_A_MOMENT)
        if self.watch:
            event = self.watch.settled(self._length(pace))
            seconds, end = self.watch.cut(event) or (self.watch.seen(event), self.end)
            return airflow_run.Try(max(_A_MOMENT, seconds), end)
        if self._is_cut_off(pace):
            return airflow_run.Try(float(self.limit or 0), airflow_run.End.FAILED)
        return airflow_run.Try(self._length(pace), self.end)

    def as_aws(self, pace: float) -> Try:
        """Return the try as the service behind the machine makes it."""
        if self.is_told:
            return Try(0.0)
        skip = list(self.skip) if isinstance(self.skip, tuple) else self.skip
        length = self._length(pace)
        seconds = self.watch.settled(length) if self.watch else length
        returns, keys = self.pushed.value, self.pushed.keys
        return Try(seconds, self.error, skip=skip, answer=self.answer, returns=returns, keys=keys)

    def may_be_repeated(self) -> bool:
        if self.starts_job:
            return False
        if self.watch and (cut := self.watch.cut(self.watch.settled(self._length(1.0)))):
            return cut[1] is airflow_run.End.FAILED
        return self._is_cut_off(1.0) or self.end is airflow_run.End.FAILED or self.error == _ERROR

    def _is_cut_off(self, pace: float) -> bool:
        return self.limit is not None and self._length(pace) >= self.limit

    def _length(self, pace: float) -> float:
        return max(0.001, round(self.seconds * pace, 3)) if self.seconds > _A_MOMENT else self.seconds


@dataclass(frozen=True)
class _Draw:
    """Draws the tries of one task."""

    rng: Random
    relations: Relations
    task: Task
    step: Step
    is_latest: bool

    @property
    def is_several_states(self) -> bool:
        """Whether the machine's tries are longer than what is drawn, by what its calls take."""
        return bool(self.step.parts)

    def tries(self, trouble: float, *, plain: bool) -> list[_Drawn]:
        """Return tries up to the first that is not repeated. ``plain``: one success, which skips none."""
        if _asks_the_date(self.step):
            chosen = tuple(self.relations.downstream[self.task.task_id]) if self.is_latest else ()
            return [_Drawn(_A_MOMENT, end=airflow_run.Branch(chosen))]
        if self.step.does_nothing:
            return [_Drawn(0)]
        tries = [self._try(trouble, plain=plain)]
        while tries[-1].may_be_repeated() and len(tries) <= self.task.retries.count:
            tries.append(self._try(_TROUBLE_AGAIN, plain=plain))
        return tries

    def _try(self, trouble: float, *, plain: bool) -> _Drawn:
        if self.step.parts:
            draw = self._try_of_submit if self.step.job else self._try_of_parts
            return draw(trouble, plain=plain)
        limit = min((x for x in (self.step.timeout, self.task.execution_timeout) if x), default=None)
        seconds = self._seconds(limit, within=plain or self.rng.random() < 0.6)
        if self.rng.random() < trouble:
            return self._gone_wrong(seconds, limit)
        if plain or self.step.orders_skips is None:
            return _Drawn(seconds, limit)
        if self.step.orders_skips is SkipOrders.NOT_CHOSEN:
            return self._branch(seconds, limit)
        if self.rng.random() < 0.5:
            return _Drawn(seconds, limit)
        ignores_rules = self.step.orders_skips is SkipOrders.DESCENDANTS
        return _Drawn(seconds, limit, airflow_run.ShortCircuit(ignores_rules), skip="all")

    def _try_of_submit(self, trouble: float, *, plain: bool) -> _Drawn:
        """Return a try that starts a job, or fails to; whether the job fails is drawn in any case."""
        seconds, job_fails = self._seconds(None, within=True), self.rng.random() < trouble
        if not plain and self.rng.random() < trouble:
            ways = [(airflow_run.End.FAILED, _SERVICE_ERROR)] * 4
            end, error = self.rng.choice([*ways, (airflow_run.End.FAILED_FOR_GOOD, _EVALUATION_ERROR)])
            return _Drawn(min(seconds, 5.0), None, end, error)
        return _Drawn(seconds, error=_ERROR if job_fails and not plain else None, starts_job=True)

    def tries_of_pair(
        self, tries: list[_Drawn], watch: Watch, sensor: Task
    ) -> tuple[list[_Drawn], list[_Drawn]]:
        """Return the tries of a submit, and of the sensor that waits for its job.

        In Airflow the sensor waits; the call of the submit does so in the machine.
        """
        job = tries[-1]
        if not job.starts_job:
            return tries, [_Drawn(_A_MOMENT)]  # it does not come to run
        limited = bool(watch.limit or watch.timeout)
        never = limited and job.error is not None and self.rng.random() < 0.3
        event = watch.settled(NEVER if never else job.seconds)
        if (cut := watch.cut(event)) is not None:
            tries = [*tries[:-1], replace(job, seconds=NEVER, error=None)]
            return tries, [_Drawn(cut[0] - _A_MOMENT, end=cut[1], is_told=True)]
        tries = [*tries[:-1], replace(job, seconds=event)]
        first = _Drawn(max(event, 2 * _A_MOMENT) - _A_MOMENT, is_told=True)
        if job.error is None:
            return tries, [first]
        failed = airflow_run.End.FAILED
        again = [_Drawn(_A_MOMENT, end=failed, is_told=True)] * sensor.retries.count
        return tries, [replace(first, end=failed), *again]

    def _try_of_parts(self, trouble: float, *, plain: bool) -> _Drawn:
        watch = watch_of(self.step, self.task)
        limit = None if watch else self.task.execution_timeout
        seconds = self._seconds(limit, within=plain or self.rng.random() < 0.6)
        errors = {_ERROR: airflow_run.End.FAILED, _EVALUATION_ERROR: airflow_run.End.FAILED_FOR_GOOD}
        ways = list(ways_to_fail(self.step, errors))
        if plain:
            return _Drawn(0.0 if watch else seconds, limit, watch=watch)
        if self.rng.random() < trouble and ways:
            end, error, answer = self.rng.choice(ways)
            return _Drawn(seconds, limit, end, error, watch=watch, answer=answer)
        if watch and self.rng.random() < trouble:
            return _Drawn(NEVER, watch=watch) if watch.limit or watch.timeout else _Drawn(0.0, watch=watch)
        return _Drawn(seconds, limit, watch=watch)

    def _seconds(self, limit: float | None, *, within: bool) -> float:
        """Return a length in whole milliseconds; ``within`` keeps it below the limit, if there is one."""
        seconds = self.rng.randint(1, 1000 * self.rng.choice(_SCALES)) / 1000
        if limit is None or seconds < limit:
            return seconds
        # Behind the limit by something, so that it is no matter of chance which of the two comes first.
        return round(limit * self.rng.uniform(0.1, 0.9), 3) if within else seconds + 0.25

    def _gone_wrong(self, seconds: float, limit: float | None) -> _Drawn:
        final = self.rng.choice((_EVALUATION_ERROR, *self.step.final_errors))
        ways = [(airflow_run.End.FAILED, _ERROR)] * 4 + [(airflow_run.End.FAILED_FOR_GOOD, final)]
        ways += [(airflow_run.End.SKIPPED, SKIP_ERROR)] * 3 if self.step.can_skip else []
        end, error = self.rng.choice(ways)
        return _Drawn(seconds, limit, end, error)

    def _branch(self, seconds: float, limit: float | None) -> _Drawn:
        """Choose some children; now and then a task that is none, or an id that nobody has."""
        children = self.relations.downstream[self.task.task_id]
        chosen = [child for child in children if self.rng.random() < 0.5]
        if self.rng.random() < 0.15:
            chosen.append(self.rng.choice(list(self.relations.tasks)))
        if self.rng.random() < 0.05:
            return _Drawn(seconds, limit, airflow_run.Branch((*chosen, "no such task")), _ERROR)
        choice = airflow_run.Branch(tuple(dict.fromkeys(chosen)))
        followed = set(chosen).union(*map(self.relations.descendants, chosen))
        skip = tuple(child for child in children if child not in followed)
        return _Drawn(seconds, limit, choice, skip=skip or None)


def _fitting(workflow: Workflow, tries: Mapping[str, list[_Drawn]]) -> float:
    """Return by what to multiply all lengths, so that most runs end before dagrun_timeout."""
    if workflow.dagrun_timeout is None:
        return 1.0
    longest_way: dict[str, float] = {}
    for task in relations_of(workflow).upstream_first:
        before = max((longest_way[up] for up in task.upstream), default=0.0)
        own = tries.get(task.task_id, ())
        waits = min(task.retries.delay * max(0, len(own) - 1), workflow.dagrun_timeout)
        longest_way[task.task_id] = before + waits + sum(drawn.seconds for drawn in own)
    longest = max(longest_way.values(), default=0.0)
    return min(1.0, 0.7 * workflow.dagrun_timeout / longest) if longest else 1.0
