"""Files of the machine that a task names: in Lambda, the next task does not find what one has written.

Seen are paths that are written down, in the code of a callable and in commands. A name that is put together,
or handed on as an XCom, is not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from converter.task_runtime.local_modules import Module
from converter.task_runtime.syntax import nodes_of

_DATA = "csv|tsv|json|jsonl|ndjson|parquet|avro|orc|txt|dat|xlsx?|xml|html?|pkl|pickle|zip|tar|t?gz"
_OF_DATA = re.compile(rf"[\w./ -]+\.(?:{_DATA})", re.IGNORECASE)
#: In a text: what is below /tmp, and data below the other places that are the machine's own.
_PATH = re.compile(
    rf"(?<![\w:/.}}])(?:/tmp/[\w./-]+|/(?:home|opt|usr/local|root|var|mnt|Users)/[\w./-]+\.(?:{_DATA})\b)",
    re.IGNORECASE,
)
_READS = frozenset("read_csv read_json read_parquet read_excel read_pickle upload_file load_file".split())
_WRITES = frozenset("to_csv to_json to_parquet to_excel to_pickle".split())
_KEYWORDS = frozenset("filename Filename path path_or_buf filepath_or_buffer file".split())


@dataclass(frozen=True)
class LocalFile:
    """A file that is named. ``is_written``: what names it writes it, as far as that can be seen."""

    path: str
    is_written: bool = False


def files_in_text(text: str) -> Iterator[LocalFile]:
    """Yield the files that a command names.

    >>> [file.path for file in files_in_text("curl -o /tmp/a.csv https://b/tmp/c; ls s3://d/tmp/e")]
    ['/tmp/a.csv']
    """
    yield from (LocalFile(found[0]) for found in _PATH.finditer(text))


def files_in_code(node: ast.AST, module: Module) -> Iterator[LocalFile]:
    """Yield the files that code names: absolute paths anywhere, others where they are read or written."""
    nodes = nodes_of(node)
    not_first = {id(part) for item in nodes if isinstance(item, ast.JoinedStr) for part in item.values[1:]}
    for item in nodes:
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and id(item) not in not_first:
            if (found := _PATH.match(item.value)) and found.end() == len(item.value):
                yield LocalFile(item.value)
        elif isinstance(item, ast.Call):
            yield from _called(item, module)


def _called(call: ast.Call, module: Module) -> Iterator[LocalFile]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in {"open", "download_file", *_READS, *_WRITES}:
        return
    positional = call.args[-1:] if name == "download_file" else call.args[:1]
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    given = [*positional, *(value for key, value in keywords.items() if key in _KEYWORDS)]
    mode = next(
        (text for item in (*call.args[1:2], keywords.get("mode")) if (text := _text(item, module))), ""
    )
    writes = name in _WRITES or name == "download_file" or (name == "open" and bool(set(mode) & set("wax")))
    for item in given:
        path = _text(item, module)
        if path and "://" not in path and _OF_DATA.fullmatch(path):
            yield LocalFile(path, writes)


def _text(node: ast.expr | None, module: Module) -> str:
    if isinstance(node, ast.Name):
        node = module.assignments.get(node.id)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
