"""Plugins of an Airflow environment: a folder from which its DAG files import, or an archive of one.

As it is in MWAA's bucket, and in projects for Airflow: ``plugins/`` or ``plugins.zip``, beside ``dags/``.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

PLUGINS = ("plugins", "plugins.zip")
_DAGS = "dags"


def plugins_for(file: Path) -> Path | None:
    """Return the folder of a DAG file's plugins: those beside the nearest folder ``dags`` around it."""
    environment = _environment_of(os.path.dirname(os.path.abspath(file)))
    return plugins_in(environment) if environment else None


def plugins_in(environment: str) -> Path | None:
    """Return the folder of an environment's plugins, for the life of this process; None if it has none.

    An archive that cannot be read is a folder without modules.
    """
    folder, archive = (f"{environment}/{name}" for name in PLUGINS)
    if os.path.isdir(folder):
        return Path(folder)
    try:
        return _unpacked(archive, os.stat(archive).st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _environment_of(folder: str) -> str:
    while folder != (above := os.path.dirname(folder)):
        if os.path.basename(folder) == _DAGS:
            return above
        folder = above
    return ""


@lru_cache(maxsize=16)
def _unpacked(archive: str, modified: int) -> Path:
    from multiprocessing.util import get_temp_dir  # gone with the process, or with that which has started it

    folder = Path(tempfile.mkdtemp(prefix="plugins-", dir=get_temp_dir()))
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    except (OSError, zipfile.BadZipFile):
        pass  # what is not there is a module that is not installed, and told so
    return folder
