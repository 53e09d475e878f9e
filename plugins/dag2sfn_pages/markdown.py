"""Markdown that authors of DAGs write into ``description_md``, as Airflow's own trigger form shows it.

markdown-it-py reads it, and linkify-it-py finds bare addresses in it. `pip install 'dag2sfn[airflow]'` asks
for both. Airflow has both anyway: it requires the second, and rich, which requires the first.
"""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt


def html_of(markdown: str) -> str:
    """Return GitHub's Markdown, but for task lists and footnotes, as HTML.

    HTML in it stays text, and links that run code are no links.
    """
    return str(_reader().render(markdown))


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("gfm-like", {"html": False})
    reader.add_render_rule("link_open", _opens_beside)
    return reader


def _opens_beside(reader, tokens, index, options, env):  # type: ignore[no-untyped-def]
    """Open a link in another tab: what is filled in already must not be lost."""
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noreferrer")
    return reader.renderToken(tokens, index, options, env)
