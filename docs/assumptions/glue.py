"""What is assumed of Glue. A run costs money and does what its script does, so that no program makes one."""

from __future__ import annotations

from docs.assumptions.model import by_hand

_COSTS = "it takes a job with its role and script, and minutes"

by_hand(
    "G1",
    "a Glue job accepts an argument it does not know (`--dag2sfn-run`); `getResolvedOptions` ignores it",
    '`aws glue start-job-run --job-name JOB --arguments \'{"--dag2sfn-run": "x"}\'` for a job of yours',
    "only a job of yours, with its own script, tells; and a run of it does what it does",
)
by_hand(
    "G2",
    "`GetJobRuns` lists a run with its arguments within seconds of `StartJobRun`",
    "time `aws glue get-job-runs` after that",
    _COSTS,
)
by_hand(
    "G3",
    "Glue's clock is at most five minutes behind that of Step Functions",
    "compare StartedOn with the TaskSubmitted event",
    _COSTS,
)
by_hand(
    "G4",
    "a `.sync` task that times out, or whose execution is stopped, stops the Glue run",
    "`dag2sfn stop` while a job runs",
    _COSTS,
)
by_hand(
    "G5",
    "a `.sync` Glue task learns of the end rarely (reported: after a minute at first, then every five); an Await in "
    "front of another branch sees it at its next poll",
    "compare CompletedOn with the TaskSucceeded event",
    "reported by users, and no promise of AWS's: one run shows one case",
)
by_hand(
    "G6",
    "throttling of `StartJobRun` arrives as `Glue.AWSGlueException`",
    "start more runs than the account allows",
    "it would use up the quota that all jobs of the account share",
)
