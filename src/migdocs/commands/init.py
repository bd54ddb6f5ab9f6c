"""Set a project up: find what is there, explain it, write what is missing."""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from migdocs import __version__
from migdocs.adapters import config, documentation, files, repository
from migdocs.commands import generate, site, survey
from migdocs.commands import project as projects
from migdocs.core import applying, project_files
from migdocs.core.changelog import forge
from migdocs.core.errors import UsageError
from migdocs.core.markup import escape, regions
from migdocs.core.settings import DOCUMENTS, GUESTS
from migdocs.core.upgrade import pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.adapters.documentation import Documentation
    from migdocs.adapters.repository import Repository
    from migdocs.commands.survey import Survey
    from migdocs.core.settings import Settings

_FIRST_STEP = "migdocs new add_something"


class Plan(Struct, frozen=True):
    """What `init` would write, and why.

    Attributes:
        texts: path → text.
        why: path → a sentence.
        paste: what belongs into files of the user's own: what it is for, then the text.
        documents: those that are generated with it.
    """

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    paste: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()


def plan(
    seen: Survey, *, name: str | None, ci: str, applied_by: str = "", schema: str = ""
) -> Plan:
    """Plan the set-up of a project that was looked at; nothing is written.

    Args:
        seen: the project.
        name: what it is called, where the user says so.
        ci: ``auto``, ``github``, ``gitlab`` or ``none``.
        applied_by: who applies the migrations, where a person said so.
        schema: who reads the database, where a person said so.

    Raises:
        UsageError: the folder's name cannot be written into CI's files, or an answer is given
            where settings are there.
    """
    root, here, chosen = seen.root, seen.here, seen.chosen
    called = name or chosen.name or survey.name(root)
    texts: dict[str, str] = {}
    why: dict[str, str] = {}

    def write(path: str, text: str, reason: str) -> None:
        if path not in here:
            texts[path], why[path] = text, reason

    if (applied_by or schema) and not seen.is_new:
        raise UsageError(
            "the project has settings: nothing is changed in them",
            hint="set 'applied_by' and 'schema' there.",
        )
    applied_by = applied_by or seen.applied_by
    if seen.is_new:
        values = {**seen.values, "applied_by": applied_by, "schema": schema}
        chosen = replace(chosen, applied_by=applied_by, schema=schema)
        text = _settings_text(called, values, seen.documents)
        write(config.FILE, text, "the settings; every one has a default, these differ")
    write(
        chosen.template_path,
        projects.default_template(),
        "what new notes start from",
    )
    there = documentation.read(root)
    if not there.file:
        _add_site(here, called, write)
    setup = project_files.Setup(
        seen.migrations,
        applying.commands(applying.applying(chosen, seen.runner), seen.runner),
        _ci(ci, seen.git, chosen.forge),
        repository.default_branch(seen.git) if seen.git else "main",
        __version__,
    )
    paste = [*_add_tools(root, here, setup, texts, why), *_for_documentation(there)]
    for guest in sorted(GUESTS):
        path = DOCUMENTS[guest]
        if path in here and not regions.find(files.read(root, path), path):
            texts[path] = regions.append(files.read(root, path), guest, "")
            why[path] = "a region at its end, for links to the documents; the rest is untouched"
    documents = _documents(seen, chosen) if seen.is_new else ()
    return Plan(root, texts, why, tuple(paste), documents, _next_steps(seen, documents))


def _documents(seen: Survey, chosen: Settings) -> tuple[str, ...]:
    """Name the documents that are written with the set-up: none where there are no migrations."""
    if not seen.reading.migrations:
        return ()
    paths = (chosen.document(name) for name in DOCUMENTS if name not in GUESTS)
    return tuple(path for path in dict.fromkeys(paths) if path and path not in seen.left_alone)


def write(made: Plan) -> None:
    """Write the files that were planned."""
    files.write_all(made.root, made.texts)


def write_documents(made: Plan) -> str:
    """Write the documents, and name the one to look at first; empty where none is written.

    Raises:
        MigdocsError: they cannot be made of what is there.
    """
    guests = [name for name in GUESTS if DOCUMENTS[name] in made.texts]
    if not guests and not made.documents:
        return ""
    read = projects.read(made.root)
    generate.write(read, generate.plan(read, () if made.documents else guests))
    leads = ("upgrade", "guide", "log") if pairs.neighbouring(read.facts) else ("log", "guide")
    return next((p for p in map(read.settings.document, leads) if p in made.documents), "")


def _settings_text(name: str, values: dict[str, str], documents: dict[str, str]) -> str:
    """Write migdocs.toml; what is as by default is left out."""
    lines = [f"name = {_toml(name)}"]
    usual = {"migrations": "migrations", "layout": "auto"}
    lines += [f"{key} = {_toml(v)}" for key, v in values.items() if v != usual.get(key, "")]
    if documents:
        lines += ["", "[documents]  # where your documents are"]
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


def _next_steps(seen: Survey, documents: tuple[str, ...]) -> tuple[str, ...]:
    """Say what to do now."""
    if not seen.reading.migrations:
        return (_FIRST_STEP,)
    return (*(() if documents else ("migdocs generate",)), "migdocs check", "migdocs serve")
