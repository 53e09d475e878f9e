"""Each rule by hand: four upstream tasks end one after another; when does the task behind them decide?"""

import pytest
from oracle_scenarios import dag, task

from converter.verify.airflow_run import End, Try
from converter.workflow import TriggerRule

ENDS = {"s": End.SUCCESS, "f": End.FAILED, "k": End.SKIPPED}


def decision(simulate, rule, upstream):
    """Return (outcome, time) of a task behind tasks that end at 1, 2, 3 … s, as the letters say.

    s: success, f: failed, k: skipped, u: upstream_failed.
    """
    tasks, script = [], {"join": (Try(0),)}
    for at, letter in enumerate(upstream, start=1):
        name = f"{letter}{at}"
        if letter == "u":
            tasks += [task(f"before_{name}"), task(name, f"before_{name}")]
            script[f"before_{name}"] = (Try(at, End.FAILED),)
        else:
            tasks.append(task(name))
            script[name] = (Try(at, ENDS[letter]),)
    names = [f"{letter}{at}" for at, letter in enumerate(upstream, start=1)]
    trace = simulate(dag(*tasks, task("join", *names, rule=rule)), script)
    return trace.tasks["join"].outcome.value, trace.tasks["join"].decided


@pytest.mark.parametrize(
    ("rule", "upstream", "outcome", "at"),
    [
        ("all_success", "sss", "success", 3),
        ("all_success", "sfs", "upstream_failed", 2),
        ("all_success", "kfs", "skipped", 1),  # the skip came first
        ("all_success", "fks", "upstream_failed", 1),  # the failure came first
        ("all_success", "us", "upstream_failed", 1),
        ("all_failed", "fuf", "success", 3),
        ("all_failed", "fsf", "skipped", 2),
        ("all_failed", "kff", "skipped", 1),
        ("all_done", "sfku", "success", 4),
        ("all_done_min_one_success", "fsf", "success", 3),
        ("all_done_min_one_success", "fuf", "upstream_failed", 3),
        ("all_done_min_one_success", "sks", "skipped", 2),  # one skip is enough
        ("all_done_setup_success", "ffk", "success", 3),  # without a setup: all_done
        ("all_skipped", "kkk", "success", 3),
        ("all_skipped", "ksk", "skipped", 2),
        ("all_skipped", "ukk", "skipped", 1),
        ("always", "fff", "success", 0),
        ("none_failed", "sks", "success", 3),
        ("none_failed", "kkk", "success", 3),
        ("none_failed", "sus", "upstream_failed", 2),
        ("none_failed_min_one_success", "kks", "success", 3),
        ("none_failed_min_one_success", "kkk", "skipped", 3),
        ("none_failed_min_one_success", "kfs", "upstream_failed", 2),
        ("none_skipped", "sfu", "success", 3),
        ("none_skipped", "fks", "skipped", 2),
        ("one_done", "kuf", "success", 3),  # what did not run is not done
        ("one_done", "sff", "success", 1),
        ("one_done", "ukk", "skipped", 3),
        ("one_failed", "sfs", "success", 2),
        ("one_failed", "us", "success", 1),
        ("one_failed", "sks", "skipped", 3),
        ("one_success", "fss", "success", 2),
        ("one_success", "kkk", "skipped", 3),
        ("one_success", "kfu", "upstream_failed", 3),
    ],
)
def test_a_rule_decides_as_soon_as_it_can(simulate, rule, upstream, outcome, at):
    assert decision(simulate, rule, upstream) == (outcome, at)


@pytest.mark.parametrize("rule", [rule.value for rule in TriggerRule])
def test_a_task_without_upstream_tasks_runs_at_once_under_any_rule(simulate, rule):
    assert decision(simulate, rule, "") == ("success", 0)
