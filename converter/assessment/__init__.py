"""What a folder of DAGs would become: what converts, what is in the way, what hangs together, what it costs.

``dag`` looks at one DAG, ``summary`` at all of them; ``dependencies`` finds which start or await which, and
``cost`` counts what a run is charged for.
"""

from converter.assessment.dag import AssessedDag, assess_one
from converter.assessment.summary import Assessment

__all__ = ["AssessedDag", "Assessment", "assess_one"]
