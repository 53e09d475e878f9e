"""An Airflow run beside an execution of the converted DAG: the same outcomes, values and order?

The heart is pure: two :class:`~converter.comparison.model.Run` values, wherever they come from, are aligned
and judged. Adapters make them from Airflow's REST API and from an execution's history.
"""

from converter.comparison.judging import compare
from converter.comparison.model import Comparison, Run, TaskRun, Verdict
from converter.comparison.rules import NO_RULES, Rules, read_rules

__all__ = ["NO_RULES", "Comparison", "Rules", "Run", "TaskRun", "Verdict", "compare", "read_rules"]
