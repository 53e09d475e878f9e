"""Environment variables of Airflow's own machines, which are not set where files are read."""

import textwrap

from converter.asl.options import Options
from converter.loading import load
from converter.pipeline import convert

HEAD = """\
import os
from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
"""
WORDS = "DAG2SFN_TEST_NOT_SET"


def loaded(tmp_path, text):
    file = tmp_path / "dags.py"
    file.write_text(HEAD + textwrap.dedent(text))
    (workflow,) = load(file)
    return workflow


def test_what_is_not_set_is_given_at_deployment(tmp_path):
    workflow = loaded(
        tmp_path,
        f"""
        job = os.environ["{WORDS}"]
        bucket, level = os.getenv("{WORDS}_BUCKET"), os.environ.get("{WORDS}_LEVEL", "low")
        with DAG("lake", schedule=None):
            args = {{"--b": f"s3://{{bucket}}", "--l": level}}
            GlueJobOperator(task_id="t", job_name=job, script_args=args)
        """,
    )
    conversion = convert(workflow, Options())
    assert not conversion.refused
    step = conversion.steps["t"]
    assert step.arguments["JobName"].text == "'${EnvironmentDag2sfnTestNotSet}'"
    assert step.arguments["Arguments"]["--l"] == "low"
    assert sorted(step.deployed) == ["EnvironmentDag2sfnTestNotSet", "EnvironmentDag2sfnTestNotSetBucket"]
    codes = [item.code.id for item in conversion.diagnostics]
    assert codes.count("D141") == codes.count("D809") == 2


def test_a_file_that_decides_by_one_is_refused_with_its_name(tmp_path):
    workflow = loaded(
        tmp_path,
        f"""
        with DAG("lake", schedule=None):
            if os.environ["{WORDS}"] == "prod":
                GlueJobOperator(task_id="t", job_name="j")
        """,
    )
    (problem,) = [item for item in convert(workflow, Options()).diagnostics if item.code.id == "D132"]
    assert WORDS in problem.problem


def test_what_a_file_may_ask_in_vain_stays_none(tmp_path):
    workflow = loaded(
        tmp_path,
        """
        debug = os.getenv("AIRFLOW__CORE__SOMETHING") or os.getenv("AWS_ENDPOINT_URL_S3") or "no"
        with DAG("lake", schedule=None):
            GlueJobOperator(task_id="t", job_name="j", script_args={"--debug": debug})
        """,
    )
    assert workflow.tasks[0].arguments["script_args"] == {"--debug": "no"}
    assert workflow.stand_ins == ()


def test_what_only_begins_like_a_setting_of_airflow_or_aws_is_the_authors(tmp_path):
    """Or ``s3://None/in`` would be what the machine reads."""
    workflow = loaded(
        tmp_path,
        """
        names = ("AWS_S3_BUCKET", "AIRFLOW_ENVIRONMENT", "HTTP_HOST_NAME", "AIRFLOW__VAR__LAKE")
        places = {name: os.getenv(name) for name in names}
        path = os.path.join(os.environ.get("AWS_LAKE_PREFIX"), "in")
        with DAG("lake", schedule=None):
            args = {f"--{name}": f"s3://{value}/in" for name, value in places.items()}
            GlueJobOperator(task_id="t", job_name="j", script_args={**args, "--path": path})
        """,
    )
    arguments = workflow.task("t").arguments["script_args"]
    assert arguments == {
        "--AWS_S3_BUCKET": "s3://{{ environ.AWS_S3_BUCKET }}/in",
        "--AIRFLOW__VAR__LAKE": "s3://{{ environ.AIRFLOW__VAR__LAKE }}/in",
        "--AIRFLOW_ENVIRONMENT": "s3://{{ environ.AIRFLOW_ENVIRONMENT }}/in",
        "--HTTP_HOST_NAME": "s3://{{ environ.HTTP_HOST_NAME }}/in",
        "--path": "{{ environ.AWS_LAKE_PREFIX }}/in",
    }
