import re
from pathlib import Path

import pytest
from workflows import workflow

from converter.asl.options import Options
from converter.diagnostics import Dag2SfnError
from converter.operators import registry, steps_of
from converter.operators.extending import load_operators
from converter.pipeline import convert
from converter.workflow import Task

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
EXAMPLE = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
HEAD = "from converter.operators.extending import *\n"


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    registry.forget_extensions()


def written(folder, text):
    file = folder / "mine.py"
    file.write_text(text)
    return file


def problem_of(file):
    with pytest.raises(Dag2SfnError) as caught:
        load_operators(file)
    (problem,) = caught.value.diagnostics
    return problem


def test_the_example_of_the_docs_converts_its_operator(tmp_path):
    file = written(tmp_path, EXAMPLE)
    task = Task("rotate", "company.operators.RotateSecretOperator", arguments={"secret_name": "db"})
    conversion = convert(workflow(task), Options(operators=file))
    assert [str(problem) for problem in conversion.diagnostics] == []
    states = conversion.machine.definition["States"]["rotate"]["Branches"][0]["States"]
    first = states["rotate: rotate secret"]
    assert first["Resource"] == "arn:aws:states:::aws-sdk:secretsmanager:rotateSecret"
    assert first["Arguments"] == {"SecretId": "db", "RotateImmediately": True}
    (rotate, describe) = conversion.machine.steps["rotate"].permissions
    assert rotate.actions == ("secretsmanager:RotateSecret",)
    assert rotate.resources[0].endswith(":secret:db-*")
    assert describe.actions == ("secretsmanager:DescribeSecret",)


def test_an_argument_that_it_does_not_take_is_refused(tmp_path):
    load_operators(written(tmp_path, EXAMPLE))
    arguments = {"secret_name": "db", "colour": "red"}
    task = Task("rotate", "company.operators.RotateSecretOperator", arguments=arguments)
    (problem,) = steps_of(workflow(task))[1]
    assert problem.code.id == "D202"
    assert "colour" in problem.problem


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1\ndef f(:\n", 2, "invalid syntax"),
        ("x = 1\n\nraise RuntimeError('no')\n", 3, "RuntimeError: no"),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
        ("import no_such_module\n", 1, "No module named 'no_such_module'"),
        ("x = 1\n", 0, "registers no operator"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path, text, line, said):
    problem = problem_of(written(tmp_path, text))
    assert problem.code.id == "D807"
    assert problem.location.line == line
    assert said in problem.problem


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "no such file" in problem_of(tmp_path / "none.py").problem


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 5", "returns a int"),
        ("return None", "returns a NoneType"),
        ("return 1 / 0", "mine.py:4: ZeroDivisionError"),
        ("return step_of(args, request('no:such', {}))", "mine.py:4: KeyError"),
    ],
)
def test_a_conversion_that_fails_is_a_problem_of_its_task(tmp_path, body, said):
    text = f"{HEAD}@converts('company.Mine')\ndef mine(args):\n    {body}\n"
    load_operators(written(tmp_path, text))
    _, problems = steps_of(workflow(Task("t", "company.Mine")))
    assert [problem.code.id for problem in problems] == ["D808"]
    assert said in problems[0].problem
    assert problems[0].task_id == "t"


def test_a_conversion_of_ones_own_goes_before(tmp_path):
    glue = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
    body = f"@converts('{glue}')\ndef mine(args):\n    args.set_aside('job_name')\n"
    body += "    return Step('t', 'Mine')\n"
    load_operators(written(tmp_path, HEAD + body))
    steps, problems = steps_of(workflow(Task("t", glue, arguments={"job_name": "j"})))
    assert (steps["t"].operator, problems) == ("Mine", ())
