"""The change log on the site: whole, with what people wrote; by major version where it is long."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.site.test_feeds import made, released

if TYPE_CHECKING:
    from pathlib import Path


def test_what_people_wrote_is_shown_whole(tmp_path: Path) -> None:
    """Every heading and line of an adopted change log, as text, under headings of its own."""
    root = released(tmp_path / "adopted", "v1.0.0", "v1.1.0")
    (root / "CHANGELOG.md").write_text(
        "# Ours\n\nWe keep it by hand.\n\n## [1.0.0] - 2024-01-01\n\n### Added\n\n- <b>this</b>\n"
        "- that, see [the notes](migrations/x.md)\n\n## Before\n\nNobody knows.\n"
    )
    page = made(root)["database/changelog.md"]
    assert "## v1.1.0" in page
    for text in ("We keep it by hand.", "### Added", "- that, see the notes", "Nobody knows."):
        assert text in page
    assert "<b>" not in page
    assert re.search(r"^## .*1\.0\.0", page, re.MULTILINE)
    assert page.index("## v1.1.0") < page.index("### Added") < page.index("Nobody knows.")


def test_a_long_one_is_told_by_major_version(tmp_path: Path) -> None:
    """No page is longer than it need be, nothing is lost, and each leads to the others."""
    root = released(tmp_path / "long", "v3.0.0")
    entries = "".join(f"- entry {n}\n" for n in range(400))
    versions = ["2.1.0", "2.0.0", "1.1.0", "1.0.0", "0.9.0", "0.8.0"]
    (root / "CHANGELOG.md").write_text(
        "# Ours\n\n" + "".join(f"## {v} - 2020-01-01\n\n{entries}\n" for v in versions)
    )
    texts = {p: t for p, t in made(root).items() if p.startswith("database/changelog")}
    assert list(texts) == [
        "database/changelog.md",
        "database/changelog-v2.md",
        "database/changelog-v1.md",
        "database/changelog-v0.md",
    ]
    assert sum(text.count("- entry ") for text in texts.values()) == 2400
    for path, text in texts.items():
        others = [other.removeprefix("database/") for other in texts if other != path]
        assert all(f"]({other})" in text for other in others)
    assert "## v3.0.0" in texts["database/changelog.md"]
    assert re.findall(r"^## .*?(\d\.\d)", texts["database/changelog-v1.md"], re.MULTILINE) == [
        "1.1",
        "1.0",
    ]


def test_the_first_page_of_a_long_one_has_more_than_headings(tmp_path: Path) -> None:
    """Where all of it is by hand, its newest part is what is seen first."""
    root = released(tmp_path / "hand", "v2.0.0")
    entries = "".join(f"- entry {n}\n" for n in range(1200))
    (root / "CHANGELOG.md").write_text(
        "# Ours\n\n" + "".join(f"## {v} - 2020-01-01\n\n{entries}\n" for v in ("2.0.0", "1.0.0"))
    )
    texts = {p: t for p, t in made(root).items() if p.startswith("database/changelog")}
    assert list(texts) == ["database/changelog.md", "database/changelog-v1.md"]
    assert texts["database/changelog.md"].count("- entry ") == 1200
    assert "## As written by hand" in texts["database/changelog.md"]
    # With a table of what each does to the database, the page has its title all the same.
    (root / "migdocs.toml").write_text('adopted_log = "below"\n')
    assert "\n# Change log\n" in made(root)["database/changelog.md"]


def test_a_long_log_has_a_page_for_each_hundred(tmp_path: Path) -> None:
    """Full pages stay as they are; every migration is told once, and its anchor stays in place."""
    root = released(tmp_path / "many", "v1.0.0")
    for number in range(230):
        script = root / f"migrations/20240101{number:06}_change_{number}.sql"
        script.write_text(f"CREATE TABLE t{number} (id int PRIMARY KEY);\n")
    texts = {p: t for p, t in made(root).items() if p.startswith("database/log")}
    first, *parts = texts.values()
    assert list(texts) == ["database/log.md", *(f"database/log-{n}.md" for n in (1, 2, 3))]
    counts = [text.count("\n### ") for text in parts]
    assert counts[:2] == [100, 100]
    assert "\n### " not in first
    ids = re.findall(r"^### (\S+)$", "".join(parts), re.MULTILINE)
    assert len(ids) == len(set(ids)) == sum(counts) >= 230
    assert [f'<span id="{id_}">' in first for id_ in ids] == [True] * len(ids)
    assert "](log-2.md)" in first
    assert "\n## Dependencies\n" in first
    assert all("search:" in text.partition("\n---\n")[0] for text in texts.values())
