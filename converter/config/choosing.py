"""What a configuration chooses for the conversion of each DAG."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from converter.asl.options import Options, OptionsOfDags
from converter.config.model import Choices, Config, DagConfig

#: What holds for single tasks gives way with what holds for all.
_TOGETHER = (
    {"poll_interval", "poll_intervals"},
    {"poller_style", "poller_styles"},
    {"correlate", "window", "correlations"},
)


def options_of_dags(config: Config, options: Options, given: Collection[str]) -> OptionsOfDags:
    """Return the options of each DAG: ``options`` with what the configuration says for all, and about it.

    ``given`` are the fields of ``options`` that stay, also for the tasks: the command line said so. The
    others need not be options of the command: it takes what is said for all as it does what is said of a DAG.
    """
    stays = set(given).union(*(fields for fields in _TOGETHER if not fields.isdisjoint(given)))

    def chosen(before: Options, values: dict[str, Any]) -> Options:
        said = {name: value for name, value in values.items() if value not in (None, {})}
        return replace(before, **{name: value for name, value in said.items() if name not in stays})

    of_all = chosen(options, _of(config))
    dags = config.dags.items()
    return OptionsOfDags(
        of_all, {dag_id: chosen(of_all, {**_of(dag), **_of_tasks(dag)}) for dag_id, dag in dags}
    )


def _of(choices: Choices) -> dict[str, Any]:
    """Return the options that are set for all DAGs, or for one."""
    return {
        "failures": choices.failures,
        "xcom": choices.xcom,
        "pairs": choices.pairs,
        "long_functions": choices.long_functions,
        "variables_from": choices.variables_from,
        "strategy": choices.strategy,
        "resumable": choices.resume,
        "poll_interval": choices.poll.interval,
        "await_deadline": choices.poll.deadline,
        "poller_style": choices.poll.style,
        "correlate": choices.correlation and choices.correlation.by,
        "window": choices.correlation and choices.correlation.window,
    }


def _of_tasks(dag: DagConfig) -> dict[str, Any]:
    """Return the options that are set for a DAG's tasks."""
    tasks = dag.tasks.items()
    return {
        "poller_styles": {name: task.poll.style for name, task in tasks if task.poll.style},
        "poll_intervals": {name: task.poll.interval for name, task in tasks if task.poll.interval},
        "correlations": {name: task.correlation for name, task in tasks if task.correlation},
    }
