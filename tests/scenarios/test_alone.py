"""Scripts judged by ``check``: alone, where what it knew is kept, and in a released migration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Workplace

ADDED = "ALTER TABLE t ADD COLUMN c int DEFAULT 1;\n"


def rewrites(bare: Workplace, cache: Path, *arguments: str) -> dict[str, bool]:
    """Give the rules that find something, and whether they tell of a rewrite."""
    asked = ("check", "a.sql", "--format", "json", *arguments)
    done = bare.migdocs(*asked, env={"XDG_CACHE_HOME": str(cache)})
    found = json.loads(done.out)["findings"]
    assert all(item["path"] == "a.sql" for item in found)
    return {item["rule"]: item.get("rewrite", False) for item in found}


def test_what_was_judged_before_is_said_again(bare: Workplace, tmp_path: Path) -> None:
    """The same words from the cache, which lies outside of the folder; a broken one is no harm."""
    bare.write("a.sql", ADDED + "ALTER TABLE t ADD;\n")
    cache = tmp_path / "cache"
    env = {"XDG_CACHE_HOME": str(cache)}
    first = bare.migdocs("check", "a.sql", env=env)
    (kept,) = cache.rglob("scripts.json")
    assert bare.migdocs("check", "a.sql", env=env) == first
    assert "a.sql:2: error: syntax-error" in first.out
    assert list(bare.files()) == ["a.sql"]
    for broken in ("{", '{"code": 1}', kept.read_text().replace('"Hazard"', '"Surprise"')):
        kept.write_text(broken)
        assert bare.migdocs("check", "a.sql", env=env) == first


def test_another_question_gets_another_answer(bare: Workplace, tmp_path: Path) -> None:
    """The version, the schema, its path and the text are all part of what is kept."""
    bare.write("a.sql", ADDED)
    assert rewrites(bare, tmp_path, "--postgres", "11")["col-add-const"] is False
    assert rewrites(bare, tmp_path, "--postgres", "10")["col-add-const"] is True
    bare.write("b.sql", "CREATE DOMAIN d AS int CHECK (value > 0);")
    bare.write("a.sql", "ALTER TABLE t ADD COLUMN c d;\n")
    assert "col-add-domain-con" not in rewrites(bare, tmp_path, "--postgres", "15")
    assert rewrites(bare, tmp_path, "--schema", "b.sql")["col-add-domain-con"] is True
    bare.write("b.sql", "CREATE DOMAIN d AS int;")
    assert "col-add-domain-con" not in rewrites(bare, tmp_path, "--schema", "b.sql")


def test_a_link_is_read_where_it_leads(bare: Workplace, tmp_path: Path) -> None:
    """Whatever the file is called there, and outside of the folder too."""
    (tmp_path / "there.sql").write_text("ALTER TABLE t ADD;\n")
    (bare.root / "a.sql").symlink_to(tmp_path / "there.sql")
    done = bare.migdocs("check", "a.sql", env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert "a.sql:1: error: syntax-error" in done.out


def test_a_released_rollback_that_cannot_be_read_is_an_error(sample: Workplace) -> None:
    """It can still be mended, before somebody needs it; a released forward script cannot."""
    name = "migrations/20240103_add_activity_log_smart_fields"
    for path in (f"{name}.sql", f"{name}_rollback.sql"):
        sample.write(path, sample.read(path) + "ALTER TABLE users ADD;\n")
    found = json.loads(sample.migdocs("check", "--json").out)["findings"]
    told = {
        item["path"]: (item["severity"], item["message"])
        for item in found
        if item["rule"] == "syntax-error"
    }
    refused = "syntax error at end of input, at column 22"
    assert told == {
        f"{name}.sql": ("info", refused),
        f"{name}_rollback.sql": ("error", refused),
    }


def test_only_what_is_grave_enough_is_said(bare: Workplace) -> None:
    """What is left unsaid can still fail the run."""
    bare.write("a.sql", "CREATE INDEX ON b (c);\nDROP TABLE b;\n")

    def said(*options: str) -> tuple[int, set[str]]:
        """Give the exit code and the severities that are said."""
        done = bare.migdocs("check", "a.sql", "--json", *options)
        return done.code, {item["severity"] for item in json.loads(done.out)["findings"]}

    assert said() == (1, {"error", "warning", "info"})
    assert said("--severity", "warning") == (1, {"error", "warning"})
    assert said("--severity", "error", "--fail-on", "never") == (0, {"error"})
    bare.write("a.sql", "CREATE TABLE a (id int);\n")
    assert said("--severity", "error", "--fail-on", "info") == (1, set())
