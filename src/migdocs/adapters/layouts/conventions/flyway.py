"""Flyway: ``V1.2__x.sql``, its undo ``U1.2__x.sql``, and ``R__x.sql`` whenever it changed."""

from __future__ import annotations

import re
import zlib

from migdocs.adapters.layouts.convention import Layout, Naming, Order, Rule, paired_by_number
from migdocs.adapters.layouts.evidence import Manifest, jvm
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DEEPER
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark

_VERSION = r"[0-9]+(?:[._][0-9]+)*"
_NAMED = re.compile(rf"V(?P<version>{_VERSION})__(?P<description>.*)")
_CODE = r"(?:sql|java|kt|groovy|scala)"
# Flyway looks into folders too; Java classes lie in packages.
_FOLDERS = r"(?:[^/]+/)*"


def version(migration_id: str) -> tuple[int, ...] | None:
    """Give the numbers of ``V1_2.0__x``: (1, 2); trailing zeros say nothing. None for ``R__x``."""
    match = _NAMED.fullmatch(migration_id)
    if not match:
        return None
    numbers = [int(piece) for piece in re.split("[._]", match["version"])]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def order(migration_id: str) -> Order:
    """Give the run order: versions number by number (V10 after V2), then ``R__`` by description."""
    numbers = version(migration_id)
    return (1, migration_id) if numbers is None else (0, *numbers)


def number(migration_id: str) -> str | None:
    """Give the version that no two migrations may share."""
    numbers = version(migration_id)
    return None if numbers is None else ".".join(map(str, numbers))


def _classes(folder: str) -> str:
    """Give where classes lie beside ``src/main/resources/…``: in any package of the same module."""
    module, found, _ = f"/{folder}/".partition("/src/main/resources/")
    if not found:
        return ""
    home = re.escape(f"{module[1:]}/" if module else "")
    return rf"{home}src/main/(?:java|kotlin|groovy|scala)/(?:[^/]+/)*(?=[VUR][^/]*\Z)"


def _id(script: str) -> str:
    """Give the id of what the table calls ``sub/V1__x.sql``, or ``db.migration.V2__x`` in Java."""
    name = script.rpartition("/")[2]
    return name[: -len(".sql")] if name.endswith(".sql") else name.rpartition(".")[2]


def _up_to(value: str) -> str:
    """Give an id of the version at which a schema was taken over; empty for a script's own row."""
    mark, _, taken = value.partition("baseline ")
    return f"V{taken}__" if taken and not mark else ""


def checksum(text: str) -> int:
    """Give the checksum that ``flyway_schema_history.checksum`` holds for a script.

    A CRC-32 of the lines without their ends and without a byte-order mark, in UTF-8, as a signed
    32-bit number. Of a repeatable script with placeholders Flyway takes it after filling them in.
    """
    total = 0
    for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")):
        total = zlib.crc32(line.encode("utf-8", "surrogateescape"), total)
    return total - (1 << 32) if total >= 1 << 31 else total


LAYOUT = Layout(
    name="flyway",
    title="Flyway: V1__name.sql, U1__name.sql, R__name.sql",
    rules=(
        Rule("forward", rf"{_FOLDERS}(?P<id>V{_VERSION}__[^/]*?)\.{_CODE}"),
        Rule("rollback", rf"{_FOLDERS}U(?P<id>{_VERSION}__[^/]*?)\.{_CODE}", prefix="V"),
        Rule("forward", rf"{_FOLDERS}(?P<id>R__[^/]*?)\.{_CODE}"),
        Rule("notes", rf"{_FOLDERS}(?P<id>(?:V{_VERSION}|R)__[^/]*?)\.md"),
        Rule("metadata", rf"{_FOLDERS}(?P<id>(?:V{_VERSION}|R)__[^/]*?)\.sql\.conf"),
    ),
    order=order,
    number=number,
    settle=paired_by_number(number),
    repeatable=re.compile("R__"),
    shape=re.compile(r"(?:V[0-9]|R__).*"),
    no_transaction_metadata=re.compile(r"^[ \t]*executeInTransaction\s*=\s*false\b", re.MULTILINE),
    naming=Naming(
        stem="V{number}__{name}", forward="{id}.sql", rollback="U{tail}.sql", width=1, wrapped=True
    ),
    stands=(Manifest(r"flyway\.(?:toml|conf|user\.toml)"),),
    tracking=Tracking(
        "flyway_schema_history",
        "script",
        # A row per event: an undo, or a deletion by repair, follows what it takes back.
        "SELECT CASE type WHEN 'BASELINE' THEN concat('baseline ', version) ELSE script END"
        " FROM (SELECT DISTINCT ON (coalesce(version, script)) *"
        " FROM flyway_schema_history ORDER BY coalesce(version, script), installed_rank DESC)"
        " AS newest WHERE success AND type NOT LIKE 'UNDO%' AND type <> 'DELETE'",
        checksums="SELECT script, checksum FROM flyway_schema_history"
        " WHERE success AND checksum IS NOT NULL ORDER BY installed_rank",
        id_of=_id,
        up_to=_up_to,
        marks=(
            mark("installed_rank version description type script checksum installed_by success"),
        ),
        command="flyway migrate",
        unfinished=Unfinished(
            "NOT success", "failed", "undo by hand what it left, then 'flyway repair'"
        ),
    ),
    manifests=(
        Manifest(r"flyway\.(?:toml|conf|user\.toml)|conf/flyway\.(?:toml|conf)"),
        jvm("flyway"),
    ),
    nested=rf"{DEEPER}|sql|undo|version(?:ed|s)|repeatables?",
    sibling=_classes,
    companions=r"(?:.*/)?(?:(?:before|after)[A-Z][A-Za-z]*(?:__.*)?\.sql|B[0-9][0-9._]*__.*\.sql)",
    reads="SQL and undo scripts; classes in Java, Kotlin or Groovy are placed, not read",
    runner=foreign_runner(
        "Flyway",
        status="flyway -locations=filesystem:{folder} info",
        apply="flyway -locations=filesystem:{folder} migrate",
        log="Successfully applied",
    ),
)
