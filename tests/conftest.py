from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from converter.local import LocalAws


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One local AWS for all tests of a process: it holds one at a time."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture
def aws(local_aws: LocalAws) -> Iterator[LocalAws]:
    """The local AWS, empty again after the test."""
    yield local_aws
    local_aws.reset()


@pytest.fixture
def session(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session of the local AWS; the process's environment leads there, too."""
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    return boto3.Session()
