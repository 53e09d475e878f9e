"""boto3 sessions that know the local AWS only, whatever the user's environment and configuration say."""

from __future__ import annotations

import os

import boto3
import botocore.session

ACCESS_KEY = "local"


def isolated_session(region: str | None = None) -> boto3.session.Session:
    """A session that reads no profile and no configuration file: neither can lead to a real account."""
    nowhere = {
        # name: (name in the configuration file, environment variable, default, conversion)
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.session.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=nowhere),
    )
