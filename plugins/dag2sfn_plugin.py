"""The Airflow plugin: Step Functions pages in Airflow's own UI (Airflow 3.1 and later).

Every Airflow process imports this module, so it imports next to nothing. What the pages need (FastAPI, the
converter) is imported when the API server asks for ``fastapi_apps``. It works from Airflow's plugins folder,
where this file and ``dag2sfn_pages`` are top-level modules, and installed, where they lie in ``plugins``.
"""

from __future__ import annotations

import logging
import sys
from functools import cached_property
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from airflow import __version__ as airflow_version
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

#: Where the pages' FastAPI app is mounted, below the path of Airflow's ``[api] base_url``.
URL_PREFIX = "/dag2sfn"
#: Where the pages are in Airflow's UI, each with an address of its own.
PAGES = {
    "nav": "step-functions",
    "dag": "step-functions-dag",
    "dag_run": "step-functions-run",
    "task_instance": "step-functions-task",
}
#: Modules that processes have which begin runs: schedulers, and backfills of Airflow 2.
BEGIN_RUNS = ("airflow.jobs.scheduler_job_runner", "airflow.jobs.backfill_job_runner")

log = logging.getLogger(__name__)


class Dag2SfnPlugin(AirflowPlugin):  # type: ignore[misc]  # mypy does not follow imports into Airflow
    """Adds the pages *Step Functions*: in the navigation, on DAGs, runs and task instances; and their API."""

    name = "dag2sfn"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The pages' API and files; only the API server (and ``airflow plugins``) asks for them."""
        try:
            app = import_module(f"{_package()}.app").create_app()
        # Airflow's API server does not start if this property raises, whatever the reason: then it is
        # better off without these pages.
        except Exception:
            log.exception("The Step Functions pages are not available")
            return []
        return [{"name": "dag2sfn", "app": app, "url_prefix": URL_PREFIX}]

    @cached_property
    def react_apps(self) -> list[dict[str, Any]]:
        """The pages. One module is all of them: Airflow's UI tells it what it is shown for.

        ``name`` is both the label and the global under which the UI looks for the page. It imports
        ``bundle_url`` as a module: 3.1 as it stands, later versions relative to the base URL. The full path
        is right for both.
        """
        files = f"{_base_path()}{URL_PREFIX}/static"
        shared = {
            "name": "Step Functions",
            "bundle_url": f"{files}/step_functions.js",
            "icon": f"{files}/icon.svg",
            "icon_dark_mode": f"{files}/icon-dark.svg",
        }
        return [
            {**shared, "destination": destination, "url_route": route} for destination, route in PAGES.items()
        ]

    @cached_property
    def listeners(self) -> list[Any]:
        """What starts the counterparts of runs, in schedulers; nothing without ``[dag2sfn] shadow_prefix``.

        Where there is a listener, Airflow refuses DAGs whose tasks end from their trigger
        (``end_from_trigger``), so that processes which read DAG files must not have one.
        """
        if not str(conf.get("dag2sfn", "shadow_prefix", fallback="")).strip():
            return []
        if not any(module in sys.modules for module in BEGIN_RUNS):
            return []
        try:
            return [import_module(f"{_package()}.shadow_listener")]
        except Exception:
            # Schedulers have other things to do.
            log.exception("Runs do not start their counterparts on Step Functions")
            return []

    @cached_property
    def operator_extra_links(self) -> list[Any]:
        """The links of StepFunctionsDagOperator, which Airflow 2 knows only from a plugin."""
        if int(airflow_version.split(".")[0]) >= 3:
            return []
        try:
            from dag2sfn_airflow.links import ExecutionLink, MachineLink
        except ImportError:  # only the plugins folder is there
            return []
        return [ExecutionLink(), MachineLink()]


def _package() -> str:
    """Return the package beside this module, wherever both lie."""
    return f"{__package__}.dag2sfn_pages" if __package__ else "dag2sfn_pages"


def _base_path() -> str:
    """Return the path at which a reverse proxy serves Airflow, without a slash at its end."""
    return urlsplit(str(conf.get("api", "base_url", fallback=""))).path.rstrip("/")
