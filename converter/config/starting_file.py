"""The file that ``dag2sfn init`` writes: everything that may be set, most of it commented out."""

from __future__ import annotations

from collections.abc import Sequence

_HEAD = """\
# What this team sets once for dag2sfn. Everything is optional: what is not said here has its default, and an
# option on the command line goes before this file. All keys: docs/configuration.md.

# With credentials of another account, commands refuse.
# account: "123456789012"
{region}
# What the names of stacks and machines begin with.
# prefix: dag2sfn-
# bucket: our-artifacts

# The Airflow that the DAGs come from: it says what dates the runs of a cron string have.
# source-airflow: 2
# airflow-config: airflow.cfg
# mwaa: our-environment
# variables: airflow/variables.json
# connections: airflow/connections.json
# operators: our_operators.py
# durations: durations.yaml

# How tasks wait for those of sibling branches. Seconds.
# poll: {{interval: 30, deadline: 86400, style: loop}}
# correlation: argument
# failures: airflow
# xcom: state
# pairs: sync
# long-functions: refuse
# variables-from: conversion
# strategy: exact
# resume: on

# Values for the stacks that have these parameters.
# parameters: {{LogRetentionDays: 90, PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/boundary"}}

# What differs for a DAG, and for the pollers that wait for a task of it.
"""
_EXAMPLE_DAG = """\
#   sales:
#     poll: {style: retry}
#     parameters: {VpcSubnetIds: [subnet-1, subnet-2]}
#     tasks: {load: {poll: {interval: 60}, correlation: {window: 900}}}
#     shadow: on
"""
_TAIL = """
# What differs in an environment: dag2sfn convert dags --environment shadow
# environments:
#   prod:
#     account: "210987654321"
#     parameters: {LogRetentionDays: 365}
#   shadow:
#     prefix: shadow-
#     jobs: {sales_job: sales_job_shadow}
#     tasks: {sales: {load: {arguments: {--target: "s3://shadow/"}}}}
"""


def starting_file(region: str | None = None, dag_ids: Sequence[str] = ()) -> str:
    """Return the text of a first configuration for these DAGs."""
    found = _HEAD.format(region=f"region: {region}" if region else "# region: eu-west-1")
    if not dag_ids:
        return f"{found}# dags:\n{_EXAMPLE_DAG}{_TAIL}"
    dags = "".join(f"  {_key(dag_id)}: {{}}\n" for dag_id in dag_ids)
    return f"{found}# As for this one:\n{_EXAMPLE_DAG}dags:\n{dags}{_TAIL}"


def _key(text: str) -> str:
    """Return a DAG id as a key of YAML: between single quotes everything is text."""
    return "'" + text.replace("'", "''") + "'"
