"""`migdocs generate` on the sample: the documents themselves, and users' bytes beside them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migdocs.core.markup import links, regions

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS = {
    "migrations/MIGRATIONS_LOG.md": "log.md",
    "BREAKING_CHANGES.md": "breaking.md",
    "UPGRADE_GUIDE.md": "upgrade.md",
    "CHANGELOG.md": "changelog.md",
    "MIGRATIONS.md": "guide.md",
    "migrations/README.md": "contributing.md",
    "docs/version-flow.md": "flow.md",
    "docs/version-flow.svg": "flow.svg",
    "migrations.json": "migrations.json",
}
# The seed's map of which document leads to which.
FILE_MAP = {
    "MIGRATIONS.md": (
        "BREAKING_CHANGES.md",
        "UPGRADE_GUIDE.md",
        "migrations/README.md",
        "migrations/MIGRATIONS_LOG.md",
    ),
    "UPGRADE_GUIDE.md": ("MIGRATIONS.md", "BREAKING_CHANGES.md", "CHANGELOG.md"),
    "BREAKING_CHANGES.md": ("UPGRADE_GUIDE.md", "MIGRATIONS.md", "migrations/MIGRATIONS_LOG.md"),
    "migrations/README.md": (
        "MIGRATIONS.md",
        "migrations/TEMPLATE.md",
        "migrations/MIGRATIONS_LOG.md",
        "CONTRIBUTING.md",
    ),
    "README.md": ("MIGRATIONS.md", "UPGRADE_GUIDE.md"),
    "CONTRIBUTING.md": (
        "migrations/README.md",
        "migrations/TEMPLATE.md",
        "BREAKING_CHANGES.md",
    ),
}


def test_the_documents_are_the_golden_ones(
    sample: Workplace,
) -> None:
    """Every document of the sample is one that was read line by line."""
    assert sample.migdocs("generate").code == 0
    for path, name in DOCUMENTS.items():
        if os.environ.get("MIGDOCS_GOLDEN") == "write":
            (GOLDEN / name).write_text(sample.read(path), encoding="utf-8")
        assert sample.read(path) == (GOLDEN / name).read_text(encoding="utf-8"), path


def test_no_golden_is_an_orphan() -> None:
    """A golden that no document is compared with would rot."""
    assert {path.name for path in GOLDEN.iterdir()} == set(DOCUMENTS.values())


def test_a_second_run_changes_nothing(sample: Workplace) -> None:
    """Same input, same bytes, and no file is touched."""
    sample.migdocs("generate")
    before = {path: path.stat().st_mtime_ns for path in sample.root.rglob("*.md")}
    files = sample.files()
    result = sample.migdocs("generate")
    assert "up to date" in result.err
    assert sample.files() == files
    assert {path: path.stat().st_mtime_ns for path in sample.root.rglob("*.md")} == before


def test_where_it_is_run_from_does_not_matter(sample: Workplace) -> None:
    """A folder below the root finds the same settings and writes the same files."""
    sample.migdocs("generate")
    files = sample.files()
    below = type(sample)(sample.root / "migrations")
    assert below.migdocs("generate", "--check").code == 0
    assert sample.files() == files


def test_committing_the_documents_leaves_them_up_to_date(sample: Workplace) -> None:
    """A commit, and then a tag on it, must not make the documents in its own tree stale."""
    sample.migdocs("generate")
    sample.commit("feat: documents that are never edited by hand")
    assert sample.migdocs("generate", "--check").code == 0


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if p.endswith(".md")])
def test_an_edit_inside_a_region_is_stale_and_outside_is_kept(sample: Workplace, path: str) -> None:
    """Inside is ours: `--check` says 1. Outside is the user's: every byte survives."""
    sample.migdocs("generate")
    text = sample.read(path)
    mine = "Mine, before.\n\n" + text + "\nMine, after, with trailing spaces.  \n\n\n"
    sample.write(path, mine)
    assert sample.migdocs("generate", "--check").code == 0
    sample.write(path, mine.replace("\n# ", "\n# Not ", 1))
    stale = sample.migdocs("generate", "--check")
    assert stale.code == 1
    assert f"--- {path}" in stale.out
    assert sample.migdocs("generate").code == 0
    assert sample.read(path) == mine


def test_check_and_diff_write_nothing(sample: Workplace) -> None:
    """Asking is free."""
    files = sample.files()
    assert sample.migdocs("generate", "--check").code == 1
    assert sample.migdocs("generate", "--diff").code == 0
    assert sample.files() == files


def test_a_new_migration_makes_documents_stale(sample: Workplace) -> None:
    """The log, the guide and the list hold every migration."""
    sample.migdocs("generate")
    script = "ALTER TABLE users ADD COLUMN locale text;\n"
    sample.write("migrations/20260401_add_locale.sql", script)
    stale = sample.migdocs("generate", "--check")
    assert stale.code == 1
    assert "20260401_add_locale" in stale.out


def test_only_the_named_documents_are_written(sample: Workplace) -> None:
    """`migdocs generate log` leaves the others alone."""
    before = set(sample.files())
    assert sample.migdocs("generate", "log", "flow").code == 0
    assert set(sample.files()) - before == {
        "migrations/MIGRATIONS_LOG.md",
        "docs/version-flow.md",
        "docs/version-flow.svg",
    }


def test_a_document_kept_by_hand_is_never_overwritten(sample: Workplace) -> None:
    """The others are written and it is named; `--adopt` keeps the old text below our region."""
    hand = "# Our breaking changes\r\n\r\n* none\r\n"
    sample.write("BREAKING_CHANGES.md", hand)
    done = sample.migdocs("generate")
    assert done.code == 0
    assert "BREAKING_CHANGES.md is written by hand: it is left alone." in done.err
    assert "--adopt" in done.err
    assert sample.read("BREAKING_CHANGES.md") == hand
    files = sample.files()
    assert {"UPGRADE_GUIDE.md", "migrations/MIGRATIONS_LOG.md"} <= files.keys()
    refused = sample.migdocs("generate", "breaking")
    assert refused.code == 1
    assert "Nothing was written." in refused.err
    assert sample.files() == files
    assert sample.migdocs("generate", "--adopt").code == 0
    adopted = sample.read("BREAKING_CHANGES.md")
    assert adopted.endswith(hand)
    assert "\n" not in adopted.replace("\r\n", ""), "the file's own line ends are used"
    assert sample.migdocs("generate", "--check").code == 0


def test_the_file_map_of_the_seed_is_whole(sample: Workplace) -> None:
    """Every link of the seed's map is there, and every link we write resolves."""
    sample.write("README.md", "# Sample\n")
    sample.write("CONTRIBUTING.md", "# Contributing\n")
    sample.migdocs("init", "--ci", "none")
    assert sample.migdocs("generate").code == 0
    for source, targets in FILE_MAP.items():
        text = sample.read(source)
        found = {links.resolve(source, link.target) for link in links.find(text)}
        assert set(targets) <= found, source
        for target in found - {"", None}:
            assert (sample.root / str(target)).exists(), f"{source} → {target}"


def test_anchors_resolve(sample: Workplace) -> None:
    """A link to a heading of another document finds that heading."""
    sample.migdocs("generate")
    for path in DOCUMENTS:
        if not path.endswith(".md"):
            continue
        for link in links.find(sample.read(path)):
            target, _, fragment = link.target.partition("#")
            if not fragment or ":" in target:
                continue
            there = links.resolve(path, target) or path
            headings = re.findall(r"^#+ (.*)$", sample.read(there), re.MULTILINE)
            assert fragment in {links.anchor(heading) for heading in headings}, link.target


def test_the_list_has_the_shape_that_programs_read(sample: Workplace) -> None:
    """`list --json`: names, paths, and who placed each migration."""
    listing = json.loads(sample.migdocs("list", "--json").out)
    assert listing["schema_version"] == 1
    first, second, third, fourth = listing["migrations"]
    assert first["id"] == "initial_schema"
    assert (first["release"], first["placed_by"], first["status"]) == ("v1.0.0", "git", "released")
    assert first["forward"] == "migrations/initial_schema.sql"
    assert first["rollback"] == "migrations/initial_schema_rollback.sql"
    assert first["notes"] == "migrations/initial_schema.md"
    assert second["release"] == "v1.1.0"
    assert second["breaking"]["declared"] is False
    assert {third["status"], fourth["status"]} == {"planned"}
    assert third["forward"] is None
    assert [(r["version"], r["tag"], r["date"]) for r in listing["releases"]] == [
        ("v1.0.0", "v1.0.0", "2023-11-20"),
        ("v1.1.0", "v1.1.0", "2024-01-03"),
        ("v1.2.0", None, None),
    ]
    assert listing["ignored_tags"] == []


def test_the_flow_is_drawn_in_every_form(sample: Workplace) -> None:
    """Text for the terminal, Mermaid for a forge, SVG for a wall."""
    assert sample.migdocs("flow").out.startswith("v1.0.0")
    assert "flowchart TD" in sample.migdocs("flow", "--format", "mermaid").out
    assert sample.migdocs("flow", "--format", "svg").out.startswith("<svg")


def test_documents_may_stand_elsewhere(sample: Workplace) -> None:
    """`[documents]` moves one, leaves one out, and the links follow."""
    settings = '[documents]\nbreaking = "docs/BREAKING.md"\nchangelog = ""\n'
    sample.write("migdocs.toml", settings)
    assert sample.migdocs("generate").code == 0
    assert "docs/BREAKING.md" in sample.files()
    assert "CHANGELOG.md" not in sample.files()
    guide = sample.read("UPGRADE_GUIDE.md")
    assert "](docs/BREAKING.md" in guide
    assert "CHANGELOG.md" not in guide
    assert "](../MIGRATIONS.md)" in sample.read("docs/BREAKING.md")
    assert regions.find(sample.read("docs/BREAKING.md"), "docs/BREAKING.md")[0].name == "breaking"


def test_a_heading_unreleased_hides_no_release(sample: Workplace) -> None:
    """A log that was left behind at v1.0.0 says nothing of v1.1.0, whatever its first heading."""
    hand = "# Changelog\n\n## Unreleased\n\n## 1.0.0 - 2023-11-20\n\n- the beginning\n"
    sample.write("CHANGELOG.md", hand)
    assert sample.migdocs("generate", "changelog", "--adopt").code == 0
    ours = sample.read("CHANGELOG.md").partition("migdocs:end")[0]
    assert "## [1.1.0]" in ours or "## v1.1.0" in ours or "## 1.1.0" in ours, ours
    assert "No release yet" not in ours
    written = sample.read("CHANGELOG.md")
    assert written.startswith("# Changelog\n\n## Unreleased\n\n<!-- migdocs:begin changelog -->\n")
    assert written.endswith(
        "<!-- migdocs:end changelog -->\n\n## 1.0.0 - 2023-11-20\n\n- the beginning\n"
    )
