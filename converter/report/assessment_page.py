"""An assessment as a page, with no script and nothing from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.report.assessment_text import share
from converter.report.page import page
from converter.report.prices import PRICES

if TYPE_CHECKING:
    from converter.assessment import Assessment


def assessment_page(title: str, assessment: Assessment) -> str:
    """Return the page about an assessment."""
    known = {dag.dag_id for dag in assessment.dags}
    return page("assessment.html", title=title, found=assessment, known=known, share=share, prices=PRICES)
