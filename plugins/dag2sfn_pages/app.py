"""The FastAPI app that Airflow's API server mounts: the API below ``/api/v1``, the pages' files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles

from . import api, dag_api, kills, run_api, score_api

STATIC = Path(__file__).parent / "static"


class _RevalidatedFiles(StaticFiles):
    """Files that a browser keeps but asks about each time, so that an upgrade shows at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return the file (or 304) with a Cache-Control header."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app() -> FastAPI:
    """Return the app, and begin to listen to what users end in Airflow.

    Its files are public, as Airflow's own are; the API requires a user.
    """
    kills.listen()
    # No /docs and no /openapi.json: Airflow would serve them to anybody.
    app = FastAPI(title="dag2sfn", openapi_url=None)
    for routes in (api, dag_api, run_api, score_api):
        app.include_router(routes.router)
    app.mount("/static", _RevalidatedFiles(directory=STATIC), name="static")
    return app
