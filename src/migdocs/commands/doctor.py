"""What in this environment will bite: git, tags, files, tools."""

from __future__ import annotations

import shutil
from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from migdocs.adapters import files, repository, state
from migdocs.adapters.sandbox import walled
from migdocs.commands import apart, generate, standing
from migdocs.commands import backup as backups
from migdocs.commands import place as places
from migdocs.commands import project as projects
from migdocs.commands.remark import Remark
from migdocs.core.changelog import footers
from migdocs.core.errors import MigdocsError, SeveralErrors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migdocs.adapters.repository import Repository
    from migdocs.commands.project import Project

_OLDEST_CLICK = (8, 4)
_SHOWN_TAGS = 5


def examine(start: Path, url: str = "", environment: str = "") -> tuple[Remark, ...]:
    """Look at everything; what cannot be read is a remark, not a crash.

    Args:
        start: a folder of the project.
        url: of a database; empty for the one that the settings lead to, if any.
        environment: of the settings; empty for none.
    """
    remarks = [*_tools()]
    try:
        project = projects.read(start, half=True)
    except MigdocsError as error:
        return (*remarks, *_unreadable(error))
    for look in (_settings, _state, _git, _commits, _migrations, _documents, _site):
        try:
            remarks += look(project)
        except MigdocsError as error:
            remarks += _unreadable(error)
    try:
        remarks += standing.of_database(start, url, environment)
    except MigdocsError as error:
        remarks.append(Remark("bites", "database", str(error), error.hint))
    return tuple(remarks)


def _unreadable(error: MigdocsError) -> Iterator[Remark]:
    """Say what could not be read."""
    for one in error.errors if isinstance(error, SeveralErrors) else (error,):
        yield Remark("bites", "project", str(one), one.hint)


def _tools() -> Iterator[Remark]:
    """Look at the programs and libraries."""
    version = metadata.version("click")
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if numbers < _OLDEST_CLICK:
        yield Remark(
            "bites",
            "click",
            f"{version} breaks MkDocs' live reload",
            "pip install 'click>=8.4'",
        )
    for program, purpose in (("git", "history"), ("pg_dump", "backups"), ("psql", "steps by hand")):
        found = shutil.which(program)
        if found:
            yield Remark("ok", program, f"found, for {purpose}")
        else:
            yield Remark("note", program, f"not on the PATH: needed for {purpose}")
    yield _sandbox()


def _sandbox() -> Remark:
    """Say what holds in the server that ``verify`` starts, beside PostgreSQL's own rights."""
    standing = walled.standing()
    missing = [meaning for wall, meaning in walled.MEANING.items() if wall not in standing]
    if not missing:
        return Remark("ok", "sandbox", "held in by the system: network, files, programs, limits")
    return Remark(
        "note",
        "sandbox",
        f"this system does not give the server of 'verify': {', '.join(missing)}",
        "PostgreSQL's own rights hold; for strangers' scripts use a container or a machine apart.",
    )


def _settings(project: Project) -> Iterator[Remark]:
    """Say where the settings came from."""
    source = projects.settings(project.root).source
    name = source.name if source else "none: the defaults hold"
    yield Remark("ok", "settings", name)


def _state(project: Project) -> Iterator[Remark]:
    """Say where what is kept of this project lies, and what is not used any more."""
    home = state.state_folder(project.root)
    yield Remark("ok", "state", str(home))
    yield Remark("ok", "cache", str(state.cache_folder(project.root)))
    if old := backups.former(project.root):
        text = f"{len(old)} dumps of an older version are in it: they are neither used nor removed"
        hint = "'migdocs restore FILE --foreign' restores one; remove them when you need none."
        yield Remark("note", f"{backups.FORMER}/", text, hint)
    if said := places.leftover_database(project.root, home):
        yield Remark("note", state.OLD, *said)
    elif state.leftovers(project.root):
        text = "is not used any more: what was kept there is in the state folder now"
        yield Remark("note", state.OLD, text, f"remove '{state.OLD}' if it is yours.")


def _git(project: Project) -> Iterator[Remark]:
    """Say what git told: tags, families, ignored ones, those off the branch."""
    if project.git is None:
        yield Remark(
            "note",
            "git",
            "this is not a git repository: releases come from the notes and the change log",
            "git init, and a tag for each release.",
        )
        return
    told = project.release_tags
    yield Remark("ok", "git", _head(project.git))
    if told.tags:
        newest = told.tags[-1]
        text = f"{len(told.tags)}, the highest '{newest.name}' of {newest.date}"
        yield Remark("ok", "releases", text)
    else:
        yield Remark(
            "note",
            "tags",
            "none names a release: the notes' versions and the change log's dates are used",
            "tag your releases, or name their patterns in the setting 'tags'.",
        )
    for family, scheme, count in told.families:
        yield Remark(
            "ok", "tags", f"{count} of the family '{family or '(bare)'}', read as {scheme}"
        )
    off = [tag.name for tag in told.tags if not tag.on_branch]
    if off:
        yield Remark("note", "tags", f"off this branch, and counted: {_some(off)}")
    for name, higher in told.strays:
        yield Remark(
            "note",
            "tags",
            f"'{name}' is lower than '{higher}', which its history holds: it takes nothing of it",
            "leave it out with the setting 'tags', if it is not a release of yours.",
        )
    yield from _moves(project)
    reasons = Counter(tag.reason for tag in told.ignored)
    for reason, count in sorted(reasons.items()):
        names = [tag.name for tag in told.ignored if tag.reason == reason]
        yield Remark("note", "tags", f"{count} ignored: {reason}: {_some(names)}")


def _commits(project: Project) -> Iterator[Remark]:
    """Say which commits seem to break something, and are not counted for want of a colon."""
    if project.settings.lenient_breaking:
        return
    commits = (c for release in project.facts.history.releases for c in release.commits)
    found = [c.id[:7] for c in commits if not c.foreign and footers.forgotten(c.body)]
    if found:
        yield Remark(
            "note",
            "commits",
            f"{len(found)} say BREAKING CHANGE without a colon, and do not count: {_some(found)}",
            "write 'BREAKING CHANGE: what breaks'; 'lenient_breaking = true' counts these.",
        )


def _moves(project: Project) -> Iterator[Remark]:
    """Say what may be the same migration under another name, and is not taken for it."""
    for folder in project.facts.history.moves.unclear:
        yield Remark(
            "note",
            "moves",
            f"'{folder}' may have held the migrations before, and is not counted: it shares too "
            "little with them, or has diverged",
        )
    for old, new in project.facts.history.moves.again:
        yield Remark(
            "note",
            "moves",
            f"'{new}' has the bytes of '{old}' and another number: your runner runs it again",
        )


def _head(git: Repository) -> str:
    """Say what is checked out."""
    where = repository.branch(git)
    if not git.head:
        return f"complete, with no commit yet on '{where}'"
    at = f"at {git.head[:7]}"
    return f"complete, on branch '{where}' {at}" if where else f"complete, on no branch, {at}"


def _migrations(project: Project) -> Iterator[Remark]:
    """Say how the folder was read."""
    found = [m for m in project.facts.history.migrations if not m.planned]
    text = f"{len(found)} in '{project.settings.migrations}', layout {project.reading.layout}"
    if found:
        yield Remark("ok", "migrations", f"{text}: {project.reading.reason}")
    else:
        where = f"none in '{project.settings.migrations}'"
        yield Remark("note", "migrations", where, "'migdocs new NAME' starts one.")
    crlf, bom = [], []
    for path in sorted(_read_paths(project)):
        text = files.read(project.root, path)
        if "\r\n" in text:
            crlf.append(path)
        if text.startswith("\ufeff"):
            bom.append(path)
    if crlf:
        yield Remark("note", "line ends", f"CRLF in {len(crlf)}: {_some(crlf)}; hashes ignore it")
    if bom:
        yield Remark("note", "byte-order mark", f"in {len(bom)}: {_some(bom)}; psql trips over it")
    for finding in project.facts.findings:
        state: Literal["note", "bites"] = "bites" if finding.severity == "error" else "note"
        yield Remark(state, finding.rule, f"{finding.path}: {finding.message}", finding.hint)


def _read_paths(project: Project) -> set[str]:
    """Name the files that the migrations of the checkout are made of."""
    parts = (
        part
        for m in project.reading.migrations
        for part in (m.forward, m.rollback, m.notes)
        if part
    )
    return {part.path for part in parts}


def _documents(project: Project) -> Iterator[Remark]:
    """Say whether the documents are up to date."""
    if not project.facts.entries:
        yield Remark("note", "documents", "none: there are no migrations to write about")
        return
    generated = apart.check(project, generate.plan(project)).generated
    if generated.stale:
        yield Remark(
            "note", "documents", f"stale: {_some(list(generated.stale))}", "run 'migdocs generate'."
        )
    else:
        yield Remark("ok", "documents", "up to date")


def _site(project: Project) -> Iterator[Remark]:
    """Say where the site's name would be read as markup: its theme prints it as it stands."""
    for path in ("mkdocs.yml", "mkdocs.yaml"):
        if path not in project.files:
            continue
        for number, line in enumerate(files.read(project.root, path).splitlines(), 1):
            if line.startswith("site_name:") and "<" in line:
                text = f"line {number}: the site's theme prints this name as HTML, not as text"
                yield Remark("note", path, text, "write '&lt;' for '<' in site_name.")


def _some(names: list[str]) -> str:
    """Name the first few."""
    more = f" and {len(names) - _SHOWN_TAGS} more" if len(names) > _SHOWN_TAGS else ""
    return ", ".join(names[:_SHOWN_TAGS]) + more
