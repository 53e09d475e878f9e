"""Entries in Airflow's own audit log (Browse, Audit Log): who started and stopped what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.models.log import Log

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session


def record(session: Session, user: BaseUser, event: str, dag_id: str, **details: Any) -> None:
    """Add an entry. It is written with the request's transaction, which ends when the request does."""
    run_id = details.pop("run_id", None)
    session.add(
        Log(
            event=f"dag2sfn_{event}",
            owner=user.get_name(),
            owner_display_name=user.get_name(),
            extra=json.dumps(details),
            dag_id=dag_id,
            run_id=run_id,
        )
    )
