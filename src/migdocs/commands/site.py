"""The site: make its pages, write them where they are wanted as files, let MkDocs build them."""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import documentation, files, held
from migdocs.commands import project as projects
from migdocs.core import site
from migdocs.core.errors import MachineError, UsageError
from migdocs.core.markup import links, regions
from migdocs.core.settings import DOCUMENTS
from migdocs.core.site.home import UNLISTED, Home

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from migdocs.commands.project import Project

# Files of the package that the site needs as they are.
_ASSETS = {
    "migdocs.js": "assets/migdocs.js",
    "migdocs.css": "assets/migdocs.css",
    "migrations.schema.json": "migrations.schema.json",
}
_IGNORE = "# Written by 'migdocs build'.\n*\n"
_IGNORED = {_IGNORE, "# Written by 'migdocs build' and 'migdocs serve'.\n*\n"}
_PLUGIN = "migdocs"
_LINK = re.compile(r"(?P<image>!?)\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\s]+)\)")
# The pages that a navigation lists, in the order of the questions that they answer.
_NAV = (
    ("Database", "index.md"),
    ("Upgrade", "upgrade.md"),
    ("Breaking changes", "breaking.md"),
    ("Releases", "releases.md"),
    ("Migrations", "migrations/index.md"),
    ("Schema", "schema/index.md"),
    ("Where did it go?", "gone.md"),
    ("Version flow", "flow.md"),
    ("Apply and roll back", "guide.md"),
    ("Migrations log", "log.md"),
    ("Change log", "changelog.md"),
    ("Adding a migration", "contributing.md"),
)


class Made(Struct, frozen=True):
    """The site's files, made and not yet anywhere.

    Attributes:
        root: of the project.
        texts: path from the documentation's folder → text.
        shown: a file of the project → the page of ours that shows it, from the project's root.
        flow: the repository's own copy of the version flow, from the documentation's folder;
            empty where it is elsewhere.
        documents: our documents among the documentation's pages, from its folder.
    """

    root: Path
    home: Home
    texts: Mapping[str, str]
    shown: Mapping[str, str]
    flow: str = ""
    documents: frozenset[str] = frozenset()


def home(docs: str, name: str, url: str, *, directories: bool) -> Home:
    """Say where pages are to live: the folder of a documentation and its address."""
    return Home(posixpath.normpath(docs), name, url, directories)


def make(start: Path, home: Home | None = None) -> Made:
    """Make every file of the site.

    Args:
        start: any folder of the project.
        home: in whose documentation; as its settings say where it is not given. ``docs`` is from
            ``start``.
    """
    project = projects.read(start)
    home = _from_root(project.root, start, home) if home else _configured(project.root)
    found = site.files(project.facts, project.files, home, _by_hand(project), held=held.run)
    texts = {home.within(path): text for path, text in found.items()}
    for name, path in _ASSETS.items():
        asset = resources.files("migdocs").joinpath(f"assets/{name}")
        texts[f"{home.name}/{path}"] = asset.read_text(encoding="utf-8")
    paths = {name: home.within(project.settings.document(name)) for name in DOCUMENTS}
    own = {name: path for name, path in paths.items() if not path.startswith("../")}
    shown = site.shown(project.facts, home)
    return Made(project.root, home, texts, shown, own.get("flow", ""), frozenset(own.values()))


def _by_hand(project: Project) -> str:
    """Give what people wrote in the change log themselves."""
    path = project.settings.document("changelog")
    if path not in project.files:
        return ""
    return regions.outside(files.read(project.root, path), path)


def write(start: Path) -> tuple[str, ...]:
    """Write the site's pages as files; give those whose bytes changed.

    What was written there before and belongs to nothing any more is removed.

    Raises:
        UsageError: the documentation's folder is outside of the project.
    """
    made = make(start)
    if made.home.folder.startswith("../"):
        raise UsageError(
            f"the documentation's folder '{made.home.docs}' is outside of the project",
            hint="let the plugin make the pages: 'plugins: [search, migdocs]' in mkdocs.yml.",
        )
    texts = {posixpath.join(made.home.docs, path): text for path, text in made.texts.items()}
    texts = {posixpath.normpath(path): text for path, text in texts.items()}
    texts[f"{made.home.folder}/.gitignore"] = _IGNORE
    _refuse_foreign(made.root, made.home.folder)
    written = files.write_all(made.root, texts)
    return (*written, *_cleared(made.root, made.home.folder, texts.keys()))


def _from_root(root: Path, start: Path, home: Home) -> Home:
    """Say where the documentation is from the project's root."""
    docs = os.path.relpath(start / home.docs, root).replace(os.sep, "/")
    return Home(docs, home.name, home.url, home.directories)


def _configured(root: Path) -> Home:
    """Take the place of the pages from the documentation's settings."""
    told = documentation.read(root)
    return Home(posixpath.normpath(told.docs), url=told.url, directories=told.directories)


def is_ours(root: Path, folder: str) -> bool:
    """Tell whether a folder's pages were written by us."""
    return files.is_there(root, f"{folder}/.gitignore") and (
        files.read(root, f"{folder}/.gitignore") in _IGNORED
    )


def _refuse_foreign(root: Path, folder: str) -> None:
    """Stop before pages of somebody's own are written over.

    Raises:
        UsageError: the folder has files, and nothing says that they are ours.
    """
    if not is_ours(root, folder) and any(files.walk(root, folder)):
        raise UsageError(
            f"'{folder}' holds files that migdocs did not write",
            hint="move them: the site's pages are written to that folder.",
        )


def _cleared(root: Path, folder: str, wanted: Collection[str]) -> tuple[str, ...]:
    """Remove the pages of what is gone."""
    left = [path for path in files.walk(root, folder) if path not in wanted]
    files.remove(root, left)
    return tuple(left)


def source_of(text: str, home: Home) -> str:
    """Give the file that a page is made of, from the documentation's folder; empty for many."""
    found = re.search(r'(?m)^source: (?P<path>".*")$', text.partition("\n---\n")[0])
    return home.within(json.loads(found["path"])) if found else ""


def is_listed(path: str, home: Home) -> bool:
    """Tell whether a page of ours may be in a navigation."""
    inside = path.removeprefix(f"{home.name}/")
    if inside.startswith(("changelog-", "log-")):
        return False
    return inside.count("/") == 0 or inside.endswith("/index.md") or not inside.startswith(UNLISTED)


def nav(home: Home) -> dict[str, list[dict[str, str]]]:
    """Give the section of a navigation that lists our pages."""
    return {"Database": [{title: f"{home.name}/{path}"} for title, path in _NAV]}


def relinked(made: Made, path: str, text: str) -> str:
    """Give a page's Markdown with links that lead somewhere on the site.

    A document of ours links to files of the repository. Where a page shows the same, the link
    leads to that; where none does, its words stay.

    Args:
        made: the site.
        path: of the page, from the documentation's folder.
        text: of the page.
    """
    here = posixpath.normpath(posixpath.join(made.home.docs, path))
    ours = path in made.documents

    def led(link: re.Match[str]) -> str:
        target = links.resolve(here, link["target"])
        inside = target and not made.home.within(target).startswith("../")
        if not target or (inside and made.home.within(target) != made.flow):
            return link[0]
        page = made.shown.get(target)
        anchor = link["target"].partition("#")[2]
        if page and not link["image"]:
            return f"[{link['label']}]({links.relative(here, page, anchor)})"
        return link["label"] if ours and not link["image"] else link[0]

    return _LINK.sub(led, text)


def watched(root: Path) -> tuple[Path, ...]:
    """List what the pages are made of: scripts, notes, template, settings, git's refs."""
    found = projects.settings(root)
    candidates = (
        found.root / found.settings.migrations,
        found.root / "migdocs.toml",
        found.root / ".git" / "refs",
        found.root / ".git" / "packed-refs",
        found.root / ".git" / "HEAD",
    )
    return tuple(path for path in candidates if path.exists())


def lacking(there: documentation.Documentation) -> tuple[str, str] | None:
    """Say what an existing documentation lacks to show our pages: what it is for, and the lines.

    None where there is no documentation, or nothing is missing.
    """
    if not there.file or _PLUGIN in there.plugins:
        return None
    if there.file.endswith(".toml"):
        return _lacking_files(there)
    plugins = ", ".join((*(there.plugins or ("search",)), _PLUGIN))
    why = "one more plugin shows the migrations' pages; the file is yours: add it by hand"
    return (
        why,
        f"plugins: [{plugins}]"
        if not there.plugins
        else f"plugins:  # your own, and:\n  - {_PLUGIN}",
    )


def _lacking_files(there: documentation.Documentation) -> tuple[str, str] | None:
    """Say what a builder without our plugin is to be told."""
    needed = {"extra_css": "assets/migdocs.css", "extra_javascript": "assets/migdocs.js"}
    lines = [
        f'{key} = ["{Home().name}/{path}"]'
        for key, path in needed.items()
        if not any(style.endswith(path) for style in there.styles)
    ]
    why = "'migdocs build --pages' writes the migrations' pages, and these lines style them"
    return (why, "\n".join(("[project]", *lines))) if lines else None


def has_plugin(root: Path) -> bool:
    """Tell whether MkDocs makes the pages itself."""
    return _PLUGIN in documentation.read(root).plugins


def mkdocs(root: Path, arguments: Sequence[str]) -> int:
    """Run MkDocs in a project; give its exit code.

    Raises:
        MachineError: the project has no mkdocs.yml.
    """
    if not (root / "mkdocs.yml").is_file() and not (root / "mkdocs.yaml").is_file():
        raise MachineError(
            "there is no mkdocs.yml", hint="'migdocs init' writes one that shows the documents."
        )
    # Material's banner about its successor is for those who choose a theme, not for our readers.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *arguments]
    return subprocess.run(command, cwd=root, env=environment, check=False).returncode
