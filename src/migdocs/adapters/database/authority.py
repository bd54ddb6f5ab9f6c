"""What a server knows of its roles and databases: to tell what scripts with rights changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

MAY_READ_PASSWORDS = "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')"
ROLES = """
SELECT 'role', r.rolname::text, a.what, a.value
FROM pg_catalog.pg_roles r, LATERAL (VALUES
  ('SUPERUSER', r.rolsuper::text), ('INHERIT', r.rolinherit::text),
  ('CREATEROLE', r.rolcreaterole::text), ('CREATEDB', r.rolcreatedb::text),
  ('LOGIN', r.rolcanlogin::text), ('REPLICATION', r.rolreplication::text),
  ('BYPASSRLS', r.rolbypassrls::text), ('CONNECTION LIMIT', r.rolconnlimit::text),
  ('VALID UNTIL', r.rolvaliduntil::text)) AS a (what, value)
UNION ALL
SELECT 'role', m.rolname::text, 'membership in ' || g.rolname, a.admin_option::text
FROM pg_catalog.pg_auth_members a
JOIN pg_catalog.pg_roles m ON m.oid = a.member JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
UNION ALL
SELECT 'database', d.datname::text, a.what, a.value
FROM pg_catalog.pg_database d, LATERAL (VALUES
  ('owner', d.datdba::text), ('ALLOW_CONNECTIONS', d.datallowconn::text),
  ('CONNECTION LIMIT', d.datconnlimit::text), ('rights', d.datacl::text)) AS a (what, value)
UNION ALL
SELECT CASE WHEN d.datname IS NULL THEN 'role' ELSE 'database' END,
       coalesce(d.datname, r.rolname, '')::text,
       'settings' || CASE WHEN d.datname IS NULL THEN '' ELSE coalesce(' of ' || r.rolname, '') END,
       s.setconfig::text
FROM pg_catalog.pg_db_role_setting s
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
"""
PASSWORDS = """
SELECT 'role', rolname::text, 'password', pg_catalog.md5(coalesce(rolpassword, ''))
FROM pg_catalog.pg_authid
"""

Known = dict[tuple[str, str, str], str]


def read(admin: psycopg.Connection[Any]) -> Known:
    """Give what is known now: kind, name and what of it → its value."""
    rows = admin.execute(ROLES).fetchall()
    if admin.execute(MAY_READ_PASSWORDS).fetchall() == [(True,)]:
        rows += admin.execute(PASSWORDS).fetchall()
    return {(kind, name, what): value for kind, name, what, value in rows}


def changed(
    before: Mapping[tuple[str, str, str], str], after: Mapping[tuple[str, str, str], str]
) -> Iterator[tuple[str, str, str]]:
    """Yield what is another now: kind, name, and what of it. What is new is left to others."""
    there = {(kind, name) for kind, name, _ in after}
    gone = {(kind, name) for kind, name, _ in before} - there
    yield from ((kind, name, "") for kind, name in sorted(gone))
    known = {(kind, name) for kind, name, _ in before} & there
    for kind, name, what in sorted(before.keys() | after.keys()):
        key = kind, name, what
        if (kind, name) in known and before.get(key) != after.get(key):
            yield key
