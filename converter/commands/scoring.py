"""``dag2sfn score``: how the runs of machines that run beside Airflow compare with Airflow's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter import diagnostics as d
from converter.cli_support import Format, print_json, talks_to_aws
from converter.commands.compare import airflow_api
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    Settings,
    with_configuration,
)
from converter.commands.parameters import AirflowUrl, MwaaName, OutputFormat, Region, RulesFile
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.report import console

if TYPE_CHECKING:
    from converter.comparison.airflow_api import AirflowApi
    from converter.comparison.model import Run
    from converter.shadow.machines import Shadow
    from converter.shadow.scoring import Score


@talks_to_aws
@with_configuration
def score(  # noqa: PLR0917 - the command line gives them by name
    dag_id: Annotated[
        str | None, typer.Argument(help="The id of a DAG [default: all that run beside Airflow].")
    ] = None,
    last: Annotated[int, typer.Option(help="How many runs, the latest.", min=1, max=10_000)] = 30,
    rules: RulesFile = None,
    airflow: AirflowUrl = None,
    mwaa: MwaaName = None,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Say how many of the last runs were equal, what differed, and since which version.

    Runs that have ended on both sides and were not compared yet are compared, and the result is kept. The
    environment is the one that the DAGs' `shadow` names, unless another is given. Without --airflow or
    --mwaa, only what was compared before is told.
    Exit codes: 0 all that was compared is equal, 1 something differs, was not started, or nothing was
    compared yet, 2 something cannot be read or reached. A DAG that Airflow does not have is told, and the
    others are scored.

    Examples: `dag2sfn score`, `dag2sfn score sales --last 7 --format json`
    """
    from converter.comparison import NO_RULES, read_rules
    from converter.shadow import documents
    from converter.shadow.scoring import score as scored
    from converter.shadow.store import ResultStore

    settings = _in_shadow(config, dag_id)
    allowed = read_rules(rules) if rules else NO_RULES
    # The environment was chosen just now: what the file has filled in is not yet of it.
    region = region if "region" in settings.given else settings.config.region
    if settings.given.isdisjoint({"airflow", "mwaa"}):
        airflow, mwaa = settings.config.airflow, settings.config.mwaa
    session = settings.session(region)
    client, s3 = session.client("stepfunctions"), session.client("s3")
    side = _ApiSide(airflow_api(airflow, mwaa, region)) if airflow or mwaa else None
    found, unknown = _each(
        lambda shadow: scored(shadow, client, ResultStore(s3, shadow), side, last, allowed),
        _shadows(client, settings.prefix, dag_id),
    )
    if unknown and not found:
        raise Dag2SfnError(*unknown)
    console.print_diagnostics(unknown)
    if format is Format.JSON:
        print_json([documents.to_json(one) for one in found])
    else:
        for line in (line for one in found for line in documents.lines(one)):
            typer.echo(line)
    if unknown:
        raise typer.Exit(2)
    if not all(one.is_clear for one in found):
        raise typer.Exit(1)


def _each(
    score: Callable[[Shadow], Score], shadows: Iterable[Shadow]
) -> tuple[list[Score], list[Diagnostic]]:
    """Return the scores, and which DAGs Airflow does not have. Raises what would go wrong for all."""
    found: list[Score] = []
    unknown: list[Diagnostic] = []
    for shadow in shadows:
        try:
            found.append(score(shadow))
        except Dag2SfnError as error:
            if any(item.code is not d.AIRFLOW_RUN_UNKNOWN for item in error.diagnostics):
                raise
            unknown += error.diagnostics
    return found, unknown


def _in_shadow(settings: Settings, dag_id: str | None) -> Settings:
    """Return the settings in the environment that DAGs run beside Airflow in. Raises Dag2SfnError (D444)."""
    config = settings.config
    if config.environment:
        return settings
    dags = config.dags.items() if dag_id is None else [(dag_id, config.dag(dag_id))]
    named = sorted({dag.shadow.environment for _, dag in dags if dag.shadow})
    if len(named) == 1:
        return replace(settings, config=config.in_environment(named[0]))
    problem = f"DAG '{dag_id}' has no `shadow`" if dag_id else "no DAG has a `shadow`"
    if named:
        problem = f"DAGs run beside Airflow in several environments: {', '.join(named)}"
    raise Dag2SfnError(
        Diagnostic(d.SHADOW_UNKNOWN, problem, "say which: --environment NAME", config.place_of("dags"))
    )


def _shadows(client: Any, prefix: str, dag_id: str | None) -> list[Shadow]:
    from converter.shadow.machines import by_dag, shadows

    found = by_dag(shadows(client, prefix))
    if dag_id is not None:
        found = {name: shadow for name, shadow in found.items() if name == dag_id}
    if not found:
        of = f" of '{dag_id}'" if dag_id else ""
        problem = f"no machine{of} runs beside Airflow in {client.meta.region_name}, below '{prefix}'"
        remedy = "convert and deploy it: dag2sfn convert … --environment NAME, dag2sfn deploy …"
        raise Dag2SfnError(Diagnostic(d.SHADOW_UNKNOWN, problem, remedy))
    return [found[name] for name in sorted(found)]


class _ApiSide:
    """Airflow, through its REST API."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api

    def last_runs(self, dag_id: str, count: int) -> Sequence[Mapping[str, Any]]:
        """As in :class:`~converter.shadow.scoring.AirflowSide`. Raises Dag2SfnError (D702): no such DAG."""
        from converter.comparison.airflow_run import unknown

        runs = self._api.last_runs(dag_id, count)
        if runs is None:
            raise unknown(f"Airflow has no DAG {dag_id!r}")
        return runs

    def read_run(self, dag_id: str, run_id: str) -> Run | None:
        """As in :class:`~converter.shadow.scoring.AirflowSide`."""
        from converter.comparison.airflow_run import read_run

        return None if self._api.run(dag_id, run_id) is None else read_run(self._api, dag_id, run_id)
