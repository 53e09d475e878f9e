from __future__ import annotations

import json

from converter.executions.machine_states import states_that_matter


def test_tasks_are_known_by_their_comment_at_any_depth_and_pollers_are_no_tasks() -> None:
    inner = {
        "StartAt": "x~0123",
        "States": {
            "x~0123": {"Type": "Task", "Comment": "task group.x-1: GlueJobOperator"},
            "cut~4567": {"Type": "Task", "Comment": "which of x are finished?"},
            "y: ask for x": {"Type": "Task"},
            "y: x finished?": {"Type": "Choice", "Comment": "can y go on?"},
        },
    }
    outer = {
        "StartAt": "first",
        "States": {
            "first": {"Type": "Pass", "Comment": "task first: EmptyOperator"},
            "in parallel": {"Type": "Parallel", "Branches": [inner]},
            "note": {"Type": "Pass", "Comment": "a task of its own"},
        },
    }

    found = states_that_matter(json.dumps(outer))

    assert list(found.tasks.items()) == [("first", "first"), ("x~0123", "group.x-1")]
    assert found.pollers == {"cut~4567", "y: ask for x"}


def test_a_pollers_consumer_is_the_task_that_its_choice_leads_to() -> None:
    branch = {"StartAt": "c", "States": {"c": {"Type": "Pass", "Comment": "task c: EmptyOperator"}}}
    states = {
        "c: ask for a": {"Type": "Task", "Next": "c: a finished?"},
        "c: a finished?": {
            "Type": "Choice",
            "Choices": [{"Next": "in parallel: c and d"}, {"Next": "c: wait for a"}],
            "Default": "c: too late",
        },
        "c: wait for a": {"Type": "Wait"},
        "c: too late": {"Type": "Fail"},
        "in parallel: c and d": {"Type": "Parallel", "Branches": [branch]},
        # Of another make: the first rule leads back.
        "d: ask for a": {"Type": "Task", "Next": "done?"},
        "done?": {"Type": "Choice", "Choices": [{"Next": "d: ask for a"}]},
    }

    found = states_that_matter(json.dumps({"StartAt": "c: ask for a", "States": states}))

    assert found.consumers == {"c: ask for a": "c", "c: too late": "c"}
