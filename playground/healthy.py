"""Says by its exit code whether a service is healthy: ``python -m playground.healthy local-aws|airflow``."""

from __future__ import annotations

import json
import os
import sys
import urllib.request

from playground.airflow import is_healthy


def local_aws_is_healthy() -> bool:
    """Return whether the local AWS answers."""
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/", timeout=20) as answer:  # noqa: S310
        return bool(answer.status == 200)


def airflow_is_healthy() -> bool:
    """Return whether all of Airflow's parts are healthy. It answers also while some are not."""
    address = f"http://127.0.0.1:{os.environ['AIRFLOW__API__PORT']}/api/v2/monitor/health"
    with urllib.request.urlopen(address, timeout=20) as answer:
        return is_healthy(json.load(answer))


_SERVICES = {"local-aws": local_aws_is_healthy, "airflow": airflow_is_healthy}


def main(service: str) -> int:
    """Return 0 if a service is healthy."""
    try:
        return 0 if _SERVICES[service]() else 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
