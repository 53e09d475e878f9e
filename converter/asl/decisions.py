"""The JSONata that decides a task from the records before it.

A machine looks once, after everything that a task waits for is decided, while Airflow looks at each change
and decides as soon as a rule allows. So where the order of arrival matters, the times in the records (``at``,
in milliseconds) tell what Airflow would have seen first. All expressions are total.

Most tasks are decided by one short condition (:func:`runs`). What setups, skips and ``one_*`` rules add is in
:func:`verdict`: an expression with the value ``{"run": at}``, ``{"state": …, "at": …}`` or, where a task
waits for any of its upstream tasks, ``{}`` while nothing is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from converter.asl import records
from converter.asl.rules import BAD, FAILED, SUCCESS, Question
from converter.expressions.jsonata import Expression, literal, path
from converter.workflow import Outcome, TriggerRule

_BAD = "[state in ['failed', 'upstream_failed']]"
_SKIPPED = "[state = 'skipped']"
_SUCCESS = "[state = 'success']"
_RAN = "[state in ['success', 'failed']]"
_NOT_SUCCESSFUL = records.NOT_SUCCESSFUL

#: In milliseconds. Airflow's scheduler decides in passes: what a decision brings about is decided in the next
#: pass, at the same time but after everything else that this pass decides. Smaller steps would be lost where
#: JSONata writes a time as text, in 15 digits.
_PASS = 0.01
#: The records of a mapped task's instances; its own if it has none.
_EACH = "($exists(instances) ? instances : $)"
#: A record of a task that was expanded over: whatever became of its instances, they are there.
_EXPANDED = "($exists(instances) ? {'state': 'success', 'at': at} : $)"
#: A record as it was before a skip overtook it.
_FIRST = "($exists(first) ? first : $)"
#: For each rule that one upstream task is enough for: the outcomes that are, and how they are found.
_ENOUGH = {
    TriggerRule.ONE_SUCCESS: (SUCCESS, _SUCCESS),
    TriggerRule.ONE_FAILED: (BAD, _BAD),
    TriggerRule.ONE_DONE: (SUCCESS | FAILED, _RAN),
}
#: Rules that take a failure as final at once: a skip that overtakes it comes too late.
_DECIDED_BY_THE_FIRST = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        TriggerRule.ALL_SKIPPED,
        TriggerRule.ALL_DONE,
        TriggerRule.ONE_FAILED,
    }
)


def records_of(
    task_ids: Sequence[str], data: str = records.INPUT, *, mapped: frozenset[str] = frozenset()
) -> str:
    """Return an expression for the records of these tasks, as an array; of those there are.

    Of those in ``mapped`` it has the records of their instances.
    """
    each = (f"{data}.{path(task)}" + (f".{_EACH}" if task in mapped else "") for task in task_ids)
    return "[" + ", ".join(each) + "]"


def runs(rule: TriggerRule, task_ids: Sequence[str], mapped: frozenset[str]) -> Expression:
    """Return whether the rule lets its task run, once the upstream tasks ``task_ids`` are all decided."""
    count = len(task_ids) if mapped.isdisjoint(task_ids) else None
    return Expression(_runs(rule, records_of(task_ids, mapped=mapped), count))


def not_run_record(rule: TriggerRule, task_ids: Sequence[str], mapped: frozenset[str]) -> str:
    """Return the record, as JSONata, of a task that its rule does not let run."""
    return f"($up := {records_of(task_ids, mapped=mapped)}; {_not_run(rule)})"


def is_simple(question: Question, *, overtaken: frozenset[str]) -> bool:
    """Whether :func:`runs` and :func:`not_run_record` say all there is to say."""
    asks_more = question.needed or question.skipped_by or question.may_be_empty or question.expanded_behind
    return not (asks_more or overtaken.intersection(question.upstream)) and (
        question.rule is not TriggerRule.ALL_DONE_SETUP_SUCCESS
    )


def verdict(
    task_id: str,
    question: Question,
    *,
    data: str,
    setups: frozenset[str],
    overtaken: frozenset[str],
    mapped: frozenset[str],
    for_any: bool,
) -> str:
    """Return what decides a task, as JSONata over ``data`` (see the module).

    ``setups`` are the workflow's setup tasks, ``overtaken`` those whose records may have a ``first``,
    ``mapped`` those whose records may have ``instances``; ``for_any``: some records may be missing yet.
    """
    parts = [f"$in := {data}"]
    if question.needed:
        parts.append(_look_at_needed(question, overtaken, mapped))
    parts += _look_at_upstream(question, setups, overtaken, mapped)
    rule = _rule_of_any(question, mapped) if for_any else _rule_of_all(question, mapped)
    if question.needed:
        parts.append(f"$rule := {rule}")
        rule = _with_setups(_all_needed_is_known(question, mapped))
    only_runs_early = for_any and (question.needed or question.skipped_by)
    if only_runs_early or question.skipped_by:
        parts.append(f"$found := {rule}")
        rule = "$found"
    if question.skipped_by:
        parts.append(f"$by := {records_of(question.skipped_by, '$in')}")
        parts.append(f"$told := $min($by[{_told(task_id)}].at)")
        rule = _unless_told_to_skip(overwrites=not question.is_expanded)
    if only_runs_early:
        rule = _once_all_is_known(question, mapped, rule)
    if question.may_be_empty:
        parts.append(f"$decided := {rule}")
        rule = _unless_empty(f"$in.{path(question.place)}")
    return f"({'; '.join((*parts, rule))})"


def runs_unless_told(task_id: str, question: Question) -> Expression:
    """Return whether a task runs behind a branch, or short-circuit, that is its only upstream task."""
    branch = records_of(question.upstream)
    return Expression(f"$count({branch}[state = 'success' and $not({_told(task_id)})]) = 1")


def not_run_behind(task_id: str, question: Question) -> str:
    """Return the record, as JSONata, of a task that does not run behind its only upstream task."""
    told = "{'state': 'skipped', 'at': $min($up.at)}"
    return (
        f"($up := {records_of(question.upstream)};"
        f" $count($up[{_told(task_id)}]) > 0 ? {told} : {_not_run(question.rule)})"
    )


def is_behind_one_branch(question: Question, *, overtaken: frozenset[str]) -> bool:
    """Whether all that decides the task is the branch, or short-circuit, right before it."""
    return (
        overtaken.isdisjoint(question.upstream)
        and question.rule is TriggerRule.ALL_SUCCESS
        and not (question.needed or question.may_be_empty or question.expanded_behind)
        and question.upstream == question.skipped_by
        and len(question.upstream) == 1
    )


def ends_that_decide(question: Question) -> frozenset[Outcome]:
    """Return the outcomes of a single record with which a ``one_*`` task may run before the others end."""
    ends, _ = _ENOUGH[question.rule]
    return ends


def is_run(verdict: str) -> Expression:
    """Return whether a verdict is to run."""
    return Expression(f"$exists({verdict}.run)")


def is_not_run(verdict: str) -> Expression:
    """Return whether a verdict is an outcome."""
    return Expression(f"$exists({verdict}.state)")


def mark_not_run(
    task_ids: Sequence[str],
    *,
    data: str,
    decided_by: str,
    may_be_skipped: bool,
    overtaken: bool,
    mapped: bool,
) -> Expression:
    """Return ``data`` with each task that has no record yet recorded as not run.

    They are regular tasks behind the records ``decided_by`` (an array, or an object's members), of which the
    first that did not succeed decided them. ``overtaken``: some of these may have a ``first``; ``mapped``:
    some may have ``instances``.
    """
    state = _first_of_bad_and_skipped("$by") if may_be_skipped else "'upstream_failed'"
    record = f"{{'state': {state}, 'at': $min($by{_NOT_SUCCESSFUL}.at) + {_PASS}}}"
    rest = f"$map({literal(list(task_ids))}, function($task) {{{{$task: $not_run}}}})"
    by = f"{decided_by}; $by := [$by.{_FIRST}]" if overtaken else decided_by
    by = f"{by}; $by := [$by.{_EACH}]" if mapped else by
    return Expression(f"($by := {by}; $not_run := {record}; $merge([$merge({rest}), {data}]))")


def mark_each_not_run(
    tasks: Sequence[tuple[str, Sequence[str]]], *, data: str, overtaken: bool, mapped: bool
) -> Expression:
    """Return ``data`` with each task that has no record yet recorded as not run, pass by pass.

    ``tasks`` are regular tasks, each behind its upstream tasks, which are given with it. This is
    :func:`mark_not_run` where it matters in which pass of Airflow's scheduler each is decided.
    """
    listed = literal([{"task": task, "behind": list(upstream)} for task, upstream in tasks])
    each = "".join(f".{which}" for which, wanted in ((_FIRST, overtaken), (_EACH, mapped)) if wanted)
    by = f"[$map($one.behind, function($up) {{$lookup($all, $up)}}){each}]"
    record = f"{{'state': {_first_of_bad_and_skipped('$by')}, 'at': $min($by{_NOT_SUCCESSFUL}.at) + {_PASS}}}"
    marked = f"($by := {by}; $merge([$all, {{$one.task: {record}}}]))"
    return Expression(
        f"$reduce({listed}, function($all, $one)"
        f" {{$exists($lookup($all, $one.task)) ? $all : {marked}}}, {data})"
    )


def begun(task_ids: Sequence[str]) -> str:
    """Return when a task begins that waits for all of these, as JSONata; no value if it waits for none."""
    return f"$max({records_of(task_ids)}.at)"


def in_next_pass(moment: str) -> str:
    """Return the time at which what is decided at a moment (JSONata) brings about something else."""
    return f"{moment} + {_PASS}"


def no_leaf_failed(leaves: Sequence[str]) -> Expression:
    """Return whether the run has succeeded: none of the tasks that decide it has failed."""
    return Expression(f"$count({records_of(leaves)}{_BAD}) = 0")


def _look_at_needed(question: Question, overtaken: frozenset[str], mapped: frozenset[str]) -> str:
    """Return the statement that sets ``$needed``: each instance of setups; others count as they are there."""
    over = [task for task in question.needed if task not in question.setups]
    first = f".{_FIRST}" if overtaken.intersection(question.needed) else ""
    setups, others = records_of(question.setups, "$in", mapped=mapped), records_of(over, "$in")
    setups = f"[{setups}{first}]" if first else setups
    if first or mapped.intersection(over):
        others = f"[{others}{first}{f'.{_EXPANDED}' if mapped.intersection(over) else ''}]"
    needed = setups if not over else others if not question.setups else f"$append({setups}, {others})"
    return f"$needed := {needed}"


def _look_at_upstream(
    question: Question, setups: frozenset[str], overtaken: frozenset[str], mapped: frozenset[str]
) -> list[str]:
    """Return the statements that set ``$up``, the upstream records as they were when the rule decided."""
    then = _FIRST
    parts = [f"$up := {records_of(question.upstream, '$in', mapped=mapped)}"]
    if question.expanded_behind:
        inside = [up for up in question.upstream if up not in question.expanded_behind]
        expanded = f"$max({records_of(question.expanded_behind, '$in', mapped=mapped)}.at)"
        parts = [
            f"$expanded := $in.{path(question.place)}.map_index < 0 ? 0 : {in_next_pass(expanded)}",
            f"$up := [{records_of(question.expanded_behind, '$in', mapped=mapped)},"
            f" {records_of(inside, '$in')}.$merge([$, {{'at': $max([at, $expanded])}}])]",
        ]
    if question.rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
        direct = [up for up in question.upstream if up in setups]
        parts.append(f"$setups := {records_of(direct, '$in', mapped=mapped)}")
    if not overtaken.intersection(question.upstream):
        return parts
    if question.rule not in _DECIDED_BY_THE_FIRST:
        # By the time at which all were decided for the first time, some skips may not have come yet; but a
        # task that its setups hold is asked again once these have succeeded.
        held = "$append($needed.at, $up" if question.needed else "($up"
        parts.append(f"$complete := $max({held}.{_FIRST}.at))")
        then = "(at > $complete and $exists(first) ? first : $)"
    elif question.rule is TriggerRule.ONE_FAILED and question.needed:
        then = "($exists(first) and at > $max($append($needed.at, first.at)) ? first : $)"
    parts.append(f"$up := [$up.{then}]")
    if question.rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
        parts.append(f"$setups := [$setups.{then}]")
    return parts


def _rule_of_all(question: Question, mapped: frozenset[str]) -> str:
    """Return the verdict of a rule by itself, once all upstream tasks are decided."""
    rule = question.rule
    if rule is TriggerRule.ALWAYS or not question.upstream:
        return "{'run': 0}"
    run = "{'run': $max($up.at)}"
    if question.held_for:
        run = f"{{'run': $max($append($up.at, {records_of(question.held_for, '$in')}.at))}}"
    if rule is TriggerRule.ALL_DONE:
        return run
    count = len(question.upstream) if mapped.isdisjoint(question.upstream) else None
    return f"({_runs(rule, '$up', count)} ? {run} : {_not_run(rule)})"


def _rule_of_any(question: Question, mapped: frozenset[str]) -> str:
    """Return the verdict of a ``one_*`` rule by itself, while upstream tasks may still run."""
    complete = _all_upstream_is_known(question, mapped)
    _, wanted = _ENOUGH[question.rule]
    first = f"$min($up{wanted}.at)"
    return f"($exists({first}) ? {{'run': {first}}} : {complete} ? {_not_run(question.rule)} : {{}})"


def _with_setups(complete: str) -> str:
    """Return the verdict of ``$rule`` under the setups ``$needed``: one that did not succeed comes first.

    ``complete`` tells, as JSONata, whether all of them are there.
    """
    stopped = f"$min($needed{_NOT_SUCCESSFUL}.at)"
    in_time = f"$exists($rule.run) or $not($exists($rule.at)) or {stopped} < $rule.at"
    return (
        f"($exists({stopped}) and ({in_time})"
        f" ? {{'state': {_first_of_bad_and_skipped('$needed')}, 'at': {stopped} + {_PASS}}}"
        f" : $exists($rule.run) ? ({complete}"
        " ? {'run': $max($append($needed.at, $rule.run))} : {}) : $rule)"
    )


def _unless_empty(group: str) -> str:
    """Return the verdict ``$decided`` of a task of a mapped group, which does not run if there are no items.

    Nor if there are too many.
    """
    state = f"{group}.too_many ? 'upstream_failed' : 'skipped'"
    begun = "($decided.run > 0 ? $decided.run : $toMillis($states.context.Execution.StartTime))"
    not_run = f"{{'state': {state}, 'at': {in_next_pass(begun)}}}"
    return f"($exists($decided.run) and {group}.map_index < 0 ? {not_run} : $decided)"


def _unless_told_to_skip(*, overwrites: bool) -> str:
    """Return the verdict of ``$found`` unless the task was told to skip at ``$told``, before it could run.

    Mostly such a skip ``overwrites`` upstream_failed, too: who has looked at the task before has seen that.
    """
    skip = "{'state': 'skipped', 'at': $told}"
    too_late = f"$merge([{skip}, {{'first': $found}}])" if overwrites else "$found"
    return (
        "($not($exists($told)) ? $found"
        f" : $exists($found.run) ? ($told <= $found.run ? {skip} : $found)"
        f" : $not($exists($found.at)) ? {skip}"
        " : $found.state = 'skipped' ? {'state': 'skipped', 'at': $min([$found.at, $told])}"
        f" : $found.at < $told ? {too_late} : {skip})"
    )


def _all_upstream_is_known(question: Question, mapped: frozenset[str]) -> str:
    known = "$up" if mapped.isdisjoint(question.upstream) else records_of(question.upstream, "$in")
    return f"$count({known}) = {len(question.upstream)}"


def _all_needed_is_known(question: Question, mapped: frozenset[str]) -> str:
    known = "$needed" if mapped.isdisjoint(question.setups) else records_of(question.needed, "$in")
    return f"$count({known}) = {len(question.needed)}"


def _once_all_is_known(question: Question, mapped: frozenset[str], rule: str) -> str:
    """Return the verdict ``rule``, but only to run while something is not decided that may be earlier.

    What an upstream task, or a setup, has become may be known later than its time says; and so may a skip.
    """
    runs, complete = "$exists($found.run)", [_all_upstream_is_known(question, mapped)]
    if question.needed:
        complete.append(_all_needed_is_known(question, mapped))
    if question.skipped_by:
        runs += " and ($exists($told) ? $found.run < $told : true)"
        complete.append(f"$count($by) = {len(question.skipped_by)}")
    return f"({runs} ? $found : {' and '.join(complete)} ? {rule} : {{}})"


def _told(task_id: str) -> str:
    """Return whether a record's task has told this one to be skipped."""
    return f"skips = 'all' or {literal(task_id)} in skips"


def _runs(rule: TriggerRule, up: str, count: int | None) -> str:
    """Return whether a rule is met by the records ``up``; ``count`` is their number, None if that varies."""

    def every(wanted: str, other: str) -> str:
        return f"$count({up}{other}) = 0" if count is None else f"$count({up}{wanted}) = {count}"

    return {
        TriggerRule.ALL_SUCCESS: every(_SUCCESS, _NOT_SUCCESSFUL),
        TriggerRule.NONE_FAILED: f"$count({up}{_BAD}) = 0",
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: (f"$count({up}{_BAD}) = 0 and $count({up}{_SUCCESS}) > 0"),
        TriggerRule.NONE_SKIPPED: f"$count({up}{_SKIPPED}) = 0",
        TriggerRule.ALL_FAILED: every(_BAD, "[state in ['success', 'skipped']]"),
        TriggerRule.ALL_SKIPPED: every(_SKIPPED, "[state != 'skipped']"),
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: (f"$count({up}{_SKIPPED}) = 0 and $count({up}{_SUCCESS}) > 0"),
        # With a single upstream task there is nothing that could be earlier.
        **{one: f"$count({up}{wanted}) > 0" for one, (_, wanted) in _ENOUGH.items()},
        TriggerRule.ALL_DONE_SETUP_SUCCESS: f"$count($setups) = 0 or $count($setups{_SUCCESS}) > 0",
    }[rule]


def _not_run(rule: TriggerRule) -> str:
    first_bad, first_skip = f"$min($up{_BAD}.at)", f"$min($up{_SKIPPED}.at)"
    last = "$max($up.at)"
    some_bad, some_skipped = f"$count($up{_BAD}) > 0", f"$count($up{_SKIPPED}) > 0"
    state, at = {
        TriggerRule.ALL_SUCCESS: (_first_of_bad_and_skipped("$up"), f"$min($up{_NOT_SUCCESSFUL}.at)"),
        TriggerRule.NONE_FAILED: ("'upstream_failed'", first_bad),
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: (
            f"{some_bad} ? 'upstream_failed' : 'skipped'",
            f"{some_bad} ? {first_bad} : {last}",
        ),
        TriggerRule.NONE_SKIPPED: ("'skipped'", first_skip),
        TriggerRule.ALL_FAILED: ("'skipped'", "$min($up[state in ['success', 'skipped']].at)"),
        TriggerRule.ALL_SKIPPED: ("'skipped'", "$min($up[state != 'skipped'].at)"),
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: (
            f"{some_skipped} ? 'skipped' : 'upstream_failed'",
            f"{some_skipped} ? {first_skip} : {last}",
        ),
        TriggerRule.ONE_SUCCESS: (f"{some_bad} ? 'upstream_failed' : 'skipped'", last),
        TriggerRule.ONE_FAILED: ("'skipped'", last),
        TriggerRule.ONE_DONE: ("'skipped'", last),
        TriggerRule.ALL_DONE_SETUP_SUCCESS: (
            "$count($setups[state != 'skipped']) = 0 ? 'skipped' : 'upstream_failed'",
            last,
        ),
    }[rule]
    return f"{{'state': {state}, 'at': ({at}) + {_PASS}}}"


def _first_of_bad_and_skipped(upstream: str) -> str:
    """Return what becomes of a task behind a failure and a skip: the first decides, a failure at a tie."""
    bad, skipped = f"$min({upstream}{_BAD}.at)", f"$min({upstream}{_SKIPPED}.at)"
    return (
        f"$exists({upstream}{_BAD}) and ($exists({upstream}{_SKIPPED}) ? {bad} <= {skipped} : true)"
        " ? 'upstream_failed' : 'skipped'"
    )
