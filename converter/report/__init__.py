"""The conversion's report, as JSON, Markdown and HTML; and what the command line shows."""

from converter.report.conversion import ConversionReport, conversion_json
from converter.report.conversion_markdown import conversion_markdown
from converter.report.conversion_page import conversion_page

__all__ = ["ConversionReport", "conversion_json", "conversion_markdown", "conversion_page"]
