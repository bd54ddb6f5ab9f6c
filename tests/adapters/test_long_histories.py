"""Histories as long as real ones: what we tell of a release beside what a person would.

The subjects are of the kinds that two well-kept projects write; beside each stands the section in
which their maintainers would tell it, or none. Git makes the history, and git is asked.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import repository
from migdocs.commands import git_history
from migdocs.core.changelog import commits
from migdocs.core.releases import history
from migdocs.core.releases.told import Told
from migdocs.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BEGAN = 1_600_000_000  # seconds since 1970
_MOST_LINES = 5  # of ours for each that a person wrote
_AGREEMENT = 0.95

# A service in Go: squashed pull requests, Conventional Commits, robots.
SQUASHED = (
    ("feat: add ListUsers API (#{n})", "Added"),
    ("chore(deps): bump google.golang.org/grpc from 1.{n}.0 to 1.{n}.1 (#{n})", None),
    ("fix: return the right code when a store is missing, case {n} (#{n})", "Fixed"),
    ("test: cover the {n}th corner of Check (#{n})", None),
    ("refactor: extract resolver {n} (#{n})", None),
    ("docs: explain model {n} (#{n})", None),
    ("perf: read tuples of page {n} once (#{n})", "Changed"),
    ("chore: tidy up {n} (#{n})", None),
    ("feat(cmd)!: drop flag --old-{n} (#{n})", "Breaking"),
    ("ci: pin action {n} (#{n})", None),
    ("fix(storage): close iterator {n} (#{n})", "Fixed"),
    ("Update README.md", None),
    ("build(deps): bump the dependencies group with {n} updates (#{n})", None),
    ("release: update changelog for v1.{n}.0 (#{n})", None),
    ("fix(deps): update module golang.org/x/net to v0.{n}.0 [security] (#{n})", "Security"),
    ("feat: Expose metric {n} (#{n})\n\n* wip\n\n* address review comments\n", "Added"),
)
# A server in Haskell: merged branches, types of its own, candidates, another project taken in.
MERGED = (
    ("fix: Wrong response code {n}", "Fixed"),
    ("nix: Update pin {n}", None),
    ("cov: Cover case {n}", None),
    ("add: Table-valued function {n}", "Added"),
    ("test: Add case {n}", None),
    ("amend: case {n}", None),
    ("feat: Limit rows by header {n}\n\nIt closes #{n}", "Added"),
    ("refactor: Move part {n}", None),
    ("style: Format {n}", None),
    ("break: Drop support of PostgreSQL {n}\n\nBREAKING CHANGE: upgrade first", "Breaking"),
    ("docs: Explain {n}", None),
    ("drop: Config option db-{n}", "Removed"),
    ("deprecate: Config option log-{n}", "Deprecated"),
    ("Addressing feedback", None),
    ("ci: Run {n} jobs", None),
    ("perf: Plan query {n} once", "Changed"),
)


@dataclass
class Written:
    """What a person writes down while the history is made: release → text → section."""

    releases: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)

    def down(self, subject: str, section: str | None) -> None:
        """Note a change, if users would notice it."""
        if section:
            self.waiting[subject.partition("\n")[0]] = section

    def release(self, name: str) -> None:
        """Put what is waiting under a release; a candidate's changes wait for the final one."""
        if "-" not in name:
            self.releases[name], self.waiting = self.waiting, {}


def squashed(written: Written) -> Iterator[str]:
    """Write 2,000 commits on one branch, a release every 40, a back-port now and then."""
    for n in range(1, 2001):
        subject, section = SQUASHED[n % len(SQUASHED)]
        yield commit("main", n, subject.format(n=n))
        written.down(subject.format(n=n), section)
        if n % 40 == 0:
            yield tag(f"v1.{n // 40}.0", "main", n)
            written.release(f"v1.{n // 40}.0")


def merged(written: Written) -> Iterator[str]:
    """Write 6,000 commits: branches and their merges, candidates, and a history taken in."""
    yield commit("main", 0, "chore: start")
    for n in range(1, 5001):
        subject, section = MERGED[n % len(MERGED)]
        text = subject.format(n=n)
        if n % 5 == 0:
            yield commit("side", n, text, start="refs/heads/main")
            title = f"Merge pull request #{n} from ann/part-{n}\n\n{text.partition(chr(10))[0]}"
            yield commit("main", n, title, merges="side")
        else:
            yield commit("main", n, text)
        written.down(text, section)
        if n == 2000:
            yield from (
                commit("lib", k, f"feat: part {k} of a library", alone=k == 1)
                for k in range(1, 1001)
            )
            yield commit("main", n, "Merge remote-tracking branch 'lib/main'", merges="lib")
        if n % 100 in {60, 80}:
            yield tag(f"v{n // 100 + 1}.0.0-rc.{n % 100 // 20 - 2}", "main", n)
        if n % 100 == 0:
            yield tag(f"v{n // 100}.0.0", "main", n)
            written.release(f"v{n // 100}.0.0")


def commit(  # noqa: PLR0913 - what a commit is made of
    branch: str, n: int, message: str, *, start: str = "", merges: str = "", alone: bool = False
) -> str:
    """Write one commit in fast-import's language; one file tells it from the others."""
    who = f"A{n % 9} <a{n % 9}@example.org> {_BEGAN + n * 600} +0000"
    name = f"{branch if branch != 'side' else 'main'}-{n % 50}"
    size = len(message.encode())
    head = f"reset refs/heads/{branch}\n\n" if alone else ""
    head += f"commit refs/heads/{branch}\nauthor {who}\ncommitter {who}\n"
    return (
        f"{head}data {size}\n{message}\n"
        + (f"from {start}\n" if start else "")
        + (f"merge refs/heads/{merges}\n" if merges else "")
        + f"M 100644 inline {name}\ndata {len(str(n))}\n{n}\n\n"
    )


def tag(name: str, branch: str, n: int) -> str:
    """Write one annotated tag."""
    who = f"A0 <a0@example.org> {_BEGAN + n * 600} +0000"
    return f"tag {name}\nfrom refs/heads/{branch}\ntagger {who}\ndata {len(name)}\n{name}\n"


@pytest.mark.parametrize("make", [squashed, merged], ids=["squashed", "merged"])
def test_a_long_history_is_told_as_its_maintainers_would(tmp_path: Path, make: object) -> None:
    """No release is many times as long as a person's text, and sections are the same."""
    written = Written()
    stream = "".join(make(written))  # type: ignore[operator]
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "fast-import", "--quiet"], input=stream.encode(), check=True)
    found = repository.find(tmp_path)
    assert found
    _, facts = git_history.read(found, git_history.Asked(Settings(), "migrations", lambda _: None))
    releases = history.place((), facts, lambda _: None, Told()).releases
    entries = commits.across(releases)
    agreed = told = 0
    for name, theirs in written.releases.items():
        mine = [r.version for r in releases if r.version.partition("-")[0] == name]
        ours = [entry for version in mine for entry in entries[version]]
        lines = len(ours) + 2 * len({entry.section for entry in ours})
        assert lines <= _MOST_LINES * len(theirs), (name, lines, len(theirs))
        sections = [(entry.text, entry.section) for entry in ours]
        told += len(theirs)
        agreed += sum(
            any(text in subject and section == wanted for text, section in sections)
            for subject, wanted in theirs.items()
        )
    assert told > len(SQUASHED) * 10
    assert agreed >= _AGREEMENT * told, (agreed, told)
