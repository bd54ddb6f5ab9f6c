"""Write docs/changelog.md: migdocs' own change log, made by migdocs from this repository's history.

The root's CHANGELOG.md is the sample project's, so the log is made in a clone that has other
settings. A release that has no tag here is found by the commit that ``RELEASES`` names.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "changelog.md"
# Commits before this one do not follow Conventional Commits, and are not told one by one.
RELEASES = {"v0.1.0": "196933506004e013554c230ef9db462a5fa9d15c"}
HEAD = """\
# Change log

What changed in migdocs itself, written from its history by `make changelog`. What stays compatible
is in [a page of its own](reference/compatibility.md).

"""
TAIL = """
## 0.1.0

The first version: documents, checks, guides, proofs and a thin apply, from the migrations
themselves.
"""
SETTINGS = 'name = "migdocs"\nmigrations = "none/migrations"\ntags = ["v*"]\n'


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """Run a program and give what it prints."""
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def page(version: str = "") -> str:
    """Give the page's text; ``version`` is what the commits since the last release are called."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "migdocs"
        run("git", "clone", "--quiet", "--no-hardlinks", ROOT, clone)
        here = set(run("git", "tag", "--list", folder=clone).split())
        added = {**RELEASES, **({f"v{version}": "HEAD"} if version else {})}
        for tag, commit in added.items():
            if tag not in here:
                run("git", "tag", tag, commit, folder=clone)
        (clone / "migdocs.toml").write_text(SETTINGS, encoding="utf-8")
        log = run(sys.executable, "-m", "migdocs", "changelog", "--from", "v0.1.0", folder=clone)
    return f"{HEAD}{log.strip()}\n{TAIL}"


if __name__ == "__main__":
    PAGE.write_text(page(*sys.argv[1:2]), encoding="utf-8")
