"""Projects whose folder moved or whose drafts are gone: what an operator reads of old versions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.scenarios.conftest import Workplace

from git_scenarios import draw

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(os.environ.get("MIGDOCS_CASES", Path(__file__).parents[3] / "shared" / "cases"))


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[[str, str], Workplace]:
    """Give a function that makes a project of a drawing, with these settings."""

    def made(drawing: str, settings: str) -> Workplace:
        folder = draw(tmp_path / "project", drawing)
        (folder / "migdocs.toml").write_text(settings, encoding="utf-8")
        return Workplace(folder)

    return made


@pytest.fixture
def bundled(tmp_path: Path) -> Callable[[str, str], Workplace]:
    """Give a function that makes a project of a bundle, with these settings."""

    def made(name: str, settings: str) -> Workplace:
        bundle = CASES / "bundles" / f"{name}.bundle"
        if not bundle.exists():
            pytest.skip(f"there is no {bundle}")
        folder = tmp_path / name
        subprocess.run(["git", "clone", "--quiet", bundle, folder], check=True)
        (folder / "migdocs.toml").write_text(settings, encoding="utf-8")
        return Workplace(folder)

    return made


def way(place: Workplace, before: str, after: str) -> dict[str, object]:
    """Give the guide of a pair, as programs read it."""
    done = place.migdocs("upgrade", before, after, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, object] = json.loads(done.out)
    return found


MOVED = """
main | Start  | "/db/1_a.up.sql=CREATE TABLE a (id int);" "/db/1_a.down.sql=DROP TABLE a;" | v1.0.0
main | Second | "/db/2_b.up.sql=CREATE TABLE b (id int);" "/db/2_b.down.sql=DROP TABLE b;" | v1.1.0
main | Move   | /db/1_a.up.sql>1_a.up.sql /db/1_a.down.sql>1_a.down.sql /db/2_b.up.sql>2_b.up.sql \
/db/2_b.down.sql>2_b.down.sql "3_c.up.sql=CREATE TABLE c (id int);" "3_c.down.sql=DROP TABLE c;" \
| v2.0.0
"""


def test_a_guide_names_the_folder_of_the_version_in_hand(
    drawn: Callable[[str, str], Workplace],
) -> None:
    """To v1.1.0 in ``db``, to v2.0.0 in ``migrations``: so their trees have it."""
    place = drawn(MOVED, 'layout = "golang-migrate"\n')
    old = place.migdocs("upgrade", "v1.0.0", "v1.1.0").out
    assert "-path db " in old
    assert "-f db/2_b.up.sql" in old
    assert "-f db/2_b.down.sql" in old
    assert "-path migrations" not in old
    assert "-f migrations/" not in old
    new = place.migdocs("upgrade", "v1.1.0", "v2.0.0").out
    assert '-path migrations -database "$DATABASE_URL" up' in new
    assert "-f migrations/3_c.up.sql" in new
    shell = place.migdocs("upgrade", "v1.0.0", "v1.1.0", "--format", "shell").out
    assert "db/2_b.up.sql" in shell
    assert "migrations/2_b" not in shell


DRAFT = """
main | Start | "1.sql=CREATE TABLE a (id int, b int);"                   | v1.0.0
main | Draft | "2.sql=ALTER TABLE a DROP COLUMN b;"                      | v2.0.0-alpha.1
main | Final | -2.sql "3.sql=ALTER TABLE a ADD COLUMN c int DEFAULT 0;" | v2.0.0
"""


def test_a_draft_that_is_gone_breaks_nobody(drawn: Callable[[str, str], Workplace]) -> None:
    """No stop at the alpha, no breaking change of v2.0.0; the list says that it is gone."""
    place = drawn(DRAFT, 'schema = "public"\n')
    found = way(place, "v1.0.0", "v2.0.0")
    assert (found["migrations"], found["breaking"]) == (["3"], [])
    assert [hop["to"] for hop in found["hops"]] == ["v2.0.0"]  # type: ignore[attr-defined]
    listed = place.migdocs("list").out
    (row,) = (line for line in listed.splitlines() if line.startswith("2 "))
    assert "removed in v2.0.0" in row
    assert place.migdocs("generate").code == 0
    told = (place.root / "BREAKING_CHANGES.md").read_text(encoding="utf-8")
    assert "## v2.0.0 " not in told
    assert "removed in v2.0.0" in told.partition("## v2.0.0-alpha.1")[2]


BUNDLES = {
    "moved": ('migrations = "cmd/migrate/migrations"', ("v1.0.0", "v1.1.0"), 1),
    "split": ('migrations = "db/migrations/postgres"', ("v1.0.0", "v1.1.0"), 1),
    "oldpath": ('layout = "golang-migrate"', ("v1.0.0", "v1.1.0"), 1),
    "removed": ('migrations = "migrations"', ("v1.0.0", "v2.0.0"), 1),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_of_a_real_fault(name: str, bundled: Callable[[str, str], Workplace]) -> None:
    """One migration to run, in one hop."""
    settings, (before, after), count = BUNDLES[name]
    place = bundled(name, settings + "\n")
    found = way(place, before, after)
    assert len(found["migrations"]) == count  # type: ignore[arg-type]
    assert len(found["hops"]) == 1  # type: ignore[arg-type]
    if name == "oldpath":
        commands = json.dumps(found["steps"])
        assert "server/migrations" in commands
