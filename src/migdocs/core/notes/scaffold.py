"""A name, a date and TEMPLATE.md → a new migration's texts."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import notes
from migdocs.core.acronyms import spelled as spelled_title
from migdocs.core.draft.triple import Content
from migdocs.core.errors import UsageError
from migdocs.core.markup import markdown
from migdocs.core.markup.escape import one_line
from migdocs.core.notes.template import refused
from migdocs.core.sql.execution import execution
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.notes.template import Template, TemplateField


class Draft(Struct, frozen=True):
    """A new migration's texts, before a layout lays them into files."""

    forward: str
    rollback: str
    notes: str


def name(words: str) -> str:
    """Make a migration's name of what was typed: ``Add user locale`` is ``add_user_locale``.

    Accents go, and so does everything else that a file's name had better not hold.

    Raises:
        UsageError: nothing is left that can stand in a file's name.
    """
    latin = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", latin.lower()).strip("_")
    if not made:
        raise UsageError(
            f"'{one_line(words)}' gives no name for a file",
            hint="use letters and digits: add_user_locale.",
        )
    return made


def title(words: str, acronyms: Iterable[str] = ()) -> str:
    """Make a migration's title of what was typed: ``add_user_locale`` is ``Add user locale``.

    Args:
        words: as typed; capitals in it are the author's own choice.
        acronyms: of the project's own, which keep their case.
    """
    line = one_line(words)
    said = line if " " in line else re.sub(r"[_-]+", " ", line).strip()
    return spelled_title(said, acronyms) if said.islower() else said[:1].upper() + said[1:]


class New(Struct, frozen=True):
    """A migration that is to be written.

    Attributes:
        title: in words, for headings.
        date: ``YYYY-MM-DD``.
    """

    id: str
    title: str
    date: str


def draft(
    template: Template, new: New, fields: Mapping[str, str], known: Content | None = None
) -> Draft:
    """Fill the template's header and skeletons for a new migration.

    Args:
        template: TEMPLATE.md.
        new: the migration.
        fields: header values that were given, by the template's names.
        known: what the SQL has said already; what was given goes before it.
    """
    known, id_, title = known or Content(), new.id, new.title
    given = {notes.canonical(name): one_line(value) for name, value in fields.items()}
    values = {"date": new.date, "migration id": id_} | _allowed(template, known.fields) | given
    words = {"YYYY-MM-DD": new.date, "[id]": id_, _title_placeholder(template): title}
    forward = _script(template.forward or _SKELETON, values, words, id_)
    back = words | (_undoing(template, title) if known.rollback else {})
    rollback = _script(template.rollback or _SKELETON, values, back, id_)
    text = _with_fields(_notes(template, values, words, id_), template, fields)
    return Draft(
        framed(forward, known.forward) if known.forward else forward,
        framed(rollback, known.rollback) if known.rollback else rollback,
        _told(text, known),
    )


def rollback_skeleton(template: Template, new: New) -> str:
    """Give the script that a drafted rollback is put into, where there is none yet."""
    drafted = draft(template, new, {}, Content(rollback=_ROOM_FOR)).rollback
    return drafted.replace(_ROOM_FOR, "-- [rollback]")


def _undoing(template: Template, title: str) -> dict[str, str]:
    """Say what a drafted rollback is for, in place of the template's words in its header."""
    fields = notes.script_fields(template.rollback)
    asked = (f.value for f in fields if notes.canonical(f.name) == "description")
    return {value: f"Undo: {title}" for value in asked if value.startswith("[")}


def _allowed(template: Template, fields: Mapping[str, str]) -> dict[str, str]:
    """Give the values that the template has a field for, and allows."""
    return {
        name: value for name, value in fields.items() if not any(refused(template, {name: value}))
    }


def framed(skeleton: str, sql: str) -> str:
    """Put SQL where the skeleton leaves room; below its header where the frame does not fit.

    The room is the last comment in brackets: ``-- [What changes]``. What has transactions of its
    own, or none, does not go between the skeleton's BEGIN and COMMIT.
    """
    lines = skeleton.rstrip("\n").split("\n")
    head = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    rooms = [i for i, line in enumerate(lines) if i >= head and _ROOM.match(line)]
    statements = split(sql)
    decided = execution(statements)
    own = decided.mode != "transaction" or len(decided.statements) < sum(
        statement.kind != "blank" for statement in statements
    )
    text = sql.strip("\n")
    if rooms and not own:
        lines[rooms[-1] : rooms[-1] + 1] = text.split("\n")
        return "\n".join((*lines, ""))
    return "\n".join((*lines[:head], "", text, ""))


def _told(text: str, known: Content) -> str:
    """Replace the sections and the labelled lines whose content is known."""
    lines = text.split("\n")
    sections = [s for s in markdown.headings(text) if s.level == 2]  # noqa: PLR2004 - `## Changes`
    for section in reversed(sections):
        told = known.sections.get(section.heading.lower())
        if told is not None:
            lines[section.line : _end(lines, section.line)] = ["", *told.split("\n"), ""]
        elif section.heading.lower() == "impact" and known.labels:
            end = _end(lines, section.line)
            lines[section.line : end] = _labelled(lines[section.line : end], known.labels)
    return "\n".join(lines)


def _end(lines: list[str], start: int) -> int:
    """Give the index of the heading that ends a section of the second level."""
    later = range(start, len(lines))
    return next((i for i in later if re.match(r"#{1,2} ", lines[i])), len(lines))


def _labelled(lines: list[str], labels: Mapping[str, str]) -> list[str]:
    """Fill the lines whose label is known; write all of them where the section has none."""
    filled, found = [], False
    for line in lines:
        match = _LABEL.match(line)
        told = labels.get(match["label"].lower()) if match else None
        found = found or told is not None
        filled.append(f"{match['start']} {told}" if match and told is not None else line)
    if found:
        return filled
    return ["", *(f"- **{label.capitalize()}:** {told}" for label, told in labels.items()), ""]


_ROOM_FOR = "-- what undoes it"
_ROOM = re.compile(r"\s*--\s*\[")
_LABEL = re.compile(r"(?P<start>[-*] \*\*(?P<label>[^*]+?):\*\*)")
_SKELETON = "-- Migration: [id]\n-- Date: YYYY-MM-DD\n-- Description: [Short description]\n\n"
_TITLE = re.compile(r"^#{1,2} Migration:[ \t]*(?P<placeholder>.*\S)", re.MULTILINE)
_VERSION_PLACEHOLDER = re.compile(r"v?X[.]X[.]X")


def _title_placeholder(template: Template) -> str:
    """Give what the template has in place of a title."""
    found = _TITLE.search(template.text)
    return found["placeholder"] if found else "[Short description]"


def _filled(text: str, words: Mapping[str, str], id_: str) -> str:
    """Replace the placeholders whose values are known; the others stay for the author."""
    for placeholder, value in words.items():
        literal = value.replace("\\", r"\\")
        text = re.sub(re.escape(placeholder), literal, text, flags=re.IGNORECASE)
    return re.sub(r"YYYYMMDD(?:_HHMMSS)?_\w+", id_, text)


def _script(skeleton: str, values: Mapping[str, str], words: Mapping[str, str], id_: str) -> str:
    """Fill a script's skeleton: its header where it holds placeholders, and what is known."""
    bare = {placeholder.strip("[]").lower(): value for placeholder, value in words.items()}
    lines = skeleton.split("\n")
    for field in notes.script_fields(skeleton):
        known = bare.get(field.value.strip("[]").lower(), "")
        if _VERSION_PLACEHOLDER.fullmatch(field.value):
            known = values.get(notes.canonical(field.name), "")
        if known:
            lines[field.line - 1] = lines[field.line - 1].replace(field.value, known)
    return _filled("\n".join(lines), words, id_)


def _notes(
    template: Template, values: Mapping[str, str], words: Mapping[str, str], id_: str
) -> str:
    """Give the template's text without its script skeletons, its header filled where known."""
    lines = template.text.split("\n")
    for field in template.fields:
        value = values.get(notes.canonical(field.name))
        if value:
            fill_field(lines, field, spelled(field, value))
    text = "\n".join(line for line in lines if not re.match(r"\s*<!-- optional -->", line))
    front = markdown.front_matter(text)
    head, body = (front[0], text[front.end() :]) if front else ("", text)
    body = _without_scripts(body)
    # A template may explain itself above the heading that notes begin with.
    found = _TITLE.search(body)
    body = re.sub(r"\A## ", "# ", body[found.start() :]) if found else body
    return _filled(head + body, words, id_)


def _with_fields(text: str, template: Template, fields: Mapping[str, str]) -> str:
    """Put the fields that were given below the title, where the template has no header."""
    given = () if template.fields else fields.items()
    more = [f"**{one_line(name)}:** {one_line(value)}  " for name, value in given]
    lines = text.split("\n")
    title = next((i for i, line in enumerate(lines) if line.startswith("# ")), -1)
    return "\n".join((*lines[: title + 1], "", *more, *lines[title + 1 :])) if more else text


def spelled(field: TemplateField, value: str) -> str:
    """Spell a value as the template's choice does: ``no`` is ``No``."""
    return next((choice for choice in field.choices if choice.lower() == value.lower()), value)


def fill_field(lines: list[str], field: TemplateField, value: str) -> None:
    """Put a value where the template has the field, in whatever shape its header is."""
    index = field.line - 1
    line = lines[index]
    bold = re.match(
        r"(?P<name>[^*\n]*+(?:\*(?!\*)[^*\n]*+|(?!))*+\*\*[^*]++\*\*(?:[ \t]*:)?)", line
    )
    if line.lstrip().startswith("|"):
        lines[index] = f"| {field.name} | {value.replace('|', chr(92) + '|')} |"
    elif line.lstrip().startswith("#"):
        below = next((i for i in range(index + 1, len(lines)) if lines[i].strip()), index)
        lines[below] = value
    elif bold:
        end = line[max(bold.end(), len(line.rstrip(" \t"))) :]
        lines[index] = f"{bold['name']} {value}{end}"
    else:
        lines[index] = f"{line.partition(':')[0]}: {_yaml(value)}"


def _yaml(value: str) -> str:
    """Write a value as YAML reads it: quoted where a mark could mean something."""
    return value if re.fullmatch(r"[\w][\w .,/+-]*", value) else json.dumps(value)


def _without_scripts(text: str) -> str:
    """Cut the section that holds the scripts' skeletons."""
    for section in markdown.headings(text):
        inner = {part.heading.lower().split(" ")[0] for part in markdown.headings(section.text)}
        if section.level == 2 and {"forward", "rollback"} <= inner and "```sql" in section.text:  # noqa: PLR2004
            lines = text.split("\n")
            start = section.line - 1
            end = next(
                (
                    other.line - 1
                    for other in markdown.headings(text)
                    if other.line > section.line and other.level <= section.level
                ),
                len(lines),
            )
            return "\n".join((*lines[:start], *lines[end:])).rstrip("\n") + "\n"
    return text
