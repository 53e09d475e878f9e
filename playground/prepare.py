"""Converts a folder of DAGs, creates what they refer to, and deploys them, on the AWS of the environment.

Usage: ``python -m playground.prepare DAGS BUNDLES``. That AWS has to be a local one: jobs are created in it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.client import BaseClient

from playground import both


class GivenAws:
    """The AWS that the environment of this process leads to."""

    def client(self, service: str) -> BaseClient:
        """Return a client for a service."""
        return boto3.client(service)  # type: ignore[call-overload, no-any-return]

    def environment(self) -> Mapping[str, str]:
        """Return what leads other processes to it: they have it already."""
        return {}


def main(arguments: list[str] | None = None) -> int:
    """Do it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m playground.prepare")
    parser.add_argument("dags", type=Path)
    parser.add_argument("bundles", type=Path)
    given = parser.parse_args(arguments)
    if not os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://127.0.0.1:"):
        print("AWS_ENDPOINT_URL leads to no local AWS", file=sys.stderr)
        return 2
    aws = GivenAws()
    _clear(given.bundles)
    bundles = both.convert(given.dags, given.bundles, aws)
    failed = [bundle.name for bundle in bundles if both.deploy(aws, bundle)]
    print(f"deployed {len(bundles) - len(failed)} of {len(bundles)} DAGs")
    if failed or not bundles:
        print(f"not deployed: {', '.join(failed) or 'there is no DAG'}", file=sys.stderr)
        return 1
    return 0


def _clear(bundles: Path) -> None:
    """Remove the bundles of a folder: of DAGs that are gone or refused by now, none is to be deployed."""
    for manifest in bundles.glob("*/bundle.json"):
        shutil.rmtree(manifest.parent)


if __name__ == "__main__":
    sys.exit(main())
