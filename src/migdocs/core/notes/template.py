"""TEMPLATE.md → what a migration's notes must have: the contract belongs to the user.

Its header fields say which fields exist and, where several values stand between `` / ``, which are
allowed. Its headings say which sections notes have; ``<!-- optional -->`` below a heading makes one
optional. Its fenced ``sql`` blocks under *Forward* and *Rollback* are the scripts' skeletons.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import notes
from migdocs.core.errors import UsageError
from migdocs.core.markup import markdown
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migdocs.core.model import Migration, Notes

# `[Short description]` is to be replaced; `[a link](x.md)` and `[ ]` of a task list are not.
_INDEXES = re.compile(r"[\w\])\"]$")
_BRACKETS = re.compile(r"\[(?![^A-Za-z\]\[\n]*+\])[^\]\[\n]*+\](?![(\[:])")
_PATTERN_WORDS = re.compile(r"YYYY[-_]?MM[-_]?DD(?:_HHMMSS)?|\bv?X\.X\.X\b|#XXX\b")
# What notes may declare where the template asks for no field at all.
DECLARED = frozenset(notes.ALIASES) - {"title", "description"}
_DIRECTIONS = {"forward", "rollback"}
_OPTIONAL = re.compile(r"\A\s*<!--\s*optional\b", re.IGNORECASE)


class TemplateField(Struct, frozen=True):
    """A header field.

    Attributes:
        placeholder: what stands in for the value, empty where nothing does.
        choices: the values that are allowed, empty where any will do.
        line: where the template has it.
    """

    name: str
    placeholder: str
    choices: tuple[str, ...] = ()
    line: int = 0


class TemplateSection(Struct, frozen=True):
    """A section that notes have.

    Attributes:
        text: the template's own words, which notes replace.
    """

    heading: str
    text: str
    required: bool = True


class Template(Struct, frozen=True):
    """What TEMPLATE.md asks for.

    Attributes:
        placeholders: the words that must not survive into notes.
        forward: the skeleton of the forward script, empty where the template has none.
        rollback: of the rollback.
    """

    path: str
    text: str
    fields: tuple[TemplateField, ...] = ()
    sections: tuple[TemplateSection, ...] = ()
    placeholders: frozenset[str] = frozenset()
    forward: str = ""
    rollback: str = ""


def parse(path: str, text: str) -> Template:
    """Read a template."""
    read = notes.parse(path, text)
    skeletons = _skeletons(read)
    return Template(
        path,
        read.text,
        fields=tuple(
            TemplateField(f.name, f.value, _choices(f.value), f.line) for f in read.fields
        ),
        sections=tuple(_sections(read)),
        placeholders=frozenset(_BRACKETS.findall(read.text))
        | frozenset(_PATTERN_WORDS.findall(read.text)),
        forward=skeletons.get("forward", ""),
        rollback=skeletons.get("rollback", ""),
    )


def check(written: Notes, template: Template) -> Iterator[Finding]:
    """Yield where notes fall short of the template: fields, values, sections, placeholders."""
    yield from _missing_fields(written, template)
    yield from _wrong_values(written, template)
    yield from _missing_sections(written, template)
    yield from _left_placeholders(written, template)


def check_scripts(migration: Migration, template: Template) -> Iterator[Finding]:
    """Yield the lines of scripts that still hold the placeholder words of their skeletons."""
    skeletons = f"{template.forward}\n{template.rollback}".lower()
    for script in dict.fromkeys((migration.forward, migration.rollback)):
        lines = script.text.split("\n") if script else ()
        for number, line in enumerate(lines, script.line if script else 1):
            remark = line.lstrip().startswith("--")
            left = _left(line, template, code=not remark)
            # Generators write remarks of their own: only a skeleton's line is left over.
            if script and left and not (remark and _begins(line, left) not in skeletons):
                yield _placeholder("script-placeholder", script.path, number, left)


def _begins(line: str, placeholder: str) -> str:
    """Give a line up to its placeholder and with it, as it is compared."""
    return line[: line.index(placeholder) + len(placeholder)].strip().lower()


def refused(template: Template, values: Mapping[str, str]) -> Iterator[UsageError]:
    """Yield an error for each value that the template has no such field for, or does not allow."""
    known = {notes.canonical(f.name): f for f in template.fields}
    for name, value in values.items():
        field = known.get(notes.canonical(name))
        if not known and notes.canonical(name) in DECLARED:
            continue
        if field is None:
            names = ", ".join(f.name for f in template.fields)
            yield UsageError(f"{template.path} has no field '{name}'", hint=f"it has: {names}.")
        elif not _allows(field, value):
            yield UsageError(
                f"{field.name} is '{value}', which {template.path} does not allow",
                hint=f"give one of: {', '.join(field.choices)}.",
            )


def _choices(value: str) -> tuple[str, ...]:
    """Split ``Yes / No`` into its values; dates and free text give none."""
    if value.startswith("["):
        return ()  # `[how long / on how many rows]` describes a value
    parts = tuple(part.strip() for part in value.split(" / "))
    return parts if len(parts) > 1 else ()


def _skeletons(read: Notes) -> dict[str, str]:
    """Find the SQL blocks below headings that begin with *Forward* or *Rollback*."""
    found: dict[str, str] = {}
    for section in read.sections:
        direction = section.heading.lower().split(" ")[0]
        blocks = [b.text for b in markdown.fences(section.text) if b.language == "sql"]
        if direction in _DIRECTIONS and blocks and "\n#" not in section.text.split("```")[0]:
            found.setdefault(direction, blocks[0].strip("\n") + "\n")
    return found


def _sections(read: Notes) -> Iterator[TemplateSection]:
    """Yield the second-level sections, without the one that holds the scripts' skeletons."""
    titles = {s.line for s in read.sections if s.heading.lower().startswith("migration:")}
    for section in read.sections:
        holds_scripts = any(
            inner.heading.lower().split(" ")[0] in _DIRECTIONS and "```sql" in inner.text
            for inner in markdown.headings(section.text)
        )
        if section.level == 2 and section.line not in titles and not holds_scripts:  # noqa: PLR2004
            yield TemplateSection(
                section.heading, section.text, required=not _OPTIONAL.match(section.text)
            )


def _missing_fields(written: Notes, template: Template) -> Iterator[Finding]:
    """Yield one finding for all header fields that are missing or empty."""
    missing = [
        wanted.name
        for wanted in template.fields
        if not ((have := notes.value(written.fields, wanted.name)) and have.value)
    ]
    if missing:
        yield Finding(
            "notes-field-missing",
            "warning",
            f"the header lacks {_listed(missing)}",
            written.path,
            1,
            f"add '**{missing[0]}:** …' below the title, as {template.path} has it.",
        )


def _wrong_values(written: Notes, template: Template) -> Iterator[Finding]:
    """Yield the header values that are not among the template's choices."""
    for wanted in template.fields:
        have = notes.value(written.fields, wanted.name)
        if not (wanted.choices and have and have.value):
            continue
        if have.value != wanted.placeholder and not _allows(wanted, have.value):
            said = markdown.plain(have.value)
            yield Finding(
                "notes-value",
                "error",
                f"{wanted.name} is '{said}', which {template.path} does not allow",
                written.path,
                have.line,
                f"write one of: {', '.join(wanted.choices)}.",
            )


def _allows(field: TemplateField, value: str) -> bool:
    """Tell whether a value is among a field's choices, or made of them.

    ``No (all columns have defaults)`` and ``Schema Change + Data Migration`` are fine.
    """
    allowed = {choice.lower() for choice in field.choices}
    said = markdown.plain(value).lower()
    parts = {part.strip() for part in re.split(r"\s\+\s", said.split(" (")[0])}
    return not allowed or said in allowed or parts <= allowed


def _missing_sections(written: Notes, template: Template) -> Iterator[Finding]:
    """Yield one finding for all sections that are missing, and one for each that is empty."""
    have = {s.heading.lower(): s for s in written.sections}
    missing = [s.heading for s in template.sections if s.required and s.heading.lower() not in have]
    if missing:
        yield Finding(
            "notes-section-missing",
            "warning",
            f"the sections {_listed(missing)} are missing"
            if len(missing) > 1
            else f"the section {_listed(missing)} is missing",
            written.path,
            0,
            f"add '## {missing[0]}', or mark it '<!-- optional -->' in {template.path}.",
        )
    for wanted in template.sections:
        found = have.get(wanted.heading.lower())
        if wanted.required and found and not found.text.strip("- \n"):
            yield Finding(
                "notes-section-empty",
                "warning",
                f"the section '{found.heading}' is empty",
                written.path,
                found.line,
                "say it in a sentence, if only 'None'.",
            )


def _left_placeholders(written: Notes, template: Template) -> Iterator[Finding]:
    """Yield the lines that still hold the template's placeholder words, checks included."""
    choices = {f.name.lower(): f.placeholder for f in template.fields if f.choices}
    for field in written.fields:
        if field.value and choices.get(field.name.lower()) == field.value:
            yield _placeholder("notes-placeholder", written.path, field.line, field.value)
    for line in markdown.lines(written.text):
        if line.kind in {"prose", "code"} and (
            left := _left(line.text, template, code=line.kind == "code")
        ):
            yield _placeholder("notes-placeholder", written.path, line.number, left)


def _left(line: str, template: Template, *, code: bool) -> str | None:
    """Give the first placeholder in a line; ``YYYY-MM-DD`` means something in SQL."""
    patterns = () if code else _PATTERN_WORDS.findall(line)
    # `ARRAY[id]` and `tags[id]` are SQL.
    found = (
        m[0] for m in _BRACKETS.finditer(line) if not (code and _INDEXES.search(line[: m.start()]))
    )
    return min({*found, *patterns} & template.placeholders, default=None)


def _placeholder(rule: str, path: str, line: int, word: str) -> Finding:
    """Build the finding about one placeholder."""
    return Finding(
        rule,
        "error",
        f"the template's placeholder '{word}' is still here",
        path,
        line,
        "replace it with what is true of this migration.",
    )


def _listed(names: list[str]) -> str:
    """Join names as a sentence does: ``'A', 'B' and 'C'``."""
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
