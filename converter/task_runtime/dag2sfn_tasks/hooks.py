"""The hooks of Airflow that a task may use, by the names of their classes."""

from typing import Any

from .aws_hooks import client_hooks
from .hook_names import EARLIER
from .s3_hook import S3Hook
from .service_hooks import SERVICE_HOOKS

HOOKS: dict[str, Any] = {"S3Hook": S3Hook, **client_hooks(), **SERVICE_HOOKS}
HOOKS |= {name: HOOKS[today] for name, today in EARLIER.items()}
