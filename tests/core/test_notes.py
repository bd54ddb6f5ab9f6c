"""Notes in every header shape that projects have, and what they declare."""

from __future__ import annotations

import pytest

from migdocs.core import notes
from migdocs.core.errors import InputError
from migdocs.core.model import Check, Declared, Field

BODY = "\n## Overview\n\nUsers choose their\nlanguage.\n\nMore.\n"
WANTED = Declared(
    title="Add user locale",
    description="Users choose their language.",
    date="2026-03-01",
    version="v1.2.0",
    type="Schema Change",
    breaking=False,
    downtime="None",
    dependencies=("initial_schema",),
)
SHAPES = {
    "bold, the colon inside": """\
# Migration: Add user locale

**Date:** 2026-03-01
**Version:** v1.2.0
**Type:** Schema Change
**Breaking:** No
**Downtime:** None
**Dependencies:** `initial_schema`
""",
    "bold, the colon outside": """\
# Add user locale

**Date**: 2026-03-01
**App Version**: v1.2.0
**Type**: Schema Change
**Breaking Change**: ❌ No
**Downtime Required**: None
**Depends on**: initial_schema
""",
    "a list": """\
# Add user locale

- **Date Applied:** 2026-03-01 (staging the day before)
- **Release:** v1.2.0 (planned)
- **Type:** `Schema Change`
- **Is this breaking?** No, it has a default
- **Application Downtime:** None
- **Requires:** initial_schema.sql
""",
    "a table at the top": """\
# Add user locale

| Field | Value |
|-------|-------|
| Date | 2026-03-01 |
| **Version** | `v1.2.0` |
| Type | Schema Change |
| Breaking | No |
| Downtime | None |
| Dependencies | [initial_schema](initial_schema.md) |
""",
    "a table below a heading": """\
# Migration Template

## Migration: Add user locale

## Details

| Property | Value |
|----------|-------|
| Date | 2026-03-01 |
| Version | v1.2.0 |
| Type | Schema Change |
| Breaking | No |
| Downtime | None |
| Dependencies | initial_schema |
""",
    "headings": """\
# Add user locale

## Date

2026-03-01

## Version

v1.2.0

## Type

Schema Change

## Breaking Change

No

## Downtime

None

## Dependencies

- `initial_schema`
""",
    "front matter": """\
---
title: Add user locale
date: 2026-03-01
version: v1.2.0
type: Schema Change
breaking: false
downtime: None
dependencies: [initial_schema]
---
""",
}


@pytest.mark.parametrize("header", SHAPES.values(), ids=SHAPES)
def test_every_shape_of_header_declares_the_same(header: str) -> None:
    """What projects write differs; what they mean does not."""
    written = notes.parse("migrations/x.md", header + BODY)
    assert notes.declared(written, None) == WANTED


@pytest.mark.parametrize("header", SHAPES.values(), ids=SHAPES)
def test_every_field_knows_its_line(header: str) -> None:
    """A finding about the version points at the version, whatever the shape."""
    text = "\ufeff" + (header + BODY).replace("\n", "\r\n")
    field = notes.value(notes.parse("x.md", text).fields, "Version")
    assert field
    around = header.split("\n")[field.line - 1 : field.line + 2]
    assert "v1.2.0" in " ".join(around)


def test_a_script_header_speaks_where_the_notes_are_silent() -> None:
    """Notes win where both say something; the rest comes from the script's leading comment."""
    script = (
        "-- =====================================\n"
        "-- Migration: Add user locale\n"
        "-- Date: 2026-02-28\n"
        "-- Version: 1.1.0\n"
        "-- Description: Users choose\n"
        "--              their language.\n"
        "-- =====================================\n"
        "-- Breaking: Yes\n"
        "\n"
        "ALTER TABLE users ADD COLUMN locale text;\n"
        "-- Type: not a header any more\n"
    )
    alone = notes.declared(None, script)
    assert alone == Declared(
        title="Add user locale",
        description="Users choose their language.",
        date="2026-02-28",
        version="1.1.0",
        breaking=True,
    )
    written = notes.parse("x.md", "# Locale\n\n**Version:** v1.2.0\n")
    both = notes.declared(written, script)
    assert (both.title, both.version, both.date) == ("Locale", "v1.2.0", "2026-02-28")


def test_without_a_header_nothing_is_declared() -> None:
    """Notes may be prose alone, and need not even have a title."""
    assert notes.declared(notes.parse("x.md", "Just words.\n"), "SELECT 1;\n") == Declared()
    assert notes.declared(notes.parse("x.md", ""), "") == Declared()
    assert notes.declared(None, None) == Declared()


def test_fields_of_the_users_own_are_kept_in_order() -> None:
    """An unknown field stays, and of two with one name the first counts."""
    read = notes.parse("x.md", "# X\n\n**Owner:** Ada\n**Risk**: low\n**owner:** Bob\n")
    assert read.fields == (Field("Owner", "Ada", 3), Field("Risk", "low", 4))


def test_fields_end_where_the_sections_begin() -> None:
    """Bold words in a section are no header, yet they may declare what the header does not."""
    read = notes.parse("x.md", "# X\n\n## Impact\n\n**Breaking:** Yes\n**Owner:** Ada\n")
    assert read.fields == ()
    assert notes.declared(read, None).breaking is True


def test_checks_are_the_queries_under_verification() -> None:
    """Fenced SQL counts, with its line in the file; shell commands and other sections do not."""
    text = (
        "---\nversion: 1.10\n---\n# X\n\n```sql\nno\n```\n\n## Verification\n\n"
        "```sql\nSELECT true;\n```\n\n```sh\nls\n```\n\n1. Then\n   ```postgresql\n   SELECT 1;\n"
        "   ```\n\n## Way back\n\n```sql\nno\n```\n"
    )
    assert notes.parse("x.md", text).checks == (
        Check("SELECT true;", 13),
        Check("SELECT 1;", 22),
    )


FRONT_MATTER = {
    "a number is what was typed": ("version: 1.10", "version=1.10"),
    "words for yes and no": ("breaking: TRUE\nreversible: no", "breaking=Yes reversible=no"),
    "a quoted word stays": ('owner: "true"', "owner=true"),
    "nothing": ("owner:\nrisk: null", "owner= risk="),
    "a day that does not exist": ("date: 2026-13-45", "date=2026-13-45"),
    "a list": ("requires:\n  - a\n  - b", "requires=a, b"),
    "a mapping": ("who: {name: Ada, team: [x, [y]]}", "who=name: Ada, team: x, …"),
    "folded": ("summary: >\n  two\n  lines", "summary=two lines"),
    "an object is not made": ("x: !!python/object/apply:os.system [ls]", "x=ls"),
    "aliases are not multiplied": ("a: &a [x, x]\nb: [*a, *a]", "a=x, x b=x, x, x, x"),
}


@pytest.mark.parametrize(("text", "fields"), FRONT_MATTER.values(), ids=FRONT_MATTER)
def test_front_matter_is_read_as_typed(text: str, fields: str) -> None:
    """YAML's guesses about types would change what people wrote."""
    read = notes.parse("x.md", f"---\n{text}\n---\n# X\n")
    assert " ".join(f"{f.name}={f.value}" for f in read.fields) == fields


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    """Prose between two rules stays prose; an empty block is one rule after the other."""
    for text in (
        "---\n\n# X\n\nversion: 1\n\n---\n",
        "---\n---\n# X\n",
        "---\n# X\n---\n",
        "----\n# X",
    ):
        read = notes.parse("x.md", text)
        assert (read.title, read.fields) == ("X", ()), text


def test_deep_aliases_are_refused() -> None:
    """Ten levels of ten references would be ten thousand million words."""
    levels = "\n".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" if n else "l0: &l0 [x]" for n in range(10)
    )
    with pytest.raises(
        InputError, match="the front matter is not YAML: it holds more than"
    ) as caught:
        notes.parse("x.md", f"---\n{levels}\n---\n# X\n")
    assert caught.value.line == 8


BROKEN = {
    "a colon in a value": ("title: a: b", 2, "mapping values are not allowed"),
    "a bracket left open": ("title: X\nrequires: [a", 3, "expected ',' or ']'"),
    "a tab": ("title: X\n\tdate: y", 3, "a tab character"),
    "words behind a list": ("title: X\n- y", 3, "did not find expected key"),
    "too deep": (f"title: {'[' * 500}", 2, "nested too deeply"),
    "a control character": ("title: \x07", 2, "control characters are not allowed"),
    "no mapping": ("12:30", 2, "not a list of 'name: value'"),
}


@pytest.mark.parametrize(("text", "line", "problem"), BROKEN.values(), ids=BROKEN)
def test_broken_front_matter_is_said_with_its_line(text: str, line: int, problem: str) -> None:
    """The place, what is wrong, and what to do."""
    with pytest.raises(InputError) as caught:
        notes.parse("migrations/x.md", f"---\n{text}\n---\n# X\n")
    error = caught.value
    assert (error.path, error.line) == ("migrations/x.md", line)
    assert "the front matter is not YAML" in error.message
    assert problem in error.message
    assert "name: value" in error.hint


def test_front_matter_that_is_never_closed_is_said() -> None:
    """Otherwise all of the notes would be swallowed, or none of the fields read."""
    with pytest.raises(InputError) as caught:
        notes.parse("x.md", "---\ntitle: X\n\n# X\n")
    assert (caught.value.line, caught.value.exit_code) == (1, 2)
    assert "never closed" in caught.value.message


YES_NO = {
    True: ("Yes", "yes (see below)", "**Yes**", "✅", "✅ Yes", "⚠️ Yes", "true", "`Y`"),
    False: ("No", "no, all have defaults", "❌ No", "False", "None", "not needed", "N"),
    None: (None, "", "Yes / No", "yes/no", "n/a", "N / A", "not known", "Not yet", "TBD", "maybe"),
}


@pytest.mark.parametrize(("said", "text"), [(k, text) for k, row in YES_NO.items() for text in row])
def test_yes_and_no_are_told_from_what_nobody_knows(*, said: bool | None, text: str | None) -> None:
    """A choice that was not made is no answer."""
    assert notes.yes_no(text) is said


VERSIONS = {
    "v1.2.0": "v1.2.0",
    "1.10": "1.10",
    "v2": "v2",
    "1.2.0-rc.1+b5": "1.2.0-rc.1+b5",
    "(v1.2.0),": "v1.2.0",
    ">=1.2.0": "1.2.0",
    "v1.2.0;rm": "v1.2.0",
    "v1.2.0`<b>`": "v1.2.0",
    "v1.2.0 → v1.3.0": "v1.2.0",
    "vX.X.X": None,
    "20240103_add_index.sql": None,
    "3": None,
    "soon": None,
    "": None,
}


@pytest.mark.parametrize(("text", "version"), VERSIONS.items())
def test_a_version_has_numbers_and_nothing_around(text: str, version: str | None) -> None:
    """What follows a version, or stands around it, does not reach a document."""
    read = notes.parse("x.md", f"# X\n\n**Version:** {text}\n")
    assert notes.declared(read, None).version == version


NAMES = {
    "None": (),
    "n/a": (),
    "None (first migration)": (),
    "a_b, c_d": ("a_b", "c_d"),
    "`a_b` and `c_d.sql`": ("a_b", "c_d"),
    "a_b_rollback.sql": ("a_b",),
    "[a_b](a_b.md), [c_d](c_d.md)": ("a_b", "c_d"),
}


@pytest.mark.parametrize(("text", "names"), NAMES.items())
def test_dependencies_are_a_list_of_ids(text: str, names: tuple[str, ...]) -> None:
    """However people separate and mark them."""
    read = notes.parse("x.md", f"# X\n\n**Dependencies:** {text}\n")
    assert notes.declared(read, None).dependencies == names


def test_dependencies_may_be_a_section() -> None:
    """A list below a heading of that name."""
    read = notes.parse("x.md", "# X\n\n## Depends on\n\n- a_b\n- c_d: for its keys\n\n## Other\n")
    assert notes.declared(read, None).dependencies == ("a_b", "c_d")


@pytest.mark.parametrize(
    "name", ["1.2.0_users", "1.2.0.sql", "V1.2__users.sql", "20240101.up.sql", "db/1.2.0.md"]
)
def test_a_file_name_is_no_version(name: str) -> None:
    """A number in a file's name orders files."""
    assert notes.version_in(name) is None
    assert notes.version_in("1.2.0") == "1.2.0"
