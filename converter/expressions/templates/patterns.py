r"""Regular expressions as JSONata, Java and Python all read them.

JSONata finds the end of one by counting brackets, and takes a bracket behind a backslash for an escaped
one even where the backslash is escaped itself. So brackets and backslashes of a text are given by number.
"""

from __future__ import annotations

from converter.expressions.templates.scope import Refusal

#: The end of the text; in Python and Java, unlike JavaScript, ``$`` also matches before a last newline.
END = r"(?![\s\S])"


def pattern_of(text: str) -> str:
    """Return the regular expression, of single characters, that matches just this text."""
    return "".join(character if _is_plain(character) else _by_number(character) for character in text)


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in " _")


def _by_number(character: str) -> str:
    if ord(character) > 0xFFFF:
        raise Refusal(f"{character!r} is looked for by a pattern", "use characters below U+10000")
    return f"\\u{ord(character):04x}"
