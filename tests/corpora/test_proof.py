"""Real projects' migrations tried there, back and there again: what auditors found is found."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts
from migdocs.commands import verify
from migdocs.commands.verify import Task
from migdocs.core.model import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from migdocs.core.proof import Proof

pytestmark = pytest.mark.usefixtures("postgres")  # says why where there is no server

# What a text dump of an empty database called it → the verdict that says the same.
SAME = {
    "restored": "exact",
    "restored-order-differs": "order",
    "DIFF": "differs",
    "DOWNFAIL": "fails",
    "emptydown": "missing",
    "nodown": "missing",
}
ROWS = "gone|left over|other values in"
LATER = "once rows are there that only the new schema allows, the rollback fails"
EMPTY = "the rollback script holds no statement"
# What the dump called it → a verdict that is the better one, and the words that say why.
BETTER = {
    "restored": {"rows-lost": ROWS, "differs": ROWS, "fails": LATER, "missing": EMPTY},
    "restored-order-differs": {"rows-lost": ROWS},
    "DIFF": {"fails": "the rollback fails|with rows", "missing": EMPTY},
    "DOWNFAIL": {"impossible": r"the rollback fails: .* \(P0001\)"},
    "emptydown": {},
    "nodown": {},
}
PROJECTS = {
    "opentdf": "service/policy/db/migrations",
    "pocketid": "backend/resources/migrations/postgres",
    "graphnode": "store/postgres/migrations",
    "ftl": "backend/controller/sql/schema",
}
TAGS = {"ftl": "v0.410.2"}


def proved(
    root: Path,
    folder: str,
    base: Script | None = None,
    wanted: Collection[str] | None = None,
) -> dict[str, Proof]:
    """Prove a project's migrations, all or those that are wanted, by id."""
    paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    reading = layouts.read(
        [path for path in paths if not path.startswith(".git/")],
        folder,
        lambda path: (root / path).read_text(encoding="utf-8"),
    )
    found = frozenset(m.id for m in reading.migrations if m.forward)
    task = Task(root, base, reading.migrations, found if wanted is None else found & set(wanted))
    return {item.migration: item for item in verify.verify(task).proofs}


def seen(found: dict[str, Proof]) -> dict[str, object]:
    """Give what was seen without what a clock and a choice of examples add."""
    return {
        id_: (
            *(item.applied, item.error, item.error_with_rows, item.changes),
            *(item.locks, item.rewrites, item.unfilled, item.rollback.verdict),
            [difference.text for difference in item.rollback.differences],
        )
        for id_, item in found.items()
    }


def about_rows(proof: Proof) -> set[str]:
    """Name the tables whose rows a rollback does not leave as they were."""
    return {d.name.partition(".")[0] for d in proof.rollback.differences if d.kind == "rows"}


def test_what_the_audit_of_authapi_found_is_found(
    corpus: Callable[[str], Path], truth: Path
) -> None:
    """All but one apply; each rollback that does harm is seen to do it."""
    audit = json.loads((truth / "authapi_audit.json").read_text())
    base = Script("authapi_base.sql", (truth.parent / "authapi_base.sql").read_text())
    found = proved(corpus("authapi"), "migrations", base)
    failing = "20260223_add_multi_sender_support"

    assert [id_ for id_, item in found.items() if not item.applied] == [failing]
    assert f"{failing}.sql:28: cannot drop index email_server_configs_app_id_key" in (
        found[failing].error
    )
    assert [id_ for id_, item in found.items() if item.rollback.verdict == "missing"] == (
        audit["no_rollback"]
    )
    for id_ in audit["rollback_fails_with_valid_data"]:
        assert found[id_].rollback.verdict == "fails", id_
    for id_ in audit["rollback_does_not_restore_schema"]:
        names = {difference.name for difference in found[id_].rollback.differences}
        assert "idx_email_server_configs_app_id" in names
    for id_ in audit["rollback_leaves_tracker_row"]:
        assert "schema_migrations" in about_rows(found[id_])
    for id_ in audit["rollback_overdeletes"]:
        assert found[id_].rollback.verdict == "rows-lost", id_
    lost = found["20260317_add_settings_permissions_to_member"].rollback.differences
    assert any("role_permissions: 2 rows" in difference.text for difference in lost)


@pytest.mark.parametrize("project", PROJECTS)
def test_every_verdict_is_the_dump_s_or_a_better_one_with_a_reason(
    project: str, corpus: Callable[[str], Path], truth: Path
) -> None:
    """A dump of an empty database sees no rows; what differs from it says which, or which script.

    An empty rollback is none, even where its migration changed no schema; one that raises an
    exception of its own says that there is no way back.
    """
    lines = (truth / f"{project}_roundtrip.jsonl").read_text().splitlines()
    dumped = {id_: verdict for id_, verdict, *_ in map(json.loads, lines)}
    root = corpus(project)
    if tag := TAGS.get(project):
        subprocess.run(["git", "-C", root, "checkout", "--quiet", tag], check=True)
    found = proved(root, PROJECTS[project], wanted=dumped)

    assert found.keys() == dumped.keys()
    assert [id_ for id_, item in found.items() if not item.applied] == []
    for id_, item in found.items():
        verdict, told = item.rollback.verdict, item.rollback.differences
        if verdict != SAME[dumped[id_]]:
            reason = BETTER[dumped[id_]].get(verdict)
            assert reason, (id_, verdict, told)
            assert any(re.search(reason, difference.text) for difference in told), (id_, told)


def test_two_runs_see_the_same(corpus: Callable[[str], Path]) -> None:
    """Evidence that changed from run to run would conflict between branches."""
    root = corpus("pocketid")
    folder = PROJECTS["pocketid"]
    wanted = [path.name.split(".")[0] for path in (root / folder).glob("20250[12]*.up.sql")]
    first, second = (seen(proved(root, folder, wanted=wanted)) for _ in range(2))
    assert len(first) == len(wanted) > 1
    assert first == second
