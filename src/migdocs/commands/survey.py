"""Look at a project before it is set up: what is there, and what that says of its database."""

from __future__ import annotations

import contextlib
import functools
import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct

from migdocs.adapters import config, files, layouts, repository, startup
from migdocs.adapters.state import cache
from migdocs.commands import choosing
from migdocs.core import applying, audience, settings
from migdocs.core.changelog import forge
from migdocs.core.changes import remembered
from migdocs.core.errors import MigdocsError, UsageError
from migdocs.core.markup import regions
from migdocs.core.releases import tags
from migdocs.core.settings import DOCUMENTS, GUESTS

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.adapters.config import Found
    from migdocs.adapters.layouts import Reading
    from migdocs.adapters.repository import Repository
    from migdocs.core.applying import Applying
    from migdocs.core.audience import Audience
    from migdocs.core.runner import Runner
    from migdocs.core.settings import Settings
    from migdocs.core.startup import Sign

# What we would write → names that projects give to the same thing.
_KNOWN_AS = {
    "log": ("MIGRATIONS_LOG.md",),
    "breaking": ("BREAKING_CHANGES.md",),
    "upgrade": ("UPGRADE_GUIDE.md", "UPGRADING.md"),
    "changelog": ("CHANGELOG.md", "CHANGES.md", "HISTORY.md", "NEWS.md"),
    "guide": ("MIGRATIONS.md",),
}


class Survey(Struct, frozen=True):
    """What `init` found.

    Attributes:
        here: every file's path, from the root.
        is_new: whether the project has no settings yet.
        values: what its settings are to say.
        documents: document → path, where one stands elsewhere than ours would.
        reasons: what was found, a sentence each.
        left_alone: documents that people wrote and that have no region of ours.
        sign: what shows that a start applies the migrations; None where nothing does.
    """

    root: Path
    git: Repository | None
    here: tuple[str, ...]
    is_new: bool
    chosen: Settings
    migrations: str
    values: dict[str, str]
    documents: dict[str, str]
    reading: Reading
    runner: Runner
    applying: Applying
    audience: Audience
    reasons: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    sign: Sign | None = None

    @property
    def applied_by(self) -> str:
        """Who applies the migrations, where a program of the project shows it."""
        return self.applying.by if self.applying.at_start and self.sign else ""


def look(start: Path, *, folder: str | None = None, layout: str = "") -> Survey:
    """Look at a project; nothing is written.

    Args:
        start: any folder of the project.
        folder: the migrations', where the user names it.
        layout: the convention, where the user names it.

    Raises:
        UsageError: a folder or a layout is wrong.
        choosing.Undecided: nothing, or too much, names the convention.
    """
    found = config.load(start)
    git = repository.find(found.root)
    root = found.root if found.source or git is None else git.root / git.prefix
    if folder is not None:
        folder = _checked(folder, found)
    here = files.everything(root, folder or found.settings.migrations)
    read = functools.cache(functools.partial(files.read, root))
    reasons: list[str] = []
    chosen, values, documents = found.settings, {}, {}
    if found.source is None:
        migrations, taken = choosing.decide(here, read, folder, layout, reasons)
        documents = _find_documents(here, migrations)
        values = {"migrations": migrations, **{k: v for k, v in taken.items() if v}}
        chosen = settings.read({**values, "documents": documents}, config.FILE)
    else:
        migrations = folder or chosen.migrations
        reasons.append(f"The settings are in {found.source.name}: they stay as they are.")
    _explain_tags(git, migrations, reasons)
    named = {"notes_folder": chosen.notes, "dialect": chosen.dialect}
    reading = layouts.read(here, migrations, read, chosen.layout, **named)
    runner = layouts.runner(reading.convention, migrations)
    sign = None if chosen.applied_by else startup.sign(root, here, migrations)
    return Survey(
        root,
        git,
        here,
        found.source is None,
        chosen,
        migrations,
        values,
        documents,
        reading,
        runner,
        applying.applying(chosen, runner, lambda: sign),
        _audience(root, chosen, reading),
        tuple(reasons),
        _left_alone(root, here, chosen),
        sign,
    )


def _audience(root: Path, chosen: Settings, reading: Reading) -> Audience:
    """Tell who reads the database, by what the scripts do."""
    scripts = {m.id: m.forward for m in reading.migrations if m.forward and not m.unread}
    made = remembered.read(cache.Memory(root), tuple(scripts.values()))
    return audience.audience(
        chosen, reading.migrations, {id_: made[script] for id_, script in scripts.items()}
    )


def _find_documents(here: tuple[str, ...], migrations: str) -> dict[str, str]:
    """Find documents that people keep already; give those that stand elsewhere than ours would.

    A part of a repository may keep its own, so the folders above the migrations are looked into.
    """
    found: dict[str, str] = {}
    if migrations == ".":
        # The folder's README is the project's own.
        found["contributing"] = "ADDING_A_MIGRATION.md"
    homes = {"", "doc", "docs", *_upwards(migrations)}
    for document, names in _KNOWN_AS.items():
        usual = posixpath.normpath(DOCUMENTS[document].format(migrations=migrations))
        there = [
            p for p in here if posixpath.basename(p) in names and posixpath.dirname(p) in homes
        ]
        if usual in there or not there:
            continue
        found[document] = min(
            there, key=lambda path: (names.index(posixpath.basename(path)), path.count("/"))
        )
    return found


def _left_alone(root: Path, here: tuple[str, ...], chosen: Settings) -> tuple[str, ...]:
    """Name the documents that are there and have no region of ours."""
    paths = dict.fromkeys(chosen.document(name) for name in DOCUMENTS if name not in GUESTS)
    return tuple(
        path
        for path in paths
        if path in here and path.endswith(".md") and not regions.find(files.read(root, path), path)
    )


def _upwards(folder: str) -> tuple[str, ...]:
    """Give a folder and those above it, without the root."""
    pieces = folder.split("/")
    return tuple("/".join(pieces[:end]) for end in range(len(pieces), 0, -1))


def _explain_tags(git: Repository | None, migrations: str, reasons: list[str]) -> None:
    """Say what the tags tell."""
    if git is None:
        reasons.append("This is not a git repository: releases will come from the notes.")
        return
    told = tags.read_tags(repository.tags(git), (), f"{git.prefix}{migrations}")
    if told.tags:
        span = " to ".join(dict.fromkeys((told.tags[0].version, told.tags[-1].version)))
        counted = f"{len(told.tags)} tags, {span}" if told.tags[1:] else f"1 tag, {span}"
        reasons.append(f"Releases: {counted}.{_explain_family(told)}")
    else:
        reasons.append("No tag names a release: the notes and the change log are asked instead.")


def _explain_family(told: tags.ReleaseTags) -> str:
    """Say which family of tags was taken, where there are several."""
    others = [name for name, _, _ in told.families if name not in told.chosen]
    if not others:
        return ""
    taken = ", ".join(f"'{name}…'" if name else "those without a prefix" for name in told.chosen)
    left = ", ".join(f"'{name}…'" if name else "those without a prefix" for name in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""  # noqa: PLR2004 - a few names
    return (
        f" Of the tags, {taken} are read; {left}{more} are not. The setting 'tags' chooses others."
    )


def name(root: Path) -> str:
    """Take the project's name from its page on the forge, else from its folder.

    A README's first heading may be "Legal" or "What is X?".
    """
    with contextlib.suppress(MigdocsError):
        git = repository.find(root)
        pages = forge.read(repository.remote(git)) if git and not git.prefix else None
        if pages:
            return unquote(pages.url.rpartition("/")[2])
    return root.resolve().name


def _checked(folder: str, found: Found) -> str:
    """Give the folder that the user named, written as settings have it.

    Raises:
        UsageError: it leaves the project, or the settings name another.
    """
    named = settings.read({"migrations": folder}, "--migrations").migrations
    if found.source and named != found.settings.migrations:
        raise UsageError(
            f"'--migrations {folder}' is not what the settings say: '{found.settings.migrations}'",
            path=found.source.name,
            hint="change it there.",
        )
    return named
