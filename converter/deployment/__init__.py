"""Deploys a Bundle as one CloudFormation stack, leads it back, and removes it.

``deploy`` says what happens in which order, ``contents`` reads the Bundle, ``preview`` compares it with what
is deployed, ``status`` says how far each DAG has come, ``artifacts`` brings files to the bucket, ``stack``
waits for CloudFormation, ``versions`` knows which version is in force, ``troubles`` puts what boto3 raises
into words. The endpoint, credentials and region are those of the boto3 session, which reads the environment
(AWS_ENDPOINT_URL, AWS_PROFILE, …).
"""

from converter.deployment.deploy import Change, Declined, Deployment, deploy, preview_of, undeploy
from converter.deployment.preview import Preview
from converter.deployment.schedules import Starter, starter_of, switch_schedule
from converter.deployment.status import Deployed, Source, Status, statuses
from converter.deployment.troubles import aws_troubles_explained
from converter.deployment.versions import Rollback, rollback

__all__ = [
    "Change",
    "Declined",
    "Deployed",
    "Deployment",
    "Preview",
    "Rollback",
    "Source",
    "Starter",
    "Status",
    "aws_troubles_explained",
    "deploy",
    "preview_of",
    "rollback",
    "starter_of",
    "statuses",
    "switch_schedule",
    "undeploy",
]
