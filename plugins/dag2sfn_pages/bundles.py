"""The bundles on disk: what ``dag2sfn convert`` wrote into the bundles folder. Knows no Airflow."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from converter.diagnostics import Dag2SfnError
from converter.packaging.manifest import MANIFEST, read_manifest


@dataclass(frozen=True)
class Bundle:
    """What the manifest of a bundle says; types are checked, since anybody may have edited the file."""

    dag_id: str
    machine_name: str
    tasks: int
    converter_version: str
    source_file: str
    source_sha256: str


@dataclass(frozen=True)
class UnreadableBundle:
    """A bundle with a manifest that cannot be read; ``convert`` names the folder after the DAG."""

    dag_id: str
    problem: str


def read_bundles(folder: Path) -> list[Bundle | UnreadableBundle]:
    """Return the bundles in a folder, by DAG id. Raises OSError if the folder cannot be listed."""
    # Names with a dot in front are bundles that are being written.
    directories = [path for path in folder.iterdir() if not path.name.startswith(".")]
    bundles = [_read(path) for path in directories if (path / MANIFEST).is_file()]
    return sorted(bundles, key=lambda bundle: bundle.dag_id)


def read_bundle(directory: Path) -> Bundle | UnreadableBundle | None:
    """Return the bundle in a folder, None if there is none."""
    return _read(directory) if (directory / MANIFEST).is_file() else None


def _read(directory: Path) -> Bundle | UnreadableBundle:
    """Read a manifest, unless it is as it was: the overview looks at hundreds, again and again."""
    status = (directory / MANIFEST).stat()
    return _read_as_of(directory, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=5_000)
def _read_as_of(directory: Path, *_changed: int) -> Bundle | UnreadableBundle:
    try:
        manifest = read_manifest(directory)
        return Bundle(
            dag_id=manifest.dag_id,
            machine_name=manifest.machine_name,
            tasks=len(manifest.tasks),
            converter_version=manifest.converter_version,
            source_file=manifest.source.file,
            source_sha256=manifest.source_sha256,
        )
    except Dag2SfnError as error:
        problem = error.diagnostics[0].problem
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors())
        problem = f"{directory} is no bundle: it has a {MANIFEST} with a wrong type of {wrong}"
    except RecursionError:
        problem = f"{directory} is no bundle: it has a {MANIFEST} that is nested too deeply"
    return UnreadableBundle(directory.name, problem)
