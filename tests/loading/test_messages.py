from pathlib import Path

import pytest

from converter.loading.messages import of_failure, of_unlistable_folder
from converter.loading.reader import Failure
from converter.workflow import Location


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        # As Airflow 3.3 raises them.
        ("TypeError: DAG.__init__() got an unexpected keyword argument 'schedule_interval'", "AIR3"),
        ("ModuleNotFoundError: No module named 'airflow.operators.bash_operator'", "AIR3"),
        (
            "ModuleNotFoundError: No module named 'airflow.providers.snowflake'",
            "install or update apache-airflow-providers-snowflake beside Airflow",
        ),
        (
            "ModuleNotFoundError: No module named 'airflow.providers.microsoft.azure.hooks.wasb'",
            "install or update apache-airflow-providers-microsoft-azure beside Airflow",
        ),
        (
            "ImportError: cannot import name 'X' from 'airflow.providers.amazon.aws.operators.ecs' (/a.py)",
            "install or update apache-airflow-providers-amazon beside Airflow",
        ),
        ("ModuleNotFoundError: No module named 'pandas.core'", "install 'pandas' beside Airflow"),
        (
            "AirflowRuntimeError: VARIABLE_NOT_FOUND: {'message': 'Variable x not found'}",
            "AIRFLOW_VAR_X",
        ),
    ],
)
def test_a_frequent_error_comes_with_its_remedy(error, remedy):
    assert remedy in of_failure("a.py", Failure("raised", Location("a.py", 1), error), 60).remedy


def test_any_other_error_speaks_for_itself():
    message = of_failure("a.py", Failure("raised", Location("a.py", 3), "KeyError: 'x'"), 60)
    assert str(message) == "D103 a.py:3: KeyError: 'x'"


def test_an_ignore_file_that_makes_no_sense_is_to_be_mended():
    message = of_unlistable_folder(Path("dags"), "UnicodeDecodeError: invalid start byte", ())
    assert str(message) == (
        "D113 dags: Airflow cannot list the files of the folder: UnicodeDecodeError: invalid start byte; "
        "mend dags/.airflowignore, or that of a folder below"
    )
