"""Build the sites of real projects into one folder, with a page that says what was read.

Usage: ``gallery.py CORPORA FOLDER [NAME…]``; ``CORPORA`` holds git bundles. The pages are opened as
files. Every migration is tried in a throw-away PostgreSQL first, where there is one.
"""

from __future__ import annotations

import html
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.proof import evidence as proofs

if TYPE_CHECKING:
    from collections.abc import Callable

# Of a project whose newest commit has no SQL migrations any more, the release that is shown.
AT = {"ftl": "v0.410.2"}
COLUMNS = (
    "Project",
    "Migrations",
    "Releases",
    "Not read whole",
    "Verified",
    "Rollback restores the schema",
    "Verified in",
    "Built in",
)
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>What migdocs makes of real projects</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto }}
table {{ border-collapse: collapse }} th, td {{ text-align: left; padding: .4rem 1rem .4rem 0 }}
td {{ border-top: 1px solid #8884; font-variant-numeric: tabular-nums }}
body > * {{ margin-inline: 1rem }} body {{ overflow-wrap: anywhere }}
</style>
<h1>What migdocs makes of real projects</h1>
<p>Each site was built by <code>migdocs init</code>, <code>migdocs verify</code> and
<code>migdocs build</code>, with nothing written by hand: {seconds} in all, on {machine}.
What was not verified is not SQL for PostgreSQL, or has no script.</p>
<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
"""


@dataclass(frozen=True)
class Shown:
    """One project of the gallery; ``failed`` says why it has no site."""

    name: str
    migrations: int = 0
    releases: int = 0
    unread: int = 0
    verified: int = 0
    restored: int = 0
    verifying: float = 0  # seconds; ``building`` too
    building: float = 0
    failed: str = ""


def migdocs(root: Path, *arguments: str) -> str:
    """Run a command of ours in a project; give what it prints."""
    command = [sys.executable, "-m", "migdocs", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-500:])
    return done.stdout


def shown(bundle: Path, folder: Path) -> Shown:
    """Build one project's site below a folder."""
    name = bundle.stem
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / name
        clone = ["git", "clone", "--quiet", bundle.resolve(), root]
        subprocess.run(clone, check=True)
        if name in AT:
            checkout = ["git", "checkout", "--quiet", AT[name]]
            subprocess.run(checkout, cwd=root, check=True)
        try:
            migdocs(root, "init", "--yes", "--ci", "none")
            verifying = timed(lambda: proven(root))
            site = str((folder / name).resolve())
            building = timed(lambda: migdocs(root, "build", "--no-strict", "--site-dir", site))
            told = json.loads(migdocs(root, "list", "--json"))
        except RuntimeError as error:
            return Shown(name, failed=str(error))
        evidence = next(root.rglob("evidence.json"), None)
        path = evidence.relative_to(root).as_posix() if evidence else ""
        seen = proofs.read(evidence.read_text(), path) if evidence else ()
    unread = sum(1 for migration in told["migrations"] if migration.get("unread"))
    restored = sum(1 for item in seen if item.verdict in proofs.RESTORING)
    counts = (len(told["migrations"]), len(told["releases"]), unread, len(seen), restored)
    return Shown(name, *counts, verifying, building)


def proven(root: Path) -> None:
    """Try every migration on a server, where one is to be had; what fails is part of the result."""
    done = subprocess.run(
        [sys.executable, "-m", "migdocs", "verify", "--quiet"], cwd=root, check=False
    )
    if done.returncode not in {0, 1}:
        sys.stderr.write(f"{root.name}: not verified\n")


def timed(work: Callable[[], object]) -> float:
    """Do something; give the seconds that it took."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def row(item: Shown) -> str:
    """Write one line of the table."""
    if item.failed:
        why = f"<td colspan={len(COLUMNS) - 1}>{html.escape(item.failed)}"
        return f"<tr><td>{html.escape(item.name)}{why}</tr>"
    link = f'<a href="{html.escape(item.name)}/database/index.html">{html.escape(item.name)}</a>'
    proof = (
        f"{item.verified} of {item.migrations}",
        f"{item.restored} of {item.verified}",
        f"{item.verifying:.1f} s",
    )
    shown = proof if item.verified else ("not verified", "not known", "")
    cells = (item.migrations, item.releases, item.unread, *shown, f"{item.building:.1f} s")
    return f"<tr><td>{link}{''.join(f'<td>{cell}' for cell in cells)}</tr>"


def main(corpora: Path, folder: Path, names: list[str]) -> int:
    """Build the gallery; give 1 where a project has no site."""
    bundles = [b for b in sorted(corpora.glob("*.bundle")) if not names or b.stem in names]
    if not bundles:
        sys.stderr.write(f"no bundles in {corpora}\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for bundle in bundles:
        items.append(shown(bundle, folder))
        sys.stderr.write(f"{bundle.stem}: {items[-1].failed or 'built'}\n")
    head = "".join(f"<th>{column}" for column in COLUMNS)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    seconds = f"{sum(item.verifying + item.building for item in items):.0f} s"
    rows = "".join(map(row, items))
    page = PAGE.format(head=head, rows=rows, machine=machine, seconds=seconds)
    (folder / "index.html").write_text(page, encoding="utf-8")
    sys.stdout.write(f"{folder / 'index.html'}\n")
    return int(any(item.failed for item in items))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
