"""Tell at once whether anything changed since the documents were last found up to date.

The key is made of everything that a document is made of: our own code, the settings, the names of
all files, the bytes of those that are read, git's refs. Nothing goes by time.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from migdocs.adapters import config, files, repository, startup
from migdocs.adapters.state import cache
from migdocs.core.settings import DOCUMENTS, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from migdocs.core.settings import Settings

_NAME = "generated"
_CHECKED = "checked"


def key(start: Path) -> tuple[Path, str]:
    """Give the project's root and the key of its present state."""
    found = config.load(start)
    paths = files.everything(found.root, found.settings.migrations)
    state = hashlib.sha256()
    chosen = found.settings
    sign = None if chosen.applied_by else startup.sign(found.root, paths, chosen.migrations)
    for part in (cache.code(), chosen, _git_state(found.root), paths, sign):
        state.update(f"{part!r}\n".encode("utf-8", "surrogateescape"))
    for path in _read_by_documents(paths, found.settings):
        state.update(files.digest(found.root, path))
    return found.root, state.hexdigest()


@functools.cache
def _git_state(root: Path) -> str:
    """Ask git once a run: writing documents does not change what it says."""
    return repository.state(root)


def missing_folder(start: Path) -> str:
    """Name the migrations folder where there is none of that name; empty where there is."""
    found = config.load(start)
    folder = found.settings.migrations
    return "" if files.is_there(found.root, folder) else folder


def is_fresh(start: Path) -> bool:
    """Tell whether the documents were found up to date in exactly this state."""
    return _is_fresh(*key(start))


def _is_fresh(root: Path, now: str) -> bool:
    """Tell whether the documents were found up to date in the state that has this key."""
    return cache.load(root, _NAME).get("key") == now


def known(start: Path) -> tuple[bool, int | None]:
    """Tell whether the documents are up to date as things stand, and how many errors there are.

    The number is the one that ``check`` found; None where it did not run in exactly this state.
    """
    root, now = key(start)
    kept = cache.load(root, _CHECKED)
    found = kept.get("errors")
    is_known = kept.get("key") == now and isinstance(found, int)
    return _is_fresh(root, now), found if is_known else None


def remember(start: Path) -> None:
    """Note that every document is up to date as things stand."""
    root, now = key(start)
    cache.store(root, _NAME, {"key": now})


def remember_errors(start: Path, errors: int) -> None:
    """Note how many errors ``check`` found as things stand."""
    root, now = key(start)
    cache.store(root, _CHECKED, {"key": now, "errors": errors})


def answer(start: Path, name: str, question: str, make: Callable[[], str]) -> str:
    """Give what was answered to a question in exactly this state, else answer it and keep that.

    Args:
        start: a folder of the project.
        name: of the command; only its last answer is kept.
        question: everything that the command was told.
        make: answers it.
    """
    root, now = key(start)
    asked = hashlib.sha256(f"{now} {question}".encode("utf-8", "surrogateescape")).hexdigest()
    kept = cache.load(root, name)
    if kept.get("key") == asked and isinstance(kept.get("text"), str):
        return str(kept["text"])
    text = make()
    cache.store(root, name, {"key": asked, "text": text})
    return text


def _read_by_documents(paths: Iterable[str], chosen: Settings) -> Iterator[str]:
    """Yield the files whose bytes matter to a document: itself, and what it is made of."""
    folder = "" if chosen.migrations == "." else f"{chosen.migrations}/"
    documents = {chosen.document(name) for name in DOCUMENTS}
    made_of = {chosen.template_path, chosen.changelog_template, chosen.base_schema}
    documents |= {".mailmap", picture(chosen.document("flow")), *made_of}
    return (path for path in paths if path.startswith(folder) or path in documents)
