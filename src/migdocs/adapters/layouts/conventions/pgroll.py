"""pgroll: operations in JSON or YAML; those that are SQL are read."""

from __future__ import annotations

import json
from typing import Any

from migdocs.adapters.layouts import broken
from migdocs.adapters.layouts.convention import Halves, Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.languages import language
from migdocs.adapters.layouts.ordering import as_text
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core import foreign
from migdocs.core.errors import InputError
from migdocs.core.ledger.trackers import mark
from migdocs.core.model import Finding, Script

_OPERATIONS = r"(?m)\"operations\"\s*:|^operations:"
_FILE = "{forward}{rollback}"


def split(path: str, text: str) -> Halves:
    """Give the SQL of a file whose operations are all SQL; others are left as they are."""
    operations = _operations(text, path)
    found = [operation.get("sql") for operation in operations or ()]
    scripts = [one for one in found if isinstance(one, dict) and one.get("up")]
    if not scripts or len(scripts) < len(found):
        whole = Script(path, text, language=language(path))
        findings = () if operations is not None else (_unreadable(path, text),)
        return Halves(whole, whole, findings)
    up = "\n".join(_ended(one["up"]) for one in scripts)
    downs = [_ended(one.get("down") or "") for one in reversed(scripts)]
    down = "\n".join(downs) if all(downs) else ""
    return Halves(Script(path, up), Script(path, down) if down else None)


def _operations(text: str, path: str) -> list[dict[str, Any]] | None:
    """Read the list of operations; None where there is none."""
    try:
        found = foreign.read(text, path)["operations"]
    except (InputError, KeyError, TypeError):
        return None
    right = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    return found if right else None


def _unreadable(path: str, text: str) -> Finding:
    line, problem = broken.fault(path, text)
    message = "the operations of this migration cannot be read" + (
        f": {problem}" if problem else ""
    )
    hint = "write 'operations' as a list, as 'pgroll validate' takes it."
    return Finding("unreadable-metadata", "error", message, path, line, hint)


def _ended(sql: object) -> str:
    """Give statements with an end, so that others may follow."""
    text = str(sql).strip()
    return text if not text or text.endswith(";") else f"{text};"


def render(path: str, forward: str, rollback: str) -> str:
    """Write a migration of one SQL operation."""
    operation = {"up": forward.strip()}
    if rollback.strip():
        operation["down"] = rollback.strip()
    if path.endswith(".json"):
        return json.dumps({"operations": [{"sql": operation}]}, indent=2) + "\n"
    import yaml

    data = {"operations": [{"sql": operation}]}
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000))


LAYOUT = Layout(
    name="pgroll",
    title="pgroll: operations in JSON or YAML",
    rules=(
        Rule("both", r"(?P<id>[0-9]+[^/]*?)\.(?:json|ya?ml)"),
        Rule("notes", r"(?:notes/)?(?P<id>[0-9]+[^/]*?)\.md"),
    ),
    order=as_text,
    manifests=(Manifest(r"[0-9]+[^/]*\.(?:json|ya?ml)", _OPERATIONS, inside=True),),
    least=Strength.MANIFEST,
    split=split,
    splits=frozenset({"json", "yaml"}),
    naming=Naming(
        forward="{id}.json",
        others=(("{id}.yaml", ""), ("{id}.yml", "")),
        width=2,
        file=_FILE,
        render=render,
    ),
    tracking=Tracking(
        "pgroll.migrations",
        "name",
        "SELECT name FROM pgroll.migrations WHERE done",
        marks=(mark("schema name migration parent done"),),
        command="pgroll migrate",
    ),
    reads="operations that are SQL; others are placed, not read",
    runner=foreign_runner(
        "pgroll",
        status='pgroll status --postgres-url "$DATABASE_URL"',
        apply='pgroll migrate {folder} --complete --postgres-url "$DATABASE_URL"',
        rollback_one='pgroll rollback --postgres-url "$DATABASE_URL"',
    ),
)
