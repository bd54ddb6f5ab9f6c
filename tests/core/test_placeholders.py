"""Placeholders that the settings give a value, each spelling by a sure name."""

from __future__ import annotations

import pytest

from migdocs.core.derive import derive
from migdocs.core.errors import SeveralErrors, UsageError
from migdocs.core.model import Finding, Migration, Script
from migdocs.core.settings import Settings
from migdocs.core.settings import read as read_settings
from migdocs.core.sources import Folder, Sources
from migdocs.core.sql import placeholders

# How a script has it, how the settings name it.
SPELLINGS = {
    "{{ schema }}": "schema",
    "{{schema}}": "SCHEMA",
    "{{ .Schema }}": "schema",
    '{{ index .Options "Namespace" }}': "Namespace",
    "{{ .Values.schema | lower }}": "schema",
    "${schema}": "schema",
    "${flyway:defaultSchema}": "defaultSchema",
    ":schema": "schema",
    '"{{ schema }}"': "{{ schema }}",
    "%(schema)s": "schema",
    "__SCHEMA__": "schema",
    "__X__": "__X__",
    "@schema@": "@schema@",
    "{schema}": "{schema}",
    "<%= schema %>": "schema",
}


@pytest.mark.parametrize(("written", "name"), SPELLINGS.items())
def test_each_spelling_can_be_named(written: str, name: str) -> None:
    """By its name where it has one, and exactly as it is written."""
    text = f"ALTER TABLE {written}.a DROP b; -- {written}"
    bare = written.strip('"')
    for chosen in (name, bare):
        filled = placeholders.fill(text, {chosen: "shop"})
        assert filled == text.replace(bare, "shop"), chosen


def test_quoted_variables_of_psql_are_quoted() -> None:
    """As psql does it."""
    text = "SELECT :'who', :\"table\", a::text, b[1:2], '10:30' FROM :table"
    assert placeholders.fill(text, {"who": "O'Hara", "table": "my t", "text": "no"}) == (
        "SELECT 'O''Hara', \"my t\", a::text, b[1:2], '10:30' FROM my t"
    )


def test_what_is_named_is_read_and_its_hash_stays_that_of_its_file() -> None:
    """Without a value it is not known what breaks; with one it is read."""
    found = Finding("template-placeholder", "warning", "'${s}' is filled in by something else")
    script = Script("1.sql", "CREATE TABLE ${s}.a (id int); ALTER TABLE ${s}.b DROP c;")
    folder = Folder((Migration("1", script),), (found,))
    plain = derive(Sources(folder=folder))
    filled = derive(Sources(Settings(placeholders={"s": "shop"}), folder=folder))
    assert plain.entries["1"].unread == ("'${s}' is filled in by something else",)
    assert plain.entries["1"].breaking is not False
    assert plain.findings == (found,)
    assert filled.entries["1"].unread == ()
    assert filled.entries["1"].breaking is True
    assert filled.entries["1"].breaks == ("drops column shop.b.c",)
    assert filled.entries["1"].migration.script_hash == script.digest
    assert filled.findings == ()


def test_values_have_one_line_and_a_name() -> None:
    """Lines of findings must stay those of the file."""
    with pytest.raises((UsageError, SeveralErrors), match="placeholders"):
        read_settings({"placeholders": {"s": "a\nb"}}, "migdocs.toml")
    assert read_settings({"placeholders": {"s": "a"}}, "x").placeholders == {"s": "a"}
