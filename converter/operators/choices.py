"""What to choose instead of an operator that is not converted.

>>> instead_of("airflow.providers.docker.operators.docker.DockerOperator")
'run its image with EcsRunTaskOperator or BatchOperator'
>>> instead_of("airflow.providers.scheduling.operators.python.PythonOperator")
"import it as 'airflow.providers.standard.operators.python.PythonOperator'"
>>> instead_of("airflow.operators.my_plugin.S3ToRedshiftOperator").partition(", ")[2]
"or a plugin's from its own module beside the DAG file, and it runs in the DAG's function"
>>> instead_of("airflow.providers.amazon.aws.operators.lambda_function.AwsLambdaOperator")
'others of its module are: LambdaCreateFunctionOperator, LambdaInvokeFunctionOperator'
>>> instead_of("company.operators.LoadOperator")
"if it is your own, put its module 'company.operators' beside the DAG file, and it runs in the DAG's function"
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from converter.operators.registry import converted_operators

_BESIDE = " beside the DAG file, and it runs in the DAG's function"
_JOB = "run it as an ECS, Batch or Glue job"
#: A pattern of the class's name, and what does the same.
_CHOICES = tuple(
    (re.compile(pattern), choice)
    for pattern, choice in (
        (r"^SubDag", "write a TaskGroup"),
        (
            r"^(Slack|MSTeams|MsTeams|Discord|Telegram|Opsgenie|Pagerduty|PagerDuty|Dingding)",
            "publish to a topic with SnsPublishOperator, and let it tell the channel",
        ),
        (
            r"Kubernetes|^GKE",
            "run its image with EcsRunTaskOperator, BatchOperator or a Job of EKS (eks:runJob)",
        ),
        (r"^Docker", "run its image with EcsRunTaskOperator or BatchOperator"),
        (r"^(SSH|WinRM)", "use SsmRunCommandOperator: Systems Manager runs commands on machines"),
        (
            r"^(Spark|Livy|Dataproc)",
            "use EmrAddStepsOperator, EmrServerlessStartJobOperator or GlueJobOperator",
        ),
        (r"^(Hive|Presto|Trino)", "use AthenaOperator, or a step of EMR (EmrAddStepsOperator)"),
        (r"^(Dbt|DBT)", _JOB),
        (r"^(S?FTP|Ftp|Sftp)", "write it as a @task with a client of that server"),
    )
)
_FEW = 3
#: Where Airflow 1.10 put the operators of plugins.
_OF_PLUGINS = re.compile(r"airflow\.(operators|sensors)\.(\w+\.)?\w+\Z")


def instead_of(operator: str) -> str:
    """Return what to do about an operator (dotted name) that is not converted."""
    module, _, name = operator.rpartition(".")
    for pattern, choice in _CHOICES:
        if pattern.search(name):
            return choice
    known: dict[str, str] = {}
    for dotted in converted_operators():
        known.setdefault(dotted.rpartition(".")[2], dotted)
    if name in known and module.startswith("airflow."):
        instead = f"import it as '{known[name]}'"
        is_plugins = _OF_PLUGINS.match(operator)
        return f"{instead}, or a plugin's from its own module{_BESIDE}" if is_plugins else instead
    if _OF_PLUGINS.match(operator):
        return f"if it is a plugin's, import it from its own module{_BESIDE}"
    if not module.startswith("airflow."):
        return f"if it is your own, put its module '{module}'{_BESIDE}"
    return _others(name, module, known) or "write it as a @task with a client of that service"


def _others(name: str, module: str, known: dict[str, str]) -> str:
    """Return which operators are called alike, or else are in the same module, if they are few."""
    if similar := get_close_matches(name, sorted(known), n=3, cutoff=0.8):
        return f"similar ones are: {', '.join(similar)}"
    beside = sorted(other for other, dotted in known.items() if dotted.rpartition(".")[0] == module)
    return f"others of its module are: {', '.join(beside)}" if 0 < len(beside) <= _FEW else ""
