"""The policy of a mapped task names what its instances use, where the file says it."""

import pytest
from mapped import days, listed, mapped, xcom
from workflows import GLUE, python, workflow

from converter.expansion import Expansion, Source, SourceKind
from converter.operators import steps_of
from converter.workflow import Task

JOB = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:job/"
S3_COPY = "airflow.providers.amazon.aws.operators.s3.S3CopyObjectOperator"


def glue_jobs(**fields):
    return Task("t", GLUE, template_fields=("job_name", "script_args"), **fields)


def resources(task, *others):
    steps, problems = steps_of(workflow(*others, task))
    assert not [item for item in problems if item.code.severity.value == "refused"]
    return [resource for item in steps["t"].permissions for resource in item.resources]


def test_each_job_of_a_list():
    assert resources(mapped(glue_jobs(), job_name=listed("a", "b"))) == [f"{JOB}a", f"{JOB}b"]


def test_with_each_of_another_list_once():
    task = mapped(glue_jobs(), job_name=listed("a", "b"), script_args=days("1", "2"))
    assert resources(task) == [f"{JOB}a", f"{JOB}b"]


def test_each_job_of_rows():
    rows = Source(SourceKind.LITERAL, [{"job_name": "a"}, {"job_name": "b"}])
    task = glue_jobs(is_mapped=True, expansion=Expansion(rows=rows))
    assert resources(task) == [f"{JOB}a", f"{JOB}b"]


@pytest.mark.parametrize(
    "names",
    [
        listed("a", "{{ ds }}"),  # the run decides
        listed(*(f"job_{n}" for n in range(31))),  # too many for a policy
        listed(),
    ],
    ids=["template", "many", "none"],
)
def test_any_job_where_the_file_does_not_say_or_says_too_much(names):
    assert resources(mapped(glue_jobs(), job_name=names)) == [f"{JOB}*"]


def test_any_job_where_a_task_returns_their_names():
    names = python("names")
    task = mapped(glue_jobs(upstream=("names",)), job_name=xcom("names"))
    assert resources(task, names) == [f"{JOB}*"]


def test_what_is_the_same_for_all_instances_stays_and_what_differs_is_read_alone():
    """By S3CopyObjectOperator's calls: CopyObject reads the source, and writes, and tags, the copy."""
    copies = Task("t", S3_COPY, arguments={"dest_bucket_key": "s3://to/all"})
    steps, _ = steps_of(workflow(mapped(copies, source_bucket_key=listed("s3://from/a", "s3://other/b"))))
    allowed = {
        (action, place)
        for item in steps["t"].permissions
        for action in item.actions
        for place in item.resources
    }
    bucket = "arn:${AWS::Partition}:s3:::"
    assert {place for action, place in allowed if action == "s3:PutObject"} == {f"{bucket}to/all"}
    assert {place for action, place in allowed if action == "s3:GetObject"} >= {
        f"{bucket}from/a",
        f"{bucket}other/b",
    }
    assert not [place for _, place in allowed if "*" in place]
