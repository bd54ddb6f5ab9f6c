"""What ``check`` says first, what it leaves for later, and how a project chooses its rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

SETTINGS = 'layout = "pairs"\n[documents]\n'


@pytest.fixture
def shipped(empty: Workplace) -> Workplace:
    """Give ten released migrations without rollbacks, and one that is not released and drops."""
    for number in range(1, 11):
        text = f"CREATE TABLE IF NOT EXISTS t{number} (id int, old text, name varchar(9));\n"
        empty.write(f"migrations/{number:03}_t{number}.up.sql", text)
        if number > 1:
            undo = f"migrations/{number:03}_t{number}.down.sql"
            empty.write(undo, f"DROP TABLE t{number};\n")
    empty.commit("feat: ten tables", tag="v1.0.0")
    empty.write("migrations/011_drop_old.up.sql", "\nALTER TABLE t1 DROP COLUMN old;\n")
    return empty


def rules(place: Workplace, *arguments: str) -> set[str]:
    """Give the rules of all findings, as a program reads them."""
    done = place.migdocs("check", "--json", *arguments)
    return {found["rule"] for found in json.loads(done.out)["findings"]}


def test_what_can_be_fixed_is_shown_and_the_rest_is_counted(shipped: Workplace) -> None:
    """An unreleased error has its place; ten scripts without notes are one line."""
    said = shipped.migdocs("check").out
    assert "migrations/011_drop_old.up.sql\n" in said
    assert "  2: error: col-drop: " in said
    assert "missing-notes: 11 of 11 migrations" in said
    assert said.count("missing-notes") == 2  # the count, and the setting that ends it
    assert "001_t1" not in said
    assert len(said.splitlines()) < 30
    every = shipped.migdocs("check", "--all").out
    assert every.count("missing-notes") == 11


def test_a_project_without_rollbacks_says_so_once(shipped: Workplace) -> None:
    """All but one of the rollbacks are gone: that is how the project works."""
    for path in shipped.root.glob("migrations/*.down.sql"):
        path.unlink()
    said = shipped.migdocs("check").out
    assert "missing-rollback: 11 of 11 migrations" in said
    assert "rollbacks = false" in said
    shipped.write("migdocs.toml", "[check]\nrollbacks = false\n")
    assert "missing-rollback" not in rules(shipped)


def test_style_is_off_until_asked_for(shipped: Workplace) -> None:
    """A setting or an option turns it on, for programs too."""
    style = {"tx-style", "tx-nonqual", "tb-create-ine"}
    assert not style & rules(shipped)
    assert style <= rules(shipped, "--select", "ALL")
    shipped.write("migdocs.toml", '[check]\nextend-select = ["tx-style"]\n')
    assert style & rules(shipped) == {"tx-style"}
    assert "col-drop" in rules(shipped)
    shipped.write("migdocs.toml", '[check]\nselect = ["tx-style", "tb"]\n')
    assert rules(shipped) == {"tx-style", "tb-create-ine"}


def test_rules_are_ignored_everywhere_or_in_some_files(shipped: Workplace) -> None:
    """A rule of one file is still found in another."""
    assert "col-drop" in rules(shipped)
    shipped.write("migdocs.toml", '[check.per-file-ignores]\n"migrations/011*" = ["col-drop"]\n')
    assert "col-drop" not in rules(shipped)
    shipped.write("migdocs.toml", '[check.per-file-ignores]\n"migrations/010*" = ["col-drop"]\n')
    assert "col-drop" in rules(shipped)
    shipped.write("migdocs.toml", '[check]\nignore = ["col"]\n')
    assert "col-drop" not in rules(shipped)
    assert "missing-notes" not in rules(shipped, "--ignore", "missing-notes")


def test_a_name_that_is_no_rule_is_an_error(shipped: Workplace) -> None:
    """A slip would otherwise ignore nothing, without a word."""
    shipped.write("migdocs.toml", '[check]\nignore = ["col-dorp"]\n')
    done = shipped.migdocs("check")
    assert done.code == 2
    assert "'check.ignore' names 'col-dorp', which is not a rule" in done.err
    assert "did you mean 'col-drop'?" in done.err


def test_a_baseline_lets_only_new_findings_fail(shipped: Workplace) -> None:
    """What is there today is accepted; a second dropped column is not."""
    assert shipped.migdocs("check").code == 1
    shipped.migdocs("generate")
    assert shipped.migdocs("check", "--baseline").code == 0
    done = shipped.migdocs("check")
    assert done.code == 0
    assert "accepted in migdocs-baseline.jsonl" in done.out
    shipped.write("migrations/012_again.up.sql", "ALTER TABLE t2 DROP COLUMN old;\n")
    done = shipped.migdocs("check", "--json")
    assert done.code == 1
    found = json.loads(done.out)["findings"]
    assert {one["path"] for one in found if one["rule"] == "col-drop"} == {
        "migrations/012_again.up.sql"
    }


def test_a_baseline_never_accepts_a_document_that_is_out_of_date(shipped: Workplace) -> None:
    """Else the documents could rot for good."""
    shipped.migdocs("generate")
    shipped.write("migrations/012_again.up.sql", "CREATE TABLE again (id int);\n")
    shipped.migdocs("check", "--baseline")
    assert "stale-document" in rules(shipped)


def test_a_baseline_that_is_broken_is_an_error_with_its_line(shipped: Workplace) -> None:
    """It accepts nothing by accident."""
    shipped.write("migdocs-baseline.jsonl", '{"fingerprint": 1}\n')
    done = shipped.migdocs("check")
    assert done.code == 2
    assert "migdocs-baseline.jsonl:1" in done.err


def test_statistics_count_each_rule(shipped: Workplace) -> None:
    """A line each, the most frequent first."""
    lines = shipped.migdocs("check", "--statistics").out.splitlines()
    assert lines[0].split() == ["11", "info", "missing-notes"]
    assert ["1", "error", "col-drop"] in [line.split() for line in lines]


def test_a_file_name_claims_no_version(empty: Workplace) -> None:
    """A change log names a script that was mended later, and a name bears another version."""
    empty.write("migdocs.toml", 'layout = "plain"\n')
    empty.write("migrations/0001_2.0.0_book.sql", "create table book (id int);")
    empty.commit("feat: books", tag="v1.0.0")
    log = "# Changelog\n\n## [1.1.0] - 2026-02-01\n\n- Mended `0001_2.0.0_book.sql`.\n"
    empty.write("CHANGELOG.md", log)
    empty.commit("fix: mend", tag="v1.1.0", date="2026-02-01")
    assert "version-contradiction" not in empty.migdocs("check", "--all").out
