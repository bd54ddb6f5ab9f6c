"""Set a project up: find what is there, explain it, write what is missing."""

from __future__ import annotations

import contextlib
import functools
import html
import json
import posixpath
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import unquote

from migdocs import __version__
from migdocs.adapters import config, documentation, files, layouts, repository
from migdocs.commands import choosing, generate, site
from migdocs.commands import project as projects
from migdocs.core import project_files, settings
from migdocs.core.changelog import forge
from migdocs.core.errors import MigdocsError, UsageError
from migdocs.core.markup import escape, regions
from migdocs.core.releases import tags
from migdocs.core.settings import DOCUMENTS, GUESTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.adapters.config import Found
    from migdocs.adapters.documentation import Documentation
    from migdocs.adapters.repository import Repository
    from migdocs.core.settings import Settings

# What we would write → names that projects give to the same thing.
_KNOWN_AS = {
    "log": ("MIGRATIONS_LOG.md",),
    "breaking": ("BREAKING_CHANGES.md",),
    "upgrade": ("UPGRADE_GUIDE.md", "UPGRADING.md"),
    "changelog": ("CHANGELOG.md", "CHANGES.md", "HISTORY.md", "NEWS.md"),
    "guide": ("MIGRATIONS.md",),
}

_FIRST_STEP = "migdocs new add_something"


@dataclass(frozen=True, slots=True)
class Plan:
    """What `init` found, would write, and why.

    Attributes:
        texts: path → text.
        why: path → a sentence.
        reasons: what was found, a sentence each.
        paste: what belongs into files of the user's own: what it is for, then the text.
    """

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    paste: tuple[tuple[str, str], ...] = ()
    next_steps: tuple[str, ...] = ()


def plan(start: Path, *, folder: str | None, name: str | None, ci: str, layout: str = "") -> Plan:
    """Look at a project and plan its set-up; nothing is written.

    Args:
        start: any folder of the project.
        folder: the migrations', where the user names it.
        name: the project's.
        ci: ``auto``, ``github``, ``gitlab`` or ``none``.
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
    reasons: list[str] = []
    texts: dict[str, str] = {}
    why: dict[str, str] = {}

    def write(path: str, text: str, reason: str) -> None:
        if path not in here:
            texts[path], why[path] = text, reason

    chosen = found.settings
    migrations = folder or chosen.migrations
    if found.source is None:
        read = functools.cache(lambda path: files.read(root, path))
        migrations, taken = choosing.decide(here, read, folder, layout, reasons)
        documents = _find_documents(here, migrations)
        _explain_tags(git, migrations, reasons)
        values = {"migrations": migrations, **{k: v for k, v in taken.items() if v}}
        chosen = settings.read({**values, "documents": documents}, config.FILE)
        text = _settings_text(name or _name(root), values, documents)
        write(config.FILE, text, "the settings; every one has a default, these differ")
    else:
        reasons.append(f"The settings are in {found.source.name}: they stay as they are.")
    kept = _kept_by_hand(root, here, chosen)
    reasons += [
        f"{path} is kept by hand: 'migdocs generate --adopt' puts a region into it."
        for path in kept
    ]
    write(
        chosen.template_path,
        projects.default_template(),
        "what new notes start from; it is yours: add a field, and it is asked for",
    )
    there = documentation.read(root)
    if not there.file:
        _add_site(here, name or found.settings.name or _name(root), write)
    reading = layouts.read(
        here,
        migrations,
        lambda path: files.read(root, path),
        chosen.layout,
        notes_folder=chosen.notes,
    )
    setup = project_files.Setup(
        migrations,
        layouts.runner(layouts.layout_named(reading.layout), migrations),
        _ci(ci, git, chosen.forge),
        repository.default_branch(git) if git else "main",
        __version__,
    )
    paste = [*_add_tools(root, here, setup, texts, why), *_for_documentation(there)]
    for guest in sorted(GUESTS):
        path = DOCUMENTS[guest]
        if path in here and not regions.find(files.read(root, path), path):
            texts[path] = regions.append(files.read(root, path), guest, "")
            why[path] = "a region at its end, for links to the documents; the rest is untouched"
    steps = _next_steps(adopt=bool(kept)) if reading.migrations else (_FIRST_STEP,)
    return Plan(root, texts, why, tuple(reasons), tuple(paste), steps)


def write(made: Plan) -> tuple[str, ...]:
    """Write what was planned, and fill the regions that were put into files that exist."""
    written = files.write_all(made.root, made.texts)
    guests = [name for name in GUESTS if DOCUMENTS[name] in made.texts]
    if guests:
        read = projects.read(made.root)
        generate.write(read, generate.plan(read, guests))
    return written


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


def _kept_by_hand(root: Path, here: tuple[str, ...], chosen: Settings) -> tuple[str, ...]:
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
        reasons.append("This is no git repository: releases will come from the notes.")
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


def _name(root: Path) -> str:
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


def _settings_text(name: str, values: dict[str, str], documents: dict[str, str]) -> str:
    """Write migdocs.toml; what is as by default is left out."""
    lines = [f"name = {_toml(name)}"]
    usual = {"migrations": "migrations", "layout": "auto"}
    lines += [f"{key} = {_toml(v)}" for key, v in values.items() if v != usual.get(key, "")]
    if documents:
        lines += ["", "[documents]  # where your documents stand"]
        lines += [f"{key} = {_toml(path)}" for key, path in documents.items()]
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """Write a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _ci(asked: str, git: Repository | None, url: str) -> str:
    """Choose whose CI to write for."""
    if asked != "auto":
        return asked
    found = forge.read(url or (repository.remote(git) if git else ""))
    return found.kind if found and found.kind in {"github", "gitlab"} else "none"


def _add_tools(
    root: Path,
    here: tuple[str, ...],
    setup: project_files.Setup,
    texts: dict[str, str],
    why: dict[str, str],
) -> list[tuple[str, str]]:
    """Add CI, hooks and make targets; give what the user must paste into files of their own."""
    there = set(project_files.paths(setup)) & set(here)
    paste = []
    for file in project_files.plan(
        setup,
        {name: _resource(name) for name in project_files.template_names()},
        {path: files.read(root, path) for path in there},
    ):
        if file.action in {"create", "update"}:
            texts[file.path], why[file.path] = file.text, file.why
        elif file.action == "paste":
            paste.append((f"{file.path}: {file.why}", file.text))
    return paste


def _add_site(here: tuple[str, ...], name: str, write: Callable[[str, str, str], None]) -> None:
    """Plan the site's settings, and a first page where there is none."""
    home = next((page for page in ("index.md", "README.md") if f"docs/{page}" in here), None)
    if home is None:
        plain = escape.prose(name)
        write(
            "docs/index.md", _resource("index.md").replace("NAME", plain), "the site's first page"
        )
    # The theme prints the site's name as it stands, so what would be markup is written as text.
    quoted = json.dumps(html.escape(name, quote=False), ensure_ascii=False)
    text = _resource("mkdocs.yml").replace("HOME", home or "index.md").replace("NAME", quoted)
    write("mkdocs.yml", text, "the site: 'migdocs serve' shows it")


def _for_documentation(there: Documentation) -> tuple[tuple[str, str], ...]:
    """Say what an existing documentation lacks to show the pages."""
    lacks = site.lacking(there)
    return ((f"{there.file}: {lacks[0]}", lacks[1]),) if lacks else ()


def _resource(name: str) -> str:
    """Read a file that comes with migdocs."""
    place = resources.files("migdocs").joinpath("templates/project").joinpath(name)
    return place.read_text(encoding="utf-8")


def _next_steps(*, adopt: bool) -> tuple[str, ...]:
    """Say what to do now."""
    generate = "migdocs generate --adopt" if adopt else "migdocs generate"
    return (generate, "migdocs check", "migdocs serve")
