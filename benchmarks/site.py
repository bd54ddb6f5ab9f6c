"""Time the site: its pages against MkDocs' own work on them, and the picker in a real browser.

A made-up project of 1,000 migrations on fifty tables and 200 tags. CPU seconds of child processes,
the least of several runs; ratios are of one run. Run by hand: ``python benchmarks/site.py``; the
picker needs Chromium and Playwright.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import TAGS, cpu, migdocs

from migdocs.commands import site

MIGRATIONS = 1_000
_TABLES = 50
_WAIT_MS = 100
_DATA_BYTES = 500_000
_PLUGIN = "  - migdocs\n"
_PICK = """async ([from, to]) => {
    const start = performance.now();
    document.querySelector("#migdocs-from").value = from;
    document.querySelector("#migdocs-to").value = to;
    document.querySelector(".migdocs-form button").click();
    while (!document.querySelector("#migdocs-title")) await new Promise(requestAnimationFrame);
    document.querySelector(".migdocs-result").getBoundingClientRect();
    return performance.now() - start;
}"""


def made_up(root: Path) -> Path:
    """Make a repository whose migrations make fifty tables, then change them, with notes."""
    stream = ["reset refs/heads/main\n"]
    each = MIGRATIONS // TAGS
    for release in range(TAGS):
        date = f"{1_600_000_000 + release * 86_400} +0000"
        subject = f"feat: release {release}"
        stream += [
            "commit refs/heads/main\n",
            f"committer Ada <ada@example.org> {date}\ndata {len(subject)}\n{subject}\n",
        ]
        for number in range(release * each, (release + 1) * each):
            for path, text in _triple(number):
                stream.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}\n")
        stream.append(f"reset refs/tags/v1.{release}.0\nfrom refs/heads/main\n\n")
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=root, input="".join(stream).encode(), check=True
    )
    subprocess.run(["git", "checkout", "-q", "-f", "main"], cwd=root, check=True)
    subprocess.run(migdocs("init", "-q"), cwd=root, check=True)
    return root


def _triple(number: int) -> list[tuple[str, str]]:
    """Give the paths and texts of one migration."""
    table, turn = f"things_{number % _TABLES}", number // _TABLES
    column = f"column_{turn}"
    if turn == 0:
        parent = f"things_{number // 2}"
        forward = (
            f"CREATE TABLE {table} (\n    id bigint PRIMARY KEY,\n    name text NOT NULL,\n"
            f"    parent_id bigint REFERENCES {parent} (id)\n);\n"
        )
        back = f"DROP TABLE {table};\n"
    elif turn % 4 == 3:
        forward = f"ALTER TABLE {table} DROP COLUMN column_{turn - 1};\n"
        back = f"ALTER TABLE {table} ADD COLUMN column_{turn - 1} text;\n"
    elif turn % 4 == 2:
        forward = (
            f"ALTER TABLE {table} ADD COLUMN {column} text;\n"
            f"CREATE INDEX {table}_{column} ON {table} ({column});\n"
        )
        back = f"ALTER TABLE {table} DROP COLUMN {column};\n"
    else:
        forward = f"ALTER TABLE {table} ADD COLUMN {column} text;\n"
        back = f"ALTER TABLE {table} DROP COLUMN {column};\n"
    breaking = "Yes" if turn % 4 == 3 else "No"
    notes = (
        f"# Migration: Change {number}\n\n**Breaking:** {breaking}\n**Downtime:** None\n\n"
        f"## Description\n\nWhat {table} needs.\n\n## Verification\n\n"
        f"```sql\nSELECT count(*) >= 0 FROM {table};\n```\n"
    )
    stem = f"migrations/{20200101 + number // 400}_{number:06}_change_{number}"
    return [(f"{stem}.sql", forward), (f"{stem}_rollback.sql", back), (f"{stem}.md", notes)]


def row(what: str, used: float, base: float, limit: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {used:.2f} | {used / base:.2f} | {limit} |", flush=True)


def written(root: Path) -> list[str]:
    """Give the command that writes the pages and does nothing else."""
    code = (
        "import pathlib, sys; from migdocs.commands import site;"
        "site.write(pathlib.Path(sys.argv[1]))"
    )
    return [sys.executable, "-c", code, str(root)]


def main() -> None:
    """Measure, and print Markdown tables."""
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        root = made_up(Path(folder) / "project")
        config = root / "mkdocs.yml"
        whole = config.read_text()
        build = [sys.executable, "-m", "mkdocs", "build", "-q"]
        pages = root / "docs" / "database"

        site.write(root)  # so that reading the SQL is cached, as it is on every run but the first
        config.write_text(whole.replace(_PLUGIN, ""))
        plain = cpu(build, root, 3)
        config.write_text(whole)
        print(f"{len(list(pages.rglob('*.md')))} pages\n")
        print("| what | CPU s | ratio | bound |\n|---|---|---|---|")
        row("`mkdocs build` of the pages, no plugin", plain, plain, "1")
        row(
            "pages written, all",
            cpu(written(root), root, 3, before=["rm", "-rf", str(pages)]),
            plain,
            "0.5",
        )
        row("pages written, nothing changed", cpu(written(root), root, 3), plain, "0.1")
        row("`mkdocs build` with the plugin, nothing changed", cpu(build, root, 3), plain, "1.1")

        edited = next(iter(sorted((root / "migrations").glob("*_change_500.md"))))
        edited.write_text(edited.read_text().replace("needs", "needs now"))
        print(f"\nOne migration's notes edited: {len(site.write(root))} files written.")
        _picker(root)


def _picker(root: Path) -> None:
    """Print how long the picker takes, from the click to what it shows, and how big its data is."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    data = root / "site/database/data"
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "-q"], cwd=root, check=True)
    sizes = {path.name: path.stat().st_size for path in data.iterdir()}
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print("\n| the picker, 200 releases | ms | bound |\n|---|---|---|")
        for before, after in (
            ("v1.198.0", "v1.199.0"),
            ("v1.150.0", "v1.199.0"),
            ("v1.0.0", "v1.199.0"),
        ):
            least = float("inf")
            for _ in range(5):
                page = browser.new_page()
                page.goto((root / "site/database/upgrade/index.html").as_uri())
                page.wait_for_selector("#migdocs-from")
                least = min(least, page.evaluate(_PICK, [before, after]))
                page.close()
            print(f"| {before} to {after}, first time | {least:.0f} | {_WAIT_MS} |", flush=True)
        browser.close()
    shards = [size for name, size in sizes.items() if name != "upgrade.js"]
    print(
        f"\nData: {sizes['upgrade.js']:,} bytes, and {len(shards)} shards of at most"
        f" {max(shards):,}; the bound is {_DATA_BYTES:,}."
    )


if __name__ == "__main__":
    main()
