import json
import subprocess
import sys

import pytest

from converter.loading.child.stand_ins.moved import _names_by_module, is_old_module, old_names, todays_name

#: Whose operators are installed beside Airflow, and must be there under the names of the tables.
INSTALLED = (
    "airflow.sdk",
    "airflow.providers.amazon",
    "airflow.providers.common.sql",
    "airflow.providers.http",
    "airflow.providers.smtp",
    "airflow.providers.standard",
    "airflow.task",
    "airflow.utils",
)

CHECK = """
import importlib, json, sys
missing = []
for dotted in json.load(sys.stdin):
    module, _, name = dotted.rpartition(".")
    try:
        getattr(importlib.import_module(module), name) if name != "*" else importlib.import_module(module)
    except ModuleNotFoundError as error:
        if not error.name.startswith(module.rpartition(".")[0]):
            continue  # what the module itself needs is not installed: it is there
        missing.append(dotted)
    except (ImportError, AttributeError):
        missing.append(dotted)
print(json.dumps(missing))
"""


def test_names_are_there_today(tmp_path):
    todays = {
        f"{today}.*" if name == "*" else today
        for names in _names_by_module().values()
        for name, today in names.items()
        if today.startswith(INSTALLED)
    }
    environment = {
        "_AIRFLOW__AS_LIBRARY": "1",
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
    }
    checked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHECK],
        input=json.dumps(sorted(todays)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    # Given up, and kept as operators that are not installed, or stood in for by a function.
    assert json.loads(checked.stdout) == [
        "airflow.providers.amazon.aws.sensors.s3.S3KeySizeSensor",
        "airflow.providers.amazon.aws.sensors.s3.S3PrefixSensor",
    ]


@pytest.mark.parametrize(
    ("old", "today"),
    [
        (
            "airflow.contrib.operators.ecs_operator.ECSOperator",
            "airflow.providers.amazon.aws.operators.ecs.EcsRunTaskOperator",
        ),
        ("airflow.models.baseoperator.chain", "airflow.sdk.chain"),
        # Any name of a module that has moved as a whole.
        (
            "airflow.operators.python_operator.ShortCircuitOperator",
            "airflow.providers.standard.operators.python.ShortCircuitOperator",
        ),
        ("airflow.operators.bash.Unheard", None),
        ("pandas.DataFrame", None),
    ],
)
def test_a_name_is_what_it_is_today(old, today):
    assert todays_name(old) == today


def test_a_package_is_old_if_a_module_in_it_is():
    assert is_old_module("airflow.contrib")
    assert is_old_module("airflow.contrib.hooks.aws_hook")
    assert not is_old_module("airflow.contrib.hooks.aws")
    assert not is_old_module("airflow.providers.amazon.aws.operators.eventbridge")


def test_the_names_of_a_module_are_known_for_star_imports():
    assert old_names("airflow.operators.dummy") == ("DummyOperator",)
    assert old_names("airflow.operators.bash") == ("BashOperator",)
    assert old_names("pandas") == ()
