"""What Airflow does with a DAG: its scheduling as a small simulator, to hold a converted DAG against.

It shares nothing with the compiler but the model (``converter.workflow``). Every clause names the function
of Airflow 3.3 that it restates; tests/verify/oracle drives those functions and compares each change of every
task's state. Not covered: deferral and rescheduling, pools and other limits, earlier runs
(depends_on_past).

* :mod:`script`: what chance decides: how long a try takes, how it ends
* :mod:`mapping`: the instances of mapped tasks in place of them
* :mod:`rules`: the 13 trigger rules
* :mod:`graph`: relatives, setups, leaves
* :mod:`decisions`: what a task does, given the outcomes so far
* :mod:`scheduler`, :mod:`workers`: the two that change a run's state, kept on a :mod:`board`
* :mod:`run`: one run, on a virtual clock; :mod:`trace`: what it was
"""

from converter.verify.airflow_run.mapping import (
    STOPS_INSTANCES,
    expanded,
    instance_ids,
    length_of,
    pushes,
    task_of,
)
from converter.verify.airflow_run.run import simulate
from converter.verify.airflow_run.script import Branch, End, Script, ShortCircuit, Try, retry_band
from converter.verify.airflow_run.trace import Cause, Change, Phase, State, TaskResult, Trace

__all__ = [
    "STOPS_INSTANCES",
    "Branch",
    "Cause",
    "Change",
    "End",
    "Phase",
    "Script",
    "ShortCircuit",
    "State",
    "TaskResult",
    "Trace",
    "Try",
    "expanded",
    "instance_ids",
    "length_of",
    "pushes",
    "retry_band",
    "simulate",
    "task_of",
]
