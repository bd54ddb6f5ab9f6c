"""Which database is meant, and that no part of a password is ever seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.secrets import redact

if TYPE_CHECKING:
    from tests.scenarios.conftest import Workplace


@pytest.fixture
def shop(empty: Workplace) -> Workplace:
    """Give a project of one script."""
    empty.write("migdocs.toml", 'layout = "native"\n')
    empty.write("migrations/20260101_orders.sql", "create table orders (id int);")
    return empty


def test_an_empty_url_is_refused(shop: Workplace) -> None:
    """A variable that a deployment forgot to fill is not the project's own server."""
    done = shop.migdocs("apply", "--yes", env={"DATABASE_URL": ""})
    assert done.code == 2
    assert "DATABASE_URL is set, and empty" in done.err


def test_a_port_of_another_server_does_not_lead_there(shop: Workplace) -> None:
    """The project's own server has its own place, whatever libpq's variables say."""
    env = {"PGPORT": "6543", "PGHOSTADDR": "127.0.0.1"}
    done = shop.migdocs("apply", "--yes", env=env)
    assert done.code == 0, done.err
    assert "apply 20260101_orders" in done.err


def test_a_foreign_parameter_is_named(shop: Workplace) -> None:
    """Prisma's URLs have a schema, JDBC's others."""
    url = "postgresql://ada:secret@db.example.org/app?schema=shop&pgbouncer=true"
    done = shop.migdocs("status", env={"DATABASE_URL": url})
    assert done.code == 3
    assert "PostgreSQL knows no 'pgbouncer, schema'" in done.err
    assert "set search_path under [database]" in done.err
    assert "secret" not in done.err


def test_variables_of_libpq_lead_to_the_database(shop: Workplace, database: str) -> None:
    """A URL may leave to them what it does not say."""
    name, _, query = database.partition("?")
    host = query.split("&")[0].removeprefix("host=")
    env = {
        "DATABASE_URL": "postgresql://",
        "PGHOST": host,
        "PGPORT": "5432",
        "PGUSER": "postgres",
        "PGDATABASE": name.rpartition("/")[2],
    }
    assert shop.migdocs("apply", "--yes", env=env).code == 0


def test_two_scripts_of_one_version_are_refused_by_apply(empty: Workplace, database: str) -> None:
    """Flyway refuses them; one of the two would be the one that ran elsewhere."""
    empty.write("migdocs.toml", 'layout = "flyway"\napplied_by = "migdocs"\n')
    empty.write("migrations/V1__a.sql", "create table a ();")
    empty.write("migrations/V1__b.sql", "create table b ();")
    done = empty.migdocs("apply", "--yes", env={"DATABASE_URL": database})
    assert done.code == 2, done
    assert "the number 1 is that of 'V1__a' too" in done.err


def test_the_password_of_a_key_is_masked() -> None:
    """As any other is."""
    assert redact("sslpassword=topsecret") == "sslpassword=***"


def test_a_short_password_is_not_told_by_its_mask() -> None:
    """Three stars for each 'a' of a sentence say that it is one."""
    url = "postgresql://ada:a@db/app"
    assert redact("a database said no", url) == "a database said no"
    assert redact(url, url) == "postgresql://ada:***@db/app"


def test_hints_lead_to_the_database_in_hand(shop: Workplace, database: str) -> None:
    """By its environment's name, or by the URL's option: else the next command is for another."""
    shop.write("migdocs.toml", 'layout = "native"\n[environments.prod]\n')
    shop.write("migrations/20260102_bad.sql", "select nope;")
    failed = shop.migdocs("apply", "--yes", "--env", "prod", env={"DATABASE_URL": database})
    assert "'migdocs status --env prod' lists what is still pending." in failed.err
    failed = shop.migdocs("apply", "--yes", "--database-url", database)
    assert "'migdocs status --database-url \"$URL\"' lists" in failed.err
    shop.write("migrations/20260102_bad.sql", "vacuum;\nselect nope;")
    shop.migdocs("apply", "--yes", "--database-url", database)
    told = shop.migdocs("status", "--env", "prod", env={"DATABASE_URL": database})
    assert "then 'migdocs repair --env prod'." in told.out


def test_scripts_that_are_not_read_are_named(shop: Workplace, database: str) -> None:
    """A suffix in capitals is not silently left out."""
    shop.write("migrations/20260102_more.SQL", "create table more ();")
    done = shop.migdocs("apply", "--yes", env={"DATABASE_URL": database})
    assert (done.code, "not run: migrations/20260102_more.SQL: " in done.err) == (0, True)
    (shop.root / "migrations/20260101_orders.sql").unlink()
    assert shop.migdocs("list").out == (
        "No migration was read, but there are scripts: 'migdocs check' names them.\n"
    )


def test_variables_that_are_not_used_are_named(shop: Workplace) -> None:
    """Whoever knows libpq takes them for enough."""
    done = shop.migdocs("status", env={"PGHOST": "db.example.org", "PGDATABASE": "shop"})
    assert done.code == 0
    assert "not used: PGHOST, PGDATABASE; to go by them, set DATABASE_URL=postgresql://" in done.err
