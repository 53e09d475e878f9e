"""Airflow's hooks for AWS, as far as a Lambda function can be one: boto3, with the role of the function.

A hook knows its client; what it does beside handing that out is written for the hooks that DAG files use
most. Any other method raises an error that names it. While the DAG file is imported, nobody is asked for
anything.
"""

import logging
import os
import re
from functools import cached_property
from typing import Any, ClassVar

from .exceptions import NotInLambdaError
from .hook_names import CLIENTS
from .inert import inert, is_task_running

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")


class AwsBaseHook:
    """A client or a resource of boto3 (also AwsHook, AwsGenericHook of other versions).

    A connection's keys are not there: all calls are made by the function's own role. A region that is given
    is used, that of a connection is not known.
    """

    default_conn_name = "aws_default"
    #: What the class of a service fills in.
    service: ClassVar[str] = ""
    is_resource: ClassVar[bool] = False

    def __init__(
        self,
        aws_conn_id: Any = default_conn_name,
        verify: Any = None,
        region_name: str | None = None,
        client_type: str | None = None,
        resource_type: str | None = None,
        config: Any = None,
        **others: Any,
    ) -> None:
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name or os.environ.get("AWS_REGION")
        self.client_type = client_type if self.is_resource else self.service or client_type
        self.resource_type = self.service if self.is_resource else resource_type
        self.config = config
        self.verify = verify
        self.log = logging.getLogger(f"airflow.{type(self).__name__}")

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and not is_task_running() and _acts(type(self), name):
            return _too_early(type(self), name)
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not is_task_running():
            return _too_early(type(self), name)
        raise NotInLambdaError(
            f"{type(self).__name__}.{name} is not there: the task runs in Lambda, without Airflow; call "
            f"{type(self).__name__}().conn, which is boto3's client"
        )

    @property
    def service_name(self) -> str:
        """The service, as boto3 calls it."""
        found = self.client_type or self.resource_type
        if not found:
            raise ValueError("Either client_type or resource_type must be provided.")
        return found

    def get_session(self, region_name: str | None = None, deferrable: bool = False) -> Any:
        """Return a session with the role of the function."""
        import boto3

        return boto3.session.Session(region_name=region_name or self.region_name)

    def get_client_type(self, *place: str | None, **options: Any) -> Any:
        """Return a client: of a region; in Airflow 2.3 and before, of a type, and a region after it."""
        return self._made("client", "client_type", place, options)

    def get_resource_type(self, *place: str | None, **options: Any) -> Any:
        """Return a resource: of a region; in Airflow 2.3 and before, of a type, and a region after it."""
        return self._made("resource", "resource_type", place, options)

    def _made(self, kind: str, type_name: str, place: tuple[str | None, ...], options: dict[str, Any]) -> Any:
        from botocore.config import Config

        names = ["region_name", "config"]
        if place and place[0] and not _REGION.fullmatch(place[0]):
            names.insert(0, type_name)
        given = {**dict(zip(names, place, strict=False)), **options}
        config = given.get("config") or self.config
        make = getattr(self.get_session(given.get("region_name")), kind)
        return make(
            given.get(type_name) or self.service_name,
            verify=self.verify,
            config=Config(**config) if isinstance(config, dict) else config,
        )

    @cached_property
    def conn(self) -> Any:
        """The client of the service, or its resource."""
        return self.get_client_type() if self.client_type else self.get_resource_type()

    def get_conn(self) -> Any:
        """Return the client of the service, or its resource."""
        return self.conn

    @property
    def conn_client_meta(self) -> Any:
        """What boto3 knows of the client."""
        return self.conn.meta if self.client_type else self.conn.meta.client.meta

    @property
    def conn_region_name(self) -> str:
        """The region of the client."""
        return str(self.conn_client_meta.region_name)

    @property
    def conn_partition(self) -> str:
        """The partition of the client's region."""
        return str(self.conn_client_meta.partition)

    @property
    def account_id(self) -> str:
        """The id of the account that the function is in."""
        return str(self.get_session().client("sts").get_caller_identity()["Account"])

    def get_credentials(self, region_name: str | None = None) -> Any:
        """Return the credentials of the function's role, as they are now."""
        return self.get_session(region_name).get_credentials().get_frozen_credentials()

    def expand_role(self, role: str, region_name: str | None = None) -> str:
        """Return the ARN of a role; one that is an ARN stays what it is."""
        if "/" in role:
            return role
        found = self.get_session(region_name).client("iam").get_role(RoleName=role)
        return str(found["Role"]["Arn"])


def _acts(hook: type, name: str) -> bool:
    """Whether a name is a method or a property of the hooks here: of what asks AWS for something."""
    return any(
        callable(found) or isinstance(found, (property, cached_property))
        for owner in hook.__mro__
        if owner.__module__.startswith(__package__) and (found := vars(owner).get(name)) is not None
    )


def _too_early(hook: type, name: str) -> Any:
    """Stand for what a hook gives while the DAG file is imported: other tasks may need it."""
    return inert(f"airflow's {hook.__name__}.{name}, called while the DAG file is imported,")


def client_hooks() -> dict[str, Any]:
    """Return the hooks of all services that have no methods of their own here, by their names."""
    made = {name: type(name, (AwsBaseHook,), {"service": service}) for name, service in CLIENTS.items()}
    return made | {"AwsBaseHook": AwsBaseHook}
