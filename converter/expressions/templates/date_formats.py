"""Formats of dates: Python's strftime and strptime, and pendulum's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from converter.expressions.jsonata import chained, literal
from converter.expressions.templates.conversions import moment_atom, string_atom
from converter.expressions.templates.operands import (
    Computed,
    Constant,
    Kind,
    Operand,
    computed,
    concatenation,
)
from converter.expressions.templates.patterns import END, pattern_of
from converter.expressions.templates.scope import Refusal

_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = """January February March April May June July August September October November
             December""".split()

#: A moment's text, position by position; a format that agrees with it is a piece of it.
_LAYOUT = "YYYY-MM-DDTHH:MM:SS"
_SLICES = {
    "Y": (0, 4),
    "y": (2, 4),
    "m": (5, 7),
    "d": (8, 10),
    "H": (11, 13),
    "M": (14, 16),
    "S": (17, 19),
    "F": (0, 10),
    "T": (11, 19),
    "R": (11, 16),
}
#: ``{}`` is the moment. The hyphen (no leading zero) is glibc's, where Airflow runs.
_DIRECTIVES = {
    "j": "$pad($string($year_day({})), -3, '0')",
    "f": "$micros({})",
    "u": "$string($weekday({}) + 1)",
    "w": "$string(($weekday({}) + 1) % 7)",
    "A": f"{literal(_DAYS)}[$weekday({{}})]",
    "a": f"{literal([day[:3] for day in _DAYS])}[$weekday({{}})]",
    "B": f"{literal(_MONTHS)}[$number($substring({{}}, 5, 2)) - 1]",
    "b": f"{literal([month[:3] for month in _MONTHS])}[$number($substring({{}}, 5, 2)) - 1]",
    "I": "$pad($string(($number($substring({}, 11, 2)) + 11) % 12 + 1), -2, '0')",
    "-I": "$string(($number($substring({}, 11, 2)) + 11) % 12 + 1)",
    "p": "($substring({}, 11, 2) < '12' ? 'AM' : 'PM')",
    **{
        f"-{name}": f"$string($number($substring({{}}, {start}, {end - start})))"
        for name, (start, end) in _SLICES.items()
        if name in "mdHMS"
    },
}
_ZONES = {"z": "+0000", "Z": "UTC"}
_STRFTIME = re.compile(r"%(-?.)|([^%]+)", re.DOTALL)


def strftime(value: Computed, pattern: str) -> Operand:
    """Return a date or datetime as ``strftime`` writes it. Raises Refusal for other directives."""
    return _assembled(moment_atom(value), _pieces_of_strftime(value.kind, pattern), value.exists)


#: A piece of a format: the end points of a slice of the moment's text, JSONata over ``{}``, or a literal.
_Piece = tuple[int, int] | str | Constant


def _pieces_of_strftime(kind: Kind, pattern: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    for match in _STRFTIME.finditer(pattern):
        if match.start() != position:
            break
        position = match.end()
        name = match[1]
        if name is None:
            pieces.append(Constant(match[2]))
        elif name in _SLICES:
            pieces.append(_SLICES[name])
        elif name in _DIRECTIVES:
            pieces.append(_DIRECTIVES[name])
        elif name in _ZONES:
            pieces.append(Constant(_ZONES[name] if kind in (Kind.MOMENT, Kind.AWARE) else ""))
        elif name == "%":
            pieces.append(Constant("%"))
        else:
            raise Refusal(
                f"the directive %{name} of strftime is not converted", "use %Y %m %d %H %M %S %j %A %B"
            )
    if position != len(pattern):
        raise Refusal(f"the format {pattern!r} ends in %", "write %% for a percent sign")
    return pieces


_PENDULUM = re.compile(
    r"\[([^\[]*)\]|\\(.)|(Mo|MM?M?M?|Do|DDDo|DD?D?D?|ddd?d?|do?|eo?|E{1,4}|w[o|w]?|W[o|W]?|Qo?|YYYY|YY|Y"
    r"|gg(?:ggg?)?|GG(?:GGG?)?|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|LTS|LT|LL?L?L?)"
)
"""Pendulum's tokens, the longest first (pendulum.formatting.formatter)."""

_TOKENS: Mapping[str, str] = {
    "YYYY": "Y", "YY": "y", "MM": "m", "M": "-m", "DD": "d", "D": "-d", "DDDD": "j", "HH": "H", "H": "-H",
    "hh": "I", "h": "-I", "mm": "M", "m": "-M", "ss": "S", "s": "-S", "A": "p", "dddd": "A", "ddd": "a",
    "MMMM": "B", "MMM": "b", "SSSSSS": "f", "E": "u", "ZZ": "z",
}  # fmt: skip
_OTHER_TOKENS = {
    "SSS": "$substring($micros({}), 0, 3)",
    "Q": "$string($ceil($number($substring({}, 5, 2)) / 3))",
    "DDD": "$string($year_day({}))",
    "X": "$string($toMillis($substring({}, 0, 19) & 'Z') / 1000)",
    "Z": "'+00:00'",
    "z": "'UTC'",
    "zz": "'UTC'",
}


def pendulum_format(value: Computed, pattern: str) -> Operand:
    """Return a moment as pendulum's ``format`` writes it. Raises Refusal for rare tokens."""
    pieces: list[_Piece] = []
    position = 0
    for match in _PENDULUM.finditer(pattern):
        pieces.append(Constant(pattern[position : match.start()]))
        position = match.end()
        token = match[3]
        if token is None:
            pieces.append(Constant(match[1] if match[1] is not None else match[2]))
        elif token in _TOKENS:
            pieces += _pieces_of_strftime(value.kind, f"%{_TOKENS[token]}")
        elif token in _OTHER_TOKENS:
            pieces.append(_OTHER_TOKENS[token])
        else:
            raise Refusal(f"the token {token} of .format() is not converted", "use YYYY MM DD HH mm ss")
    pieces.append(Constant(pattern[position:]))
    return _assembled(value.text, pieces, value.exists)


def _assembled(moment: str, pieces: list[_Piece], exists: str | None) -> Operand:
    pieces = _merged(pieces)
    computing = [piece for piece in pieces if not isinstance(piece, Constant)]
    # A moment that is computed is computed once.
    bound = "$d" if len(computing) > 1 and moment.count("(") > 1 else moment
    text = concatenation(
        piece if isinstance(piece, Constant) else Computed(Kind.TEXT, _jsonata(piece, bound))
        for piece in pieces
    )
    if isinstance(text, Constant):
        return text
    text = computed(text)
    kind = Kind.DATE_TEXT if pieces == [(0, 10)] else Kind.TEXT
    if bound != moment:
        return Computed(kind, f"($d := {moment}; {chained('&', text.pieces or (text.text,))})", exists)
    return Computed(kind, text.text, exists, pieces=text.pieces)


def _merged(pieces: list[_Piece]) -> list[_Piece]:
    """Return the pieces with neighbouring slices, and what stands between them anyway, as one slice."""
    merged: list[_Piece] = []
    for piece in pieces:
        if piece == Constant(""):
            continue
        if isinstance(piece, tuple):
            between = merged[-1].value if merged and isinstance(merged[-1], Constant) else ""
            before = merged[-2:-1] if between else merged[-1:]
            if before and isinstance(before[0], tuple) and _stand_between(before[0], piece, between):
                merged[-2 if between else -1 :] = [(before[0][0], piece[1])]
                continue
        if isinstance(piece, Constant) and merged and isinstance(merged[-1], Constant):
            merged[-1] = Constant(merged[-1].value + piece.value)
        else:
            merged.append(piece)
    return merged


def _stand_between(first: tuple[int, int], second: tuple[int, int], text: str) -> bool:
    return first[1] <= second[0] and _LAYOUT[first[1] : second[0]] == text


def _jsonata(piece: tuple[int, int] | str, moment: str) -> str:
    if isinstance(piece, tuple):
        return f"$substring({moment}, {piece[0]}, {piece[1] - piece[0]})"
    return piece.format(moment)


#: Directives of strptime: the regular expressions of Python's _strptime, and the place in ``$parsed``.
_PARSED = {
    "Y": (r"\d\d\d\d", 0),
    "m": ("1[0-2]|0[1-9]|[1-9]", 1),
    "d": (r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]", 2),
    "H": (r"2[0-3]|[0-1]\d|\d", 3),
    "M": (r"[0-5]\d|\d", 4),
    "S": (r"6[0-1]|[0-5]\d|\d", 5),
}


def strptime(text: Operand, pattern: str) -> Computed:
    """Return the datetime that ``strptime`` reads from a text. Raises Refusal for other directives."""
    given = string_atom(text, "a date that is read")
    if isinstance(text, Computed) and text.kind is Kind.DATE_TEXT and pattern == "%Y-%m-%d":
        return Computed(Kind.PLAIN, f"({given} & 'T00:00:00')")
    expression, places = "", [-1] * 6
    for match in _STRFTIME.finditer(pattern):
        if match[2] is not None:
            expression += r"\s+".join(map(pattern_of, re.split(r"\s+", match[2])))
        elif match[1] == "%":
            expression += "%"
        elif match[1] in _PARSED and places[_PARSED[match[1]][1]] < 0:
            digits, place = _PARSED[match[1]]
            places[place] = sum(known >= 0 for known in places)
            expression += f"({digits})"
        else:
            raise Refusal(f"a date is read with %{match[1]}", "use each of %Y %m %d %H %M %S at most once")
    groups = f"$match({given}, /^{expression}{END}/i).groups"
    return Computed(Kind.PLAIN, f"$parsed({given}, {groups}, {literal(places)})")
