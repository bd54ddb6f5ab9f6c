"""A name, a date and TEMPLATE.md → a new migration's texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core import markdown
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.template import Template

_NAME = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Draft:
    """A new migration's texts, before a layout lays them into files."""

    forward: str
    rollback: str
    notes: str


def name(words: str) -> str:
    """Make a migration's name of what was typed: ``Add user locale`` is ``add_user_locale``.

    Raises:
        UsageError: nothing is left that can stand in a file's name.
    """
    made = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    if not _NAME.fullmatch(made):
        raise UsageError(
            f"'{words}' gives no name for a file", hint="use letters and digits: add_user_locale."
        )
    return made


def draft(template: Template, id_: str, title: str, date: str, fields: Mapping[str, str]) -> Draft:
    """Fill the template's header and skeletons for a new migration.

    Args:
        template: TEMPLATE.md.
        id_: the new migration's.
        title: in words, for headings.
        date: ``YYYY-MM-DD``.
        fields: header values that are known already, by the template's names.
    """
    values = {"date": date, "migration id": id_, **{k.lower(): v for k, v in fields.items()}}
    known = {"[Short description]": title, "[Short Description]": title, "[id]": id_}
    return Draft(
        _filled(template.forward or _SKELETON, known, date, id_),
        _filled(template.rollback or _SKELETON, known, date, id_),
        _notes(template, values, known, date, id_),
    )


_SKELETON = "-- Migration: [id]\n-- Date: YYYY-MM-DD\n-- Description: [Short description]\n\n"


def _filled(text: str, known: Mapping[str, str], date: str, id_: str) -> str:
    """Replace the placeholders whose values are known; the others stay for the author."""
    for placeholder, value in known.items():
        text = text.replace(placeholder, value)
    text = text.replace("YYYY-MM-DD", date)
    return re.sub(r"YYYYMMDD(?:_HHMMSS)?_\w+", id_, text)


def _notes(
    template: Template, values: Mapping[str, str], known: Mapping[str, str], date: str, id_: str
) -> str:
    """Give the template's text without its script skeletons, its header filled where known."""
    lines = _without_scripts(template.text).split("\n")
    header = {f.name.lower(): f.placeholder for f in template.fields}
    for index, line in enumerate(lines):
        for field_name, placeholder in header.items():
            written = next(iter(markdown.fields(line)), None)
            if written and written.name.lower() == field_name and field_name in values:
                lines[index] = line.replace(placeholder, values[field_name])
    text = "\n".join(line for line in lines if not re.match(r"\s*<!-- optional -->", line))
    title = re.search(r"^#{1,2} Migration: ", text, re.MULTILINE)
    # A template may explain itself above the heading that notes begin with.
    body = text[title.start() :].replace("## Migration:", "# Migration:", 1) if title else text
    return _filled(body, known, date, id_)


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
