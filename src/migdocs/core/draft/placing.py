"""Put a drafted rollback into a script that is empty, or renew one that was drafted before.

The draft stands between two remarks; the first holds its hash, so that a draft which a person has
changed since is known, and left alone.
"""

from __future__ import annotations

import re

from migdocs.core import notes
from migdocs.core.notes import derived, scaffold
from migdocs.core.sql.script import split

_BEGIN = re.compile(r"--[ \t]*migdocs: derived (?P<digest>[0-9a-f]{8})[ \t]*")
END = "-- migdocs: end of what is derived"
# Statements that change nothing by themselves, as skeletons have them.
_IDLE = re.compile(r"(?:BEGIN|COMMIT|START\s+TRANSACTION|SET)\b|SELECT\s+'[^']*'\Z", re.IGNORECASE)
# Header fields that say what a script is, and nothing about whether it can be undone.
_HEADER = frozenset({"title", "description", "date", "version", "rollback", "author", "owner"})
# What runners' generators write into an empty rollback.
_GENERATED = re.compile(
    r"-- Add down migration script here|-- This file should undo anything in `up\.sql`"
    r"|/\* Replace with your SQL commands \*/|-- Could not auto-generate a down migration\..*"
)


def placed(script: str, draft: str, skeletons: str) -> str | None:
    """Give a rollback script with a draft in it; None where a person has written one.

    Args:
        script: as it is, or the template's skeleton.
        draft: the statements that undo the forward script.
        skeletons: the template's, whose remarks are no person's.
    """
    block = f"-- migdocs: derived {derived.digest(draft)}\n{draft.strip()}\n{END}"
    lines = script.split("\n")
    begin = next((i for i, line in enumerate(lines) if _BEGIN.fullmatch(line.strip())), None)
    if begin is not None:
        return _renewed(lines, begin, block)
    return scaffold.framed(script, block) if is_empty(script, skeletons) else None


def is_empty(script: str, skeletons: str) -> bool:
    """Tell whether a script does nothing, and says nothing but what a skeleton says."""
    statements = [s for s in split(script) if s.kind != "blank"]
    if any(s.kind != "sql" or not _IDLE.match(s.text) for s in statements):
        return False
    asked = {notes.canonical(field.name) for field in notes.script_fields(skeletons)} | _HEADER
    fields = notes.script_fields(script)
    header = {field.line for field in fields if notes.canonical(field.name) in asked}
    own = {line.strip() for line in skeletons.split("\n")}
    return all(
        number in header or line.strip() in own or _is_bare(line.strip())
        for number, line in enumerate(script.split("\n"), 1)
    )


def _is_bare(line: str) -> bool:
    """Tell whether a line is no remark that a person has written."""
    words = line.lstrip("-= ")
    placeholder = words.startswith("[") and words.endswith("]")
    known = placeholder or _GENERATED.fullmatch(line) is not None
    return not line.startswith(("--", "/*")) or not words or known


def _renewed(lines: list[str], begin: int, block: str) -> str | None:
    """Give a script with its draft renewed; None where a person has changed the draft."""
    told = _BEGIN.fullmatch(lines[begin].strip())
    end = next((i for i in range(begin, len(lines)) if lines[i].strip() == END), None)
    if told is None or end is None:
        return None
    if derived.digest("\n".join(lines[begin + 1 : end])) != told["digest"]:
        return None
    return "\n".join((*lines[:begin], *block.split("\n"), *lines[end + 1 :]))
