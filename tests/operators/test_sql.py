"""SQL whose connection leads to Redshift, by the file of --connections."""

import json

import pytest
from sensing import definition_of, outcome_of
from workflows import workflow

from converter.diagnostics import Dag2SfnError
from converter.loading.connections import read_connections
from converter.operators import steps_of
from converter.workflow import Opaque, Task

SQL = "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator"
COPY = "airflow.providers.amazon.aws.transfers.s3_to_redshift.S3ToRedshiftOperator"
CLUSTER = "lake.abc123.eu-west-1.redshift.amazonaws.com"
CONNECTIONS = {
    "cluster": {"conn_type": "postgres", "host": CLUSTER, "schema": "prod", "login": "etl", "password": "geheim"},  # noqa: E501
    "group": "redshift://u:geheim@wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com:5439/dev",
    "extras": {"conn_type": "redshift", "extra": json.dumps({"cluster_identifier": "c", "secret": "geheim"})},
    "elsewhere": {"conn_type": "postgres", "host": "db.example.com"},
}  # fmt: skip


@pytest.fixture
def connections(tmp_path):
    (tmp_path / "connections.json").write_text(json.dumps(CONNECTIONS))
    return read_connections(tmp_path / "connections.json")


def calls(operator, arguments, connections):
    steps, problems = steps_of(workflow(Task("t", operator, arguments=arguments)), None, connections)
    parts = [getattr(part, "ask", part) for part in steps["t"].parts]
    return [(part.resource.rpartition(":")[2], part.arguments) for part in parts], [
        p.code.id for p in problems
    ]


@pytest.mark.parametrize(
    ("conn_id", "where"),
    [
        ("cluster", {"ClusterIdentifier": "lake", "Database": "prod", "DbUser": "etl"}),
        ("group", {"WorkgroupName": "wg", "Database": "dev"}),
        ("extras", {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "awsuser"}),
    ],
)
def test_a_connection_to_redshift_is_used_through_its_data_api(connections, conn_id, where):
    (run, wait), codes = calls(SQL, {"conn_id": conn_id, "sql": "SELECT 1"}, connections)
    assert run == ("executeStatement", {"Sql": "SELECT 1", **where})
    assert (wait[0], codes) == ("describeStatement", ["D803"])


def test_several_statements_are_one_transaction_if_it_can_be_told_where_they_end(connections):
    (run, _), codes = calls(SQL, {"conn_id": "group", "sql": "DELETE FROM a; SELECT 1;"}, connections)
    assert (run[1]["Sqls"], codes) == (["DELETE FROM a", "SELECT 1"], ["D803"])
    (run, _), codes = calls(SQL, {"conn_id": "group", "sql": "SELECT ';'; /* ; */ SELECT 1;"}, connections)
    assert (run[1]["Sqls"], codes) == (["SELECT ';'", "/* ; */ SELECT 1"], ["D803"])
    _, codes = calls(SQL, {"conn_id": "group", "sql": "SELECT '\\'; SELECT 1"}, connections)
    assert codes == ["D803", "D203"]


def test_a_copy_goes_to_where_the_connection_leads(connections):
    arguments = {"redshift_conn_id": "group", "table": "t", "s3_bucket": "b", "s3_key": "k"}
    (run, _), codes = calls(COPY, arguments, connections)
    assert (run[1]["WorkgroupName"], codes) == ("wg", ["D222"])
    assert calls(COPY, arguments, None)[1] == ["D222", "D809"]


@pytest.mark.parametrize(
    ("operator", "arguments", "bases"),
    [
        (SQL, {"conn_id": "my_redshift", "sql": ["SELECT 1", "SELECT 2"]}, ()),
        (SQL, {"conn_id": "lake", "sql": "SELECT 1"}, ("airflow.providers.x.RedshiftSQLHook",)),
        (COPY, {"redshift_conn_id": "lake", "table": "t", "s3_bucket": "b", "s3_key": "k"}, ()),
    ],
)
@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("WorkgroupName=wg, Database=dev", {"WorkgroupName": "wg", "Database": "dev"}),
        (
            "ClusterIdentifier=c,Database=dev,DbUser=u=1",
            {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "u=1"},
        ),
    ],
)
def test_the_deployment_tells_where_a_connection_of_redshift_leads(operator, arguments, bases, given, where):
    task = Task("s", operator, arguments=arguments, bases=bases)
    (step,) = steps_of(workflow(task))[0].values()
    (parameter,) = step.deployed
    assert any("redshift-serverless:GetCredentials" in item.actions for item in step.permissions)
    made = json.loads(json.dumps(definition_of(task)).replace(f"${{{parameter}}}", given))
    record, made_calls, _ = outcome_of(made, lambda *_: {"Id": "i", "Status": "FINISHED"})
    asked = {name: value for name, value in made_calls[0][2].items() if name not in ("Sql", "Sqls")}
    assert (record["state"], asked) == ("success", where)


def test_a_statement_that_is_not_known_is_refused_where_the_deployment_tells_the_rest():
    arguments = {"conn_id": "redshift", "sql": Opaque("unknown", "queries.CREATE")}
    assert "D204" in calls(SQL, arguments, None)[1]


def test_other_databases_and_unknown_connections_are_refused(connections):
    assert calls(SQL, {"conn_id": "elsewhere", "sql": "SELECT 1"}, connections)[1] == ["D801"]
    assert calls(SQL, {"conn_id": "nobody", "sql": "SELECT 1"}, connections)[1] == ["D804"]
    assert calls(SQL, {"conn_id": "cluster", "sql": "SELECT 1"}, None)[1] == ["D804"]


def test_no_secret_is_read(connections):
    assert "geheim" not in repr(connections)


def test_a_file_without_connections_is_named(tmp_path):
    (tmp_path / "c.json").write_text('{"a": 1}')
    with pytest.raises(Dag2SfnError, match="connection 'a'"):
        read_connections(tmp_path / "c.json")
