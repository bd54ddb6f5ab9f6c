"""A folder's paths and texts → its migrations in run order, and what is wrong with the folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters.layouts import both_ways, programs
from migdocs.adapters.layouts.convention import Halves, Metadata
from migdocs.adapters.layouts.databases import dialect_of
from migdocs.adapters.layouts.evidence import Strength, Tree
from migdocs.adapters.layouts.guessing import Guess, guess
from migdocs.adapters.layouts.languages import language
from migdocs.adapters.layouts.problems import problems
from migdocs.adapters.layouts.registry import UNKNOWN, layout_named
from migdocs.core import notes
from migdocs.core.errors import InputError, raise_all
from migdocs.core.model import Finding, Migration, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from migdocs.adapters.layouts.convention import Files, Identity, Layout, Part

    TextOf = Callable[[str], str]

# The application's release in a name: 0010_1.9.0_schema, v1.9.0_schema.
_RELEASE = re.compile(r"(?:[0-9]+[-_])?(?P<release>v?[0-9]+(?:\.[0-9]+)+)(?:[-_].*)?")
# Where notes stand if the runner takes every file beside its scripts for one of its own.
NOTES_FOLDER = "docs/migrations"
_PLANNED = {"planned", "draft", "proposed"}


class Reading(Struct, frozen=True):
    """What lies in a migrations folder.

    Attributes:
        layout: the convention's name.
        reason: why this one was taken, a sentence for the user.
        migrations: in the order in which the project's own runner runs them.
        findings: what is wrong with the folder, by path and line.
        confirmed_by: what shows that this convention is meant (the settings, a manifest, markers,
            pairs); empty where nothing does, and scripts may be something else than they seem.
        convention: the layout as it is in this project.
    """

    layout: str
    reason: str
    migrations: tuple[Migration, ...] = ()
    findings: tuple[Finding, ...] = ()
    confirmed_by: str = ""
    convention: Layout = UNKNOWN


class _One(Struct, frozen=True):
    """One migration as its files have it, and what is wrong inside of them."""

    migration: Migration
    findings: tuple[Finding, ...]


def read(  # noqa: PLR0913 - three settings, each with its default
    paths: Iterable[str],
    folder: str,
    text_of: TextOf,
    layout: str = "auto",
    *,
    notes_folder: str = "",
    dialect: str = "",
) -> Reading:
    """Read a migrations folder.

    Args:
        paths: files, from the project's root, with forward slashes; those outside the folder only
            help to guess the layout.
        folder: the migrations folder, from the project's root; empty or ``.`` for the root.
        text_of: gives a file's text (a mapping's ``__getitem__`` will do).
        layout: ``auto``, or a layout's name.
        notes_folder: where notes lie; empty for beside the scripts, if the runner allows it.
        dialect: of the scripts; empty finds it out.

    Raises:
        UsageError: there is no such layout.
        InputError: notes cannot be read; all of them in one run.
    """
    everything = sorted(set(paths))
    guessed = _taken(everything, folder, text_of, layout)
    tree = Tree(tuple(everything), text_of)
    dialect = dialect or dialect_of(tree, folder)
    home = tree.home(guessed.layout.stands, folder) or ""
    taken = replace(_fitted(guessed.layout, folder, notes_folder, dialect), home=home)
    taken = programs.placed(taken, tree, folder)
    files = _files(taken.identify_all(everything, folder))
    found = _read_all(taken, files, text_of)
    metadata = _metadata(files, text_of)
    arranged = taken.arrange(
        tuple(
            replace(_with_options(taken, one.migration, metadata), dialect=dialect) for one in found
        ),
        metadata,
    )
    migrations = tuple(map(_cleared, arranged.migrations))
    findings = (
        *_contested(guessed, folder),
        *(finding for one in found for finding in one.findings),
        *arranged.findings,
        *problems(taken, everything, folder, files, migrations),
        *programs.named(tree, folder),
    )
    ordered = tuple(sorted(findings, key=lambda f: (f.path, f.line, f.rule, f.message)))
    return Reading(taken.name, guessed.reason, migrations, ordered, guessed.confirmed_by, taken)


def _fitted(layout: Layout, folder: str, notes_folder: str, dialect: str) -> Layout:
    """Give a layout as it is in this project: where its notes lie, and which database is read."""
    home = notes_folder or ("" if layout.tolerant else NOTES_FOLDER)
    return replace(layout, notes_folder="" if home == folder else home, dialect=dialect)


def _cleared(migration: Migration) -> Migration:
    """Mark a migration whose script looks like both ways in one: what of it runs is not known."""
    script = migration.forward
    if script is None or script.language != "sql" or script == migration.rollback:
        return migration
    turn = both_ways.find(script.text)
    if turn is None:
        return migration
    why = f"line {script.line + turn.line - 1} turns back ('{turn.words}')"
    return replace(migration, unclear=f"it looks like both ways in one: {why}")


def _contested(guessed: Guess, folder: str) -> Iterator[Finding]:
    """Name the layouts that as much speaks for as for the one that was taken."""
    if guessed.rivals:
        message = (
            f"read as {guessed.layout.name}, but as much speaks for {', '.join(guessed.rivals)}"
        )
        hint = "set 'layout' to the one whose runner applies these scripts."
        yield Finding("contested-layout", "error", message, folder, 0, hint)


def _taken(paths: list[str], folder: str, text_of: TextOf, layout: str) -> Guess:
    """Take the layout that is set, or the one that the files speak for."""
    if layout == "auto":
        return guess(paths, folder, text_of)
    named, confirmed = layout_named(layout), "the setting 'layout'"
    return Guess(named, "the settings name it", confirmed, Strength.SETTING)


def _read_all(layout: Layout, files: Files, text_of: TextOf) -> list[_One]:
    """Read every migration; what cannot be read is raised together."""
    found: list[_One] = []
    errors: list[InputError] = []
    for name, parts in files.items():
        if set(parts) == {"metadata"}:
            continue
        try:
            found += _read_parts(layout, name, parts, text_of)
        except InputError as error:
            errors.append(error)
    raise_all(errors)
    return [one for one in found if _is_migration(layout, one.migration)]


def _metadata(files: Files, text_of: TextOf) -> dict[str, Metadata]:
    """Read the files that are about migrations; by migration id, empty for the whole folder's."""
    return {
        name: Metadata(parts["metadata"][0], notes.normalise(text_of(parts["metadata"][0])))
        for name, parts in files.items()
        if "metadata" in parts
    }


def _files(identities: Mapping[str, Identity]) -> Files:
    """Group paths by migration and part; SQL stands before other languages, then the shallowest."""
    files: Files = {}
    for path in sorted(identities, key=lambda p: (language(p) != "sql", p.count("/"), p)):
        migration, part = identities[path]
        files.setdefault(migration, {}).setdefault(part, []).append(path)
    return files


def _read_parts(
    layout: Layout, name: str, files: dict[Part, list[str]], text_of: TextOf
) -> Iterator[_One]:
    """Read the migrations of one name: one, or as many as its file holds."""
    texts: dict[Part, tuple[str, str]] = {
        part: (paths[0], notes.normalise(text_of(paths[0])))
        for part, paths in files.items()
        if part != "metadata"
    }
    if "both" not in texts or layout.unfold is None:
        yield _one(layout, name, texts, _halves(layout, texts))
        return
    for suffix, halves in layout.unfold(*texts["both"]):
        # Notes and the header of the file are the first one's.
        of_it = {p: t for p, t in texts.items() if not suffix or p == "forward"}
        yield _one(layout, name + suffix, of_it, halves)


def _one(layout: Layout, name: str, texts: Mapping[Part, tuple[str, str]], halves: Halves) -> _One:
    """Make one migration of its texts."""
    written = notes.parse(*texts["notes"]) if "notes" in texts else None
    script = next((texts[p][1] for p in ("both", "forward", "rollback") if p in texts), None)
    declared = notes.declared(written, script)
    release = _RELEASE.fullmatch(name)
    if release and declared.version is None:
        declared = replace(declared, version=release["release"], by_name=True)
    migration = Migration(
        id=name,
        forward=halves.forward,
        rollback=halves.rollback,
        notes=written,
        declared=declared,
        order=layout.order(name),
        layout=layout.name,
        repeatable=layout.repeatable is not None and layout.repeatable.match(name) is not None,
    )
    return _One(migration, halves.findings)


def _halves(layout: Layout, texts: dict[Part, tuple[str, str]]) -> Halves:
    """Give both directions, from one file or from two."""
    if "both" not in texts:
        return Halves(
            _script(layout, *texts["forward"]) if "forward" in texts else None,
            _script(layout, *texts["rollback"]) if "rollback" in texts else None,
        )
    path, text = texts["both"]
    if layout.split and language(path) in layout.splits:
        return layout.split(path, text)
    # A program holds both ways, and which lines are which is not read.
    script = _script(layout, path, text)
    return Halves(script, script)


def _script(layout: Layout, path: str, text: str) -> Script:
    marked = layout.no_transaction is not None and layout.no_transaction.search(text)
    name = layout.no_transaction_name
    marked = marked or (name is not None and name.search(path.rpartition("/")[2]))
    return Script(path, text, language=language(path), transaction=not marked)


def _is_migration(layout: Layout, migration: Migration) -> bool:
    """Tell planned migrations from other notes: by the shape of the name, or by their header."""
    if not migration.planned:
        return True
    if layout.shape is not None and layout.shape.fullmatch(migration.id):
        return True
    status = notes.value(migration.notes.fields, "status") if migration.notes else None
    planned = status is not None and status.value.strip().lower() in _PLANNED
    return planned or migration.declared.version is not None


def _with_options(
    layout: Layout, migration: Migration, metadata: Mapping[str, Metadata]
) -> Migration:
    """Mark scripts whose own metadata asks for no transaction."""
    about, option = metadata.get(migration.id), layout.no_transaction_metadata
    if about is None or option is None or not option.search(about.text):
        return migration
    forward, rollback = (
        replace(script, transaction=False) if script else None
        for script in (migration.forward, migration.rollback)
    )
    return replace(migration, forward=forward, rollback=rollback)
