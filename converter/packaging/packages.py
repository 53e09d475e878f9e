"""Installs what a DAG's Python tasks import into its Bundle, as wheels for Lambda's platform.

Direct requirements are pinned in the Bundle; what they need in turn is taken in the versions that are
installed here, where it is: the tasks run with what the DAG was tried with.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.packaging.manifest import FUNCTIONS, read_manifest
from converter.packaging.task_code import REQUIREMENTS
from converter.task_runtime import LARGEST_FUNCTION, PYTHON_VERSION

PACKAGES = "packages"
#: In PACKAGES: the requirements that it was made from.
_MARK = "dag2sfn-requirements.txt"
#: Amazon Linux 2023, on which Lambda's Python 3.12 runs, has glibc 2.34.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")
#: What pip writes about itself and about this machine; code that looks for versions needs METADATA alone.
_PIPS_OWN = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


@dataclass(frozen=True)
class Packaged:
    """What was installed: the Bundle's requirements, and the size of the whole function in bytes."""

    requirements: tuple[str, ...]
    size: int


def install_packages(bundle: Path, *, on_progress: Callable[[str], object] | None = None) -> Packaged:
    """Install the requirements of a Bundle's Python tasks into it; without any, do nothing.

    pip does it, with its own configuration (index, proxy). Raises Dag2SfnError: D401 if the folder is no
    Bundle, D268 with pip's message, D269 if Lambda would refuse the size.
    """
    read_manifest(bundle)
    function = bundle / FUNCTIONS / "tasks"
    lines = _requirements(function)
    if lines and missing_packages(bundle):
        if on_progress:
            on_progress(f"installing {', '.join(lines)}")
        with tempfile.TemporaryDirectory(prefix="dag2sfn-") as folder:
            installed = Path(folder) / PACKAGES
            _pip(bundle, function / REQUIREMENTS, installed, Path(folder) / "constraints.txt")
            _remove_traces(installed)
            shutil.copyfile(function / REQUIREMENTS, installed / _MARK)
            shutil.rmtree(function / PACKAGES, ignore_errors=True)
            shutil.copytree(installed, function / PACKAGES)
    size = sum(file.stat().st_size for file in function.rglob("*") if file.is_file())
    if size > LARGEST_FUNCTION:
        problem = f"the function in {function} has {size / 2**20:.0f} MB, and Lambda takes 250 MB"
        remedy = "import less in the DAG file, or move the code to a Glue job, Batch or ECS"
        raise Dag2SfnError(Diagnostic(d.FUNCTION_TOO_LARGE, problem, remedy))
    return Packaged(lines, size)


def missing_packages(bundle: Path) -> Diagnostic | None:
    """Return a diagnostic (D267) if a Bundle's Python tasks need packages that are not in it."""
    function = bundle / FUNCTIONS / "tasks"
    lines = _requirements(function)
    try:
        installed = (function / PACKAGES / _MARK).read_text("utf-8")
    except OSError:
        installed = ""
    if not lines or installed == (function / REQUIREMENTS).read_text("utf-8"):
        return None
    problem = f"{bundle} has Python tasks that need {', '.join(lines)}, which are not in it"
    return Diagnostic(d.NOT_PACKAGED, problem, f"run `dag2sfn package {bundle}`")


def _requirements(function: Path) -> tuple[str, ...]:
    try:
        text = (function / REQUIREMENTS).read_text("utf-8")
    except OSError:
        return ()
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _pip(bundle: Path, requirements: Path, target: Path, constraints: Path) -> None:
    wanted = {line.partition("==")[0].lower() for line in _requirements(requirements.parent)}
    known = {
        f"{item.name}=={item.version}"
        for item in metadata.distributions()
        if item.name and item.name.lower() not in wanted
    }
    constraints.write_text("\n".join(sorted(known)) + "\n", "utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", PYTHON_VERSION]
    command += [argument for platform in _PLATFORMS for argument in ("--platform", platform)]
    command += ["--target", str(target), "-r", str(requirements), "-c", str(constraints)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " / ".join(line.strip() for line in done.stderr.splitlines() if line.strip())[-600:]
        problem = f"pip cannot install the packages of {bundle}: {said}"
        remedy = "use versions that have wheels for Linux x86_64, or none, in the DAG's Python tasks"
        raise Dag2SfnError(Diagnostic(d.PACKAGING_FAILED, problem, remedy))


def _remove_traces(folder: Path) -> None:
    """Remove what differs from one installation to the next, and programs: tasks only import."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for info in folder.glob("*.dist-info"):
        for name in _PIPS_OWN:
            (info / name).unlink(missing_ok=True)
