from __future__ import annotations

from pathlib import Path

import pytest
from workflows import glue, partial_fan_in, workflow

from converter import pipeline
from converter.asl.options import Options
from converter.config import Config, configured, jobs_of, mistakes_about, read_config, strange_names
from converter.expansion import Expansion, Source, SourceKind
from converter.workflow import Location, Task, Workflow


def config_of(folder: Path, text: str, environment: str | None = "shadow") -> Config:
    file = folder / "dag2sfn.yaml"
    file.write_text(text)
    return read_config(file).in_environment(environment)


def mapped(**expanded: list[object]) -> Task:
    sources = {name: Source(SourceKind.LITERAL, items) for name, items in expanded.items()}
    return glue("load", is_mapped=True, expansion=Expansion(sources))


def sales(*more: Task) -> Workflow:
    arguments = {"job_name": "sales_job", "script_args": {"--target": "s3://real/", "--mode": "full"}}
    return workflow(
        glue("extract"), Task("load", glue("x").operator, arguments=arguments), *more, dag_id="sales"
    )


SHADOW = """\
environments:
  shadow:
    prefix: shadow-
    jobs: {sales_job: sales_job_shadow}
    tasks:
      sales:
        load: {arguments: {--target: s3://shadow/, --n: 3, script_args: {--mode: dry}, verbose: true}}
"""


def test_a_dag_has_other_jobs_and_arguments_in_an_environment(tmp_path: Path) -> None:
    found = configured(sales(), config_of(tmp_path, SHADOW))
    assert found.task("load").arguments == {
        "job_name": "sales_job_shadow",
        "script_args": {"--target": "s3://shadow/", "--mode": "dry", "--n": "3"},
        "verbose": True,
    }
    assert found.task("extract") == sales().task("extract")


def test_without_an_environment_only_names_change(tmp_path: Path) -> None:
    assert configured(sales(), config_of(tmp_path, SHADOW, None)) == sales()
    assert configured(sales(), config_of(tmp_path, "prefix: etl-", None)).prefix == "etl-"


def test_the_machine_starts_the_other_job_and_may_start_no_other(tmp_path: Path) -> None:
    converted = pipeline.convert(configured(sales(), config_of(tmp_path, SHADOW)), Options())
    assert not converted.refused, converted.diagnostics
    bundle = pipeline.write(converted, tmp_path / "out")
    written = (bundle / "definition.asl.json").read_text() + (bundle / "template.yaml").read_text()
    assert "job/sales_job_shadow" in written
    assert "job/sales_job\n" not in written
    assert '"JobName": "sales_job_shadow"' in written
    assert "s3://real/" not in written


def test_names_begin_with_the_prefix_everywhere(tmp_path: Path) -> None:
    config = config_of(tmp_path, "prefix: etl-", None)
    trigger = Task(
        "other",
        "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator",
        arguments={"trigger_dag_id": "billing", "wait_for_completion": True},
    )
    flow = configured(workflow(*partial_fan_in().tasks, trigger, dag_id="sales"), config)
    converted = pipeline.convert(flow, Options(companion=True))
    bundle = pipeline.write(converted, tmp_path / "out")
    files = {
        path.name: path.read_text() for path in bundle.rglob("*") if path.suffix in (".json", ".yaml", ".py")
    }
    manifest = files["bundle.json"]
    assert '"machine_name": "etl-sales"' in manifest
    assert '"stack_name": "etl-sales"' in manifest
    assert "Default: etl-sales" in files["template.yaml"]
    assert "stateMachine:etl-billing" in files["template.yaml"]
    assert "etl-billing" in files["definition.asl.json"]
    assert "prefix='etl-'" in files["sales__step_functions.py"]
    assert "dag2sfn-sales" not in "".join(files.values())
    assert "dag2sfn-billing" not in "".join(files.values())


def test_a_job_that_a_task_is_expanded_over_is_another_as_well(tmp_path: Path) -> None:
    flow = workflow(mapped(job_name=["sales_job", "other"]), dag_id="sales")
    found = configured(flow, config_of(tmp_path, "environments: {shadow: {jobs: {sales_job: x}}}"))
    assert found.task("load").expansion.arguments["job_name"].value == ["x", "other"]
    assert jobs_of(flow) == {"sales_job", "other", "load"}


def test_a_job_that_stands_in_a_row_or_a_part_of_the_items_is_another_as_well(tmp_path: Path) -> None:
    rows = [{"job_name": "sales_job", "run_job_kwargs": {}}, {"script_args": {}}, "an XCom's row"]
    parts = (Source(SourceKind.LITERAL, ["sales_job"]), Source(SourceKind.XCOM, task_id="list"))
    flow = workflow(
        glue("rows", is_mapped=True, expansion=Expansion(rows=Source(SourceKind.LITERAL, rows))),
        glue(
            "parts",
            is_mapped=True,
            expansion=Expansion({"job_name": Source(SourceKind.CONCAT, sources=parts)}),
        ),
        mapped(job_name=["sales_job", ["x"], None], script_args=["sales_job"]),
        dag_id="sales",
    )
    found = configured(flow, config_of(tmp_path, "environments: {shadow: {jobs: {sales_job: x, y: z}}}"))
    assert found.task("rows").expansion.rows.value == [{**rows[0], "job_name": "x"}, *rows[1:]]
    concatenated = found.task("parts").expansion.arguments["job_name"]
    assert concatenated.sources == (Source(SourceKind.LITERAL, ["x"]), parts[1])
    items = {name: source.value for name, source in found.task("load").expansion.arguments.items()}
    assert items == {"job_name": ["x", ["x"], None], "script_args": ["sales_job"]}
    assert jobs_of(flow) == {"sales_job", "rows", "parts", "load"}


@pytest.mark.parametrize(
    ("own", "arguments", "where"),
    [
        ("{{ params.args }}", "{--k: v}", "task 'load'"),
        ({"--k": "a"}, "{script_args: x, --k: v}", "the configuration"),
        ({"--k": "a"}, "{--k: v, script_args: [x]}", "the configuration"),
        ("{{ params.args }}", "{script_args: {--n: 1}, --k: v}", None),
        (None, "{--k: v}", None),
    ],
)
def test_single_arguments_of_a_job_need_a_mapping_that_they_can_be_in(
    tmp_path: Path, own: object, arguments: str, where: str | None
) -> None:
    load = Task("load", glue("x").operator, arguments={"job_name": "j", "script_args": own})
    flow = workflow(load, dag_id="sales")
    text = f"environments:\n  shadow:\n    tasks: {{sales: {{load: {{arguments: {arguments}}}}}}}"
    config = config_of(tmp_path, text)
    assert [str(item).replace(f"{tmp_path.as_posix()}/", "") for item in mistakes_about(flow, config)] == [
        f"D432 dag2sfn.yaml:3: '--k' cannot be one of the script_args: in {name} they are no mapping; "
        "write all of them: script_args: {--k: …}"
        for name in (where,)
        if name
    ]
    configured(flow, config)  # also before anybody has looked for mistakes, it does not fail


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        (
            workflow(glue("laod"), dag_id="sales"),
            ["D432 dag2sfn.yaml:7: DAG 'sales' has no task 'load'; write 'laod'"],
        ),
        (
            workflow(mapped(script_args=[{}]), dag_id="sales"),
            [
                "D432 dag2sfn.yaml:7: task 'load' is expanded over 'script_args', which cannot be "
                "overridden; override what it does with it: the job, or another argument"
            ],
        ),
        (sales(), []),
        (workflow(glue("a"), dag_id="other"), []),
    ],
)
def test_what_would_have_no_effect_on_a_dag_is_a_mistake(
    tmp_path: Path, flow: Workflow, told: list[str]
) -> None:
    # Also before the environment is in force: nobody reads a configuration for pleasure.
    for environment in ("shadow", None):
        found = mistakes_about(flow, config_of(tmp_path, SHADOW, environment))
        assert [str(item).replace(f"{tmp_path.as_posix()}/", "") for item in found] == told


def test_dags_and_jobs_that_a_folder_does_not_have_are_named(tmp_path: Path) -> None:
    config = config_of(tmp_path, f"dags: {{sale: {{}}}}\n{SHADOW}")
    flow = workflow(glue("load", job="sales_jobs"), dag_id="sales")
    found = strange_names([(flow.dag_id, jobs_of(flow))], config)
    assert [str(item).replace(f"{tmp_path.as_posix()}/", "") for item in found] == [
        "D434 dag2sfn.yaml:1: there is no DAG 'sale'; write 'sales'",
        "D434 dag2sfn.yaml:5: no DAG starts a Glue job 'sales_job'; write 'sales_jobs'",
    ]


def test_in_its_shadows_environment_a_dag_runs_beside_airflow(tmp_path: Path) -> None:
    tasks = (glue("load", job="sales_job"),)
    flow = Workflow("sales", tasks, Location("sales.py"), source_hash="1f")
    text = """
dags: {sales: {shadow: {environment: SHADOW, may-run-twice: TWICE}}}
environments: {shadow: {prefix: shadow-, jobs: {JOB: other}}, test: {prefix: test-}}
"""
    for environment, job, twice, allowed in (
        ("shadow", "sales_job", "off", "overridden"),
        ("shadow", "sales_job", "on", "overridden"),
        ("shadow", "strange", "off", "not allowed"),
        ("shadow", "strange", "on", "may-run-twice"),
        ("test", "sales_job", "off", None),
    ):
        given = text.replace("SHADOW", environment).replace("JOB", job).replace("TWICE", twice)
        found = configured(flow, config_of(tmp_path, given)).shadow
        assert (found and found.allowed) == allowed
    given = text.replace("SHADOW", "shadow").replace("TWICE", "on")
    assert configured(flow, config_of(tmp_path, given, None)).shadow is None
