"""What an Airflow connection says of where in AWS something is, or what the deployment has to say.

>>> redshift_of({"host": "lake.abc123.eu-west-1.redshift.amazonaws.com", "login": "etl", "schema": "dev"})
{'ClusterIdentifier': 'lake', 'Database': 'dev', 'DbUser': 'etl'}
>>> redshift_of({"host": "wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com", "schema": "dev"})
{'WorkgroupName': 'wg', 'Database': 'dev'}
>>> redshift_of({"host": "db.example.com"}) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from converter.expressions.deployment import parameter_name
from converter.expressions.jsonata import Expression, Substitution
from converter.operators.arguments import Arguments

_CLUSTER = re.compile(r"([\w-]+)\.[\w-]+\.[\w-]+\.redshift\.amazonaws\.com(\.cn)?\Z")
_WORKGROUP = re.compile(r"([\w-]+)\.\d{12}\.[\w-]+\.redshift-serverless\.amazonaws\.com(\.cn)?\Z")
#: What a database of Redshift is called where nothing says it.
_DATABASE = "dev"


def redshift_at_deployment(args: Arguments, connection_id: str) -> Expression:
    """Return where a connection of Redshift leads, as a parameter of the stack: an object of arguments."""
    name = parameter_name("Redshift", connection_id)
    args.deployed[name] = (
        f"Where in Redshift the Airflow connection {connection_id} leads, WorkgroupName=...,Database=... "
        "or ClusterIdentifier=...,Database=...,DbUser=..."
    )
    pairs = f"$split('{Substitution(name)}', ',')"
    pair = "{$trim($substringBefore($pair, '=')): $trim($substringAfter($pair, '='))}"
    return Expression(f"$merge($map({pairs}, function($pair) {{{pair}}}))")


def redshift_of(connection: Mapping[str, Any]) -> dict[str, str] | None:
    """Return where a connection leads in Redshift, as arguments of its Data API; None if it leads elsewhere.

    Its extras go before its host, as in RedshiftSQLHook. The password is not used: the Data API gives
    credentials for the user that the connection names.
    """
    extra, host = connection.get("extra") or {}, str(connection.get("host") or "")
    database = str(extra.get("database") or connection.get("schema") or _DATABASE)
    group, cluster = _WORKGROUP.match(host), _CLUSTER.match(host)
    if workgroup := extra.get("serverless_work_group") or (group and group[1]):
        return {"WorkgroupName": str(workgroup), "Database": database}
    identifier = extra.get("cluster_identifier") or (cluster and cluster[1])
    if not identifier:
        return None
    user = str(extra.get("db_user") or connection.get("login") or "awsuser")
    return {"ClusterIdentifier": str(identifier), "Database": database, "DbUser": user}
