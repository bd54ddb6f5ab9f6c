"""Shapes that several conventions share: names with numbers, folders a migration, programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.convention import Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Strength
from migdocs.adapters.layouts.languages import ANY_LANGUAGE
from migdocs.adapters.layouts.markers import splitter
from migdocs.adapters.layouts.ordering import (
    as_text,
    by_leading_number,
    leading_number,
    number_or_nothing,
)

if TYPE_CHECKING:
    from migdocs.adapters.layouts.evidence import Manifest
    from migdocs.adapters.layouts.markers import Markers
    from migdocs.adapters.layouts.table import Tracking
    from migdocs.core.runner import Runner

# What begins with a number: 000001_users, 20240101000000-add-users.
NUMBERED = r"[0-9]+_[^/]*?"
LOOSELY_NUMBERED = r"[0-9]+[-_.][^/]*?"
TIMED = r"[0-9]{10,}[-_][^/]*?"
DIRECTORY = r"(?P<id>[0-9][^/]*)"
# Where runners that look into folders have scripts: a version, a database, what all have.
DEEPER = (
    r"(?:[vV]|[Rr]elease[-_]?)?[0-9][^/]*|common|shared|all|default|schema|ddl|dml|structure|"
    rf"{dialects.ANY}"
)
# The notes of a migration lie in its directory, beside it, or in a notes folder.
DIRECTORY_NOTES = (
    Rule("notes", rf"{DIRECTORY}/(?:(?P=id)|README|NOTES|notes)\.md"),
    Rule("notes", rf"(?:notes/)?{DIRECTORY}\.md"),
)


def both(stem: str = LOOSELY_NUMBERED) -> Rule:
    """Give the rule for one SQL file that holds both ways."""
    return Rule("both", rf"(?P<id>{stem})(?<!\.up)(?<!\.down)\.sql")


def notes(stem: str = LOOSELY_NUMBERED) -> Rule:
    """Give the rule for notes beside the scripts, or in a folder of their own."""
    return Rule("notes", rf"(?:notes/)?(?P<id>{stem})\.md")


def forward(stem: str = LOOSELY_NUMBERED) -> Rule:
    """Give the rule for SQL that only runs forward."""
    return Rule("forward", rf"(?P<id>{stem})(?<!_rollback)(?<!\.up)(?<!\.down)\.sql")


def one_file(
    name: str,
    title: str,
    markers: Markers,
    *,
    stem: str = NUMBERED,
    **more: Any,  # noqa: ANN401 - whatever a layout has
) -> Layout:
    """Describe a convention of one file for both ways, which marker lines part.

    Args:
        name: of the layout.
        title: what people call it.
        markers: the lines.
        stem: a regular expression for ids.
        **more: other attributes of a layout.
    """
    fields: dict[str, Any] = {
        "order": by_leading_number,
        "number": leading_number,
        "recorded": number_or_nothing,
        "rules": (both(stem), notes(stem)),
        "least": Strength.MARKER,
        "split": splitter(markers),
        **more,
    }
    return Layout(name=name, title=title, **fields)


def directory(
    name: str,
    title: str,
    rules: tuple[Rule, ...],
    **more: Any,  # noqa: ANN401 - whatever a layout has
) -> Layout:
    """Describe a convention of a directory for each migration, its notes inside.

    Args:
        name: of the layout.
        title: what people call it.
        rules: of the files but the notes, below the migrations folder.
        **more: other attributes of a layout.
    """
    rules = (*rules, *DIRECTORY_NOTES)
    fields = {"order": by_leading_number, "nested": r"[0-9][^/]*", **more}
    return Layout(name=name, title=title, rules=rules, **fields)


def program(  # noqa: PLR0913 - a value with names, not an action
    name: str,
    title: str,
    *,
    stem: str,
    ends: str = ANY_LANGUAGE,
    manifests: tuple[Manifest, ...],
    runner: Runner,
    tracking: Tracking,
    command: str,
    **more: Any,  # noqa: ANN401 - whatever a layout has
) -> Layout:
    """Describe a convention of programs: each is placed by its name, and none is read.

    Args:
        name: of the layout.
        title: what people call it.
        stem: a regular expression for ids.
        ends: one for the ends of names.
        manifests: what speaks for it; without any of it, it is not guessed.
        runner: its commands.
        tracking: its table.
        command: what makes a migration.
        **more: other attributes of a layout.
    """
    fields: dict[str, Any] = {
        "order": as_text,
        "number": leading_number,
        "recorded": number_or_nothing,
        "reads": "placed by their names, not read",
        "rules": (Rule("both", rf"(?P<id>{stem})\.{ends}"), notes(stem)),
        "naming": Naming(command=command),
        **more,
    }
    runner = replace(runner, by_hand=False)
    return Layout(
        name=name, title=title, manifests=manifests, runner=runner, tracking=tracking, **fields
    )
