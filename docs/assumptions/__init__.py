"""What could only be read in documentation, and the checks of it on a real account.

``python -m docs.assumptions --account ID`` runs the checks. ``model`` says what an assumption is, ``world`` what a
check has; the other modules hold the assumptions. docs/assumptions.md is made of them.
"""

from docs.assumptions import deployment, glue, language, services
from docs.assumptions.model import ASSUMPTIONS

__all__ = ["ASSUMPTIONS", "deployment", "glue", "language", "services"]
