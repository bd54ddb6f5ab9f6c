"""Tell which evidence is believed: a committed file says what somebody wrote into it.

Believed is what the branch that is released from holds too, and what was seen here, by this user's
own runs, whose entries are noted in the state folder, outside of the repository.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from migdocs.adapters import files, repository, state
from migdocs.core.errors import MachineError, MigdocsError, UsageError
from migdocs.core.proof import evidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from migdocs.core.proof.evidence import Evidence

SEEN = "verified.json"
KEPT = 10_000  # entries


def believed(root: Path, path: str, base: str = "") -> tuple[Evidence, ...]:
    """Give the project's evidence that is believed.

    Args:
        root: of the project.
        path: of the evidence.
        base: the branch or commit that changes are measured against; empty for the branch that is
            released from.

    Raises:
        UsageError: there is no such branch or commit.
        InputError: the evidence cannot be read.
    """
    if not (root / path).is_file():
        return ()
    found = evidence.read(files.read(root, path), path)
    released = _released(root, path, base)
    if released is None:
        return found
    seen = _seen(root)
    return tuple(item for item in found if item in released or evidence.digest(item) in seen)


def note(root: Path, found: Iterable[Evidence]) -> None:
    """Note what was seen here; without a state folder it is tried again next time."""
    with contextlib.suppress(MachineError, OSError):
        file = state.state_folder(root) / SEEN
        fresh = [evidence.digest(item) for item in found]
        kept = [*fresh, *(digest for digest in _seen(root) if digest not in fresh)][:KEPT]
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.replace(file)


def _released(root: Path, path: str, base: str) -> list[Evidence] | None:
    """Give the evidence at the merge base; None where there is no repository."""
    git = repository.find(root)
    if git is None or not git.head:
        return None
    commit = repository.merge_base(git, base)
    if not commit and base:
        raise UsageError(
            f"'{base}' is not a branch or commit that this one started from",
            hint="fetch it first, with its history.",
        )
    text = repository.text_at(git, commit, path) if commit else None
    with contextlib.suppress(MigdocsError):  # of another version: nothing of it is believed
        return list(evidence.read(text, path)) if text is not None else []
    return []


def _seen(root: Path) -> list[str]:
    """Give the digests of what this user's runs saw."""
    with contextlib.suppress(MachineError, OSError, ValueError):
        found = json.loads((state.state_folder(root) / SEEN).read_text(encoding="utf-8"))
        return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []
    return []
