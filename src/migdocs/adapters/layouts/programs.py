"""Programs that migrate from outside of the migrations' folder: placed or named, not read."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import below
from migdocs.adapters.layouts.evidence import is_foreign
from migdocs.core import foreign
from migdocs.core.errors import InputError, MachineError
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.adapters.layouts.convention import Layout
    from migdocs.adapters.layouts.evidence import Tree

# What a script of package.json is called that changes rows once, and the program that it runs.
_ONCE = re.compile(r"data[-_:]?migrat|migrat\w{0,40}[-_:]data\b|backfill", re.IGNORECASE)
_PROGRAM = re.compile(r"(?<![\w@./-])[\w@./-]+\.[cm]?[jt]s\b")


def placed(layout: Layout, tree: Tree, folder: str) -> Layout:
    """Give a layout that places programs of its convention wherever the project keeps them."""
    wanted = layout.elsewhere
    if wanted is None:
        return layout
    name = re.compile(wanted.path)
    homes = sorted(
        home
        for home, paths in tree.folders.items()
        if below(f"{home}/x", folder) is None
        and not is_foreign(home)
        and any(
            name.fullmatch(path.rpartition("/")[2]) and tree.holds(wanted, path) for path in paths
        )
    )
    if not homes:
        return layout
    where = "|".join(re.escape(home) for home in homes)
    # In git, the project may lie in a folder of the repository.
    beginning = rf"(?:.*/)?(?:{where})/(?={wanted.path}\Z)"
    return replace(layout, sibling=lambda _: beginning)


def named(tree: Tree, folder: str) -> Iterator[Finding]:
    """Find the programs that a ``package.json`` calls data migrations, outside of the folder."""
    for home, paths in tree.manifests.items():
        path = posixpath.join(home, "package.json")
        if path not in paths or is_foreign(home):
            continue
        for script, command in _scripts(tree, path).items():
            if not _ONCE.search(script):
                continue
            for word in _PROGRAM.findall(command):
                program = posixpath.normpath(posixpath.join(home, word))
                if program in tree.folders.get(posixpath.dirname(program), ()) and (
                    below(program, folder) is None
                ):
                    yield _told(path, script, program)


def _scripts(tree: Tree, path: str) -> dict[str, str]:
    """Read the scripts of a ``package.json``; what cannot be read names none."""
    if tree.text_of is None:
        return {}
    try:
        found = foreign.read(tree.text_of(path), path)["scripts"]
    except (InputError, MachineError, KeyError, TypeError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def _told(path: str, script: str, program: str) -> Finding:
    message = f"'{path}' runs this program as '{script}': what it changes is not known"
    hint = "say in the notes of the migration what it does and who runs it."
    return Finding("unread-program", "info", message, program, 1, hint)
