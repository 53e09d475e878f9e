"""Writes the states of one Await into a block: where its poller leads, and what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from converter.asl import awaiting, decisions, outcome_table, records
from converter.asl.awaiting import Exit, LoopExits, LoopNames, Question
from converter.asl.children import has_children
from converter.asl.groups import Unit, first_tasks
from converter.asl.names import listing
from converter.asl.options import PollerStyle
from converter.asl.rules import BAD, NONE, SKIPPED
from converter.expressions.jsonata import Expression, literal
from converter.operators import room
from converter.workflow import Outcome

if TYPE_CHECKING:
    from converter.asl.emission import Emission
    from converter.asl.group_writer import GroupWriter


def ask_name(emission: Emission, unit: Unit) -> str:
    """Return what the first state of a unit's Await is called: who asks for whom."""
    first = unit.awaited[:1] if _waits_in_front(emission, unit) else unit.awaited
    return _name_of_question(first_tasks(unit.item), first)


def write_await(writer: GroupWriter, unit: Unit, ask: str, *, goes_on_at: str) -> None:
    """Add the states that wait for what is awaited before a unit of the writer's group.

    ``ask`` is the name of the first of them, ``goes_on_at`` the state behind them.
    """
    emission, block = writer.emission, writer.block
    consumers = first_tasks(unit.item)
    forgets = _is_plain(writer) and not emission.has_readers
    data = awaiting.HERE if forgets else f"$merge([{awaiting.HERE}, {awaiting.KNOWN}])"
    go_on = Exit(goes_on_at, Expression(data))
    rules, until = (_rules_of_any if unit.any else _rules_of_all)(writer, unit, go_on)
    late, broken = _late_and_broken(writer, unit, forgets=forgets)
    if _waits_in_front(emission, unit):
        ask = _write_waits(writer, unit, ask)
    awaited, pace = emission.glue_runs(unit.awaited), emission.pace_for(unit.awaited)
    if outcome_table.tells_all(awaited):
        question = outcome_table.table_question(unit.awaited, emission.options)
    else:
        question = awaiting.function_question(awaited, until, emission.options, pace)
    emission.asked.add(question.asks)
    if emission.as_airflow and not forgets:
        question = _with_little(writer, unit, question)
    block.states |= awaiting.loop_states(
        question,
        names=LoopNames(
            ask,
            *map(emission.names.unique, awaiting.finished_and_wait_names(consumers, unit.awaited)),
        ),
        exits=LoopExits(tuple(rules), late, broken, until),
        awaited=unit.awaited,
        consumers=consumers,
        pace=pace,
    )
    if not forgets and not unit.any:
        block.at_hand |= dict.fromkeys(unit.awaited)


def _with_little(writer: GroupWriter, unit: Unit, question: Question) -> Question:
    """Return the question with an answer that fits into the branch's data, or fails.

    What has been pushed is left out where no task of the branch reads it.
    """
    emission, block = writer.emission, writer.block
    large = [task for task in unit.awaited if emission.rooms.may_push_much(task)]
    unread = [task for task in large if emission.readers.get(task, frozenset()).isdisjoint(block.tasks)]
    # Of these, the table has no outputs.
    kept = [task for task in unread if not emission.rooms.is_unread(task)]
    if not large:
        return question
    answer = question.answer.text
    if kept:
        there = f"$sift($found, function($r, $task) {{ $task in {literal(kept)} }})"
        answer = f"($found := {answer}; $merge([$found, {records.without_all_outputs(there)}]))"
    if len(large) > len(unread):
        says = f"'{room.TOO_LARGE}: the data of a branch has no room for what {listing(large)} pushed'"
        fits = f"{room.size('$told')} <= {block.rooms.left()}"
        answer = f"($told := {answer}; {fits} ? $told : $error({says}))"
    return replace(question, answer=Expression(answer))


def _waits_in_front(emission: Emission, unit: Unit) -> bool:
    """Return whether Tasks before the loop wait for one record after the other.

    Not where some of the records, or what the branch itself knows, may decide without the others.
    """
    options = emission.options
    if options.style_for(unit.awaited) is not PollerStyle.RETRY:
        return False
    if not outcome_table.tells_all(emission.glue_runs(unit.awaited)):
        return False
    return not unit.any or set(emission.rules.questions[first_tasks(unit.item)[0]].records) <= {
        unit.awaited[0]
    }


def _write_waits(writer: GroupWriter, unit: Unit, first: str) -> str:
    """Write the Tasks that wait for records, the first with this name; return that of the state behind."""
    emission, consumers = writer.emission, first_tasks(unit.item)
    others = [_name_of_question(consumers, [task]) for task in unit.awaited[1:]]
    look = f"{listing(consumers)}: how did {listing(unit.awaited)} end?"
    names = [first, *map(emission.names.unique, [*others, look])]
    emission.asked.add("UpdateItem")
    pace = emission.pace_for(unit.awaited)
    for task, name, following in zip(unit.awaited, names, names[1:], strict=False):
        writer.block.states[name] = outcome_table.waiting_state(task, following, emission.options, pace)
    return names[-1]


def _name_of_question(consumers: Sequence[str], awaited: Sequence[str]) -> str:
    return f"{listing(consumers)}: ask for {listing(awaited)}"


def _is_plain(writer: GroupWriter) -> bool:
    """Return whether the first awaited task that did not succeed decides all that is behind the Await."""
    return writer.emission.rules.is_plain and writer.group.is_whole


def _rules_of_any(
    writer: GroupWriter, unit: Unit, go_on: Exit
) -> tuple[list[tuple[Expression, Exit]], frozenset[Outcome] | None]:
    """Return the rules, and the ends to wait for, of an Await for any of its tasks."""
    consumer, data = first_tasks(unit.item)[0], go_on.output.text
    verdict = writer.verdict(consumer, data, for_any=True)
    not_run = records.with_record(consumer, verdict, data)
    rules = [
        (decisions.is_run(verdict), go_on),
        (decisions.is_not_run(verdict), Exit(writer.failure_exit.name(), not_run)),
    ]
    question = writer.emission.rules.questions[consumer]
    if not set(question.records) <= set(unit.awaited):
        return rules, None  # what the branch itself knows may decide
    return rules, decisions.ends_that_decide(question)


def _rules_of_all(
    writer: GroupWriter, unit: Unit, go_on: Exit
) -> tuple[list[tuple[Expression, Exit]], frozenset[Outcome]]:
    """Return the rules, and the ends to wait for, of an Await for all of its tasks."""
    analysis, count = writer.emission.rules, len(unit.awaited)
    if not writer.group.is_whole:
        return [(awaiting.all_finished(count), go_on)], NONE
    rules = [(awaiting.all_succeeded(count), go_on)]
    if not analysis.may_not_succeed(*unit.awaited):
        return rules, NONE
    # With other rules about, what follows may need to know how all awaited tasks ended.
    is_plain = _is_plain(writer)
    decided = awaiting.some_not_successful() if is_plain else awaiting.all_finished(count)
    not_run = decisions.mark_not_run(
        first_tasks(unit.item),
        data=go_on.output.text,
        decided_by=f"{awaiting.KNOWN}.*",
        may_be_skipped=analysis.may_be_skipped(*unit.awaited),
        overtaken=not analysis.overtaken.isdisjoint(unit.awaited),
        mapped=not analysis.mapped.isdisjoint(unit.awaited),
    )
    rules.append((decided, Exit(writer.failure_exit.name(), not_run)))
    return rules, BAD | SKIPPED if is_plain else NONE


def _late_and_broken(writer: GroupWriter, unit: Unit, *, forgets: bool) -> tuple[Exit, Exit | None]:
    """Return the ways out when the deadline has passed, and when asking fails for good.

    The tasks behind the Await fail. What it has not learned counts as failed as well, in this branch, where
    something further on may look at it.
    """
    emission, block = writer.emission, writer.block
    consumers = first_tasks(unit.item)
    error, cause = awaiting.late_error(unit.awaited, emission.pace)
    if not emission.as_airflow or has_children(unit.item):
        # What is in other machines cannot be recorded here.
        late = emission.names.unique(f"{consumers[0]}: too late")
        block.states[late] = {"Type": "Fail", "Error": error, "Cause": cause}
        return Exit(late, Expression(records.INPUT)), None
    unknown = () if forgets or unit.any else unit.awaited
    here = [records.INPUT] if block.has_records else []
    there = [awaiting.HERE] if block.has_records else []
    if not forgets:
        there = [awaiting.HERE, awaiting.KNOWN]
    too_late = records.failure_because(error, cause)
    much = any(map(emission.rooms.may_push_much, unit.awaited))
    failure = records.failure_caught(emission.task_count, may_say_why=much)
    failed = records.all_failed(consumers, too_late, unless=unknown, data=there)
    broken = records.all_failed(consumers, failure, unless=unknown, data=here)
    return Exit(writer.failure_exit.name(), failed), Exit(writer.failure_exit.name(), broken)
