"""Which items of a Sequence stand or fall together.

A *group* is a run of items that all need everything before them in the group to succeed. It is asked once,
before its first item, whether it may run at all, and has one exit for whatever goes wrong inside: the rest of
the group is then not run. A task that is not regular (``rules``) is a group of its own, and asks for itself;
so is a Parallel whose branches do not all stand or fall together.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, replace
from functools import cached_property

from converter.asl.children import Child, has_children
from converter.asl.rules import FAILED, NONE, UPSTREAM_FAILED, Rules
from converter.operators.step import Step as StepOfTask
from converter.planning import Await, MappedGroup, Node, Parallel, Plan, Sequence, Step, awaits, task_ids
from converter.planning.plan import walk
from converter.workflow import Outcome, Workflow


@dataclass(frozen=True)
class Unit:
    """An item of a Sequence, with what is awaited directly before it.

    ``any``: only until these tell whether the item, a task with a ``one_*`` rule, may run.
    """

    item: Step | Parallel
    awaited: tuple[str, ...] = ()
    any: bool = False

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that the item runs."""
        return task_ids(self.item)

    @cached_property
    def awaits_inside(self) -> tuple[Await, ...]:
        """The Awaits in the item."""
        return awaits(self.item)

    @property
    def learned(self) -> tuple[str, ...]:
        """The tasks that run elsewhere, and that the item learns of for what follows it."""
        return self.item.learned if isinstance(self.item, Child) else ()


@dataclass(frozen=True)
class Group:
    """Units that stand or fall together, or a single unit that does not (``is_whole`` is False).

    ``guard`` are the tasks outside the group whose success is to be made sure of before it begins.
    """

    units: tuple[Unit, ...]
    is_whole: bool
    guard: tuple[str, ...] = ()

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that the group runs."""
        return tuple(task for unit in self.units for task in unit.tasks)


def units_of(node: Node) -> list[Unit]:
    """Return the items of a Sequence (or of a single node) with their Awaits."""
    units: list[Unit] = []
    awaited: dict[str, None] = {}
    for_any = False
    for item in node.children if isinstance(node, Sequence) else (node,):
        if isinstance(item, Await):
            awaited |= dict.fromkeys(item.task_ids)
            for_any = for_any or item.any
        elif isinstance(item, (Step, Parallel)):
            units.append(Unit(item, tuple(awaited), for_any))
            awaited, for_any = {}, False
    return units


def groups_of(units: SequenceOf[Unit], rules: Rules, certain: frozenset[str]) -> list[Group]:
    """Return the groups of a block. ``certain`` are the tasks known to have succeeded before it."""
    groups: list[Group] = []
    for unit in units:
        if groups and _belongs_to(groups[-1], unit, rules):
            whole = groups[-1]
            groups[-1] = Group((*whole.units, unit), whole.is_whole, whole.guard)
            continue
        outside = _needs_from_outside(unit, rules)
        guard = tuple(
            task
            for task in outside
            if task not in certain and task not in unit.awaited and rules.may_not_succeed(task)
        )
        is_whole = not _decides_inside(unit, rules) and _all_doomed_by(unit, outside, rules)
        groups.append(Group((unit,), is_whole, guard if is_whole else ()))
    return groups


def _belongs_to(group: Group, unit: Unit, rules: Rules) -> bool:
    if not group.is_whole or _decides_inside(unit, rules):
        return False
    known = {*group.tasks, *group.guard, *unit.awaited}
    outside = [task for task in _needs_from_outside(unit, rules) if task not in known]
    if any(rules.may_not_succeed(task) for task in outside):
        return False
    uncertain = [task for task in (*group.tasks, *unit.awaited) if rules.may_not_succeed(task)]
    return _all_doomed_by(unit, uncertain, rules)


def _decides_inside(unit: Unit, rules: Rules) -> bool:
    """Whether the unit is begun whatever happened before it: what is in it decides what that means.

    A child machine is one, so that its tasks are recorded where they are, however many they are; and so is a
    mapped group, whose instances are decided one by one.
    """
    if isinstance(unit.item, MappedGroup) or has_children(unit.item):
        return True
    return _has_to_hear_all(unit, rules)


def _has_to_hear_all(unit: Unit, rules: Rules) -> bool:
    """Whether the unit's Awaits must not be passed over, although a failure before it dooms the unit.

    Where there are other rules, of a failure and a skip the one that came first decides, and that of an
    awaited task may have been earlier; and what follows may have to wait for the awaited tasks as well.
    """
    return not rules.is_plain and bool(unit.awaited or unit.awaits_inside)


def _all_doomed_by(unit: Unit, others: SequenceOf[str], rules: Rules) -> bool:
    """Whether no task of the unit can run unless all of ``others`` succeed, and all are regular tasks."""
    needed = set(others)
    return all(rules.is_regular(task) and needed <= rules.doomed_by[task] for task in unit.tasks)


def _needs_from_outside(unit: Unit, rules: Rules) -> tuple[str, ...]:
    """Return the tasks whose records the unit needs and does not itself run or await further inside."""
    inside = {*unit.tasks, *(task for node in unit.awaits_inside for task in node.task_ids)}
    found = (need for task in unit.tasks for need in rules.needs(task) if need not in inside)
    return tuple(dict.fromkeys(found))


def rules_and_plan(
    workflow: Workflow, plan: Plan, steps: Mapping[str, StepOfTask], *, failures_end_the_run: bool
) -> tuple[Rules, Plan]:
    """Return what the rules of a workflow mean for its machine, and the plan with all Awaits that they need.

    A poller that gives up fails the task behind it, also one that cannot fail by itself. Which tasks have
    pollers depends on what others may become, and the other way round: so both are found together.
    """
    given_up: dict[str, frozenset[Outcome]] = {}
    while True:
        rules = Rules.of(
            workflow,
            steps,
            failures_end_the_run=failures_end_the_run,
            given_up=given_up,
            layers=_layers(plan),
        )
        fetched = fetch_needed_records(plan, rules)
        if failures_end_the_run:
            return rules, fetched
        found = _given_up(fetched)
        if all(ends <= rules.possible[task] for task, ends in found.items()):
            return rules, fetched
        given_up |= {task: ends | given_up.get(task, NONE) for task, ends in found.items()}


def _layers(plan: Plan) -> dict[str, int]:
    """Return the tasks of a plan without Awaits, each with the number of its layer."""
    if not isinstance(plan, Sequence) or awaits(plan):
        return {}
    return {task: number for number, child in enumerate(plan.children) for task in task_ids(child)}


def _given_up(plan: Plan) -> dict[str, frozenset[Outcome]]:
    """Return what becomes of tasks behind Awaits whose deadline has passed (``GroupWriter``)."""
    found: dict[str, frozenset[Outcome]] = {}
    for node in walk(plan):
        for unit in units_of(node) if isinstance(node, (Sequence, Parallel)) else ():
            first = first_tasks(unit.item) if unit.awaited else ()
            for task in unit.tasks if first else ():
                ends = FAILED if task in first else UPSTREAM_FAILED
                found[task] = found.get(task, NONE) | ends
    return found


def fetch_needed_records(plan: Plan, rules: Rules) -> Plan:
    """Return the plan with every Await extended by the tasks whose records are needed behind it.

    A task's rule, or its arguments, may look at a task that has certainly finished, but in a sibling branch:
    behind another that is awaited. Its record has to be fetched as well.
    """
    if rules.is_plain and not any(rules.reads.values()):
        return plan
    built: list[Node] = []
    pending: list[tuple[Node, frozenset[str]] | _Rebuilt] = [(plan, frozenset())]
    while pending:
        current = pending.pop()
        if isinstance(current, _Rebuilt):
            built.append(current.node(built))
            continue
        rebuilt = _fetching(*current, rules)
        pending.append(rebuilt)
        pending.extend(reversed(rebuilt.branches))
    return built[0]


@dataclass(frozen=True)
class _Rebuilt:
    """A node with its Awaits extended: its new children, but for the branches of Parallels among them.

    ``branches`` are these, each with the tasks whose records it finds.
    """

    children: tuple[Node, ...]
    branches: tuple[tuple[Node, frozenset[str]], ...]
    is_sequence: bool

    def node(self, built: list[Node]) -> Node:
        """Return the node; its branches are taken from the end of ``built``."""
        count = len(self.branches)
        branches = iter(built[len(built) - count :])
        del built[len(built) - count :]
        children = tuple(
            replace(child, children=tuple(next(branches) for _ in child.children))
            if isinstance(child, Parallel)
            else child
            for child in self.children
        )
        return children[0] if len(children) == 1 and not self.is_sequence else Sequence(children)


def _fetching(node: Node, at_hand: frozenset[str], rules: Rules) -> _Rebuilt:
    children: list[Node] = []
    branches: list[tuple[Node, frozenset[str]]] = []
    for unit in units_of(node):
        needs: tuple[str, ...] = ()
        if isinstance(unit.item, Step):
            needs = rules.waits_for(unit.item.task_id)
        elif isinstance(unit.item, MappedGroup):
            needs = _needed_by_instances(unit.item, rules)
        missing = [need for need in needs if need not in at_hand and need not in unit.awaited]
        if not unit.any:
            missing = [need for need in missing if not _fetched_before(need, children, rules)]
        wanted = dict.fromkeys((*unit.awaited, *missing))
        if wanted:
            children.append(Await(tuple(wanted), unit.any))
        if not unit.any:
            at_hand = at_hand.union(wanted, needs)
        if isinstance(unit.item, Parallel):
            places = {rules.relations.tasks[task].index_key for task in unit.tasks}
            given = at_hand | places if isinstance(unit.item, MappedGroup) else at_hand
            branches += [(child, given) for child in unit.item.children]
        children.append(unit.item)
        at_hand = at_hand.union(unit.tasks)
    return _Rebuilt(tuple(children), tuple(branches), isinstance(node, Sequence))


def _needed_by_instances(group: MappedGroup, rules: Rules) -> tuple[str, ...]:
    """Return the tasks outside a mapped group that its tasks wait for: an instance cannot await them."""
    inside = task_ids(group)
    found = dict.fromkeys(need for task in inside for need in rules.waits_for(task))
    return tuple(need for need in found if need in rules.relations.tasks and need not in inside)


def _fetched_before(need: str, children: list[Node], rules: Rules) -> bool:
    """Extend an Await further ahead that has to wait for this task anyway, if there is one."""
    for index, child in enumerate(children):
        if isinstance(child, Await) and not child.any:
            decided = (rules.relations.decided_before(awaited) for awaited in child.task_ids)
            if any(need in before for before in decided):
                children[index] = Await((*child.task_ids, need))
                return True
    return False


def first_tasks(node: Node) -> tuple[str, ...]:
    """Return the tasks with which a node begins."""
    if isinstance(node, Step):
        return (node.task_id,)
    if isinstance(node, Parallel):
        return tuple(task for child in node.children for task in first_tasks(child))
    if isinstance(node, Sequence):
        return first_tasks(next(child for child in node.children if not isinstance(child, Await)))
    return ()


def awaited_tasks(plan: Plan) -> tuple[str, ...]:
    """Return the tasks that some branch awaits."""
    return tuple(dict.fromkeys(task for node in awaits(plan) for task in node.task_ids))
