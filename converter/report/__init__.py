"""What was converted, and how: for machines (JSON) and for people (Markdown)."""

from converter.report.conversion import conversion_json, conversion_markdown

__all__ = ["conversion_json", "conversion_markdown"]
