import json

from hypothesis import given
from hypothesis import strategies as st

from converter.expansion import Expansion, Source, SourceKind
from converter.workflow import (
    Location,
    Opaque,
    Retries,
    Schedule,
    StandIn,
    StandInKind,
    Task,
    TriggerRule,
    Workflow,
    to_json,
    workflow_from_json,
)

KEYS = st.one_of(st.sampled_from(["$opaque", "$", "$$x", "plain"]), st.text(max_size=5))
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.builds(Opaque, st.text(), st.text())
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


SOURCES = st.recursive(
    st.one_of(
        st.builds(Source, st.just(SourceKind.LITERAL), VALUES),
        st.builds(Source, st.just(SourceKind.XCOM), task_id=st.text(max_size=3)),
    ),
    lambda inner: st.builds(
        Source, st.just(SourceKind.ZIP), VALUES, sources=st.lists(inner, max_size=2).map(tuple)
    ),
    max_leaves=3,
)
EXPANSIONS = st.one_of(
    st.none(),
    st.builds(Expansion, st.dictionaries(KEYS, SOURCES, max_size=2)),
    st.builds(Expansion, rows=SOURCES),
)


@given(st.dictionaries(KEYS, VALUES, max_size=3), EXPANSIONS)
def test_a_workflow_survives_the_way_through_json(values, expansion):
    task = Task(
        "t",
        "a.B",
        bases=("a.C",),
        arguments=values,
        settings=values,
        template_fields=("x",),
        upstream=("u",),
        trigger_rule=TriggerRule.ONE_DONE,
        retries=Retries(2, 1.5, 2.0, 60.0),
        execution_timeout=9.5,
        is_mapped=True,
        expansion=expansion,
        location=Location("f.py", 3),
    )
    flow = Workflow(
        "d",
        (task,),
        Location("f.py", 1),
        schedule=Schedule("CronTriggerTimetable", "0 4 * * *", "UTC"),
        params=values,
        dagrun_timeout=60.0,
        settings=values,
        task_groups={"group": ("t",)},
        stand_ins=(StandIn(StandInKind.MOVED, "old", "new", Location("f.py", 2)),),
    )
    assert workflow_from_json(json.loads(json.dumps(to_json(flow)))) == flow


def test_leaves_are_the_tasks_that_nothing_depends_on():
    tasks = (Task("a", "x"), Task("b", "x", upstream=("a",)), Task("c", "x", upstream=("a",)))
    assert Workflow("d", tasks, Location("f.py")).leaves() == ("b", "c")
