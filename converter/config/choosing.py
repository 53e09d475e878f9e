"""What a configuration chooses for the conversion of each DAG."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from converter.asl.options import Options, OptionsOfDags
from converter.config.model import Config, DagConfig

#: What holds for single tasks gives way with what holds for all.
_TOGETHER = (
    {"poll_interval", "poll_intervals"},
    {"poller_style", "poller_styles"},
    {"correlate", "window", "correlations"},
)


def options_of_dags(config: Config, options: Options, given: Collection[str]) -> OptionsOfDags:
    """Return the options of each DAG: ``options`` with what the configuration says about it.

    ``given`` are the fields of ``options`` that stay, also for the tasks: the command line said so.
    """
    stays = set(given).union(*(fields for fields in _TOGETHER if not fields.isdisjoint(given)))
    return OptionsOfDags(
        options,
        {
            dag_id: replace(options, **{name: value for name, value in _of(dag).items() if name not in stays})
            for dag_id, dag in config.dags.items()
        },
    )


def _of(dag: DagConfig) -> dict[str, Any]:
    """Return the options that are set for a DAG and its tasks."""
    chosen = {
        "failures": dag.failures,
        "xcom": dag.xcom,
        "variables_from": dag.variables_from,
        "strategy": dag.strategy,
        "resumable": dag.resume,
        "poll_interval": dag.poll.interval,
        "await_deadline": dag.poll.deadline,
        "poller_style": dag.poll.style,
        "correlate": dag.correlation and dag.correlation.by,
        "window": dag.correlation and dag.correlation.window,
        "poller_styles": {name: task.poll.style for name, task in dag.tasks.items() if task.poll.style},
        "poll_intervals": {
            name: task.poll.interval for name, task in dag.tasks.items() if task.poll.interval
        },
        "correlations": {name: task.correlation for name, task in dag.tasks.items() if task.correlation},
    }
    return {name: value for name, value in chosen.items() if value not in (None, {})}
