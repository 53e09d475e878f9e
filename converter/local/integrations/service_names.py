"""What services are called: in ``aws-sdk:`` ARNs (after the Java SDK's packages), by boto3, by IAM."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError

# Java's package is the service's id in small letters; boto3's name is that with dashes, but for these.
_OTHERWISE = {
    "applicationdiscoveryservice": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "costandusagereportservice": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "databasemigrationservice": "dms",
    "directoryservice": "ds",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearchservice": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "marketplacemetering": "meteringmarketplace",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
}


def boto3_name(service: str) -> str:
    """Return boto3's name of a service that an ARN names (``redshiftdata`` → ``redshift-data``).

    A name that nobody knows comes back as it is.
    """
    return _OTHERWISE.get(service) or _without_dashes().get(service, service)


#: In ARNs of optimised integrations, and in signatures; all others are called there as by boto3.
_SIGNED_AS = {
    "states": "stepfunctions",
    "elasticmapreduce": "emr",
    "monitoring": "cloudwatch",
    "email": "ses",
}


def name_of_signed(service: str) -> str:
    """Return boto3's name of a service as IAM and optimised integrations call it (``states``)."""
    return _SIGNED_AS.get(service, service)


@cache
def service_model(service: str) -> Any:
    """Return botocore's model of a service, by boto3's name; None if there is none."""
    try:
        return botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return None


@lru_cache(maxsize=1)
def _without_dashes() -> dict[str, str]:
    services = botocore.session.get_session().get_available_services()
    return {name.replace("-", ""): name for name in services}
