"""Put rows into the tables of a scratch database, and count them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from migdocs.adapters.database import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.adapters.database.session import Session
    from migdocs.core.proof.fill import Insert

# Of each row, the first way that the server takes; what it said of the first, where it takes none.
TRY_EACH = """
CREATE FUNCTION pg_temp.migdocs_try_each(wanted jsonb)
RETURNS TABLE (number int, said text) LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb;
    way text;
BEGIN
    number := 0;
    FOR ways IN SELECT * FROM pg_catalog.jsonb_array_elements(wanted) LOOP
        said := '';
        FOR way IN SELECT * FROM pg_catalog.jsonb_array_elements_text(ways) LOOP
            BEGIN
                EXECUTE way;
                said := NULL;
                EXIT;
            EXCEPTION WHEN OTHERS THEN
                said := coalesce(nullif(said, ''), SQLERRM);
            END;
        END LOOP;
        RETURN NEXT;
        number := number + 1;
    END LOOP;
END $$
"""


def fill(session: Session, inserts: Iterable[Insert], *, plainly: bool = False) -> dict[str, str]:
    """Put rows in; give the tables that took none, each with what the server said.

    The server tries the ways of each row itself: a question for each would take far longer.

    Args:
        session: in the database.
        inserts: the rows.
        plainly: without triggers, and without looking foreign keys up; takes a superuser.
    """
    rows = list(inserts)
    asked = json.dumps([insert.statements for insert in rows])
    with errors.translated(session.url), session.connection.transaction():
        session.connection.execute("SET LOCAL search_path = public")
        if plainly:
            session.connection.execute("SET LOCAL session_replication_role = replica")
        # What is only looked at when all is done would fail all of it.
        session.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        session.connection.execute(TRY_EACH)
        found = session.connection.execute(
            "SELECT number, said FROM pg_temp.migdocs_try_each(%s)", [asked]
        ).fetchall()
        session.connection.execute("DROP FUNCTION pg_temp.migdocs_try_each")
    refused: dict[str, str] = {}
    filled: set[str] = set()
    for number, said in found:
        insert = rows[number]
        if said is None:
            filled.add(insert.table)
        elif not insert.twin:
            refused.setdefault(insert.table, " ".join(said.split()))
    return {table: why for table, why in refused.items() if table not in filled}


def counts(session: Session, tables: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count the rows of tables."""
    with errors.translated(session.url), session.connection.transaction():
        session.connection.execute("SET LOCAL search_path = public")
        found = {table: f"SELECT count(*) FROM {table}" for table in sorted(tables)}  # noqa: S608 - names as the catalog quotes them
        return tuple(
            (table, session.connection.execute(query.encode()).fetchall()[0][0])
            for table, query in found.items()
        )
