"""Runs of Airflow's own timetables, in a process of its own: this one must not become Airflow.

Standard input: ``[{"timetable", "expressions" or "seconds", "zone", "start", "end"}, …]``; standard output:
for each, ``[[due, start of the data interval, its end, when LatestOnly begins to skip], …]`` of the runs that
are due until ``end``, in ISO 8601. With ``end_date``, the DAG's own. With ``asks_near`` (moments), LatestOnly
is asked for the runs of three days around these and for every ninth; for the others there is null.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def runs_in_airflow(cases: list[dict[str, Any]]) -> list[list[list[str | None]]]:
    environment = {**os.environ, "_AIRFLOW__AS_LIBRARY": "1", "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = "sqlite://"
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(cases),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _runs(case: dict[str, Any]) -> list[list[str | None]]:
    from datetime import timedelta

    import pendulum
    from airflow.timetables.base import TimeRestriction

    timetable = _timetable(case)
    moments = {
        name: pendulum.parse(case[name]) if case.get(name) else None for name in ("start", "end", "end_date")
    }
    restriction = TimeRestriction(earliest=moments["start"], latest=moments["end_date"], catchup=True)
    near = [pendulum.parse(moment) for moment in case.get("asks_near", [case["start"]])]
    around = timedelta(days=1.5) if "asks_near" in case else timedelta.max
    found, last = [], None
    while (
        info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    ) and (info.run_after <= moments["end"]):
        last = info.data_interval
        times = [info.run_after, last.start, last.end]
        if len(found) % 9 == 0 or any(abs(last.end - moment) < around for moment in near):
            until = timetable.next_dagrun_info(
                last_automated_data_interval=last,
                restriction=TimeRestriction(earliest=last.end, latest=None, catchup=True),
            )
            times.append(until.data_interval.end)
        texts: list[str | None] = [time.in_timezone("UTC").isoformat() for time in times]
        found.append([*texts, *[None] * (4 - len(texts))])
    return found


def _timetable(case: dict[str, Any]) -> Any:
    from datetime import timedelta

    from airflow.timetables import interval, trigger

    kind = getattr(interval, case["timetable"], None) or getattr(trigger, case["timetable"])
    length = {"interval": timedelta(seconds=case["length"])} if case.get("length") else {}
    if "seconds" in case:
        return kind(timedelta(seconds=case["seconds"]), **length)
    import pendulum

    zone = pendulum.timezone(19800) if case["zone"] == "+05:30" else case["zone"]
    return kind(*case["expressions"], timezone=zone, **length)


if __name__ == "__main__":
    json.dump([_runs(case) for case in json.load(sys.stdin)], sys.stdout)
