"""Real projects' migrations tried there, back and there again: what auditors found is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts
from migdocs.commands import verify
from migdocs.commands.verify import Task
from migdocs.core.model import Script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.adapters.sandbox import Server
    from migdocs.core.proof import Proof

# What a text dump of an empty database called it → the verdict that says the same.
SAME = {
    "restored": "exact",
    "restored-order-differs": "order",
    "DIFF": "differs",
    "DOWNFAIL": "fails",
    "emptydown": "missing",
    "nodown": "missing",
}


def proved(server: Server, root: Path, folder: str, base: Script | None = None) -> dict[str, Proof]:
    """Prove all migrations of a project, by id."""
    paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    reading = layouts.read(
        [path for path in paths if not path.startswith(".git/")],
        folder,
        lambda path: (root / path).read_text(encoding="utf-8"),
    )
    wanted = frozenset(m.id for m in reading.migrations if m.forward)
    report = verify.verify(Task(root, base, reading.migrations, wanted), server.base)
    return {item.migration: item for item in report.proofs}


def about_rows(proof: Proof) -> set[str]:
    """Name the tables whose rows a rollback does not leave as they were."""
    return {d.name.partition(".")[0] for d in proof.rollback.differences if d.kind == "rows"}


def test_what_the_audit_of_authapi_found_is_found(
    corpus: Callable[[str], Path], truth: Path, postgres: Server
) -> None:
    """All but one apply; each rollback that does harm is seen to do it."""
    audit = json.loads((truth / "authapi_audit.json").read_text())
    base = Script("authapi_base.sql", (truth.parent / "authapi_base.sql").read_text())
    found = proved(postgres, corpus("authapi"), "migrations", base)
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


@pytest.mark.parametrize(("project", "folder"), [("opentdf", "service/policy/db/migrations")])
def test_every_verdict_is_the_dump_s_or_stricter_with_a_reason(
    project: str, folder: str, corpus: Callable[[str], Path], truth: Path, postgres: Server
) -> None:
    """A dump of an empty database sees no rows; what differs from it says which, or which script.

    An empty rollback is none, even where its migration changed no schema.
    """
    lines = (truth / f"{project}_roundtrip.jsonl").read_text().splitlines()
    dumped = {id_: SAME[verdict] for id_, verdict, *_ in map(json.loads, lines)}
    found = proved(postgres, corpus(project), folder)
    assert found.keys() == dumped.keys()
    assert all(item.applied for item in found.values())
    for id_, item in found.items():
        verdict = item.rollback.verdict
        reasons = {difference.kind for difference in item.rollback.differences}
        assert verdict == dumped[id_] or reasons & {"rows", "script"}, (id_, verdict)
        if dumped[id_] == "differs":
            assert verdict in {"differs", "fails", "missing"}, id_
