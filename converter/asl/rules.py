"""What may become of each task, and which records decide it.

Airflow decides a task as soon as its rule allows (``airflow.ti_deps.deps.trigger_rule_dep``). A machine
decides it once everything is decided that the task waits for, and replays the order of arrival where that
matters (``decisions``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from converter.operators.step import SkipOrders, Step
from converter.relations import Relations, relations_of
from converter.workflow import Outcome, Task, TriggerRule, Workflow

SUCCESS, FAILED = frozenset({Outcome.SUCCESS}), frozenset({Outcome.FAILED})
SKIPPED, UPSTREAM_FAILED = frozenset({Outcome.SKIPPED}), frozenset({Outcome.UPSTREAM_FAILED})
BAD = FAILED | UPSTREAM_FAILED
NONE: frozenset[Outcome] = frozenset()
NONE_DOOM: frozenset[str] = frozenset()

#: Rules by which a task may be decided, without running, with the success of an upstream task.
_DECIDED_BY_A_SUCCESS = frozenset(
    {
        TriggerRule.ALL_FAILED,
        TriggerRule.ALL_SKIPPED,
        TriggerRule.ONE_FAILED,
        TriggerRule.ALL_DONE_SETUP_SUCCESS,
    }
)
#: They run whatever became of the tasks before, so they ask for no records.
_ASK_NOBODY = frozenset({TriggerRule.ALL_DONE, TriggerRule.ALWAYS})

_ONE_IS_ENOUGH = frozenset({TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED, TriggerRule.ONE_DONE})

_MAY_RUN_UPON_A_FAILURE = frozenset(
    {
        TriggerRule.ALL_DONE,
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        TriggerRule.ALL_DONE_SETUP_SUCCESS,
        TriggerRule.ALL_FAILED,
        TriggerRule.NONE_SKIPPED,
        TriggerRule.ONE_FAILED,
    }
)


@dataclass(frozen=True)
class Question:
    """What decides a task: its rule over ``upstream``, the setups it needs, and who may have it skipped.

    ``unordered`` are those who may have it skipped although they may end after it has begun: the machine
    cannot ask them. ``expanded_over`` are the tasks that it cannot be expanded without, if its rule would let
    it run without them (airflow.ti_deps.deps.mapped_task_upstream_dep). ``is_expanded``: its instances are
    there from the start, and a skip finds a task by its id, not by those of instances. So what they have
    become is not overwritten. ``held_for`` are those who may have it skipped and that only the plan puts
    before it: it is held until they have ended.

    ``may_be_empty``: it is of a mapped group that may have no items, and is skipped then, once its rule lets
    it run; ``place`` is what the instance finds its index under. ``expanded_behind`` are the upstream
    tasks outside of its group: what is inside, where it has items, counts only once these have ended, and the
    task is expanded.
    """

    rule: TriggerRule
    upstream: tuple[str, ...]
    setups: tuple[str, ...] = ()
    skipped_by: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    expanded_over: tuple[str, ...] = ()
    is_expanded: bool = False
    held_for: tuple[str, ...] = ()
    may_be_empty: bool = False
    expanded_behind: tuple[str, ...] = ()
    place: str = ""

    @property
    def records(self) -> tuple[str, ...]:
        """The tasks whose records the answer depends on."""
        return tuple(dict.fromkeys((*self.upstream, *self.needed, *self.skipped_by)))

    @property
    def needed(self) -> tuple[str, ...]:
        """The tasks without which it does not run, whatever its rule."""
        return tuple(dict.fromkeys((*self.setups, *self.expanded_over)))


@dataclass(frozen=True)
class Rules:
    """What the rules of a workflow's tasks mean for its machine.

    ``possible`` gives the outcomes that each task may have, and ``without_running`` those of them that are
    decided without it; ``questions`` what decides it; ``doomed_by`` all
    tasks without whose success it cannot run, in an unbroken chain of regular tasks. A *regular* task runs if
    and only if its upstream tasks succeed. ``overtaken`` are the tasks that may be skipped after they have
    become upstream_failed: their records say so, in ``first``. ``counted`` are the tasks that do nothing, and
    of which it may matter in which pass of Airflow's scheduler they succeed, and mapped ones that may have
    nothing to be expanded over. ``mapped`` are those whose records may have ``instances``.
    """

    relations: Relations
    possible: Mapping[str, frozenset[Outcome]]
    without_running: Mapping[str, frozenset[Outcome]]
    questions: Mapping[str, Question]
    doomed_by: Mapping[str, frozenset[str]]
    reads: Mapping[str, tuple[str, ...]]
    irregular: frozenset[str]
    overtaken: frozenset[str]
    counted: frozenset[str]
    is_plain: bool
    joins: frozenset[str]
    mapped: frozenset[str] = NONE_DOOM

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        steps: Mapping[str, Step],
        *,
        failures_end_the_run: bool,
        given_up: Mapping[str, frozenset[Outcome]] = MappingProxyType({}),
        layers: Mapping[str, int] = MappingProxyType({}),
    ) -> Rules:
        """Analyse a workflow. ``failures_end_the_run``: with ``--failures stop`` no failure is ever seen;
        ``given_up``: what else becomes of tasks whose poller passes its deadline; ``layers`` tells of tasks
        that the plan puts one after another: those of a layer all end before the next begins.
        """
        relations = relations_of(workflow)
        stops = failures_end_the_run
        rules = cls._of(relations, steps, given_up, layers, failures_end_the_run=stops, asks_all=False)
        if rules.order_matters:
            rules = cls._of(relations, steps, given_up, layers, failures_end_the_run=stops, asks_all=True)
        return rules

    @classmethod
    def _of(
        cls,
        relations: Relations,
        steps: Mapping[str, Step],
        given_up: Mapping[str, frozenset[Outcome]],
        layers: Mapping[str, int],
        *,
        failures_end_the_run: bool,
        asks_all: bool,
    ) -> Rules:
        """Analyse a workflow. ``asks_all``: also those whose success is implied by that of others.

        What has become of them is known sooner, by a pass of Airflow's scheduler or more.
        """
        skipped_by = _skipped_by(relations, steps)
        possible: dict[str, frozenset[Outcome]] = {}
        without_running: dict[str, frozenset[Outcome]] = {}
        questions: dict[str, Question] = {}
        doomed_by: dict[str, frozenset[str]] = {}
        overtaken: set[str] = set()
        for task in relations.upstream_first:
            name, upstream = task.task_id, task.upstream
            implied = NONE_DOOM.union(*(doomed_by.get(up, NONE_DOOM) for up in upstream))
            superfluous = NONE_DOOM if asks_all else implied
            question = _question(task, relations, skipped_by[name], superfluous)
            if asks_all:
                question = _with_implied_setups(question, implied, possible)
            question = _with_order_of(layers, name, question)
            if steps[name].instances is not None:
                over = _expanded_over(task, steps, asks_all=asks_all)
                question = replace(
                    question,
                    # What is left of a run to an outer machine knows nothing of the rest.
                    expanded_over=tuple(one for one in over if one in relations.tasks),
                    is_expanded=_is_expanded_from_the_start(steps[name]),
                )
            question = _of_group(question, task, relations, steps[name])
            questions[name] = question
            may_run, otherwise = _possible_decisions(task, question, relations, possible)
            if question.skipped_by:
                if otherwise & UPSTREAM_FAILED and len(question.records) > 1 and not question.is_expanded:
                    overtaken.add(name)
                otherwise |= SKIPPED
            otherwise |= SKIPPED if question.may_be_empty else NONE
            without_running[name] = otherwise
            ends = SUCCESS | (NONE if failures_end_the_run or not steps[name].can_fail else FAILED)
            ends |= SKIPPED if steps[name].can_skip or _may_be_empty(steps[name]) else NONE
            possible[name] = otherwise | (ends if may_run else NONE) | given_up.get(name, NONE)
            if _is_regular(task, question):
                doomed_by[name] = implied.union(upstream)
        irregular = frozenset(relations.tasks) - doomed_by.keys()
        counted = _counted(relations, steps) if asks_all else NONE_DOOM
        reads = {name: steps[name].reads for name in relations.tasks}
        reads |= {name: (*reads[name], *relations.firing[name]) for name in counted}
        return cls(
            relations=relations,
            possible=possible,
            without_running=without_running,
            questions=questions,
            doomed_by=doomed_by,
            reads={
                name: (
                    *_readable(name, read, relations),
                    *_place_in_group(relations.tasks[name], steps[name]),
                )
                for name, read in reads.items()
            },
            irregular=irregular,
            overtaken=frozenset(overtaken),
            counted=counted,
            is_plain=not irregular
            and not any(steps[name].can_skip or _may_be_empty(steps[name]) for name in relations.tasks),
            joins=frozenset(
                name
                for name, task in relations.tasks.items()
                if len(task.upstream) > 1 or any(steps[up].instances for up in task.upstream)
            ),
            mapped=frozenset(name for name in relations.tasks if steps[name].instances),
        )

    def is_regular(self, task_id: str) -> bool:
        """Whether the task runs if and only if its upstream tasks succeed."""
        return task_id not in self.irregular

    def needs(self, task_id: str) -> tuple[str, ...]:
        """Return the tasks whose records decide the task."""
        return self.questions[task_id].records

    def looks_at(self, task_id: str) -> tuple[str, ...]:
        """Return the tasks whose records decide the task, or are read by it."""
        return tuple(dict.fromkeys((*self.needs(task_id), *self.reads[task_id])))

    def starts_late(self, task: Task) -> bool:
        """Whether the task may start later than in Airflow.

        In Airflow an upstream task that does not run is decided by the first failure or skip among its own
        upstream tasks, and this task may then start, while in the machine the others are waited for.
        """
        if task.trigger_rule in (TriggerRule.ALL_SUCCESS, TriggerRule.ALWAYS):
            return False
        if task.trigger_rule in _ONE_IS_ENOUGH:
            if not self.mapped.isdisjoint(task.upstream):
                return True  # one instance would be
            if task.mapped_group and len(task.upstream) > 1:
                return True
        waited_for = (*task.upstream, *self.relations.teardown_scope.get(task.task_id, ()))
        return any(before in self._decided_late for before in waited_for)

    @cached_property
    def _decided_late(self) -> frozenset[str]:
        """The tasks that may be decided without running, and then later than in Airflow."""
        found: set[str] = set()
        for task in self.relations.upstream_first:
            name = task.task_id
            asks_many = name in self.joins or len(self.questions[name].records) > 1
            if self.may_not_run(name) and (asks_many or not found.isdisjoint(task.upstream)):
                found.add(name)
        return frozenset(found)

    def may_be_overtaken(self, task: Task) -> bool:
        """Whether a skip may reach the task after it has begun in the machine, or in Airflow.

        It has begun because it does not wait for the one who has it skipped, or because an upstream task
        was upstream_failed for a while.
        """
        question = self.questions[task.task_id]
        if question.unordered:
            return True
        if self.relations.waits_for_any(task) and question.skipped_by:
            return True
        return task.trigger_rule in _MAY_RUN_UPON_A_FAILURE and any(
            up in self.overtaken for up in task.upstream
        )

    def read_too_early(self, task_id: str) -> tuple[str, ...]:
        """Return the mapped tasks whose XComs the task reads, perhaps before all their instances end."""
        task = self.relations.tasks[task_id]
        if not self.relations.waits_for_any(task):
            return ()
        return tuple(up for up in self.reads[task_id] if up in self.mapped and up in task.upstream)

    def in_order(self, task_ids: Collection[str]) -> list[str]:
        """Return the tasks, each behind its upstream tasks."""
        return [task.task_id for task in self.relations.upstream_first if task.task_id in task_ids]

    @cached_property
    def order_matters(self) -> bool:
        """Whether some task becomes upstream_failed or skipped by what comes first."""
        return any(outcomes >= UPSTREAM_FAILED | SKIPPED for outcomes in self.without_running.values())

    def waits_for(self, task_id: str) -> tuple[str, ...]:
        """Return the tasks that the task itself has to see decided.

        A regular task is decided with the first of them that does not succeed. Any other has to wait for
        all, also for those that something before it waits for: that may have been passed over.
        """
        if self.is_plain:
            return self.reads[task_id]
        if self.is_regular(task_id):
            return self.looks_at(task_id)
        firing = self.relations.firing[task_id]
        watched = self.relations.watched.get(task_id, ())
        wanted = dict.fromkeys((*firing, *self.looks_at(task_id)))
        return tuple(need for need in wanted if need not in watched)

    def may_not_succeed(self, *task_ids: str) -> bool:
        """Whether any of the tasks may end other than in success."""
        return any(self.possible[task] != SUCCESS for task in task_ids)

    def may_not_run(self, task_id: str) -> bool:
        """Whether the task may be decided without running."""
        return bool(self.without_running[task_id])

    def may_fail(self, *task_ids: str) -> bool:
        """Whether any of the tasks may be failed or upstream_failed."""
        return any(self.possible[task] & BAD for task in task_ids)

    def may_be_skipped(self, *task_ids: str) -> bool:
        """Whether any of the tasks may be skipped."""
        return any(Outcome.SKIPPED in self.possible[task] for task in task_ids)


def _readable(task_id: str, reads: tuple[str, ...], relations: Relations) -> tuple[str, ...]:
    """Return those of the tasks that are certainly decided before this one: of others it finds nothing."""
    if not reads:
        return ()
    known = relations.decided_before(task_id).union(relations.watched.get(task_id, ()))
    return tuple(name for name in dict.fromkeys(reads) if name in known)


def _counted(relations: Relations, steps: Mapping[str, Step]) -> frozenset[str]:
    """Return the tasks that are decided as they begin, and of which it may matter when that is.

    Those that do nothing, and whose success may decide another at once, or by such tasks; and those of which
    there may be no instance.
    """
    found: set[str] = set()
    for task in reversed(relations.upstream_first):
        name = task.task_id
        behind = relations.downstream[name]
        if _may_be_empty(steps[name]) and behind and task.upstream:
            found.add(name)
        if steps[name].does_nothing and any(
            down in found or relations.tasks[down].trigger_rule in _DECIDED_BY_A_SUCCESS for down in behind
        ):
            found.add(name)
    return frozenset(found)


def _skipped_by(relations: Relations, steps: Mapping[str, Step]) -> Mapping[str, tuple[str, ...]]:
    """Return task → the tasks before it whose result may have it skipped."""
    found: dict[str, list[str]] = {name: [] for name in relations.tasks}
    for name in relations.tasks:
        orders = steps[name].orders_skips
        if orders is None:
            continue
        behind = (
            relations.descendants(name) if orders is SkipOrders.DESCENDANTS else relations.downstream[name]
        )
        for down in behind:
            if _is_expanded_from_the_start(steps[down]) and down not in relations.downstream[name]:
                continue  # expanded from the start, it is not found by its id; only its parents tell it
            if orders is SkipOrders.NOT_CHOSEN or not relations.tasks[down].is_teardown:
                found[down].append(name)
    return {name: tuple(before) for name, before in found.items()}


def _question(
    task: Task, relations: Relations, skipped_by: tuple[str, ...], implied: frozenset[str]
) -> Question:
    """Return what decides a task. ``implied`` are tasks that need not be asked, if all must succeed."""
    rule = task.trigger_rule
    needed_setups = relations.indirect_setups[task.task_id]
    setups = tuple(s for s in needed_setups if s not in implied or rule is not TriggerRule.ALL_SUCCESS)
    upstream = task.upstream
    if rule in _ASK_NOBODY:
        upstream = ()
    elif rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
        if not any(relations.tasks[up].is_setup for up in upstream):
            upstream = ()
    elif rule is TriggerRule.ALL_SUCCESS and not skipped_by and not setups:
        upstream = tuple(up for up in upstream if up not in implied)
    if not skipped_by:
        return Question(rule, upstream, setups)
    if rule is not TriggerRule.ALWAYS:
        upstream = task.upstream  # when it would have run tells whether the skip came in time
    known = relations.decided_before(task.task_id).union(relations.watched.get(task.task_id, ()))
    ordered = tuple(name for name in skipped_by if name in known)
    return Question(rule, upstream, setups, ordered, tuple(name for name in skipped_by if name not in known))


def _with_order_of(layers: Mapping[str, int], task_id: str, question: Question) -> Question:
    """Return a question that asks also those who end before the task only because of its layer."""
    if not question.unordered:
        return question
    layer = layers.get(task_id, 0)
    above = tuple(name for name in question.unordered if layers.get(name, layer) < layer)
    unordered = tuple(name for name in question.unordered if name not in above)
    skipped_by = (*question.skipped_by, *above)
    return replace(question, skipped_by=skipped_by, unordered=unordered, held_for=above)


def _expanded_over(task: Task, steps: Mapping[str, Step], *, asks_all: bool) -> tuple[str, ...]:
    """Return the tasks that a mapped task cannot do without, where its rule says nothing of the kind.

    Over a list of the file a task is expanded from the start: it is there, whatever becomes of it. With
    ``asks_all`` it also matters when its rule, all_success, says so: that is a pass later.
    """
    instances = steps[task.task_id].instances
    if instances is None or (task.trigger_rule is TriggerRule.ALL_SUCCESS and not asks_all):
        return ()
    over = ((name, steps[name].instances) for name in instances.over)
    return tuple(name for name, theirs in over if not (theirs and theirs.length))


def _of_group(question: Question, task: Task, relations: Relations, step: Step) -> Question:
    """Return a question as it is asked in a mapped group that is expanded in the run.

    (airflow.ti_deps.deps: MappedTaskUpstreamDep; TriggerRuleDep, which asks before the expansion without the
    tasks of the group)
    """
    if not _place_in_group(task, step) or not _may_be_empty(step):
        return question
    inside = [up for up in task.upstream if relations.tasks[up].mapped_group == task.mapped_group]
    outside = [up for up in task.upstream if up not in inside]
    if inside and outside:
        behind = tuple(outside)
        question = replace(question, upstream=task.upstream, expanded_behind=behind, place=task.index_key)
    if inside and task.trigger_rule is TriggerRule.ALL_SUCCESS:
        return question  # it is skipped as those before it are
    upstream = () if task.trigger_rule is TriggerRule.ALWAYS else task.upstream
    return replace(question, upstream=upstream, may_be_empty=True, place=task.index_key)


def _place_in_group(task: Task, step: Step) -> tuple[str, ...]:
    """Return what each task of a mapped group reads besides: which instance it is of."""
    return (task.index_key,) if step.instances and step.instances.group else ()


def _is_expanded_from_the_start(step: Step) -> bool:
    return step.instances is not None and bool(step.instances.length)


def _may_be_empty(step: Step) -> bool:
    """Whether a mapped task may have no instances, and is skipped then."""
    return step.instances is not None and not step.instances.length


def _with_implied_setups(
    question: Question, implied: frozenset[str], possible: Mapping[str, frozenset[Outcome]]
) -> Question:
    """Return a question that asks for setups as for upstream tasks, where that comes to the same.

    It does if all must succeed, and if at a tie, where setups are looked at first, it is the same that wins.
    """
    if question.rule is not TriggerRule.ALL_SUCCESS:
        return question
    alike = tuple(s for s in question.setups if s in implied and not possible[s] & SKIPPED)
    others = tuple(s for s in question.setups if s not in alike)
    return replace(question, upstream=(*question.upstream, *alike), setups=others)


def _is_regular(task: Task, question: Question) -> bool:
    asked_more = question.setups or question.skipped_by or question.may_be_empty or question.expanded_behind
    return task.trigger_rule is TriggerRule.ALL_SUCCESS and not asked_more


def _possible_decisions(
    task: Task,
    question: Question,
    relations: Relations,
    possible: Mapping[str, frozenset[Outcome]],
) -> tuple[bool, frozenset[Outcome]]:
    """Return whether the task may run, and what it may become without running."""
    runs, otherwise = _by_rule(task, relations, possible)
    for outcomes in (possible[needed] for needed in question.needed):
        runs = runs and bool(outcomes & SUCCESS)
        otherwise |= (UPSTREAM_FAILED if outcomes & BAD else NONE) | (outcomes & SKIPPED)
    return runs, otherwise


def _by_rule(
    task: Task, relations: Relations, possible: Mapping[str, frozenset[Outcome]]
) -> tuple[bool, frozenset[Outcome]]:
    """Return whether the task's rule may let it run, and what the rule may make of it without running."""
    if not task.upstream:
        return True, NONE
    all_of_them = _Before([possible[up] for up in task.upstream])
    setups = _Before([possible[up] for up in task.upstream if relations.tasks[up].is_setup])
    runs, bad, skipped = _MAY[task.trigger_rule](all_of_them, setups)
    return runs, (UPSTREAM_FAILED if bad else NONE) | (SKIPPED if skipped else NONE)


@dataclass(frozen=True)
class _Before:
    """What may become of some upstream tasks."""

    outcomes: Sequence[frozenset[Outcome]]

    def every(self, wanted: frozenset[Outcome]) -> bool:
        """Whether each of them may end so."""
        return not any(wanted.isdisjoint(one) for one in self.outcomes)

    def some(self, wanted: frozenset[Outcome]) -> bool:
        """Whether one of them may end so."""
        return not all(wanted.isdisjoint(one) for one in self.outcomes)


_Decision: TypeAlias = Callable[[_Before, _Before], tuple[bool, bool, bool]]
#: Rule → by its upstream tasks, and the setups among them: may the task run, be upstream_failed, be skipped?
_MAY: Mapping[TriggerRule, _Decision] = {
    TriggerRule.ALL_SUCCESS: lambda up, _: (up.every(SUCCESS), up.some(BAD), up.some(SKIPPED)),
    TriggerRule.NONE_FAILED: lambda up, _: (up.every(SUCCESS | SKIPPED), up.some(BAD), False),
    TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: lambda up, _: (
        up.every(SUCCESS | SKIPPED) and up.some(SUCCESS),
        up.some(BAD),
        up.every(SKIPPED),
    ),
    TriggerRule.NONE_SKIPPED: lambda up, _: (up.every(SUCCESS | BAD), False, up.some(SKIPPED)),
    TriggerRule.ALL_FAILED: lambda up, _: (up.every(BAD), False, up.some(SUCCESS | SKIPPED)),
    TriggerRule.ALL_SKIPPED: lambda up, _: (up.every(SKIPPED), False, up.some(SUCCESS | BAD)),
    TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: lambda up, _: (
        up.every(SUCCESS | BAD) and up.some(SUCCESS),
        up.every(BAD),
        up.some(SKIPPED),
    ),
    TriggerRule.ONE_SUCCESS: lambda up, _: (
        up.some(SUCCESS),
        up.every(BAD | SKIPPED) and up.some(BAD),
        up.every(SKIPPED),
    ),
    TriggerRule.ONE_FAILED: lambda up, _: (up.some(BAD), False, up.every(SUCCESS | SKIPPED)),
    TriggerRule.ONE_DONE: lambda up, _: (
        up.some(SUCCESS | FAILED),
        False,
        up.every(SKIPPED | UPSTREAM_FAILED),
    ),
    TriggerRule.ALL_DONE: lambda up, _: (True, False, False),
    TriggerRule.ALWAYS: lambda up, _: (True, False, False),
    TriggerRule.ALL_DONE_SETUP_SUCCESS: lambda up, setups: (
        not setups.outcomes or setups.some(SUCCESS),
        bool(setups.outcomes) and setups.every(BAD | SKIPPED) and setups.some(BAD),
        bool(setups.outcomes) and setups.every(SKIPPED),
    ),
}
