"""Deploys a Bundle as one CloudFormation stack, and removes it.

``deploy`` says what happens in which order, ``artifacts`` brings files to the bucket, ``stack`` waits for
CloudFormation, ``troubles`` puts what boto3 raises into words. The endpoint, credentials and region are those
of the boto3 session, which reads the environment (AWS_ENDPOINT_URL, AWS_PROFILE, …).
"""

from converter.deployment.deploy import Change, Deployment, deploy, undeploy
from converter.deployment.troubles import aws_troubles_explained

__all__ = ["Change", "Deployment", "aws_troubles_explained", "deploy", "undeploy"]
