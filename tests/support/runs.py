"""Runs as values, for the tests of the comparison: times are seconds after a moment."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from converter.comparison.model import RETURN_VALUE, Key, Run, Side, Span, SpanKind, TaskRun

BEGIN = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
LATER = BEGIN + timedelta(hours=3)


def at(seconds: float, begin: datetime = BEGIN) -> datetime:
    return begin + timedelta(seconds=seconds)


def task(
    task_id: str,
    start: float | None = 0,
    end: float | None = 1,
    state: str | None = "success",
    output: Any = None,
    *,
    index: int = -1,
    tries: int = 1,
    begin: datetime = BEGIN,
    waited: float = 0,
    **more: Any,
) -> TaskRun:
    started = None if start is None else at(start, begin)
    ended = None if end is None or start is None else at(end, begin)
    outputs = {} if output is None else {RETURN_VALUE: output}
    spans = []
    if started and waited:
        spans.append(Span(SpanKind.WAITING, started - timedelta(seconds=waited), started))
    if started and ended:
        spans.append(Span(SpanKind.RUNNING, started, ended))
    return TaskRun(
        Key(task_id, index), state, started, ended, tries if started else 0,
        **{"outputs": outputs, "spans": tuple(spans), **more},
    )  # fmt: skip


def run(side: Side, *tasks: TaskRun, begin: datetime = BEGIN, end: float = 10, **more: Any) -> Run:
    given: dict[str, Any] = {
        "dag_id": "etl",
        "name": "manual__1" if side is Side.AIRFLOW else "arn:aws:states:eu-west-1:1:execution:m:manual__1",
        "run_id": "manual__1",
        "state": "success",
        "start": begin,
        "end": at(end, begin),
        **more,
    }
    return Run(side=side, tasks={one.key: one for one in tasks}, **given)


def airflow(*tasks: TaskRun, **more: Any) -> Run:
    return run(Side.AIRFLOW, *tasks, **more)


def machine(*tasks: TaskRun, **more: Any) -> Run:
    return run(Side.STEP_FUNCTIONS, *tasks, **{"transitions": 10, "status_calls": 2, **more})


def both_of_size(count: int, seed: int = 0, wrong: int = 0) -> tuple[Run, Run]:
    """Two runs of a layered DAG of ``count`` tasks; in the second, ``wrong`` tasks have another output."""
    chance = random.Random(seed)
    width = max(2, round(count**0.5))
    upstream: dict[str, tuple[str, ...]] = {}
    for number in range(count):
        layer = number // width
        earlier = range((layer - 1) * width, layer * width) if layer else range(0)
        chosen = chance.sample(list(earlier), min(len(earlier), chance.randint(1, 3)))
        upstream[_name(number)] = tuple(sorted(map(_name, chosen)))
    durations = {name: chance.uniform(20, 300) for name in upstream}
    different = set(chance.sample(sorted(upstream), wrong))
    return (
        _played(Side.AIRFLOW, upstream, durations, chance, (2, 20), set()),
        _played(Side.STEP_FUNCTIONS, upstream, durations, chance, (0.1, 1), different),
    )


def _name(number: int) -> str:
    return f"{('extract', 'clean', 'join', 'load', 'report')[number % 5]}_{number:04d}"


def _played(
    side: Side,
    upstream: dict[str, tuple[str, ...]],
    durations: dict[str, float],
    chance: random.Random,
    late: tuple[float, float],
    different: set[str],
) -> Run:
    begin = BEGIN if side is Side.AIRFLOW else LATER
    ends: dict[str, float] = {}
    tasks = []
    for name, before in upstream.items():
        waited = chance.uniform(*late)
        start = max((ends[up] for up in before), default=0.0) + waited
        ends[name] = start + durations[name] * chance.uniform(0.97, 1.03)
        rows = len(name) + (1 if name in different else 0)
        one = task(name, start, ends[name], output={"rows": rows}, begin=begin, waited=waited)
        tasks.append(_with_more_spans(one, side, chance, before))
    more = {"transitions": 9 * len(tasks), "status_calls": 40} if side is Side.STEP_FUNCTIONS else {}
    return run(side, *tasks, begin=begin, end=max(ends.values()) + 1, upstream=upstream, **more)


def _with_more_spans(one: TaskRun, side: Side, chance: random.Random, before: tuple[str, ...]) -> TaskRun:
    """Some tasks are retried, and some wait for a poller."""
    assert one.start
    assert one.end
    spans = list(one.spans)
    if chance.random() < 0.1:
        third = (one.end - one.start) / 3
        spans[-1:] = [
            Span(SpanKind.RUNNING, one.start, one.start + third),
            Span(SpanKind.RETRYING, one.start + third, one.start + 2 * third),
            Span(SpanKind.RUNNING, one.start + 2 * third, one.end),
        ]
    if side is Side.STEP_FUNCTIONS and len(before) > 2:
        spans.insert(0, Span(SpanKind.POLLING, one.start - timedelta(seconds=60), one.start))
    return TaskRun(**{**vars(one), "spans": tuple(spans)})
