from __future__ import annotations

from pathlib import Path

import pytest

from converter.asl.options import Correlate, Correlation, Failures, PollerStyle, Xcom
from converter.config import Config, Poll, Shadow, TaskOverrides, find_config, read_config
from converter.diagnostics import Dag2SfnError

WHOLE = """\
account: 012345678901
region: eu-west-1
prefix: etl-
source-airflow: 2
variables: airflow/variables.json
poll: {interval: 30, deadline: 86400, style: loop}
xcom: s3
parameters: {LogRetentionDays: 30, Tracing: false}
dags:
  sales:
    poll: {style: retry}
    failures: stop
    parameters: {VpcSubnetIds: [subnet-1, subnet-2]}
    tasks:
      load: {poll: {interval: 60, style: loop}, correlation: {window: 900}}
    shadow: on
environments:
  prod:
    account: "999999999999"
    parameters: {LogRetentionDays: 365}
  shadow:
    prefix: shadow-
    jobs: {sales_job: sales_job_shadow}
    tasks: {sales: {load: {arguments: {--target: s3://shadow/x, script_args: {--n: 3}}}}}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "dag2sfn.yaml"
    file.write_text(text, "utf-8")
    return file


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(Dag2SfnError) as caught:
        read_config(written(folder, text))
    assert caught.value.exit_code == 2
    return [str(item).replace(f"{folder.as_posix()}/", "") for item in caught.value.diagnostics]


@pytest.fixture
def whole(tmp_path: Path) -> Config:
    return read_config(written(tmp_path, WHOLE))


def test_values_are_taken_as_they_are_written(whole: Config, tmp_path: Path) -> None:
    assert whole.account == "012345678901"  # which YAML takes for a number of base 8
    assert whole.parameters == {"LogRetentionDays": "30", "Tracing": "false"}
    assert whole.variables == tmp_path / "airflow" / "variables.json"
    assert whole.dags["sales"].shadow == Shadow("shadow")


def test_a_dag_has_what_is_set_for_it_and_else_what_is_set_for_all(whole: Config) -> None:
    sales, other = whole.dag("sales"), whole.dag("other")
    assert sales.poll == Poll(30, 86400, PollerStyle.RETRY)
    assert (sales.failures, other.failures) == (Failures.STOP, None)
    assert (sales.xcom, other.xcom) == (Xcom.S3, Xcom.S3)
    assert other.poll == Poll(30, 86400, PollerStyle.LOOP)
    assert sales.parameters == {
        "LogRetentionDays": "30",
        "Tracing": "false",
        "VpcSubnetIds": "subnet-1,subnet-2",
    }
    assert sales.tasks["load"].poll == Poll(60, None, PollerStyle.LOOP)
    assert sales.tasks["load"].correlation == Correlation(Correlate.WINDOW, 900)


def test_an_environment_replaces_what_is_set_for_all(whole: Config) -> None:
    prod, shadow = whole.in_environment("prod"), whole.in_environment("shadow")
    assert (prod.account, prod.region, prod.prefix) == ("999999999999", "eu-west-1", "etl-")
    assert prod.parameters == {"LogRetentionDays": "365", "Tracing": "false"}
    assert (shadow.account, shadow.prefix) == ("012345678901", "shadow-")
    assert shadow.overrides.jobs == {"sales_job": "sales_job_shadow"}
    given = {"--target": "s3://shadow/x", "script_args": {"--n": 3}}
    assert shadow.overrides.overrides("sales") == {"load": TaskOverrides(given)}
    assert whole.overrides.overrides("sales") == {}


def test_where_airflow_is_comes_from_one_place(tmp_path: Path) -> None:
    file = tmp_path / "dag2sfn.yaml"
    file.write_text(
        "mwaa: analytics\n"
        "environments: {local: {airflow: 'http://localhost:8080'}, prod: {mwaa: prod}, test: {prefix: t-}}\n"
    )
    config = read_config(file)
    found = {name: config.in_environment(name) for name in config.environments}
    assert {name: (one.airflow, one.mwaa) for name, one in found.items()} == {
        "local": ("http://localhost:8080", None),
        "prod": (None, "prod"),
        "test": (None, "analytics"),
    }


def test_an_environment_that_there_is_not_is_refused(whole: Config) -> None:
    with pytest.raises(Dag2SfnError, match=r"D433 .*dag2sfn.yaml:17: .*'stage'; it has prod, shadow"):
        whole.in_environment("stage")
    with pytest.raises(Dag2SfnError, match="D433 there is no configuration"):
        Config().in_environment("stage")


def test_all_mistakes_are_told_at_once_each_with_its_line(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        """\
acount: "123456789012"
account: 12345
poll: {intervall: 30, deadline: 1.5, style: lop}
dags:
  sales:
    shadow: perhaps
    tasks: [load]
  sales: {}
environments:
  prod: {jobs: {a: {b: c}}}
prefix: etl
""",
    ) == [
        "D432 dag2sfn.yaml:1: the file has no key 'acount'; write 'account'",
        "D432 dag2sfn.yaml:2: 'account' is '12345'; write the 12 digits of an AWS account",
        "D432 dag2sfn.yaml:3: 'poll' has no key 'intervall'; write 'interval'",
        "D432 dag2sfn.yaml:3: 'deadline' is '1.5'; write whole seconds, 1 or more",
        "D432 dag2sfn.yaml:3: 'style' is 'lop'; write `loop` or `retry`",
        "D432 dag2sfn.yaml:6: 'shadow' is 'perhaps'; write `on` or `off`, or {environment, may-run-twice}",
        "D432 dag2sfn.yaml:7: 'tasks' is a list; write {task: a mapping}",
        "D432 dag2sfn.yaml:8: 'sales' is there twice; leave one of them",
        "D432 dag2sfn.yaml:10: 'a' is a mapping; write a name",
        "D432 dag2sfn.yaml:11: 'prefix' is 'etl'; "
        "write letters, digits and hyphens that end in a hyphen, 32 at most",
    ]


def test_a_shadow_needs_an_environment_with_names_of_its_own(tmp_path: Path) -> None:
    for text in ("on", "{may-run-twice: true}"):
        (problem,) = problems(tmp_path, f"dags:\n  sales:\n    shadow: {text}\n")
        assert problem.startswith(
            "D432 dag2sfn.yaml:3: the shadow of 'sales' has no environment 'shadow'; add it"
        )
    begin = "dags: {sales: {shadow: {may-run-twice: true}}}\n"
    config = read_config(written(tmp_path, begin + "environments: {shadow: {prefix: shadow-}}"))
    assert config.dags["sales"].shadow == Shadow(may_run_twice=True)
    assert read_config(written(tmp_path, "dags: {sales: {shadow: off}}")).dags["sales"].shadow is None
    elsewhere = "account: '111111111111'\nenvironments: {shadow: {account: '222222222222'}}"
    assert read_config(written(tmp_path, begin + elsewhere)).dags["sales"].shadow is not None
    for taken, whose in (
        ("environments: {shadow: {jobs: {a: b}}}", "what is deployed without an environment"),
        ("prefix: x-\nenvironments: {shadow: {prefix: x-}}", "what is deployed without an environment"),
        ("environments: {shadow: {prefix: x-}, test: {prefix: x-}}", "the environment 'test'"),
    ):
        (problem,) = problems(tmp_path, begin + taken)
        assert problem.startswith("D443 dag2sfn.yaml:1: 'shadow', where the shadow of 'sales'")
        assert whose in problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("region: x\na: b: c", "D431 dag2sfn.yaml:2: the file is no YAML: mapping values are not allowed"),
        ("- a", "D432 dag2sfn.yaml:1: the file is a list; write a mapping of account, region"),
        ("? [a]\n: b", "D432 dag2sfn.yaml:1: the file has a key that is no text"),
        ("region:", "D432 dag2sfn.yaml:1: 'region' is empty; write a region, as in eu-west-1"),
        ("x: " + "[" * 5000, "D431 dag2sfn.yaml: the file is no YAML: it is nested too deeply"),
        ("environments: {a: {tasks: {d: {t: {arguments: {x: !!python/name:os.system }}}}}}", "D432 "),
        ("environments: {a: {tasks: {d: {t: {arguments: {x: &x [*x]}}}}}}", "D432 "),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_reason(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text)[0].startswith(told)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Dag2SfnError, match=r"D431 .*none\.yaml: the file cannot be read: No such file"):
        read_config(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"region: \xe4")
    with pytest.raises(Dag2SfnError, match="no text in UTF-8"):
        read_config(tmp_path / "latin.yaml")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "dags:\nenvironments:\n"])
def test_a_file_that_says_nothing_is_one(tmp_path: Path, text: str) -> None:
    config = read_config(written(tmp_path, text))
    assert (config.account, config.dags, config.environments) == (None, {}, {})


def test_the_nearest_file_upwards_is_found(tmp_path: Path) -> None:
    below = tmp_path / "repository" / "dags"
    below.mkdir(parents=True)
    assert find_config(below) is None
    far = written(tmp_path, "")
    assert find_config(below) == far
    near = written(tmp_path / "repository", "")
    assert find_config(below) == near
