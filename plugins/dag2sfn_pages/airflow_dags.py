"""What Airflow knows about DAGs, and who may see them. The only module that reads Airflow's database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.models.dag import DagModel
from airflow.models.dagcode import DagCode
from sqlalchemy import select

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session


def readable(dag_ids: Collection[str], user: BaseUser, session: Session) -> set[str]:
    """Return those of the DAGs that the user may read.

    Of DAGs that Airflow does not have, the auth manager decides by their id alone.
    """
    auth_manager = get_auth_manager()
    known = set(session.scalars(select(DagModel.dag_id))) & set(dag_ids)
    allowed = auth_manager.get_authorized_dag_ids(user=user) & known
    elsewhere = set(dag_ids) - known
    return set(allowed | auth_manager.filter_authorized_dag_ids(dag_ids=elsewhere, user=user))


def in_airflow(session: Session) -> set[str]:
    """Return the ids of the DAGs that Airflow has now."""
    return set(session.scalars(select(DagModel.dag_id).where(DagModel.is_stale.is_(False))))


def source_hashes(dag_ids: Collection[str], session: Session) -> dict[str, set[str]]:
    """Return for each of the DAGs that Airflow has now: the SHA-256 (hex) that its file may have.

    The text is that which the DAG processor parsed last. Airflow keeps it with normalised line ends, so the
    file is one of two: with LF, or with CRLF.
    """
    latest_last = (
        select(DagCode.dag_id, DagCode.source_code)
        .join(DagModel, DagModel.dag_id == DagCode.dag_id)
        .where(DagCode.dag_id.in_(dag_ids), DagModel.is_stale.is_(False))
        .order_by(DagCode.last_updated)
    )
    return {
        dag_id: {_sha256(source), _sha256(source.replace("\n", "\r\n"))}
        for dag_id, source in session.execute(latest_last)
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
