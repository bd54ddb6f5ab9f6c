"""Complete the triples that are there: what is empty is filled from the forward script."""

from __future__ import annotations

import difflib
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import files, layouts
from migdocs.commands import drafted
from migdocs.commands.project import default_template
from migdocs.core import notes
from migdocs.core.draft import completion, placing, triple
from migdocs.core.errors import UsageError
from migdocs.core.model import Hazard
from migdocs.core.notes import scaffold, template
from migdocs.core.reversal import Reversal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from migdocs.commands.project import Project
    from migdocs.core.draft.triple import Content
    from migdocs.core.model import Migration
    from migdocs.core.notes.template import Template


class Filled(Struct, frozen=True):
    """What was done for one migration.

    Attributes:
        texts: path → text of the files that change.
        filled: what was written: names of fields and sections, and ``rollback``.
        kept: names of fields and sections that a person has written.
        by_hand: what a person must still write into the rollback.
        refused: why something was not filled; empty where nothing stood in the way.
    """

    id: str
    texts: Mapping[str, str]
    filled: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    refused: str = ""


class Job(Struct, frozen=True):
    """What every migration is completed with.

    Attributes:
        date: of today, for files that are new.
    """

    project: Project
    template: Template
    date: str


def plan(project: Project, ids: Sequence[str], now: datetime) -> tuple[Filled, ...]:
    """Say what is to be written into which files; nothing is written.

    Args:
        project: as read.
        now: gives the date of files that are new.
        ids: of migrations; none takes all that are not released.

    Raises:
        UsageError: there is no migration of that name.
    """
    present = {m.id: m for m in project.reading.migrations}
    for id_ in ids:
        if id_ not in present:
            raise _unknown(id_, present)
    placed = project.facts.history.placements
    chosen = ids or [
        m.id for m in present.values() if m.forward and placed[m.id].status != "released"
    ]
    contract = project.facts.template or template.parse("TEMPLATE.md", default_template())
    job = Job(project, contract, f"{now:%Y-%m-%d}")
    return tuple(_filled(job, present[id_]) for id_ in chosen)


def write(project: Project, done: Sequence[Filled]) -> tuple[str, ...]:
    """Write all files or none; give the paths that were written."""
    return files.write_all(project.root, dict(chain.from_iterable(d.texts.items() for d in done)))


def diff(project: Project, done: Sequence[Filled]) -> str:
    """Show what would change, as ``diff -u`` does."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for path, text in chain.from_iterable(d.texts.items() for d in done)
        for line in difflib.unified_diff(
            _raw(project, path).splitlines(keepends=True),
            text.splitlines(keepends=True),
            f"a/{path}",
            f"b/{path}",
        )
    )


def shape(one: Filled) -> dict[str, object]:
    """Give what was done for one migration as JSON has it."""
    return {
        "id": one.id,
        "files": list(one.texts),
        "filled": list(one.filled),
        "kept": list(one.kept),
        "by_hand": list(one.by_hand),
        "refused": one.refused or None,
    }


def _unknown(id_: str, present: Mapping[str, Migration]) -> UsageError:
    """Build the error about an id that no migration has."""
    near = difflib.get_close_matches(id_, present, n=3) or [i for i in present if id_ in i][:3]
    hint = f"Did you mean {' or '.join(near)}?" if near else "'migdocs list' shows them."
    return UsageError(f"there is no migration '{id_}'", hint=hint)


def _filled(job: Job, migration: Migration) -> Filled:
    """Complete one migration."""
    if migration.forward is None:
        return Filled(migration.id, {}, refused="it has no forward script to read yet")
    if migration.unread:
        return Filled(migration.id, {}, refused=f"its script is {migration.unread}")
    project = job.project
    content = _content(project, migration, None)
    back = _rollback(job, migration, content)
    if not back.texts and migration.rollback:
        read = project.facts.sql.reversals.get(migration.id, Reversal())
        content = _content(project, migration, read)
    path, text = _notes(job, migration)
    told = completion.complete(path, text, job.template, content)
    texts = {**back.texts, path: _as_it_ends(_raw(project, path), told.text)}
    changed = {p: t for p, t in texts.items() if t != _raw(project, p)}
    new = () if migration.notes else ("notes",)
    return Filled(
        migration.id,
        changed,
        (*back.filled, *new, *told.filled) if changed else (),
        (*back.kept, *told.kept),
        back.by_hand,
        back.refused,
    )


def _content(project: Project, migration: Migration, written: Reversal | None) -> Content:
    """Say what a migration's forward script says, on the schema that it meets."""
    sql, forward = project.facts.sql, migration.forward
    before = drafted.schema_before(project, migration.id)
    found = project.facts.script_findings.get(migration.id, ())
    back = migration.rollback
    own = {back.path} - {forward.path if forward else ""} if back else set()
    hazards = [h for h in found if isinstance(h, Hazard) and h.path not in own]
    if forward and back and back.path == forward.path:
        hazards = [h for h in hazards if (h.line < back.line) == (forward.line < back.line)]
    changes = sql.changes.get(migration.id, ())
    return triple.content(
        triple.Read(
            forward.text if forward else "",
            before,
            before.fork().apply_all(changes),
            hazards,
            project.facts.entries[migration.id].dependencies,
            project.facts.audience.private,
            written,
        )
    )


# --- the rollback -------------------------------------------------------------------------------


def _is_ours(migration: Migration) -> bool:
    """Tell whether the rollback is a draft of ours that nobody has changed."""
    text = migration.rollback.text if migration.rollback else ""
    return placing.END in text and placing.placed(text, "", "") is not None


def _rollback(job: Job, migration: Migration, content: Content) -> Filled:
    """Draft the rollback where there is none, or an empty one."""
    id_, there = migration.id, migration.rollback
    if migration.declared.reversible is False:
        return Filled(id_, {}, kept=("rollback: your notes say that there is none",))
    contract = job.template
    title = job.project.facts.entries[id_].title
    skeletons = f"{contract.forward}\n{contract.rollback}"
    skeleton = scaffold.rollback_skeleton(contract, scaffold.New(id_, title, job.date))
    draft = layouts.with_statement_marks(job.project.layout, content.rollback)
    script = there.text if there and there.text.strip() else skeleton
    text = placing.placed(script, draft, skeletons)
    if text is None or (there and (there.own_digest or there.stored)):
        return Filled(id_, {}, kept=("rollback",))
    try:
        texts = _laid(job.project, migration, text)
    except UsageError as error:
        return Filled(id_, {}, refused=f"its rollback is not written: {error.message}")
    same = all(_raw(job.project, path) == new for path, new in texts.items())
    return Filled(id_, texts, () if same else ("rollback",), by_hand=content.by_hand)


def _laid(project: Project, migration: Migration, text: str) -> dict[str, str]:
    """Give the file that holds a rollback, with it.

    Raises:
        UsageError: the convention has no place for it, or it would not be read back as it is.
    """
    forward, there = migration.forward, migration.rollback
    if forward and forward.own_digest:
        raise UsageError("its script has placeholders, which only its runner fills in")
    if there and forward and there.path != forward.path:
        return {there.path: _as_it_ends(_raw(project, there.path), text)}
    path = forward.path if forward else ""
    raw = _raw(project, path)
    released = project.facts.history.placements[migration.id].status == "released"
    texts = layouts.with_rollback(
        project.layout, project.settings.migrations, migration, notes.normalise(raw), text
    )
    if path in texts and released:
        raise UsageError("it is released, and the file that it belongs into is its script")
    texts = {name: _as_it_ends(_raw(project, name), new) for name, new in texts.items()}
    if not layouts.reads_back(project.layout, project.settings.migrations, migration, texts, text):
        raise UsageError(f"{project.layout.name} would not read it as it is")
    return texts


# --- files --------------------------------------------------------------------------------------


def _notes(job: Job, migration: Migration) -> tuple[str, str]:
    """Give the path and the text of a migration's notes: those it has, or new ones."""
    if migration.notes:
        return migration.notes.path, notes.normalise(_raw(job.project, migration.notes.path))
    project = job.project
    path = layouts.notes_path(project.layout, project.settings.migrations, migration.id)
    title = project.facts.entries[migration.id].title
    new = scaffold.New(migration.id, title, job.date)
    return path, scaffold.draft(job.template, new, {}).notes


def _raw(project: Project, path: str) -> str:
    """Give a file's text as it is; empty where there is none."""
    return files.read(project.root, path) if path in project.files else ""


def _as_it_ends(raw: str, text: str) -> str:
    """Give a text the byte-order mark and the line ends that its file has."""
    ends = text.replace("\n", "\r\n") if "\r\n" in raw else text
    return f"\ufeff{ends}" if raw.startswith("\ufeff") else ends
