"""Which folder of a repository holds the migrations, now or at a release of old."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.databases import dialect_of
from migdocs.adapters.layouts.evidence import Strength, Tree, is_foreign, upwards
from migdocs.adapters.layouts.guessing import SCRIPTS, guess
from migdocs.adapters.layouts.languages import ANY_LANGUAGE
from migdocs.adapters.layouts.registry import LAYOUTS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from migdocs.adapters.layouts.convention import Layout

    TextOf = Callable[[str], str]

_EXAMPLES = re.compile(r"tests?|testdata|fixtures?|examples?|samples?|__tests__|e2e")
_NUMBERED_PROGRAM = re.compile(rf"[0-9]+[-_].*(?<!_test)\.(?:{ANY_LANGUAGE}|fizz)(?<!\.sql)")
_DATA = re.compile(r"[^/]+\.(?:xml|ya?ml|json)")
_NAMED = re.compile(r"migrat|schema|sqitch|alembic|changelog|evolutions|liquibase|flyway")
_DEEPEST = 2


class Candidate(Struct, frozen=True):
    """A folder that may hold the project's migrations.

    Attributes:
        scripts: how many of its files the layout knows.
        dialect: ``postgresql`` unless a manifest, the path or all names say another database.
        reason: one sentence for the user.
        sql: whether any of them is SQL.
        strength: of the evidence for the layout.
        rivals: other layouts that as much speaks for.
        owns: whether files of the layout lie in the folder itself, not only below it.
    """

    folder: str
    layout: Layout
    scripts: int
    dialect: str
    reason: str
    sql: bool = True
    strength: Strength = Strength.NOTHING
    rivals: tuple[str, ...] = ()
    owns: bool = False

    @property
    def known(self) -> bool:
        """Whether its convention is known."""
        return self.layout is not UNKNOWN


def find_folders(paths: Collection[str], text_of: TextOf | None = None) -> tuple[Candidate, ...]:
    """List the folders that may hold a project's migrations, the likeliest first.

    PostgreSQL's come before other databases', the project's own before tests' and examples',
    those of a known convention before others, folders named after migrations before others, those
    that a tool has left its own in before those of a form alone, then the one with most scripts.
    """
    tree = Tree(tuple(paths), text_of)
    groups = _groups(tree.paths)
    candidates = [
        candidate
        for folder, group in groups.items()
        if (candidate := _candidate(folder, group, tree))
    ]
    return tuple(sorted(_outermost(candidates), key=_rank))


# v1__x.sql, 001.SQL, 2024-01-01_x.sql: numbered, as migrations are.
_ORDERED = re.compile(r"[A-Za-z]{0,2}[0-9][^/]*\.sql", re.IGNORECASE)
# The same in a program: Migration20240101.ts, m20240101_a.rs, 2024_01_01_000000_a.php.
_ORDERED_PROGRAM = re.compile(
    rf"(?:[A-Za-z]{{0,2}}|[Mm]igration_?)[0-9][^/]*(?<!\.d)(?<!_test)(?<!\.Designer)\.{ANY_LANGUAGE}"
)
_DATA_ONLY = re.compile(r"seeds?|quer(?:y|ies)|initdb|docker-entrypoint-initdb\.d|dumps?|backups?")


def unrecognised(paths: Collection[str]) -> tuple[str, ...]:
    """List numbered scripts that no convention knows, of the folder with most; empty for none.

    Programs count where the folder is called after migrations.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        aside = is_example(folder) or any(map(_DATA_ONLY.fullmatch, folder.lower().split("/")))
        ordered = _ORDERED.fullmatch(name) or (
            "migrat" in folder.lower() and _ORDERED_PROGRAM.fullmatch(name)
        )
        if ordered and not aside and not is_foreign(folder):
            found[folder].append(path)
    several = [
        scripts
        for folder, scripts in found.items()
        if len(scripts) > 1 or named_after_migrations(folder)
    ]
    return tuple(sorted(max(several, key=len, default=())))


def former_folder(
    layout: Layout, paths: Iterable[str], ids: Collection[str], folder: str
) -> str | None:
    """Find where the migrations lay in a tree of old, by the migrations that are known.

    Args:
        layout: the project's.
        paths: a tree's, from the repository's top.
        ids: of the migrations that are known.
        folder: where they lie now: of two with the same migrations, that of its database counts.

    Returns:
        The folder with most of the known migrations; None where the tree holds none.
    """
    known: Counter[str] = Counter()
    for path in paths:
        identity = layout.identify(path)
        if identity and identity.part in SCRIPTS and identity.migration in ids:
            known[_home_of(layout, path)] += 1
    database = dialects.of_path(folder) or dialects.POSTGRESQL

    def rank(home: str) -> tuple[bool, int, str]:
        """Give the key that sorts the likeliest folder first."""
        return ((dialects.of_path(home) or dialects.POSTGRESQL) != database, -known[home], home)

    return next(iter(sorted(known, key=rank)), None)


def _home_of(layout: Layout, path: str) -> str:
    """Give the migrations folder that a script of a layout lies in."""
    home = path.rpartition("/")[0]
    above, _, last = home.rpartition("/")
    inner = layout.nested and re.fullmatch(layout.nested, last) and not dialects.of_piece(last)
    return above if inner else home


def _groups(paths: tuple[str, ...]) -> dict[str, list[str]]:
    """Group what may be scripts by each folder that may be the migrations'."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        if is_foreign(folder) or not _may_be_script(folder, name):
            continue
        for home in _homes(folder):
            groups[home].append(path)
    return groups


def _may_be_script(folder: str, name: str) -> bool:
    if name.lower().endswith((".sql", ".sql.conf", "sqitch.plan")):
        return True
    named = _NAMED.search(folder.lower()) is not None
    program = _NUMBERED_PROGRAM.fullmatch(name) or folder.rpartition("/")[2] == "versions"
    return bool(named and (program or _DATA.fullmatch(name))) or bool(
        program and folder.rpartition("/")[2] == "versions"
    )


@cache
def _homes(folder: str) -> tuple[str, ...]:
    """Give a folder, and those above it where scripts of some layout lie in folders below."""
    found = [folder]
    pieces = folder.split("/") if folder else []
    for depth in range(1, min(_DEEPEST, len(pieces)) + 1):
        below = "/".join(pieces[-depth:])
        if any(re.fullmatch(layout.nested, below) for layout in LAYOUTS if layout.nested):
            found.append("/".join(pieces[:-depth]))
    return tuple(found)


def _candidate(folder: str, group: list[str], tree: Tree) -> Candidate | None:
    """Judge one folder; None where its files do not look like migrations."""
    found = guess(tree, folder, inside=tree.below(folder))
    dialect = dialect_of(tree, folder)
    identities = replace(found.layout, dialect=dialect).identify_all(group, folder)
    scripts = sum(1 for i in identities.values() if i.part in SCRIPTS)
    if not scripts or (not found.known and not named_after_migrations(folder)):
        return None
    sql = any(path.lower().endswith(".sql") for path in identities)
    if not sql and found.strength < Strength.DEPENDENCY:
        return None
    why = [found.reason]
    if dialect != dialects.POSTGRESQL:
        why.append(f"they are for {dialect}")
    elif dialects.of_path(folder):
        why.append("its path names PostgreSQL")
    if is_example(folder):
        why.append("its path speaks of tests or examples")
    if not sql:
        why.append("none of them is SQL: they are placed, and not read")
    return Candidate(
        folder or ".",
        found.layout,
        scripts,
        dialect,
        "; ".join(why),
        sql,
        found.strength,
        found.rivals,
        any(found.layout.identify(path, folder) for path in tree.folders.get(folder, ())),
    )


def _outermost(candidates: list[Candidate]) -> list[Candidate]:
    """Of folders that lie in each other, leave those whose scripts another knows as well.

    The inner one is meant where it holds all that the outer one has.
    """
    by_folder = {candidate.folder: candidate for candidate in candidates}
    out: set[str] = set()
    for inner in candidates:
        near = _homes("" if inner.folder == "." else inner.folder)[1:]
        for home in dict.fromkeys((*near, *upwards(inner.folder)[1:])):
            outer = by_folder.get(home or ".")
            if outer is None or not outer.known or outer.dialect != inner.dialect:
                continue
            if home not in near and outer.layout is not inner.layout:
                continue
            if (outer.strength, outer.scripts) == (inner.strength, inner.scripts):
                out.add(inner.folder if outer.owns else outer.folder)
            elif (outer.strength, outer.scripts) > (inner.strength, inner.scripts):
                out.add(inner.folder)
    return [candidate for candidate in candidates if candidate.folder not in out]


def _rank(candidate: Candidate) -> tuple[bool, bool, bool, bool, bool, bool, int, str]:
    """Give the key that sorts the likeliest folder first."""
    return (
        is_example(candidate.folder),
        candidate.dialect != dialects.POSTGRESQL,
        not candidate.known,
        not (named_after_migrations(candidate.folder) or candidate.strength >= Strength.MANIFEST),
        not candidate.sql,
        # Names alone say less than what a tool leaves, however many they are.
        candidate.strength < Strength.DEPENDENCY,
        -candidate.scripts,
        candidate.folder,
    )


def named_after_migrations(folder: str) -> bool:
    """Tell whether a folder's path speaks of migrations."""
    return _NAMED.search(folder.lower()) is not None


def is_example(folder: str) -> bool:
    """Tell whether a folder's path speaks of tests or examples."""
    return any(_EXAMPLES.fullmatch(piece.lower()) for piece in folder.split("/"))
