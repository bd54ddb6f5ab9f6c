"""The next version: proposed with reasons, and checked."""

from __future__ import annotations

import pytest

from migdocs.core import facts
from migdocs.core.changelog import commits
from migdocs.core.errors import MigdocsError, UsageError
from migdocs.core.model import Declared, Impact, Migration
from migdocs.core.releases import bump
from migdocs.core.timeline import Commit, Placement


def log(*subjects: str) -> tuple[commits.Entry, ...]:
    """Read commits."""
    return commits.entries([Commit(str(n), text) for n, text in enumerate(subjects)])


def migration(
    computed: Impact | None, *, breaking: bool | None = None, version: str | None = None
) -> facts.Entry:
    """Make a migration that has this impact and declares this."""
    declared = Declared(breaking=breaking, version=version)
    return facts.Entry(
        Migration("2_change", declared=declared),
        Placement(),
        "Change",
        ("adds table a", "adds table b"),
        computed,
        ("drops table c",) if computed == "major" else (),
    )


PROPOSED = [
    # last, commits, migrations → version, and the weightiest reason
    ("v1.2.3", ["fix: a"], [], "v1.2.4", "fixed: a"),
    ("v1.2.3", ["fix: a", "feat(b): c"], [], "v1.3.0", "added: b: c"),
    ("v1.2.3", ["fix!: a"], [], "v2.0.0", "breaking: a"),
    ("1.2", ["fix: a"], [migration("minor")], "1.3", "2_change: adds table a (and 1 more)"),
    ("v1.2.3", ["feat: a"], [migration("major")], "v2.0.0", "2_change: drops table c"),
    (
        "v1.2.3",
        [],
        [migration("patch", breaking=True)],
        "v2.0.0",
        "2_change: its notes say that it breaks",
    ),
    (
        "v1.2.3",
        ["fix: a"],
        [migration("unknown")],
        "v1.3.0",
        "2_change: what it does cannot be read, so it may break",
    ),
    ("v1.2.3", ["docs: a"], [migration("patch")], "v1.2.4", "2_change: adds table a (and 1 more)"),
    ("v0.4.1", ["feat!: a"], [], "v0.5.0", "breaking: a"),
    ("v0.4.1", ["fix: a"], [], "v0.4.2", "fixed: a"),
    ("v2.0.0-rc.1", ["feat!: a"], [], "v2.0.0", "breaking: a"),
    ("2024.3", ["feat!: a"], [], "2024.4", "breaking: a"),
    (None, ["feat: a"], [], "v0.1.0", "added: a"),
    (
        "v1.2.3",
        ["fix: a"],
        [migration("patch", version="v2.0.0")],
        "v2.0.0",
        "fixed: a",
    ),
]


@pytest.mark.parametrize(("last", "subjects", "migrations", "version", "why"), PROPOSED)
def test_a_version_is_proposed(
    last: str | None, subjects: list[str], migrations: list[facts.Entry], version: str, why: str
) -> None:
    """The weightiest of all that is new tells, and a version that notes name is not undercut."""
    found = bump.propose(last, log(*subjects), migrations)
    assert (found.version, found.reasons[0].text) == (version, why)


@pytest.mark.parametrize(
    ("last", "subject", "taken", "proposed"),
    [
        ("v1.0.0", "fix: a", ["v1.0.0", "v1.0.1", "v1.0.2"], "v1.1.0"),
        ("v1.0.1", "feat: a", ["v1.0.0", "v1.0.1", "v1.1.0"], "v1.2.0"),
        ("v1.0.1", "fix: a", ["v1.0.0", "v1.0.1", "v1.1.0"], "v1.0.2"),
        ("v1.0.0", "feat!: a", ["v2.0.0"], "v3.0.0"),
        ("2024.3", "fix: a", ["2024.4"], "2024.5"),
    ],
)
def test_no_version_is_proposed_that_another_line_has(
    last: str, subject: str, taken: list[str], proposed: str
) -> None:
    """A release branch may have taken the next number."""
    assert bump.propose(last, log(subject), [], taken).version == proposed


@pytest.mark.parametrize(
    ("last", "wanted", "subject", "written"),
    [
        ("v1.2.3", "v1.3.0", "feat: a", "v1.3.0"),
        ("v1.2.3", "1.3.0", "feat: a", "v1.3.0"),
        ("1.2.3", "v1.3.0", "feat: a", "1.3.0"),
        ("v1.2.3", "v3.0.0", "fix: a", "v3.0.0"),
        ("v1.2.3", "v1.3.0-rc.1", "feat: a", "v1.3.0-rc.1"),
        ("v1.3.0-rc.1", "v1.3.0", "feat: a", "v1.3.0"),
        ("2024.3", "2024.4", "feat!: a", "2024.4"),
        (None, "1.0.0", "feat: a", "1.0.0"),
    ],
)
def test_a_version_that_will_do(last: str | None, wanted: str, subject: str, written: str) -> None:
    """It is written as the last one is."""
    assert bump.check(wanted, bump.propose(last, log(subject), [])) == written


@pytest.mark.parametrize(
    ("wanted", "kind", "message"),
    [
        ("soon", UsageError, "'soon' is not a version"),
        ("v01.3.0", UsageError, "'v01.3.0' is not a version: a number begins with 0"),
        ("v1.2.3", MigdocsError, "'v1.2.3' is not above the last release, 'v1.2.3'"),
        ("v0.9", MigdocsError, "'v0.9' is not above the last release"),
        ("v1.2.4", MigdocsError, r"too low: what is new asks for a minor step \(added: a\)"),
        ("v1.2.3-rc.1", MigdocsError, "'v1.2.3-rc.1' is not above the last release"),
    ],
)
def test_a_version_that_will_not_do(wanted: str, kind: type[MigdocsError], message: str) -> None:
    """Each says why, and what would do."""
    with pytest.raises(kind, match=message) as error:
        bump.check(wanted, bump.propose("v1.2.3", log("feat: a"), []))
    assert error.value.hint


def test_a_reason_lets_a_lower_version_pass() -> None:
    """But never one that is not above the last."""
    proposal = bump.propose("v1.2.3", log("feat!: a"), [])
    assert bump.check("v1.2.4", proposal, allow_lower="nobody uses it") == "v1.2.4"
    with pytest.raises(MigdocsError, match="not above"):
        bump.check("v1.2.2", proposal, allow_lower="nobody uses it")
