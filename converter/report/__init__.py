"""The conversion's report, as JSON, Markdown and HTML; and what the command line shows."""
