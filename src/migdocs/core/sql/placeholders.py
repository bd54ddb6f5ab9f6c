r"""Placeholders in SQL that something else fills in before PostgreSQL sees it.

Each spelling has a name, which the setting ``placeholders`` gives a value: ``{{ schema }}``,
``{{ .Schema }}``, ``${schema}``, ``:schema``, ``%(schema)s``, ``__SCHEMA__``. The last word of a
longer one is its name (``{{ index .Options "Namespace" }}`` is ``Namespace``). Any other spelling,
and any of these, can be named exactly as it is written (``@schema@``), which counts more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migdocs.core.model import Migration, Script

# Spelling → its pattern. Those of the first kind are no SQL wherever they stand outside of quotes;
# the others may be: they are placeholders only where the settings name them.
_SURE = (
    r"\{\{-?[^{}\n]*\}\}"
    r"|\{%-?[ \t]{0,4}[a-z]+\b[^%\n]*%\}"
    r"|\$\{[A-Za-z_][\w.:-]*\}"
    r"|%\([A-Za-z_]\w*\)s"
    r"|<%=?[^%\n]*%>"
)
_MAYBE = (
    r"(?<![\w:]):[A-Za-z_]\w*\b|(?<![\w:]):'[A-Za-z_]\w*'|(?<![\w:]):\"[A-Za-z_]\w*\"|\b__\w+__\b"
)
_SKIPPED = (
    r"--[^\n]*|(?<!\w)[eE]'(?:[^'\\]|\\.|''|(?!))*+'|'[^']*'"
    r"|(?P<opens>/\*|\$(?:[A-Za-z_]\w*)?\$)"
)
_OUTSIDE_OF_QUOTES = re.compile(rf"(?P<placeholder>{_SURE})|{_SKIPPED}", re.DOTALL)
_ANYWHERE = re.compile(rf"{_SURE}|{_MAYBE}")
_WORD = re.compile(r"[A-Za-z_]\w*")
# Looking for the end of what nothing ends reads the whole text: hostile text opens thousands.
_UNCLOSED_LIMIT = 10


def found(text: str) -> tuple[str, ...]:
    """Give the placeholders that stand in a script's SQL, each once, in the order they stand.

    One in a string, a body or a remark is data: an e-mail's template in an INSERT.
    """
    if not may_have(text):
        return ()
    return tuple(dict.fromkeys(name for name, _ in places(text)))


def may_have(text: str) -> bool:
    """Tell, at little cost, whether a text may have placeholders at all."""
    return any(mark in text for mark in ("{{", "{%", "${", "%(", "<%"))


def places(text: str, pattern: re.Pattern[str] = _OUTSIDE_OF_QUOTES) -> Iterator[tuple[str, int]]:
    """Yield the placeholders that stand outside of quotes and remarks, with their offsets.

    Args:
        text: of the script.
        pattern: of a tool that looks elsewhere; it names what it finds ``placeholder``, and what
            opens a part that it skips ``opens``.
    """
    position = unclosed = 0
    while match := pattern.search(text, position):
        position = match.end()
        opens = match["opens"]
        if opens and unclosed < _UNCLOSED_LIMIT:
            closes = "*/" if opens == "/*" else opens
            end = text.find(closes, position)
            unclosed += end < 0
            position = position if end < 0 else end + len(closes)
        elif match["placeholder"]:
            yield match["placeholder"], match.start()


def name_of(placeholder: str) -> str:
    """Give the name that the settings may call a placeholder: its last word.

    ``%(schema)s`` ends with a letter that is none of it.
    """
    bare = placeholder.removesuffix(")s").partition("|")[0]
    words = _WORD.findall(bare)
    return words[-1].strip("_") if words else placeholder


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values of the settings in the place of their placeholders, wherever those stand.

    Args:
        text: of a script.
        values: a placeholder as written, or its name → its value.
    """
    if not values:
        return text
    exact = [name for name in values if not _WORD.fullmatch(name)]
    for name in sorted(exact, key=len, reverse=True):
        text = text.replace(name, values[name])
    by_name = {name.lower(): value for name, value in values.items()}

    def value(match: re.Match[str]) -> str:
        whole = match[0]
        chosen = values.get(whole, by_name.get(name_of(whole).lower()))
        if chosen is None:
            return whole
        return _quoted(whole, chosen)

    return _ANYWHERE.sub(value, text)


def fill_script(script: Script | None, values: Mapping[str, str]) -> Script | None:
    """Give a script with its placeholders filled in; its hash stays that of its file."""
    if script is None or script.language != "sql" or script.stored:
        return script
    text = fill(script.text, values)
    return script if text == script.text else replace(script, text=text, own_digest=script.digest)


def fill_all(migrations: Sequence[Migration], values: Mapping[str, str]) -> tuple[Migration, ...]:
    """Give migrations with the placeholders of both scripts filled in."""
    if not values:
        return tuple(migrations)
    return tuple(
        replace(
            one,
            forward=fill_script(one.forward, values),
            rollback=fill_script(one.rollback, values),
        )
        for one in migrations
    )


def _quoted(placeholder: str, value: str) -> str:
    """Quote a value as psql does for ``:'name'`` and ``:"name"``."""
    for quote in "'\"":
        if placeholder.startswith(f":{quote}"):
            return quote + value.replace(quote, quote * 2) + quote
    return value
