"""The stages in order: DAG file → Workflow → Plan → Machine → Bundle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from converter import diagnostics as d
from converter.asl.awaiting import Pace
from converter.asl.budget import fitting_pace, polls_until_deadline, size_problems
from converter.asl.machine import Machine, emit
from converter.asl.options import Correlate, Options
from converter.asl.tasks import rounding_problems
from converter.diagnostics import Dag2SfnError, Diagnostic, Severity, about_dag
from converter.operators import GlueRun, Step, steps_of
from converter.operators.settings import dag_problems
from converter.packaging import write_bundle
from converter.planning import Plan, awaits, plan_workflow
from converter.report import conversion_json, conversion_markdown
from converter.workflow import Workflow


@dataclass(frozen=True)
class Conversion:
    """What became of one DAG. Without a machine, something was refused: the diagnostics say what."""

    workflow: Workflow
    options: Options
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None
    machine: Machine | None = None

    @property
    def refused(self) -> bool:
        """Whether the DAG was not converted."""
        return self.machine is None


def convert(workflow: Workflow, options: Options) -> Conversion:
    """Convert one workflow as far as it goes, and report every problem."""
    steps, problems = steps_of(workflow)
    found = [*_unusable_id(workflow), *dag_problems(workflow), *problems]
    found += [problem for task in workflow.tasks for problem in rounding_problems(task)]
    if _refused(found):
        return Conversion(workflow, options, tuple(found))
    plan = plan_workflow(workflow)
    found += _ambiguous_jobs(workflow, plan, steps, options)
    machine, more = _emit_at_pace(workflow, plan, steps, options)
    found += more
    found += size_problems(workflow, machine.definition)
    if _refused(found):
        return Conversion(workflow, options, tuple(found), plan)
    return Conversion(workflow, options, tuple(found), plan, machine)


def convert_all(
    workflows: Iterable[Workflow], options: Options, out: Path
) -> Iterator[tuple[Conversion, Path | None]]:
    """Convert each workflow and write its bundle below ``out``; yield it with the bundle's folder.

    One DAG's problems stop no other. Without a folder, the DAG was refused and nothing was written for it.
    """
    for workflow in workflows:
        conversion = convert(workflow, options)
        written = None
        try:
            written = write(conversion, out) if conversion.machine else None
        except Dag2SfnError as error:
            conversion = replace(conversion, diagnostics=(*conversion.diagnostics, *error.diagnostics))
        yield conversion, written


def write(conversion: Conversion, out: Path) -> Path:
    """Write the bundle of a conversion that was not refused; return its folder, ``out/<dag_id>``.

    Raises Dag2SfnError if the folder is something else, or the machine needs too many permissions.
    """
    if conversion.machine is None:
        raise ValueError(f"DAG '{conversion.workflow.dag_id}' was refused")
    directory = out / conversion.workflow.dag_id
    return write_bundle(
        directory,
        conversion.workflow,
        conversion.machine,
        conversion.options,
        extra_files={
            "conversion.json": conversion_json(conversion.workflow, conversion.diagnostics),
            "REPORT.md": conversion_markdown(conversion.workflow, conversion.plan, conversion.diagnostics),
        },
    )


def _unusable_id(workflow: Workflow) -> list[Diagnostic]:
    """Airflow allows the ids '.' and '..', which would lead out of the output folder."""
    if workflow.dag_id.strip("."):
        return []
    return [about_dag(workflow, d.BAD_DAG_ID, "the id is no name for a folder", "use letters in the id")]


def _refused(problems: list[Diagnostic]) -> bool:
    return any(problem.code.severity is Severity.REFUSED for problem in problems)


def _emit_at_pace(
    workflow: Workflow, plan: Plan, steps: dict[str, Step], options: Options
) -> tuple[Machine, list[Diagnostic]]:
    """Return the machine with pollers that fit the history, and what there is to say about them."""
    pace = Pace(options.poll_interval, options.deadline(workflow.dagrun_timeout))
    machine = emit(workflow, plan, steps, options, pace)
    pollers = len(awaits(plan))
    if not pollers:
        return machine, []
    fitting = fitting_pace(machine.definition, pollers, pace)
    if fitting is None:
        polls = pollers * polls_until_deadline(pace)
        problem = f"{pollers} pollers may ask {polls:,} times until their deadline, 9 events each"
        return machine, [
            about_dag(workflow, d.TOO_MANY_EVENTS, problem, "give a longer --poll-interval or split the DAG")
        ]
    found = [
        about_dag(
            workflow,
            d.AWAIT_DEADLINE,
            f"{pollers} poller(s) give up {pace.deadline} s after the start of the execution",
            "set another limit with --await-deadline",
        )
    ]
    if fitting.growth:
        machine = emit(workflow, plan, steps, options, fitting)
        found.append(
            about_dag(
                workflow,
                d.GROWING_INTERVAL,
                f"pollers ask every {pace.interval} s for the first "
                f"{pace.interval / fitting.growth / 3600:.1f} h, later at intervals of "
                f"{fitting.growth:.2%} of the execution's age",
                "a shorter --await-deadline keeps the interval",
            )
        )
    if options.correlate is Correlate.WINDOW:
        found.append(
            about_dag(
                workflow,
                d.WINDOW_CORRELATION,
                "a run of an awaited job by anybody else in the execution's window is taken for its own",
                "use --correlate argument where the jobs can take another argument",
            )
        )
    return machine, found


def _ambiguous_jobs(
    workflow: Workflow, plan: Plan, steps: dict[str, Step], options: Options
) -> list[Diagnostic]:
    """Return a refusal for each awaited Glue job that two tasks run, where only time tells runs apart."""
    if options.correlate is not Correlate.WINDOW:
        return []
    users = defaultdict(list)
    for task_id, step in steps.items():
        if isinstance(step.completion, GlueRun):
            users[step.completion.job_name].append(task_id)
    awaited = {task for node in awaits(plan) for task in node.task_ids}
    return [
        about_dag(
            workflow,
            d.WINDOW_AMBIGUOUS,
            f"tasks {', '.join(tasks)} run the Glue job '{job}', and a branch awaits one of them",
            "use --correlate argument, or a job of its own for each task",
        )
        for job, tasks in users.items()
        if len(tasks) > 1 and awaited & set(tasks)
    ]
