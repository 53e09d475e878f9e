"""What services are called: in ``aws-sdk:`` ARNs (after the Java SDK's packages) and by boto3."""

from __future__ import annotations

from functools import lru_cache

import botocore.session

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


@lru_cache(maxsize=1)
def _without_dashes() -> dict[str, str]:
    services = botocore.session.get_session().get_available_services()
    return {name.replace("-", ""): name for name in services}
