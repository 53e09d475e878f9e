"""One scenario to look at: what chance decided for each task, what Airflow does, what the machine does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converter.verify import airflow_run
from converter.verify.comparing import Divergence, outcome_of
from converter.verify.playing import Played
from converter.verify.scenarios import Scenario
from converter.workflow import Outcome


@dataclass(frozen=True)
class ReplayRow:
    """One task, or with ``task`` empty the run: its script, and what became of it on both sides, in words."""

    task: str
    script: str
    airflow: str
    machine: str
    diverges: bool


def replay_rows(
    scenario: Scenario, airflow: airflow_run.Trace, played: Played, divergences: tuple[Divergence, ...]
) -> Iterator[ReplayRow]:
    """Yield a row for each task, in the order in which the machine came to them, and one for the run."""
    diverging = {item.task for item in divergences}
    for task in sorted(airflow.tasks, key=lambda name: _moment(name, played)):
        yield ReplayRow(
            task,
            ", then ".join(map(_try_in_words, scenario.script[task])),
            _result_in_words(airflow.tasks[task]),
            _played_in_words(task, played),
            task in diverging,
        )
    ended = f"{airflow.outcome.value} {airflow.ended:.1f} s"
    yield ReplayRow("", "", ended, f"{played.outcome.value} {played.ended:.1f} s", "" in diverging)


def _moment(task: str, played: Played) -> float:
    return played.started.get(task, played.decided.get(task, played.ended))


def _try_in_words(this: airflow_run.Try) -> str:
    if isinstance(this.end, airflow_run.Branch):
        end = f"chooses {', '.join(this.end.chosen) or 'nothing'}"
    elif isinstance(this.end, airflow_run.ShortCircuit):
        end = "stops what is behind it"
    else:
        end = this.end.value.replace("_", " ")
    return f"{this.seconds:g} s {end}" if this.seconds else "nothing to do"


def _result_in_words(result: airflow_run.TaskResult) -> str:
    if result.started is None:
        return _words(outcome_of(result), result.decided, result.decided, 0)
    return _words(outcome_of(result), result.started, result.decided, result.tries)


def _played_in_words(task: str, played: Played) -> str:
    tries = played.tries.get(task, ())
    decided = played.decided.get(task)
    if not tries:
        return _words(played.outcomes[task], decided, decided, 0)
    return _words(played.outcomes[task], tries[0][0], tries[-1][1], len(tries))


def _words(outcome: str, start: float | None, end: float | None, tries: int) -> str:
    """Say how a task ended and when, in seconds since the run's start; what is unknown is left out."""
    words = [outcome]
    if start is not None and end is not None:
        words.append(f"{start:.1f} to {end:.1f} s" if tries else f"{end:.1f} s")
    if tries > 1 or (tries and outcome == Outcome.SKIPPED.value):
        words.append(f"({tries} {'try' if tries == 1 else 'tries'})")
    return " ".join(words)
