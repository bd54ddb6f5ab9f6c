"""Make a release of migdocs itself: version, change log, commit, tag, packages; publish nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import changelog

ROOT = Path(__file__).parents[1]
VERSION = ROOT / "src" / "migdocs" / "__init__.py"
SEMVER = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")


def git(*arguments: str) -> str:
    """Run git here, and give what it prints."""
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main(version: str) -> int:
    """Make the release; give the exit code."""
    problems = {
        f"'{version}' is no version: write 1.2.3": not SEMVER.fullmatch(version),
        f"the tag v{version} is there already": bool(git("tag", "--list", f"v{version}")),
        "there are changes that are not committed": bool(git("status", "--porcelain")),
    }
    wrong = [problem for problem, found in problems.items() if found]
    if wrong:
        sys.stderr.write("".join(f"release: {problem}\n" for problem in wrong))
        return 1
    text = VERSION.read_text(encoding="utf-8")
    text = re.sub(r'__version__ = "[^"]*"', f'__version__ = "{version}"', text)
    VERSION.write_text(text, encoding="utf-8")
    changelog.PAGE.write_text(changelog.page(version), encoding="utf-8")
    git("commit", "--quiet", "--all", "--message", f"chore(release): {version}")
    git("tag", "--annotate", f"v{version}", "--message", f"migdocs {version}")
    epoch = {"SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")}
    build = [sys.executable, "-m", "hatchling", "build", "--directory", "dist"]
    subprocess.run(build, cwd=ROOT, check=True, env=os.environ | epoch)
    sys.stderr.write(f"release: v{version} is committed, tagged and built in dist/; push it.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else ""))
