"""Checks assumptions on an account: ``python -m docs.assumptions --account ID [--region R] [--only L1,S3] [--yes]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from docs.assumptions import ASSUMPTIONS
from docs.assumptions.model import Assumption, CannotTell, Differs
from docs.assumptions.world import World

#: How long a new role takes to be known to all services of AWS, in seconds.
_SETTLE = 15.0


def main(arguments: list[str] | None = None) -> int:
    """Check, and say what holds; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.assumptions", description="Checks assumptions on AWS."
    )
    parser.add_argument("--account", help="the account in which things may be made: 12 digits")
    parser.add_argument("--region", help="AWS region; default: your AWS configuration's")
    parser.add_argument("--only", default="", help="ids, with commas between them")
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args(arguments)
    chosen = [name for name in given.only.split(",") if name] or list(ASSUMPTIONS)
    if unknown := [name for name in chosen if name not in ASSUMPTIONS]:
        parser.error(f"there is no assumption {', '.join(unknown)}; --list names them")
    items = [ASSUMPTIONS[name] for name in chosen]
    if given.list:
        for item in items:
            _say(f"{item.id}  {'by hand' if item.check is None else 'checked'}  {item.text}")
        return 0
    if not given.account:
        parser.error("say in which account: --account")
    try:
        session = boto3.Session(region_name=given.region)
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        parser.error(f"AWS cannot be used: {error}")
    if account != given.account:
        parser.error(f"the credentials are of account {account}, not of {given.account}: nothing was done")
    checks = [item for item in items if item.check]
    if not given.yes and not _agreed(checks, account, str(session.region_name)):
        return 2
    return _checked(session, items)


def _agreed(checks: Iterable[Assumption], account: str, region: str) -> bool:
    checks = list(checks)
    dollars = sum(item.dollars for item in checks)
    _say(
        f"{len(checks)} checks in account {account}, {region}: one role, and machines, functions, tables and a stack,"
    )
    _say(
        f"all called dag2sfn-check-…, which are removed at the end. They cost at most {dollars:.2f} dollars."
    )
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _checked(session: Any, items: Iterable[Assumption]) -> int:
    local = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://127.0.0.1")
    world = World(session, settle=0.0 if local else _SETTLE)
    results = []
    try:
        for item in items:
            result, why = _result(item, world)
            results.append(result)
            _say(f"{item.id:4} {result:8} {why or item.text}")
    except KeyboardInterrupt:
        _say("interrupted")
        results.append("unknown")
    finally:
        kept = world.leave()
    for line in kept:
        _say(f"NOT REMOVED: {line}")
    counts = ", ".join(f"{results.count(name)} {name}" for name in ("holds", "differs", "unknown", "by hand"))
    _say(counts)
    return 2 if kept else 1 if "differs" in results else 0


def _result(item: Assumption, world: World) -> tuple[str, str]:
    if item.check is None:
        return "by hand", f"{item.text}: {item.by_hand}"
    try:
        item.check(world)
    except Differs as difference:
        return "differs", f"{item.text}: {difference}"
    except CannotTell as reason:
        return "unknown", f"{item.text}: {reason}"
    except (BotoCoreError, ClientError) as error:
        return "unknown", f"{item.text}: {error}"
    return "holds", ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
