from pathlib import Path

import pytest

from converter.loading.messages import of_failure, of_unlistable_folder
from converter.loading.reader import Failure, FileRead
from converter.workflow import Location, StandIn, StandInKind


def failed(error, *stand_ins):
    failure = Failure("raised", Location("a.py", 3), error)
    return FileRead("a.py", failure=failure, stand_ins=stand_ins), failure


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        # As Python and Airflow 3.3 raise them.
        ("ModuleNotFoundError: No module named 'pandas.core'", "install 'pandas' beside Airflow"),
        (
            "AirflowConfigException: section/key [custom/bucket] not found in config",
            "set AIRFLOW__CUSTOM__BUCKET in the environment",
        ),
        ("KeyError: the environment has no 'BUCKET'", "set BUCKET in the environment of the conversion"),
        (
            "NetworkClosedError: the network is closed while DAG files are read: sts:443 was asked for",
            "allow it: --allow-network",
        ),
    ],
)
def test_a_frequent_error_comes_with_its_remedy(error, remedy):
    assert remedy in of_failure(*failed(error), 60).remedy


def test_an_error_behind_a_variable_without_value_asks_for_the_value():
    variables = [StandIn(StandInKind.VARIABLE, name, "", Location("a.py", 1)) for name in ("x", "y")]
    message = of_failure(*failed("KeyError: '{{ var.value.x }}'", *variables), 60)
    assert message.remedy == "give the values of the Variables 'x', 'y' with --variables"


def test_any_other_error_speaks_for_itself():
    assert str(of_failure(*failed("KeyError: 'x'"), 60)) == "D103 a.py:3: KeyError: 'x'"


def test_an_ignore_file_that_makes_no_sense_is_to_be_mended():
    message = of_unlistable_folder(Path("dags"), "UnicodeDecodeError: invalid start byte", ())
    assert str(message) == (
        "D113 dags: Airflow cannot list the files of the folder: UnicodeDecodeError: invalid start byte; "
        "mend dags/.airflowignore, or that of a folder below"
    )
