"""The project that migdocs was first drawn for: its hand-kept documents taken over."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from migdocs.core.markup import links, regions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SMART_FIELDS = "20240103_add_activity_log_smart_fields"


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run migdocs in a project."""
    done = subprocess.run(
        [sys.executable, "-m", "migdocs", *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def authapi(corpus: Callable[[str], Path], tmp_path: Path) -> Path:
    """Give a copy of the project that may be written to."""
    return shutil.copytree(corpus("authapi"), tmp_path / "authapi", symlinks=True)


@pytest.fixture
def audit(truth: Path) -> dict[str, Any]:
    """Give what is true of the project."""
    loaded: dict[str, Any] = json.loads((truth / "authapi_audit.json").read_text())
    return loaded


def checked(root: Path) -> list[dict[str, Any]]:
    """Give the findings of `check`."""
    found: list[dict[str, Any]] = json.loads(run(root, "check", "--json").stdout)["findings"]
    return found


def test_its_documents_are_taken_over_and_every_byte_survives(
    authapi: Path, audit: dict[str, Any]
) -> None:
    """After init and generate --adopt: 34 in order, one without rollback, nothing lost."""
    before = {
        path: path.read_bytes()
        for path in authapi.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    assert run(authapi, "init").returncode == 0
    assert run(authapi, "generate", "--adopt").returncode == 0

    scripts = sorted(p.stem for p in (authapi / "migrations").glob("*.sql"))
    forward = [stem for stem in scripts if not stem.endswith("_rollback")]
    log = (authapi / "migrations/MIGRATIONS_LOG.md").read_bytes().decode()
    region = regions.find(log, "log")[0]
    ours = log[region.start : region.end]
    history = re.findall(
        r"^\| \[`([^`]+)`\].*?\|\s*$", ours.split("## Migrations\r\n")[0], re.MULTILINE
    )
    assert history == forward[::-1], "the newest first, in the order of the files' names"
    assert len(forward) == audit["forward"]
    without = re.findall(r"^\| \[`([^`]+)`\](?:[^|]*\|){5} \*\*No\*\* ", ours, re.MULTILINE)
    assert without == audit["no_rollback"]

    for path, data in before.items():
        now = path.read_bytes()
        above, _, rest = now.partition(b"<!-- migdocs:begin ")
        below = rest.rpartition(b"<!-- migdocs:end ")[2].partition(b"\n")[2]
        assert now == data or [*filter(bytes.strip, (above + below).split(b"\n"))] == [
            *filter(bytes.strip, data.split(b"\n"))
        ], path


def test_it_is_stable_and_notices_change(authapi: Path) -> None:
    """A second run changes nothing; a commit neither; an edit or a new migration does."""
    run(authapi, "init")
    run(authapi, "generate", "--adopt")
    assert "up to date" in run(authapi, "generate").stderr
    assert run(authapi, "generate", "--check").returncode == 0
    log = authapi / "migrations/MIGRATIONS_LOG.md"
    text = log.read_bytes()
    log.write_bytes(text.replace(b"# Migrations log", b"# Log", 1))
    assert run(authapi, "generate", "--check").returncode == 1
    log.write_bytes(text)
    assert run(authapi, "generate", "--check").returncode == 0
    (authapi / "migrations/20270101_more.sql").write_text("SELECT 1;\n")
    assert run(authapi, "generate", "--check").returncode == 1


def test_every_link_that_we_wrote_resolves(authapi: Path) -> None:
    """Links inside our regions lead to files that are there."""
    run(authapi, "init")
    run(authapi, "generate", "--adopt")
    seen = 0
    for path in authapi.rglob("*.md"):
        text = path.read_bytes().decode()
        name = str(path.relative_to(authapi))
        for region in regions.find(text, name):
            for link in links.find(text[region.start : region.end]):
                target = links.resolve(name, link.target)
                seen += 1
                assert not target or (authapi / target).exists(), f"{name}: {link.target}"
    assert seen > 100


def test_check_finds_what_is_true_of_it(authapi: Path, audit: dict[str, Any]) -> None:
    """Missing parts, contradicting versions, denied rollbacks, dead links, edited scripts."""
    findings = checked(authapi)
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        by_rule.setdefault(finding["rule"], []).append(finding)

    def ids(rule: str) -> set[str]:
        return {re.findall(r"'([^']+)'", f["message"])[0] for f in by_rule.get(rule, [])}

    assert ids("missing-rollback") == set(audit["no_rollback"])
    assert len(ids("missing-notes")) == audit["forward"] - audit["with_md"]
    assert set(audit["version_contradictions"]) <= ids("version-contradiction")
    assert ids("rollback-contradiction") == set(audit["false_no_rollback_claims"])
    assert ids("script-edited") == set(audit["edited_after_introduction"])
    assert ids("ships-before-need") == {"20240103_add_activity_log_smart_fields"}
    assert [
        (f["path"], f["line"], re.findall(r"'([^']+)'", f["message"])[0])
        for f in by_rule["notes-unknown-name"]
    ] == [
        (f"migrations/{SMART_FIELDS}.md", line, name)
        for line, name in (
            (39, "idx_activity_logs_severity"),
            (40, "idx_activity_logs_expires_at"),
            (41, "idx_activity_logs_is_anomaly"),
        )
    ], "the index names that its notes invent, and no other name"
    assert any("ACTIVITY_LOGGING_GUIDE" in f["message"] for f in by_rule["dead-link"])


def test_with_tags_git_places_and_contradicts(authapi: Path) -> None:
    """Tags win: placing follows their trees, and a notes' version that disagrees is a finding."""
    tags = {"v1.0.0-alpha.4": "4da2c65", "v1.0.0-alpha.5": "feec77e", "v1.0.0-alpha.6": "2c98c98"}
    for tag, commit in tags.items():
        subprocess.run(["git", "tag", tag, commit], cwd=authapi, check=True)
    listing = json.loads(run(authapi, "list", "--json").stdout)
    placed = {m["id"]: (m["release"], m["placed_by"]) for m in listing["migrations"]}
    for tag, commit in tags.items():
        tree = subprocess.run(
            ["git", "ls-tree", "--name-only", commit, "migrations/"],
            cwd=authapi,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        for id_, (release, by) in placed.items():
            if release == tag:
                assert by == "git"
                assert f"migrations/{id_}.sql" in tree
    assert placed["20260105_add_multi_tenancy"] == ("v1.0.0-alpha.4", "git")
    assert placed["20260306_add_oidc"] == ("v1.0.0-alpha.6", "git")
    assert placed["20260317_add_settings_permissions_to_member"] == (None, None)
    contradictions = [f for f in checked(authapi) if f["rule"] == "version-contradiction"]
    notes = [f for f in contradictions if f["path"] == "migrations/20260306_add_oidc.md"]
    assert [f["line"] for f in notes] == [15]
    assert notes[0]["severity"] == "error"
