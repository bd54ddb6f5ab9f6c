"""Which database a project's migrations are for, as its manifests and paths say."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.convention import below
from migdocs.core.errors import InputError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.adapters.layouts.evidence import Tree

_QUOTED = r"[\"']?(?P<dialect>[A-Za-z0-9-]+)"
_JDBC = r"\bjdbc:(?:tc:)?(?P<dialect>[a-z0-9]+):"
# What says it, in a file inside the folder or above it; the first that does counts.
_INSIDE = {
    "migration_lock.toml": re.compile(rf"^provider\s*=\s*{_QUOTED}", re.MULTILINE),
    "meta/_journal.json": re.compile(rf"\"dialect\"\s*:\s*{_QUOTED}"),
}
# A file's name, and what in it says the database.
_ABOVE = tuple(
    (re.compile(name), re.compile(pattern, re.MULTILINE))
    for name, pattern in (
        (r"schema\.prisma", rf"datasource\s+\w+\s*{{[^}}]*?provider\s*=\s*{_QUOTED}"),
        (r"drizzle\.config\.(?:[cm]?[jt]s|json)", rf"\bdialect[\"']?\s*:\s*{_QUOTED}"),
        (r"dbconfig\.ya?ml", rf"^[ \t]*dialect\s*:\s*{_QUOTED}"),
        (r"sqitch\.conf", rf"^[ \t]*engine\s*=\s*{_QUOTED}"),
        (r"diesel\.toml", rf"^[ \t]*backend\s*=\s*{_QUOTED}"),
        (r"knexfile\.[cm]?[jt]s", rf"\b(?:client|dialect)[\"']?\s*:\s*{_QUOTED}"),
        (r"(?:ormconfig|data-source|datasource)\.(?:json|[jt]s)", rf"\btype[\"']?\s*:\s*{_QUOTED}"),
        (r"rambler\.h?json", rf"\"?driver\"?\s*:\s*{_QUOTED}"),
        (r"shmig\.conf", rf"^[ \t]*TYPE=\s*{_QUOTED}"),
        (r"database\.ya?ml", rf"^[ \t]*(?:dialect|adapter)\s*:\s*{_QUOTED}"),
        (r"alembic\.ini", rf"^sqlalchemy\.url\s*=\s*{_QUOTED}"),
        (r"yoyo\.ini", rf"^database\s*=\s*{_QUOTED}"),
        (
            r"\.env(?:\.(?:example|sample|dist))?",
            rf"^(?:export[ \t]+)?DATABASE_URL\s*=\s*{_QUOTED}:/",
        ),
        (r"application(?:-[\w-]+)?\.(?:properties|ya?ml)", _JDBC),
        (r"flyway(?:\.user)?\.(?:toml|conf)|liquibase\.properties", _JDBC),
        (
            r"pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml",
            rf"\bflyway-(?:database-)?{_QUOTED}\b",
        ),
    )
)
# Asked first: most files say nothing of a database.
_ANY_ABOVE = re.compile("|".join(f"(?:{name.pattern})" for name, _ in _ABOVE))
# One of a program's profiles: that it is for another database says nothing of the others.
_PROFILE = re.compile(r"(?:.*/)?application-[^/]*")


def dialect_of(tree: Tree, folder: str) -> str:
    """Name the database of a folder's scripts; PostgreSQL where nothing names another."""
    prefix = f"{folder.strip('/')}/" if folder.strip("./") else ""
    for name, pattern in _INSIDE.items():
        if found := _said(tree, f"{prefix}{name}", pattern):
            return found
    named = dialects.of_path(folder)
    if named:
        return named
    pieces = folder.strip("/").split("/") if prefix else []
    for end in range(len(pieces), -1, -1):
        home = "".join(f"{piece}/" for piece in pieces[:end])
        if found := _said_in(tree, home):
            return found
    return _of_names(tree.below(folder))


def _of_names(paths: list[str]) -> str:
    """Give the database that all names of scripts say, the commonest of several."""
    scripts = [dialects.parted(path).dialect for path in paths if path.endswith(".sql")]
    if not scripts or not all(scripts) or dialects.POSTGRESQL in scripts:
        return dialects.POSTGRESQL
    return Counter(scripts).most_common(1)[0][0]


def others(dialect: str, paths: Iterable[str], folder: str) -> dict[str, list[str]]:
    """List the scripts for other databases, by database: in the folder, and in its neighbours.

    Args:
        dialect: that of the scripts that are read.
        paths: all of the project's.
        folder: of the migrations.
    """
    pieces = folder.strip("/").split("/") if folder.strip("./") else []
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if not path.endswith((".sql", ".fizz")):
            continue
        rest = below(path, folder)
        other = dialects.of_script(rest) if rest else _beside(path, pieces)
        if other not in ("", dialect):
            found[other].append(path)
    return dict(found)


def _beside(path: str, pieces: list[str]) -> str:
    """Give the database of a folder that is called as the migrations' is, but for the database."""
    home = path.split("/")[:-1]
    if home == pieces or len(home) < len(pieces):
        return ""
    differ = [(a, b) for a, b in zip(home, pieces, strict=False) if a != b]
    if len(differ) != 1 or not dialects.of_piece(differ[0][1]):
        return ""
    return dialects.of_piece(differ[0][0])


def _said_in(tree: Tree, home: str) -> str:
    """Give the database that the files of a folder name: PostgreSQL if one of them does."""
    found = [
        dialect
        for path in tree.manifests.get(home.rstrip("/"), ())
        if _ANY_ABOVE.fullmatch(path.rpartition("/")[2])
        for name, pattern in _ABOVE
        if name.fullmatch(path.rpartition("/")[2])
        for dialect in _all_said(tree, path, pattern)
        if dialect == dialects.POSTGRESQL or not _is_aside(path, dialect)
    ]
    return dialects.POSTGRESQL if dialects.POSTGRESQL in found else next(iter(found), "")


def _is_aside(path: str, dialect: str) -> bool:
    """Tell whether a database that is named may be one beside that of the scripts."""
    return dialect == "h2" or _PROFILE.fullmatch(path) is not None


def _all_said(tree: Tree, path: str, pattern: re.Pattern[str]) -> list[str]:
    """Give every database that a file names."""
    if tree.text_of is None:
        return []
    try:
        text = tree.text_of(path)
    except (InputError, MachineError):
        return []
    words = (match["dialect"] for match in pattern.finditer(text))
    return [dialect for word in words if (dialect := dialects.named(word))]


def _said(tree: Tree, path: str, pattern: re.Pattern[str]) -> str:
    """Give the database that a file names; empty where it is not there, or says none we know."""
    if path not in tree.folders.get(path.rpartition("/")[0], ()) or tree.text_of is None:
        return ""
    try:
        match = pattern.search(tree.text_of(path))
    except (InputError, MachineError):
        return ""
    return dialects.named(match["dialect"]) if match else ""
