"""What is wrong with a migrations folder, as far as names and markers tell."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from migdocs.adapters.layouts import both_ways
from migdocs.adapters.layouts.convention import below, stem
from migdocs.adapters.layouts.conventions.native import ROLLBACK, has_place
from migdocs.adapters.layouts.databases import others
from migdocs.adapters.layouts.dialects import parted
from migdocs.adapters.layouts.languages import ANY_LANGUAGE, language
from migdocs.adapters.layouts.placeholders import placeholders
from migdocs.adapters.layouts.registry import LAYOUTS, NATIVE
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migdocs.adapters.layouts.convention import Files, Layout, Part
    from migdocs.core.model import Migration, Script

_NUMBERED = r"[0-9]+[-_][^/]*"
_FLYWAY_BASELINE = re.compile(r"(?:.*/)?B[0-9](?:[0-9.]|_(?!_)|(?!))*+__.*\.sql")


def problems(
    layout: Layout,
    everything: Iterable[str],
    folder: str,
    files: Files,
    migrations: tuple[Migration, ...],
) -> Iterator[Finding]:
    """List what is wrong: with the folder, with each migration, and among them."""
    known = {path for parts in files.values() for paths in parts.values() for path in paths}
    foreign = others(layout.dialect, everything, folder)
    yield from _foreign(layout, foreign, folder)
    accounted = {*known, *(path for paths in foreign.values() for path in paths)}
    overridden = {stem(parted(path).path) for path in known if parted(path).dialect}
    strangers = [
        path
        for path in everything
        if path.lower().endswith(".sql")
        and path not in accounted
        and below(path, folder) is not None
        and stem(path) not in overridden
    ]
    yield from _strangers(layout, strangers, folder)
    # A program of a migration's own name only sends its scripts.
    unknown = (path for path in everything if path not in known)
    yield from _programs(layout, (p for p in unknown if _name(p) not in files), folder)
    yield from _doubles(files)
    yield from _same_number(layout, migrations)
    for migration in migrations:
        if migration.rollback and not migration.forward:
            yield _orphan(layout, migration)
        yield from _no_place(layout, migration)
        mixed = [f for script in _scripts(migration) for f in _other_markers(layout, script)]
        yield from mixed or _both_ways(migration)
        for script in _scripts(migration):
            yield from placeholders(script, layout.name)


def _scripts(migration: Migration) -> list[Script]:
    """List a migration's scripts, each once."""
    both = [script for script in (migration.forward, migration.rollback) if script]
    return both[:1] if len(both) > 1 and both[0] == both[1] else both


def path_of(migration: Migration) -> str:
    """Give the path to name when something is wrong with a migration."""
    parts = (migration.forward, migration.rollback, migration.notes)
    return next((part.path for part in parts if part), "")


def _strangers(layout: Layout, paths: list[str], folder: str) -> Iterator[Finding]:
    """Name scripts that the layout does not know, and the layout that would."""
    nested: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in paths:
        rest = below(path, folder) or path
        if _FLYWAY_BASELINE.fullmatch(rest) and layout.name == "flyway":
            yield _baseline(path)
            continue
        if layout.companions and re.fullmatch(layout.companions, rest):
            continue
        other = _known_elsewhere(rest)
        if "/" in rest:
            nested[path.rpartition("/")[0], other.title if other else ""].append(path)
        elif other:
            yield _mixed(path, layout, f"is named as {other.title}")
        else:
            yield _unread(path, layout)
    for (below_folder, title), scripts in nested.items():
        yield _nested(below_folder, len(scripts), title)


def _name(path: str) -> str:
    """Give a file's name without its end."""
    return stem(path.rpartition("/")[2])


def _programs(layout: Layout, paths: Iterable[str], folder: str) -> Iterator[Finding]:
    """Name programs that are numbered as migrations, or lie in the directory of one."""
    nested = f"(?:{layout.nested})/[^/]+" if layout.nested else r"(?!)"
    program = re.compile(
        rf"(?:{_NUMBERED}|{nested})(?<!_test)\.{ANY_LANGUAGE}(?<!\.sql)(?<!\.d\.ts)"
    )
    for path in paths:
        rest = below(path, folder)
        if (
            rest
            and program.fullmatch(rest)
            and not (layout.companions and re.fullmatch(layout.companions, rest))
        ):
            message = "this program is beside the scripts: what it changes is not known"
            hint = "say in the notes of the migration what it does and who runs it."
            yield Finding("unread-program", "info", message, path, 1, hint)


def _foreign(layout: Layout, found: Mapping[str, list[str]], folder: str) -> Iterator[Finding]:
    """Name each other database that scripts are for: one finding, however many they are."""
    for dialect, paths in sorted(found.items()):
        homes = sorted({path.rpartition("/")[0] for path in paths})
        scripts = "1 script" if len(paths) == 1 else f"{len(paths)} scripts"
        where = f" in '{homes[0]}'" if len(homes) == 1 and homes[0] != folder else ""
        message = f"{dialect}: {scripts}{where}, not documented"
        hint = f"nothing to do; what is for {layout.dialect} is documented (the setting 'dialect')."
        yield Finding("other-dialect", "info", message, homes[0] or folder, 0, hint)


def _known_elsewhere(rest: str) -> Layout | None:
    """Give the layout that only a file of this name would be of; None where any may be."""
    for layout in LAYOUTS:
        # Others are told by texts or manifests: their names could be anybody's.
        if layout.shape is None:
            continue
        identity = layout.identify(rest, "")
        if identity is None or identity.part not in ("forward", "rollback"):
            continue
        # schema.sql is anybody's: a dump beside the migrations.
        if rest[:1].isalpha() and layout is NATIVE:
            continue
        if layout.shape.fullmatch(identity.migration):
            return layout
    return None


def _mixed(path: str, layout: Layout, how: str) -> Finding:
    return Finding(
        "mixed-layouts",
        "error",
        f"this script {how}, but the folder is read as {layout.name}",
        path,
        1,
        "rename it, move it to a folder of its own, or set 'layout' if the folder was misread"
        " ('plain' reads both spellings).",
    )


def _baseline(path: str) -> Finding:
    message = "a baseline script replaces all versions up to its own: it is not in the order"
    hint = "nothing to do: the versions themselves are documented."
    return Finding("baseline-script", "info", message, path, 1, hint)


def _unread(path: str, layout: Layout) -> Finding:
    if not path.endswith(".sql"):
        message = f"'{path.rpartition('.')[2]}' is not 'sql' in small letters: this is not read"
        hint = "most tools pass over it, too: rename it if it is a migration."
        return Finding("unread-script", "warning", message, path, 1, hint)
    message = f"this script is not named as {layout.title}: it is not read"
    hint = "rename it if it is a migration, or move it out of the folder."
    return Finding("unread-script", "warning", message, path, 1, hint)


def _nested(folder: str, count: int, title: str) -> Finding:
    scripts = "one script" if count == 1 else f"{count} scripts"
    named = f", named as {title}" if title else ""
    message = f"{scripts} below the migrations folder{named}: not read"
    hint = "move them up if they are migrations, or set 'migrations' to this folder."
    return Finding("nested-scripts", "info", message, folder, 0, hint)


def _doubles(files: Files) -> Iterator[Finding]:
    """Find parts that two files claim to be, and ids that differ only in case."""
    spelled: dict[str, str] = {}
    for name, parts in files.items():
        for part, paths in parts.items():
            for path in paths[1:]:
                yield _double(name, part, paths[0], path)
        first = spelled.setdefault(name.casefold(), name)
        if first != name:
            path = next(iter(parts.values()))[0]
            message = f"'{name}' and '{first}' are one file on many file systems"
            yield Finding("same-but-case", "warning", message, path, 1, "rename one of them.")


def _double(name: str, part: Part, first: str, second: str) -> Finding:
    """Describe a part that is there twice: two scripts are two migrations of one id."""
    several = {"forward": "scripts", "rollback": "rollbacks"}.get(part, part)
    message = f"'{name}' has two {several}: '{first}' is read, this is not"
    if part == "notes":
        hint = "put all notes of one migration into one file."
        return Finding("duplicate-notes", "warning", message, second, 1, hint)
    return Finding("duplicate-id", "error", message, second, 1, "give one of them another name.")


def _same_number(layout: Layout, migrations: tuple[Migration, ...]) -> Iterator[Finding]:
    """Find numbers that two migrations share; a runner that records numbers refuses them."""
    owners: dict[str, str] = {}
    for migration in migrations:
        number = layout.number(migration.id)
        if number is None or migration.forward is None:
            continue
        first = owners.setdefault(number, migration.id)
        if first != migration.id:
            yield Finding(
                "repeated-number",
                "error" if layout.tracking else "warning",
                f"the number {number} is that of '{first}' too",
                path_of(migration),
                1,
                "give the newer one the next free number.",
            )


def _orphan(layout: Layout, migration: Migration) -> Finding:
    """Describe a rollback without a forward script; in the native layout its name may mislead."""
    path = path_of(migration)
    if layout.name == NATIVE.name and migration.id.endswith(ROLLBACK):
        message = f"'{migration.id}' is a migration or a rollback: its name can mean both"
        hint = f"rename '{migration.id}.sql' so that only rollbacks end in '{ROLLBACK}'."
        return Finding("ambiguous-rollback", "error", message, path, 1, hint)
    message = f"this undoes '{migration.id}', which has no forward script"
    hint = "add the forward script, or remove this one."
    if layout.name == NATIVE.name:
        hint += (
            f" If it is a migration of its own, rename it so that it does not end in '{ROLLBACK}'."
        )
    return Finding("rollback-without-forward", "error", message, path, 1, hint)


def _no_place(layout: Layout, migration: Migration) -> Iterator[Finding]:
    """Find native names that say nothing of when the migration runs."""
    if layout.name == NATIVE.name and not has_place(migration.id):
        message = f"'{migration.id}' begins with no date and no number: it runs last"
        hint = "begin the name with its date: YYYYMMDD_name."
        yield Finding("no-place", "warning", message, path_of(migration), 1, hint)


def _both_ways(migration: Migration) -> Iterator[Finding]:
    """Find a script that makes something and, below a line of words, takes it away again."""
    script = migration.forward
    turn = both_ways.find(script.text) if script and migration.unclear else None
    if script and turn:
        yield Finding(
            "both-ways",
            "error",
            f"this script looks like both ways in one: below '{turn.words}' it drops"
            f" '{turn.name}', which it made above",
            script.path,
            script.line + turn.line - 1,
            "set 'layout' to the convention of these files, or move the rollback to a file of"
            " its own.",
        )


def _other_markers(layout: Layout, script: Script) -> Iterator[Finding]:
    """Find scripts that hold both ways in the form of another layout."""
    if language(script.path) != "sql":
        return
    for other in LAYOUTS:
        match = (
            other.marker.search(script.text) if other.marker and other.name != layout.name else None
        )
        if match:
            yield _mixed(script.path, layout, f"holds '{match[0].strip()}' as {other.name} has it")
