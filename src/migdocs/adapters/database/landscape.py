"""See what is in a database before anything runs in it: its tables, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters.database import ledger
from migdocs.core.ledger.gate import Shown
from migdocs.core.ledger.trackers import Relation, Tracked, sorted_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.adapters.database.session import Session
    from migdocs.core.ledger.trackers import Tracker

# Tables, views and foreign tables of everybody but the server and its extensions; partitions and
# temporary tables are left out. Every name is qualified: the database is not ours.
RELATIONS = """
select n.nspname, c.relname,
    array(select a.attname::text from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) c.oid
            and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where c.relkind operator(pg_catalog.=) any (array['r', 'p', 'f', 'v', 'm']::"char"[])
    and not c.relispartition
    and c.relpersistence operator(pg_catalog.<>) 't'
    and n.nspname operator(pg_catalog.<>) all (array['pg_catalog', 'information_schema']::name[])
    and n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)'
    and not exists (select from pg_catalog.pg_depend d
        where d.classid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid operator(pg_catalog.=) c.oid
            and d.deptype operator(pg_catalog.=) 'e')
order by 1, 2
"""


def read(session: Session, known: Sequence[Tracker]) -> Shown:
    """Give what a database shows; its tables are looked at only where nothing of ours ever ran.

    A ledger of failures alone is no history: such a script left nothing, and the database may be
    another's all the same.

    Args:
        session: in the database.
        known: how other tools' tables are recognised.
    """
    from psycopg import sql

    own = session.options.ledger
    if ledger.exists(session.connection, own):
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE outcome <> 'failed')").format(
            ledger.table(own)
        )
        if session.connection.execute(query).fetchone() == (True,):
            return Shown(ours=True)
    return inventory(session, known)


def inventory(session: Session, known: Sequence[Tracker]) -> Shown:
    """Give the tables of a database, ours or not."""
    rows = session.connection.execute(RELATIONS).fetchall()
    relations = (Relation(schema, name, tuple(columns)) for schema, name, columns in rows)
    trackers, tables = sorted_out(relations, session.options.ledger, known)
    tracked = tuple(Tracked(t, relation, _filled(session, relation)) for t, relation in trackers)
    return Shown(trackers=tracked, tables=tables)


def _filled(session: Session, relation: Relation) -> bool:
    """Tell whether a table has rows; one that we may not read counts as filled."""
    import psycopg
    from psycopg import sql

    table = sql.Identifier(relation.schema, relation.name)
    try:
        with session.connection.transaction():
            query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table)
            return session.connection.execute(query).fetchone() != (False,)
    except psycopg.Error:
        return True
