"""Notes and script headers → fields, sections, checks, and what they declare.

Every header shape is read: bold lines (``**Date:** x`` and ``**Date**: x``), a *Field | Value*
table, ``## Version`` headings, YAML front matter, and ``-- Name: value`` comments at the top of a
script. Bold lines are the native form; the others are what projects already have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core import foreign
from migdocs.core.errors import InputError
from migdocs.core.markup import markdown
from migdocs.core.model import Check, Declared, Field, Notes, Section
from migdocs.core.notes import derived

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import yaml

_TITLE_PREFIX = re.compile(r"^(migration|rollback)\s*:\s*", re.IGNORECASE)
_SCRIPT_FIELD = re.compile(r"--\s*(?P<name>[A-Z][A-Za-z ]{1,30}?)\s*:\s*(?P<value>\S.*)?$")
_YAML_WORDS = {"true": "Yes", "false": "No", "null": "", "~": ""}
_YES = {"yes", "true", "y", "✅"}
_NO = {"no", "false", "none", "not", "n", "❌"}
# `Yes / No` is a choice that was not made; the others say that nobody knows.
_UNSAID = re.compile(
    r"yes\s*/\s*no|n\s*/\s*a\b|not (?:yet|known|said|sure|decided|applicable)|unknown|tbd"
)
_NOTHING = {"none", "n", "na", "no", "nothing"}
_MIGRATION_NAME = re.compile(r"\w[\w.-]*")
_VERSION = re.compile(r"\D{0,2}?(?P<version>[vV]?\d+(?:\.\w+)+(?:[-+][\w.+-]*\w)?|[vV]\d+$)")
# The end of a file's name.
_FILE = re.compile(r"\.(?:sql|md|go|py|rb|js|ts|java|up|down)$", re.IGNORECASE)

# The headings, in lower case, above queries that prove a migration.
PROOF_HEADINGS = ("verification", "what to check")

# What we ask for → the names that people give it, lower-cased.
ALIASES: dict[str, tuple[str, ...]] = {
    "title": ("migration", "title"),
    "description": ("description", "summary"),
    "date": ("date", "date applied", "created"),
    "version": ("version", "app version", "release", "target version"),
    "type": ("type",),
    "breaking": ("breaking", "breaking change", "is this breaking?"),
    "reversible": ("reversible", "rollback available"),
    "downtime": ("downtime", "downtime required", "application downtime"),
    "duration": ("duration", "migration time", "expected migration time", "time required"),
    "forward_compatible": ("forward compatible",),
    "dependencies": ("dependencies", "depends on", "requires"),
}
_CANONICAL = {alias: key for key, aliases in ALIASES.items() for alias in aliases}


def parse(path: str, text: str) -> Notes:
    """Read notes.

    Raises:
        InputError: the front matter is not YAML, is no mapping, or is never closed.
    """
    marked = normalise(text)
    text = derived.without(marked)
    front, body, first = _front_matter(path, text)
    sections = markdown.headings(body, first)
    title_section = _title_section(sections)
    header_end = next(
        (s.line for s in sections if s is not title_section and s.level > 1), len(body) + first
    )
    header = tuple(f for f in markdown.fields(body, first) if f.line < header_end)
    tables = _field_tables(sections)
    fields = _unique((*front, *header, *tables, *_heading_fields(sections)))
    title = _TITLE_PREFIX.sub("", markdown.plain(title_section.heading)) if title_section else ""
    checks = tuple(
        Check(fence.text, fence.line)
        for section in sections
        if section.heading.lower().startswith(PROOF_HEADINGS)
        for fence in markdown.fences(section.text, section.line + 1)
        if fence.language in {"sql", "postgresql", "pgsql"}
    )
    return Notes(path, title, fields, sections, checks, text, derived.lines(marked))


def declared(notes: Notes | None, script: str | None) -> Declared:
    """Give what notes and a script's leading comment claim; notes win where both speak.

    What ``fill`` has derived claims nothing: the SQL says it again, as it is now.
    """
    values: dict[str, str] = {}
    if script:
        values.update(_known(script_fields(script)))
    if notes:
        details = (f for s in notes.sections for f in markdown.fields(s.text, s.line + 1))
        every = (*reversed(tuple(details)), *reversed(notes.fields))
        values.update(_known(f for f in every if f.line not in notes.derived))
        values.setdefault("description", _overview(notes))
        required = section(notes, *ALIASES["dependencies"])
        values.setdefault("dependencies", required.text if required else "")
        if notes.title:
            values["title"] = notes.title
    if not values:
        return Declared()
    return Declared(
        title=values.get("title") or None,
        description=values.get("description") or None,
        date=_date(values.get("date")),
        version=version_in(values.get("version")),
        type=markdown.plain(values["type"]) if values.get("type") else None,
        breaking=yes_no(values.get("breaking")),
        reversible=yes_no(values.get("reversible")),
        downtime=values.get("downtime") or None,
        duration=values.get("duration") or None,
        forward_compatible=yes_no(values.get("forward_compatible")),
        dependencies=_names(values.get("dependencies", "")),
    )


def script_fields(text: str) -> tuple[Field, ...]:
    """Read the ``-- Name: value`` lines of a script's leading comment; indented lines go on."""
    found: list[Field] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("--"):
            break
        match = _SCRIPT_FIELD.match(stripped)
        if match:
            found.append(Field(match["name"], (match["value"] or "").strip(), number))
        elif found and re.match(r"--\s{3,}\S", stripped):
            last = found[-1]
            more = f"{last.value} {stripped.lstrip('- ')}".strip()
            found[-1] = Field(last.name, more, last.line)
        elif not stripped:
            if found:
                break
        elif not re.match(r"--\s*[-=]*$", stripped) and found:
            break
    return tuple(found)


def value(fields: Iterable[Field], name: str) -> Field | None:
    """Give the field of that name or of a name that means the same; None where there is none."""
    wanted = canonical(name)
    return next((f for f in fields if canonical(f.name) == wanted), None)


def canonical(name: str) -> str:
    """Give the one name for all that mean the same: *App Version* is ``version``."""
    return _CANONICAL.get(name.lower(), name.lower())


def section(notes: Notes | None, *headings: str) -> Section | None:
    """Give the first section whose heading is one of these, in whatever case."""
    wanted = {heading.lower() for heading in headings}
    sections = notes.sections if notes else ()
    return next((s for s in sections if s.heading.lower() in wanted), None)


def yes_no(text: str | None) -> bool | None:
    """Read ``Yes``, ``No (because …)``, ``❌ No`` and the like; None where neither is said."""
    said = markdown.plain(text or "").lower()
    match = re.search(r"\w+|✅|❌", said)
    if match is None or _UNSAID.match(said, match.start()):
        return None
    return True if match[0] in _YES else False if match[0] in _NO else None


def version_in(text: str | None) -> str | None:
    """Give the version that a value begins with; None where it does not.

    It has a number and a dot in it (``1.2``), or a letter before it (``v2``): a migration's own
    name is none, nor is a file's (``1.2.0_users``, ``1.2.0.sql``).
    """
    word = markdown.plain(text or "").split(" ", maxsplit=1)[0]
    match = _VERSION.match(word)
    is_file = "_" in word or "/" in word or _FILE.search(word)
    return match["version"] if match and not is_file else None


def normalise(text: str) -> str:
    r"""Take the byte-order mark away and make every line end ``\n``."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _front_matter(path: str, text: str) -> tuple[tuple[Field, ...], str, int]:
    """Split YAML front matter off: its fields, the rest, and the line the rest begins at."""
    match = markdown.front_matter(text)
    if match:
        first = text.count("\n", 0, match.end()) + 1
        return tuple(_yaml_fields(path, match["yaml"])), text[match.end() :], first
    if markdown.opens_front_matter(text):
        raise InputError(
            "the front matter that begins here is never closed",
            path=path,
            line=1,
            hint="end it with a line of '---'.",
        )
    return (), text, 1


def _yaml_fields(path: str, text: str) -> Iterator[Field]:
    """Read front matter, each value as it was typed: a version ``1.10`` is no number."""
    hint = "write one 'name: value' a line; quote values that hold ': ' or a special character."
    try:
        mapping = foreign.tree(text, path, hint, first=2)
    except InputError as error:
        raise InputError(
            f"the front matter {error.message}", path=path, line=error.line, hint=hint
        ) from None
    if mapping is None or not mapping.tag.endswith(":map"):
        problem = "the front matter is not YAML: it is not a list of 'name: value'"
        raise InputError(problem, path=path, line=2, hint=hint)
    for name, value in mapping.value:
        yield Field(_yaml_text(name), _yaml_text(value), 2 + name.start_mark.line)


def _yaml_text(node: yaml.Node, depth: int = 0) -> str:
    """Write a YAML value as a person would in a bold field; what is nested deeper is left out."""
    if isinstance(node.value, str):
        words = " ".join(node.value.split())
        return words if getattr(node, "style", None) else _YAML_WORDS.get(words.lower(), words)
    if depth > 1:
        return "…"
    parts = (part if isinstance(part, tuple) else (part,) for part in node.value)
    return ", ".join(": ".join(_yaml_text(n, depth + 1) for n in part) for part in parts)


def _title_section(sections: tuple[Section, ...]) -> Section | None:
    """Give the heading that names the migration.

    A ``## Migration: …`` heading counts before a general first heading (``# Migration Template``).
    """
    named = next((s for s in sections if s.level <= 2 and _TITLE_PREFIX.match(s.heading)), None)  # noqa: PLR2004
    return named or next((s for s in sections if s.level == 1), None)


def _field_tables(sections: tuple[Section, ...]) -> tuple[Field, ...]:
    """Give the rows of *Field | Value* tables under ``## Details`` and the like."""
    return tuple(
        f
        for s in sections
        if s.level == 2  # noqa: PLR2004 - a header of its own, below the title
        if s.text.lstrip().lower().startswith(("| field", "|field", "| property"))
        for f in markdown.fields(s.text, s.line + 1)
    )


def _heading_fields(sections: tuple[Section, ...]) -> tuple[Field, ...]:
    """Read ``## Version`` followed by one line as a field."""
    names = {alias for aliases in ALIASES.values() for alias in aliases} - {
        "description",
        "summary",
        "migration",
    }
    return tuple(
        Field(s.heading, markdown.plain(s.text), s.line)
        for s in sections
        if s.heading.lower() in names and s.text.strip() and "\n" not in s.text.strip()
    )


def _unique(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Keep the first of each name: the nearer to the top, the more it was meant."""
    kept: dict[str, Field] = {}
    for item in fields:
        kept.setdefault(item.name.lower(), item)
    return tuple(kept.values())


def _known(fields: Iterable[Field]) -> dict[str, str]:
    """Map the fields that we ask for to their values; later ones win."""
    return {canonical(f.name): f.value for f in fields if canonical(f.name) in ALIASES}


def _overview(notes: Notes) -> str:
    """Give the first paragraph that says what the migration is for."""
    found = section(notes, "overview", "description", "summary", "purpose", "why")
    return markdown.first_paragraph(found.text) if found else ""


def _date(text: str | None) -> str | None:
    """Find an ISO date in a value."""
    match = re.search(r"\d{4}-\d{2}-\d{2}", text or "")
    return match[0] if match else None


def _names(text: str) -> tuple[str, ...]:
    """Split a list of migration ids: in backticks, or separated by commas or as a list's items."""
    quoted = re.findall(r"`([^`]+)`", text)
    parts = quoted or re.split(r"[,\n]", markdown.plain(text))
    names = (_MIGRATION_NAME.match(part.lstrip(" -+\t")) for part in parts)
    bare = (re.sub(r"(?:_rollback)?\.(?:sql|md)$", "", name[0]) for name in names if name)
    return tuple(name for name in bare if name.lower() not in _NOTHING)
