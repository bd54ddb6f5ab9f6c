"""Which layout a folder has, and which folder of a repository holds the migrations."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import ANY_LANGUAGE, LANGUAGES, Layout, below
from migdocs.adapters.layouts.native import NATIVE
from migdocs.adapters.layouts.pairs import PLAIN
from migdocs.adapters.layouts.registry import LAYOUTS
from migdocs.core.notes import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    TextOf = Callable[[str], str]

# Enough to know a folder's markers by; a stray file does not decide.
_SAMPLE = 20
_SCRIPTS = {"forward", "rollback", "both"}
_POSTGRES = re.compile(r"postgres(?:ql)?|pgsql|psql|pg")
_OTHER_DATABASES = {
    "sqlite3": "sqlite",
    "sqlite": "sqlite",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mssql": "mssql",
    "sqlserver": "mssql",
    "oracle": "oracle",
    "h2": "h2",
    "clickhouse": "clickhouse",
    "cassandra": "cassandra",
    "spanner": "spanner",
}
_FOREIGN = {"node_modules", "vendor", "third_party", ".git", ".venv", "venv", "target", "dist"}
_EXAMPLES = re.compile(r"tests?|testdata|fixtures?|examples?|samples?|__tests__|e2e")
_NUMBERED_PROGRAM = re.compile(rf"[0-9]+[-_].*(?<!_test)\.{ANY_LANGUAGE}(?<!\.sql)")
_OF_A_DIRECTORY = {"up.sql", "down.sql", "migration.sql", "metadata.yaml", "metadata.toml"}


@dataclass(frozen=True, slots=True)
class Guess:
    """A layout, and why it was taken.

    Attributes:
        reason: one sentence for the user.
        confirmed_by: what shows that it is meant, for the user; empty where only names fit it.
    """

    layout: Layout
    reason: str
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that may hold the project's migrations.

    Attributes:
        scripts: how many of its files the layout knows.
        dialect: ``postgresql`` unless the path names another database.
        reason: one sentence for the user.
        sql: whether any of them is SQL.
    """

    folder: str
    layout: Layout
    scripts: int
    dialect: str
    reason: str
    sql: bool = True


def guess(paths: Iterable[str], folder: str, text_of: TextOf | None = None) -> Guess:
    """Name the layout of a folder.

    Args:
        paths: the project's, as far as they are known; those outside the folder are hints.
        folder: the migrations folder.
        text_of: gives a file's text; without it, layouts that only a marker tells are not seen.
    """
    everything = tuple(paths)
    names = {path.rpartition("/")[2] for path in everything if path.count("/") <= 1}
    inside = {rest: path for path in everything if (rest := below(path, folder)) is not None}
    scored = [
        (len(claimed), hinted, -index, layout)
        for index, layout in enumerate(LAYOUTS)
        if (hinted := not names.isdisjoint(layout.hints)) or not layout.needs_hint
        if layout is not PLAIN and (claimed := _claims(layout, inside, text_of))
    ]
    if scored and _pairs(PLAIN, inside) > max(_pairs(layout, inside) for *_, layout in scored):
        return Guess(PLAIN, "its .sql files are paired as no convention that is known has it")
    if scored:
        count, _, _, layout = max(scored, key=lambda score: score[:3])
        scripts = sum(1 for rest in inside if rest.rpartition(".")[2] in LANGUAGES)
        reason = f"{count} of its {scripts} scripts are named as {layout.title}"
        return Guess(layout, reason, _confirmed_by(layout, inside, names))
    if any(rest.endswith(".sql") for rest in inside):
        return Guess(PLAIN, "its .sql files follow no convention that is known")
    return Guess(NATIVE, "it holds no scripts yet")


def _confirmed_by(layout: Layout, inside: dict[str, str], names: Collection[str]) -> str:
    """Name what shows that a layout is meant, beyond the shape of names; empty for nothing."""
    manifest = next((name for name in layout.hints if name in names), "")
    if layout.signature:
        manifest = next(filter(layout.signature.fullmatch, sorted(inside)), manifest)
    if layout.marker:
        return "marker lines in its scripts"
    if manifest:
        return f"'{manifest}'"
    pairs = _pairs(layout, inside)
    if layout is NATIVE and not pairs:
        described = layout.identify_all(inside, "").values()
        forward = {i.migration for i in described if i.part == "forward"}
        notes = sum(i.part == "notes" and i.migration in forward for i in described)
        return f"{notes} of its scripts have notes beside them" if notes else ""
    return f"{pairs} of its scripts have their rollback beside them" if pairs else ""


def _pairs(layout: Layout, inside: Iterable[str]) -> int:
    """Count the rollbacks that a layout finds."""
    identities = layout.identify_all(inside, "")
    forward = {i.migration for i in identities.values() if i.part in ("forward", "both")}
    return sum(i.part == "rollback" and i.migration in forward for i in identities.values())


def _claims(layout: Layout, inside: dict[str, str], text_of: TextOf | None) -> list[str]:
    """List the scripts that a layout knows, if all that it asks of a folder is there."""
    if layout.signature and not any(map(layout.signature.fullmatch, inside)):
        return []
    identities = layout.identify_all(inside, "")
    claimed = [
        rest
        for rest, identity in identities.items()
        if identity.part in _SCRIPTS
        and (layout.shape is None or layout.shape.fullmatch(identity.migration))
    ]
    if layout.marker is None:
        return claimed
    return claimed if _marked(layout, [inside[rest] for rest in claimed], text_of) else []


def _marked(layout: Layout, paths: list[str], text_of: TextOf | None) -> bool:
    """Tell whether at least half of a sample of files hold the layout's marker."""
    if text_of is None or layout.marker is None:
        return False
    step = max(1, len(paths) // _SAMPLE)
    sample = paths[::step]
    marked = sum(1 for path in sample if layout.marker.search(normalise(text_of(path))))
    return 0 < len(sample) <= 2 * marked


def dialect_of(folder: str) -> str:
    """Name the database that a folder's path speaks of; PostgreSQL where it names none."""
    if _names_postgres(folder):
        return "postgresql"
    pieces = folder.lower().split("/")
    return next((_OTHER_DATABASES[p] for p in pieces if p in _OTHER_DATABASES), "postgresql")


def _names_postgres(folder: str) -> bool:
    return any(_POSTGRES.fullmatch(piece) for piece in folder.lower().split("/"))


def find_folders(paths: Collection[str], text_of: TextOf | None = None) -> tuple[Candidate, ...]:
    """List the folders that may hold a project's migrations, the likeliest first.

    PostgreSQL's come before other databases', the project's own before tests' and examples',
    folders named after migrations before others, then the one with most scripts.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    outside = [path for path in paths if path.count("/") <= 1 and not path.endswith(".sql")]
    programs = []
    for path in paths:
        folder = _home(path)
        if folder is not None:
            groups[folder].append(path)
        elif _NUMBERED_PROGRAM.fullmatch(path.rpartition("/")[2]):
            programs.append(path)
    for path in programs:
        folder = path.rpartition("/")[0]
        if folder in groups or (_named_after_migrations(folder) and not _is_foreign(folder)):
            groups[folder].append(path)
    candidates = [
        candidate
        for folder, group in groups.items()
        if (candidate := _candidate(folder, [*group, *outside], text_of))
    ]
    ranked = sorted(candidates, key=_rank)
    return tuple(ranked)


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
        home = _home(path) if identity and identity.part in _SCRIPTS else None
        if home is not None and identity and identity.migration in ids:
            known[home] += 1
    database = dialect_of(folder)
    ranked = sorted(known, key=lambda home: (dialect_of(home) != database, -known[home], home))
    return next(iter(ranked), None)


def _home(path: str) -> str | None:
    """Give the migrations folder that a file would lie in, if it is a script or a plan."""
    *folders, name = path.split("/")
    if _is_foreign("/".join(folders)):
        return None
    if name in _OF_A_DIRECTORY:
        return "/".join(folders[:-1]) if folders else None
    if not name.endswith((".sql", ".sql.conf", "sqitch.plan")) and folders[-1:] != ["versions"]:
        return None
    if folders and folders[-1] in {"deploy", "revert", "verify"}:
        folders = folders[:-1]
    return "/".join(folders)


def _candidate(folder: str, paths: list[str], text_of: TextOf | None) -> Candidate | None:
    """Judge one folder; None where its files do not look like migrations."""
    found = guess(paths, folder, text_of)
    identities = found.layout.identify_all(paths, folder)
    scripts = sum(1 for i in identities.values() if i.part in _SCRIPTS)
    named = _named_after_migrations(folder)
    if not scripts or (found.layout is PLAIN and not named):
        return None
    sql = any(path.endswith(".sql") for path in identities)
    dialect = dialect_of(folder)
    why = [found.reason]
    if _names_postgres(folder):
        why.append("its path names PostgreSQL")
    if dialect != "postgresql":
        why.append(f"they are for {dialect}")
    if _is_example(folder):
        why.append("its path speaks of tests or examples")
    if not sql:
        why.append("none of them is SQL: they are placed, and not read")
    return Candidate(folder or ".", found.layout, scripts, dialect, "; ".join(why), sql)


def _rank(candidate: Candidate) -> tuple[bool, bool, bool, bool, int, str]:
    """Give the key that sorts the likeliest folder first."""
    return (
        _is_example(candidate.folder),
        not candidate.sql and candidate.layout is NATIVE,
        candidate.dialect != "postgresql",
        not _named_after_migrations(candidate.folder),
        -candidate.scripts,
        candidate.folder,
    )


def _named_after_migrations(folder: str) -> bool:
    return re.search(r"migrat|schema|sqitch|alembic", folder.lower()) is not None


def _is_foreign(folder: str) -> bool:
    return not _FOREIGN.isdisjoint(folder.split("/"))


def _is_example(folder: str) -> bool:
    return any(_EXAMPLES.fullmatch(piece.lower()) for piece in folder.split("/"))
