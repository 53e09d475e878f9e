"""Environment variables of Airflow's own machines, which are not set where a DAG file is read.

What a file asks for without a default gives a placeholder, as a Variable without a value does: ``None`` or an
error would make another DAG of it than the one at home.
"""

from __future__ import annotations

import os
import re
import sys
from types import FrameType
from typing import Any

from converter.loading.child.stand_ins.missing import Missing
from converter.loading.child.stand_ins.placeholders import Placeholder, member
from converter.workflow import StandInKind

#: What the expression of such a placeholder begins with; a template of Airflow's has no such name.
_NAME = "environ"
#: Asked for by files that look where they are, and unset as a rule: settings of Airflow, of the AWS SDK, of
#: Python and for debugging. Others that begin so are the author's own: AWS_BUCKET, and AIRFLOW__VAR__BUCKET,
#: as MWAA names a variable of one's own.
_MAY_BE_UNSET = re.compile(
    r"""AIRFLOW_(HOME|CONFIG|UID|VAR_\w+|CONN_\w+|CTX_\w+)
    |AIRFLOW__(ADMIN|API|API_AUTH|ATLAS|AWS|CELERY|CELERY_\w+|CLI|CORE|DAG_PROCESSOR|DASK|DATABASE|DEBUG
        |ELASTICSEARCH|ELASTICSEARCH_CONFIGS|EMAIL|EXECUTION_API|FAB|KERBEROS|KUBERNETES|KUBERNETES_EXECUTOR
        |LDAP|LINEAGE|LOCAL_KUBERNETES_EXECUTOR|LOGGING|METRICS|OPENLINEAGE|OPERATORS|SCHEDULER|SECRETS
        |SENSORS|SENTRY|SMTP|TRACES|TRIGGERER|WEBSERVER|WORKERS)__\w+
    |AWS_(REGION|DEFAULT_(REGION|PROFILE|OUTPUT)|PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN
        |SECURITY_TOKEN|ENDPOINT_URL\w*|CA_BUNDLE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|EXECUTION_ENV
        |LAMBDA_\w+|CONTAINER_\w+|EC2_METADATA_\w+|WEB_IDENTITY_TOKEN_FILE|ROLE_(ARN|SESSION_NAME)
        |RETRY_MODE|MAX_ATTEMPTS|STS_REGIONAL_ENDPOINTS|DATA_PATH|USE_\w+|SDK_\w+|PAGER)
    |PYTHON[A-Z]*|DEBUG\w*|(HTTPS?|NO)_PROXY""",
    re.VERBOSE,
)


def lend_environment(missing: Missing) -> None:
    """Let DAG files find environment variables that are not set, for the rest of this process."""
    kind: Any = type(os.environ)
    find, get = kind.__getitem__, kind.get

    def getitem(environment: Any, key: Any) -> Any:
        try:
            return find(environment, key)
        except KeyError:
            if environment is os.environ and missing.is_authors(sys._getframe(1)):
                return _placeholder(missing, str(key))
            raise

    def found_or_placeholder(key: Any, frame: FrameType) -> Any:
        found = get(os.environ, key)
        if found is not None or _MAY_BE_UNSET.fullmatch(str(key).upper()) or not missing.is_authors(frame):
            return found
        return _placeholder(missing, str(key))

    def lookup(environment: Any, key: Any, *default: Any, **named: Any) -> Any:
        if default or named or environment is not os.environ:
            return get(environment, key, *default, **named)
        return found_or_placeholder(key, sys._getframe(1))

    def getenv(key: Any, *default: Any, **named: Any) -> Any:
        if default or named:
            return get(os.environ, key, *default, **named)
        return found_or_placeholder(key, sys._getframe(1))

    kind.__getitem__, kind.get, os.getenv = getitem, lookup, getenv


def _placeholder(missing: Missing, key: str) -> Placeholder:
    made = Placeholder(member(_NAME, key), missing.ledger, missing.is_authors)
    missing.ledger.note(StandInKind.ENVIRONMENT, key, str.__str__(made))
    return made
