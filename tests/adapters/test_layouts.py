"""Each directory convention, from literals: what is paired, in what order, and what is wrong."""

from __future__ import annotations

import time

import pytest

from migdocs.adapters import layouts
from migdocs.core.errors import InputError, SeveralErrors, UsageError

UP = "CREATE TABLE users (id int);\n"
DOWN = "DROP TABLE users;\n"
SQLX = '[dependencies]\nsqlx = { version = "0.8" }\n'


def read(files: dict[str, str], layout: str = "auto") -> layouts.Reading:
    """Read the folder ``migrations``; keys stand below it, or at the root if they begin with /."""
    texts = {
        path[1:] if path.startswith("/") else f"migrations/{path}": text
        for path, text in files.items()
    }
    return layouts.read(texts, "migrations", texts.__getitem__, layout)


def ids(reading: layouts.Reading) -> list[str]:
    """List the ids in run order."""
    return [migration.id for migration in reading.migrations]


def parts(reading: layouts.Reading) -> dict[str, str]:
    """Map ids to the parts that are there: f, r and n."""
    return {
        m.id: ("f" if m.forward else "") + ("r" if m.rollback else "") + ("n" if m.notes else "")
        for m in reading.migrations
    }


def found(reading: layouts.Reading) -> list[tuple[str, str, int]]:
    """List findings as rule, path below the folder, and line."""
    return [(f.rule, f.path.removeprefix("migrations/"), f.line) for f in reading.findings]


# --- the native triple --------------------------------------------------------------------------


def test_native_triples_are_paired_and_ordered() -> None:
    """Numbers run first, then the initial schema, then days; names order one day."""
    reading = read(
        dict.fromkeys(
            [
                "20260301_b.sql",
                "20260301_a.sql",
                "20260301_a_rollback.sql",
                "20260301_093000_c.sql",
                "20240103_first.sql",
                "initial_schema.sql",
                "initial_schema_rollback.sql",
                "00_create_table.sql",
            ],
            UP,
        )
        | {"20260301_a.md": "# A\n", "README.md": "# R\n", "TEMPLATE.md": "# T\n"}
    )
    assert reading.layout == "native"
    assert parts(reading) == {
        "00_create_table": "f",
        "initial_schema": "fr",
        "20240103_first": "f",
        "20260301_093000_c": "f",
        "20260301_a": "frn",
        "20260301_b": "f",
    }
    assert ids(reading) == list(parts(reading))
    assert found(reading) == []


def test_native_notes_without_scripts_are_planned_where_they_look_it() -> None:
    """A dated name, a version or a status plans a migration; other documents are left alone."""
    reading = read(
        {
            "20240103_first.sql": UP,
            "20260901_add_rbac.md": "# Add RBAC\n",
            "user_preferences.md": "# Preferences\n\n**Version:** v1.2.0\n",
            "webhooks.md": "# Webhooks\n\n**Status:** Planned\n",
            "how_we_work.md": "# How we work\n",
            "MIGRATIONS_LOG.md": "# Log\n\n**Version:** v9.9.9\n",
        }
    )
    assert [m.id for m in reading.migrations if m.planned] == [
        "20260901_add_rbac",
        "user_preferences",
        "webhooks",
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["20240103_x.sql", "20240103_x_rollback.sql"], {"20240103_x": "fr"}),
        # Something is named after x_rollback itself: it is a migration.
        (["x_rollback.sql", "x_rollback_rollback.sql"], {"x_rollback": "fr"}),
        (["20240103_x_rollback.sql", "20240103_x_rollback.md"], {"20240103_x_rollback": "fn"}),
        # Notes of x, and a rollback that was written first.
        (["20240103_x.md", "20240103_x_rollback.sql"], {"20240103_x": "rn"}),
    ],
)
def test_native_names_that_end_in_rollback(files: list[str], expected: dict[str, str]) -> None:
    """``x_rollback.sql`` undoes ``x``, unless something is named after ``x_rollback``."""
    assert parts(read(dict.fromkeys(files, "# x\n"), "native")) == expected


def test_native_rollback_of_nothing() -> None:
    """A rollback without a forward script is a finding with a way out."""
    reading = read({"20240103_a.sql": UP, "20240104_b_rollback.sql": DOWN}, "native")
    assert found(reading) == [("rollback-without-forward", "20240104_b_rollback.sql", 1)]
    assert "does not end in '_rollback'" in reading.findings[0].hint


def test_native_name_that_means_both() -> None:
    """``x``, ``x_rollback`` and ``x_rollback_rollback``: the middle one can be either."""
    reading = read(
        {"01_x.sql": UP, "01_x_rollback.sql": DOWN, "01_x_rollback_rollback.sql": UP}, "native"
    )
    assert found(reading) == [("ambiguous-rollback", "01_x_rollback_rollback.sql", 1)]
    assert parts(reading) == {"01_x": "fr", "01_x_rollback": "r"}


def test_native_findings_about_names() -> None:
    """A repeated number, a name without a place, and an id in two spellings are findings."""
    reading = read(
        {
            "01_a.sql": UP,
            "01_b.sql": UP,
            "20240103_c.sql": UP,
            "20240103_C.sql": UP,
            "later.sql": UP,
        },
        "native",
    )
    assert found(reading) == [
        ("repeated-number", "01_b.sql", 1),
        ("same-but-case", "20240103_c.sql", 1),
        ("no-place", "later.sql", 1),
    ]
    assert ids(reading)[-1] == "later"


def test_notes_may_lie_in_a_folder_of_their_own() -> None:
    """``notes/x.md`` counts as ``x.md``; both at once is a finding."""
    files = {"20240103_a.sql": UP, "notes/20240103_a.md": "# A\n"}
    assert parts(read(files)) == {"20240103_a": "fn"}
    twice = read({**files, "20240103_a.md": "# Beside\n"})
    assert found(twice) == [("duplicate-notes", "notes/20240103_a.md", 1)]
    assert twice.migrations[0].notes is not None
    assert twice.migrations[0].notes.title == "Beside"


def test_two_scripts_of_one_id() -> None:
    """A script in SQL is read; one of the same name in another language is the error."""
    reading = read({"20240103_a.sql": UP, "20240103_a.py": "print()\n"})
    assert found(reading) == [("duplicate-id", "20240103_a.py", 1)]
    assert [m.forward.language for m in reading.migrations if m.forward] == ["sql"]


def test_notes_that_cannot_be_read_are_named_together() -> None:
    """Every broken front matter is said in one run."""
    broken = "---\na: [\n---\n"
    with pytest.raises(SeveralErrors) as caught:
        read({"20240103_a.md": broken, "20240104_b.md": broken})
    assert [error.path for error in caught.value.errors] == [
        "migrations/20240103_a.md",
        "migrations/20240104_b.md",
    ]
    with pytest.raises(InputError):
        read({"20240103_a.md": broken})


# --- two files ----------------------------------------------------------------------------------


def test_golang_migrate_orders_by_number() -> None:
    """10 runs after 9, however they are padded."""
    reading = read({"9_a.up.sql": UP, "9_a.down.sql": DOWN, "10_b.up.sql": UP, "0001_c.up.sql": UP})
    assert reading.layout == "golang-migrate"
    assert parts(reading) == {"0001_c": "f", "9_a": "fr", "10_b": "f"}


def test_golang_migrate_bad_folders() -> None:
    """A down without an up, a repeated number, and files that it never runs are findings."""
    reading = read(
        {
            "1_a.up.sql": UP,
            "1_b.up.sql": UP,
            "2_c.down.sql": DOWN,
            "3_d.up.sql": UP,
            "4_e.sql": UP,
            "seed.sql": UP,
            "old/1_a.sql": UP,
        }
    )
    assert found(reading) == [
        ("repeated-number", "1_b.up.sql", 1),
        ("rollback-without-forward", "2_c.down.sql", 1),
        ("mixed-layouts", "4_e.sql", 1),
        ("nested-scripts", "old", 0),
        ("unread-script", "seed.sql", 1),
    ]


def test_golang_migrate_pairs_by_number() -> None:
    """The name behind the number is for people: a rollback may have another."""
    reading = read({"1_users.up.sql": UP, "1_drop_users.down.sql": DOWN})
    assert parts(reading) == {"1_users": "fr"}


def test_sqlx_is_told_by_its_project() -> None:
    """The same names are sqlx's in a Rust project, simple or reversible."""
    simple = read({"1_a.sql": "-- no-transaction\n" + UP, "2_b.sql": UP, "/Cargo.toml": SQLX})
    assert simple.layout == "sqlx"
    transactions = [m.forward.transaction for m in simple.migrations if m.forward]
    assert transactions == [False, True]
    pairs = {"1_a.up.sql": UP, "1_a.down.sql": DOWN}
    assert read({**pairs, "/Cargo.toml": SQLX}).layout == "sqlx"
    assert read({**pairs, "/go.mod": "", "/Cargo.toml": ""}).layout == "golang-migrate"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["V0002.B.up.sql", "V0010.C.up.sql", "V0001.A.up.sql"], ["V0001.A", "V0002.B", "V0010.C"]),
        (
            ["0010_1.9.0_schema.up.sql", "0009_1.8.2_users.up.sql"],
            ["0009_1.8.2_users", "0010_1.9.0_schema"],
        ),
        (["v1.10.0.sql", "v1.9.0_users.sql"], ["v1.9.0_users", "v1.10.0"]),
    ],
)
def test_versioned_names_sort_number_by_number(files: list[str], expected: list[str]) -> None:
    """Numbers inside names count as numbers."""
    reading = read(dict.fromkeys(files, UP))
    assert reading.layout == "versioned"
    assert ids(reading) == expected


def test_a_release_inside_a_name_is_the_declared_version() -> None:
    """``0010_1.9.0_schema`` declares 1.9.0; notes that say another win."""
    reading = read(
        {
            "0009_v1.8.2_users.up.sql": UP,
            "0009_v1.8.2_users.down.sql": DOWN,
            "0010_1.9.0_schema.up.sql": UP,
            "0010_1.9.0_schema.md": "# S\n\n**Version:** v2.0.0\n",
        }
    )
    assert [m.declared.version for m in reading.migrations] == ["v1.8.2", "v2.0.0"]


@pytest.mark.parametrize("layout", ["auto", "plain"])
def test_a_plain_folder_runs_in_the_order_of_names(layout: str) -> None:
    """Numbers count as numbers; rollbacks are told by their ends or their folder."""
    reading = read(
        {
            "create-users.sql": UP,
            "step2.sql": UP,
            "step10.sql": UP,
            "step10.down.sql": DOWN,
            "down/step2.sql": DOWN,
        },
        layout,
    )
    # It is chosen: where nothing names a convention, none is known.
    assert reading.layout == {"auto": "unknown"}.get(layout, layout)
    assert parts(reading) == {"create-users": "f", "step2": "fr", "step10": "fr"}
    assert found(reading) == []


# --- one file -----------------------------------------------------------------------------------

GOOSE = """\
-- Migration: users

-- +goose Up
-- +goose StatementBegin
CREATE TABLE users (id int);
-- +goose StatementEnd

-- +goose Down
DROP TABLE users;
"""


def test_goose_files_are_taken_apart_with_their_lines() -> None:
    """Each way knows its line; scripts in Go are placed and not read."""
    reading = read(
        {
            "00002_users.sql": GOOSE,
            "00003_move.go": "package migrations\n",
            "00001_first.sql": "-- +goose up\nSELECT 1;\n-- +goose down\n",
            "00002_users.md": "# Users\n",
            "00003_move_test.go": "package migrations\n",
        }
    )
    assert reading.layout == "goose"
    assert parts(reading) == {"00001_first": "f", "00002_users": "frn", "00003_move": "fr"}
    users, move = reading.migrations[1:]
    assert users.forward is not None
    assert users.rollback is not None
    assert (users.forward.line, users.forward.text.split("\n")[1]) == (
        4,
        "CREATE TABLE users (id int);",
    )
    assert (users.rollback.line, users.rollback.text) == (9, "DROP TABLE users;\n")
    assert users.declared.title == "Users"
    assert move.forward is not None
    assert move.forward.language == "go"


def test_goose_without_a_transaction() -> None:
    """One annotation counts for both ways, wherever it stands."""
    text = "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nVACUUM;\n"
    (migration,) = read({"1_a.sql": text}).migrations
    assert migration.forward is not None
    assert migration.rollback is not None
    assert not migration.forward.transaction
    assert not migration.rollback.transaction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\nSELECT 2;\n",
            ("statement-never-ended", 2),
        ),
        ("-- +goose Up\n\n-- +goose StatementBegin\nSELECT 1;\n", ("statement-never-ended", 3)),
        ("-- +goose Up\nSELECT 1;\n-- +goose StatementEnd\n", ("statement-never-begun", 3)),
        ("SELECT 1;\n-- +goose Up\nSELECT 2;\n", ("text-before-marker", 1)),
        ("-- +goose Up\nSELECT 1;\n-- +goose Up\nSELECT 2;\n", ("repeated-marker", 3)),
        ("SELECT 1;\n", ("missing-marker", 1)),
    ],
)
def test_goose_bad_files(text: str, expected: tuple[str, int]) -> None:
    """What goose refuses is a finding at its line."""
    reading = read({"1_good.sql": GOOSE, "2_good.sql": GOOSE, "3_bad.sql": text})
    assert [(f.rule, f.line) for f in reading.findings] == [expected]
    assert reading.findings[0].path == "migrations/3_bad.sql"


DBMATE = "-- migrate:up\nCREATE TABLE users (id int);\n\n-- migrate:down\nDROP TABLE users;\n"


def test_dbmate_files_are_taken_apart_with_their_options() -> None:
    """The option counts for its own way; an empty way is none."""
    reading = read(
        {
            "20240101000000_users.sql": DBMATE,
            "20240102000000_index.sql": (
                "-- migrate:up transaction:false\n"
                "CREATE INDEX CONCURRENTLY i ON users (id);\n"
                "-- migrate:down\nDROP INDEX i;\n"
            ),
            "20240103000000_last.sql": "-- migrate:up\nSELECT 1;\n\n-- migrate:down\n\n",
        }
    )
    assert reading.layout == "dbmate"
    assert parts(reading) == {
        "20240101000000_users": "fr",
        "20240102000000_index": "fr",
        "20240103000000_last": "f",
    }
    index = reading.migrations[1]
    assert index.forward is not None
    assert index.rollback is not None
    assert (index.forward.transaction, index.rollback.transaction) == (False, True)


def test_dbmate_bad_files() -> None:
    """A file without markers, one that begins with its rollback, and goose's are findings."""
    reading = read(
        {
            "1_a.sql": DBMATE,
            "2_b.sql": DBMATE,
            "3_c.sql": DBMATE,
            "4_none.sql": UP,
            "5_down.sql": "-- migrate:down\nDROP TABLE users;\n",
            "6_goose.sql": GOOSE,
        }
    )
    assert found(reading) == [
        ("missing-marker", "4_none.sql", 1),
        ("missing-marker", "5_down.sql", 1),
        ("rollback-without-forward", "5_down.sql", 1),
        ("missing-marker", "6_goose.sql", 1),
        ("mixed-layouts", "6_goose.sql", 1),
    ]
    assert parts(reading)["4_none"] == "f"


def test_a_single_file_of_another_layout_is_a_finding() -> None:
    """A goose file among triples would be run both ways at once."""
    texts = {"20240101_a.sql": UP, "20240102_b.sql": UP, "20240103_c.sql": GOOSE}
    reading = read(texts, "native")
    assert found(reading) == [("mixed-layouts", "20240103_c.sql", 1)]
    # Where nothing is set, a marker beats any count: goose refuses the others.
    guessed = read(texts)
    assert guessed.layout == "goose"
    assert {finding[0] for finding in found(guessed)} == {"missing-marker"}


# --- Flyway -------------------------------------------------------------------------------------


def test_flyway_orders_by_version_and_repeats_last() -> None:
    """V10 after V2, V2.1 behind V2, ``_`` is a dot, and ``R__`` comes last."""
    reading = read(
        dict.fromkeys(
            [
                "R__views.sql",
                "V10__j.sql",
                "V2__b.sql",
                "V2_1__c.sql",
                "V2.0.1__bb.sql",
                "V1__a.sql",
                "U2__b.sql",
                "common/V3__d.sql",
                "beforeMigrate.sql",
                "V4__code.java",
            ],
            UP,
        )
    )
    assert reading.layout == "flyway"
    assert parts(reading) == {
        "V1__a": "f",
        "V2__b": "fr",
        "V2.0.1__bb": "f",
        "V2_1__c": "f",
        "V3__d": "f",
        "V4__code": "f",
        "V10__j": "f",
        "R__views": "f",
    }
    assert ids(reading) == list(parts(reading))
    assert [m.id for m in reading.migrations if m.repeatable] == ["R__views"]
    languages = {m.id: m.forward.language for m in reading.migrations if m.forward}
    assert languages["V4__code"] == "java"
    assert found(reading) == []


def test_flyway_bad_folders() -> None:
    """One version under two spellings, an undo of nothing, a baseline and a placeholder."""
    reading = read(
        {
            "V1__a.sql": UP,
            "V1.0__b.sql": UP,
            "U7__c.sql": DOWN,
            "B3__base.sql": UP,
            "V2__d.sql": "-- ${not_this}\nSELECT 1;\nINSERT INTO t VALUES ('${role}');\n",
        }
    )
    assert found(reading) == [
        ("baseline-script", "B3__base.sql", 1),
        ("rollback-without-forward", "U7__c.sql", 1),
        ("repeated-number", "V1__a.sql", 1),
        ("template-placeholder", "V2__d.sql", 3),
    ]


def test_flyway_script_options() -> None:
    """A ``.sql.conf`` beside a script may take its transaction away."""
    reading = read({"V1__a.sql": UP, "V1__a.sql.conf": "executeInTransaction=false\n"})
    assert reading.migrations[0].forward is not None
    assert not reading.migrations[0].forward.transaction


# --- a directory each ---------------------------------------------------------------------------


def test_diesel_directories() -> None:
    """Versions compare as text; notes lie in the directory or beside it; Rust is placed."""
    reading = read(
        {
            "2024-02-01-000000_b/up.sql": UP,
            "2024-02-01-000000_b/down.sql": DOWN,
            "2024-02-01-000000_b/metadata.toml": "run_in_transaction = false\n",
            "2024-01-01-000000_a/up.sql": UP,
            "2024-01-01-000000_a/down.sql": DOWN,
            "2024-01-01-000000_a/2024-01-01-000000_a.md": "# A\n",
            "2024-02-01-000000-0001_c/mod.rs": "fn migration() {}\n",
            "2024-02-01-000000_b.md": "# B\n",
            ".diesel_lock": "",
        }
    )
    assert reading.layout == "diesel"
    assert parts(reading) == {
        "2024-01-01-000000_a": "frn",
        "2024-02-01-000000_b": "frn",
        "2024-02-01-000000-0001_c": "fr",
    }
    assert ids(reading) == list(parts(reading))
    forward = [m.forward for m in reading.migrations if m.forward]
    assert [script.transaction for script in forward] == [True, False, True]
    assert forward[2].language == "rust"


def test_diesel_bad_folders() -> None:
    """A rollback of nothing, a repeated version, and a script beside the directories."""
    reading = read(
        {
            "2024-01-01-000000_a/up.sql": UP,
            "20240101000000_b/up.sql": UP,
            "2024-03-01-000000_c/down.sql": DOWN,
            "20240401_d.sql": UP,
        }
    )
    assert found(reading) == [
        ("rollback-without-forward", "2024-03-01-000000_c/down.sql", 1),
        ("repeated-number", "20240101000000_b/up.sql", 1),
        ("mixed-layouts", "20240401_d.sql", 1),
    ]


def test_prisma_directories() -> None:
    """Prisma has no rollbacks; a ``down.sql`` that people add counts."""
    reading = read(
        {
            "20240101000000_init/migration.sql": UP,
            "20240102000000_more/migration.sql": UP,
            "20240102000000_more/down.sql": DOWN,
            "migration_lock.toml": 'provider = "postgresql"\n',
        }
    )
    assert reading.layout == "prisma"
    assert parts(reading) == {"20240101000000_init": "f", "20240102000000_more": "fr"}


def sourcegraph(parents: dict[str, str]) -> dict[str, str]:
    """Lay out migrations with their ``metadata.yaml``."""
    files = {}
    for name, metadata in parents.items():
        files |= {f"{name}/up.sql": UP, f"{name}/down.sql": DOWN, f"{name}/metadata.yaml": metadata}
    return files


def test_sourcegraph_runs_parents_first() -> None:
    """Parents outrank numbers; keys made from a name alone still sort among them."""
    reading = read(
        sourcegraph(
            {
                "100_squashed": "name: squashed\nparents: []\n",
                "300_late": "name: late\nparents: [100]\n",
                "200_child": "parents: [300]\ncreateIndexConcurrently: true\n",
                "400_last": "parents:\n- 200\n- 300\n",
            }
        )
    )
    assert reading.layout == "sourcegraph"
    assert ids(reading) == ["100_squashed", "300_late", "200_child", "400_last"]
    assert reading.migrations[3].parents == ("200_child", "300_late")
    assert reading.migrations[2].forward is not None
    assert not reading.migrations[2].forward.transaction
    layout = layouts.layout_named("sourcegraph")
    gone = layout.order("350_gone")
    assert reading.migrations[2].order < gone < reading.migrations[3].order


def test_sourcegraph_bad_metadata() -> None:
    """A parent that is not here, a circle, and what is no list are findings."""
    missing = read(sourcegraph({"1_a": "parents: []\n", "2_b": "parents: [7]\n"}))
    assert found(missing) == [("unknown-parent", "2_b/up.sql", 1)]
    circle = read(sourcegraph({"1_a": "parents: [2]\n", "2_b": "parents: [1]\n"}))
    assert [f.rule for f in circle.findings] == ["dependency-cycle"]
    assert ids(circle) == ["1_a", "2_b"]
    broken = read(sourcegraph({"1_a": "name: a\nparents: }\n", "2_b": "name: b\n\nparents: 1\n"}))
    assert found(broken) == [
        ("unreadable-metadata", "1_a/metadata.yaml", 2),
        ("unreadable-metadata", "2_b/metadata.yaml", 3),
    ]


# --- plans and programs -------------------------------------------------------------------------

PLAN = """\
%syntax-version=1.0.0
%project=shop

schema 2026-03-01T09:30:00Z Ada <ada@example.org> # Add the schema
users [schema] 2026-03-02T09:30:00Z Ada <ada@example.org> # Add users
@v1.0.0 2026-03-03T09:30:00Z Ada <ada@example.org> # First release

names [users@v1.0.0 !old other:x] 2026-03-04T09:30:00Z Ada <ada@example.org>
users [users@v1.0.0] 2026-03-05T09:30:00Z Ada <ada@example.org> # Rework users
"""


def sqitch(names: list[str], plan: str = PLAN) -> dict[str, str]:
    """Lay out a plan and its scripts."""
    scripts = {f"{way}/{name}.sql": UP for name in names for way in ("deploy", "revert", "verify")}
    return {"sqitch.plan": plan, **scripts}


def test_sqitch_follows_its_plan() -> None:
    """The plan orders, names parents, and its tags declare versions; reworked changes are two."""
    reading = read(sqitch(["names", "schema", "users", "users@v1.0.0"]))
    assert reading.layout == "sqitch"
    assert ids(reading) == ["schema", "users@v1.0.0", "names", "users"]
    assert [m.declared.version for m in reading.migrations] == ["v1.0.0", "v1.0.0", None, None]
    assert reading.migrations[2].parents == ("users@v1.0.0",)
    assert reading.migrations[0].declared.description == "Add the schema"
    assert reading.migrations[0].declared.date == "2026-03-01"
    assert found(reading) == []


def test_sqitch_plan_and_scripts_disagree() -> None:
    """A planned change without its script, and a script that no plan names, are findings."""
    reading = read(sqitch(["schema", "users", "users@v1.0.0", "stray"]))
    assert found(reading) == [
        ("not-in-plan", "deploy/stray.sql", 1),
        ("missing-script", "sqitch.plan", 8),
    ]
    assert ids(reading)[-1] == "stray"


def test_alembic_revisions_follow_each_other() -> None:
    """Python is placed in the order of its revisions, and not read."""
    reading = read(
        {
            "c_third.py": 'revision = "c"\ndown_revision = ("a", "b")\n',
            "a_second.py": 'revision: str = "a"\ndown_revision: str | None = "b"\n',
            "b_first.py": 'revision = "b"\ndown_revision = None\n',
            "__init__.py": "",
            "notes/a_second.md": "# Second\n",
            "README.md": "# Migrations\n",
        }
    )
    assert reading.layout == "alembic"
    assert parts(reading)["a_second"] == "frn"
    assert ids(reading) == ["b_first", "a_second", "c_third"]
    assert {m.forward.language for m in reading.migrations if m.forward} == {"python"}


# --- what all share -----------------------------------------------------------------------------


def test_texts_are_normalised() -> None:
    """A byte-order mark and Windows' line ends change no text, and so no hash."""
    plain = read({"20240101_a.sql": UP})
    dressed = read({"20240101_a.sql": "\ufeff" + UP.replace("\n", "\r\n")})
    assert plain.migrations == dressed.migrations


def test_a_byte_order_mark_hides_no_marker() -> None:
    """Editors on Windows put one before the first line, and other line ends behind each."""
    text = "\ufeff" + GOOSE.removeprefix("-- Migration: users\n\n").replace("\n", "\r\n")
    reading = read({"1_a.sql": text})
    assert reading.layout == "goose"
    assert parts(reading) == {"1_a": "fr"}
    assert found(reading) == []


def test_placeholders_are_named_with_their_lines() -> None:
    """Placeholders in SQL are findings; in strings, bodies and remarks they are data."""
    text = (
        "-- {{ remark }}\n"
        "CREATE TABLE {{ schema }}.users (id int);\n"
        "INSERT INTO mails VALUES ('Dear {{.Name}}, it''s ${amount}', '{{1,2},{3,4}}');\n"
        "GRANT SELECT ON users TO ${role};\n"
        "CREATE TABLE {{ schema }}.more (id int);\n"
        "DO $$ BEGIN RAISE NOTICE '${inside}'; END $$;\n"
        "{% if test %}\n"
    )
    reading = read({"20240101_a.sql": text})
    assert found(reading) == [
        ("template-placeholder", "20240101_a.sql", 2),
        ("template-placeholder", "20240101_a.sql", 4),
        ("template-placeholder", "20240101_a.sql", 7),
    ]
    assert "'${role}'" in reading.findings[1].message


def test_lines_of_placeholders_count_from_the_file() -> None:
    """In a file that holds both ways, lines are the file's."""
    text = "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE ${x};\n"
    assert found(read({"1_a.sql": text})) == [("template-placeholder", "1_a.sql", 4)]


def test_a_layout_can_be_set_and_its_reason_is_stated() -> None:
    """A set layout is not guessed; the reason says which of both it was."""
    files = {"1_a.up.sql": UP, "1_a.down.sql": DOWN}
    assert read(files).reason == (
        "1 of its scripts has its rollback beside it;"
        " 2 of its 2 files are named as golang-migrate: NUMBER_name.up.sql and .down.sql"
    )
    assert read(files, "sqlx").layout == "sqlx"
    assert read(files, "sqlx").reason == "the settings name it"


@pytest.mark.parametrize(
    ("files", "layout", "confirmed_by"),
    [
        (["001_a.sql", "002_b.sql"], "auto", ""),
        (["V1__a.sql"], "auto", ""),
        (["001_a.sql"], "native", "the setting 'layout'"),
        (["001_a.sql", "001_a_rollback.sql"], "auto", "1 of its scripts has its rollback"),
        (["001_a.sql", "001_a.md"], "auto", "1 of its scripts has its rollback or notes"),
        (["001_a.sql", "/Cargo.toml"], "auto", "'Cargo.toml'"),
        (["20240101_a/migration.sql"], "auto", ""),
        (["20240101_a/migration.sql", "migration_lock.toml"], "auto", "'migrations/migration_lock"),
    ],
)
def test_names_alone_confirm_no_layout(files: list[str], layout: str, confirmed_by: str) -> None:
    """A setting, a manifest, or pairs of its own do; numbered files could be anybody's."""
    reading = read(dict.fromkeys(files, 'sqlx = "0.8"\n'), layout)
    assert reading.confirmed_by.startswith(confirmed_by)
    assert bool(reading.confirmed_by) == bool(confirmed_by)


def test_an_unknown_layout_is_an_error_with_a_guess() -> None:
    """A typing error gets the name that was meant."""
    with pytest.raises(UsageError) as caught:
        read({}, "golang-migrat")
    assert caught.value.hint.startswith("did you mean 'golang-migrate'?")


def test_an_empty_folder_is_native() -> None:
    """No scripts yet: the native layout, and nothing found."""
    reading = read({"README.md": "# R\n"})
    assert (reading.layout, reading.migrations, reading.findings) == ("native", (), ())


def test_other_databases_are_named() -> None:
    """The folder's path says whose dialect its scripts are written in."""
    reading = layouts.read(["db/mysql/1_a.up.sql"], "db/mysql", lambda _: UP)
    assert [m.dialect for m in reading.migrations] == ["mysql"]


@pytest.mark.parametrize(
    ("layout", "path", "expected"),
    [
        ("native", "a/b/20240103_x.sql", ("20240103_x", "forward")),
        ("native", "20240103_x_rollback.sql", ("20240103_x", "rollback")),
        ("native", "migrations/20240103_x.md", ("20240103_x", "notes")),
        ("native", "migrations/README.md", None),
        ("native", "migrations/.hidden.sql", None),
        ("golang-migrate", "m/1_x.down.sql", ("1_x", "rollback")),
        ("goose", "m/1_x.sql", ("1_x", "both")),
        ("goose", "m/x.sql", None),
        ("flyway", "m/U1__x.sql", ("V1__x", "rollback")),
        ("diesel", "m/2024-01-01-000000_x/up.sql", ("2024-01-01-000000_x", "forward")),
        ("diesel", "m/2024-01-01-000000_x/metadata.toml", ("2024-01-01-000000_x", "metadata")),
        ("sqitch", "db/deploy/a/b.sql", ("a/b", "forward")),
        ("sqitch", "db/sqitch.plan", ("", "metadata")),
    ],
)
def test_a_path_alone_says_what_it_is(
    layout: str, path: str, expected: tuple[str, str] | None
) -> None:
    """Trees at tags are read by their paths."""
    assert layouts.layout_named(layout).identify(path) == expected


def test_a_folder_limits_what_counts() -> None:
    """Only files that the runner would see in this folder are identified."""
    native = layouts.layout_named("native")
    assert native.identify("migrations/20240103_x.sql", "migrations") == ("20240103_x", "forward")
    assert native.identify("migrations/old/20240103_x.sql", "migrations") is None
    assert native.identify("elsewhere/20240103_x.sql", "migrations") is None


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_sorts_any_ids(layout: layouts.Layout) -> None:
    """Keys of one layout compare, whatever the ids are."""
    odd = [
        "",
        "x",
        "1",
        "1_a",
        "V1__a",
        "R__b",
        "20240103_x",
        "1.2",
        "v0.1-x",
        "_",
        "é1",
        "\uff11_a",
    ]
    assert len(sorted(odd, key=layout.order)) == len(odd)


@pytest.mark.parametrize(
    "text",
    [
        "/* " * 200_000 + "${x}",
        "".join(f"$t{n}$ " for n in range(100_000)) + "${x}",
        "{{ " * 200_000,
        "{{" + " " * 500_000,
        "E'" * 200_000 + "${x}",
        "-- +goose Up\n" * 50_000,
    ],
    ids=["remarks", "bodies", "braces", "spaces", "strings", "markers"],
)
def test_hostile_scripts_take_no_longer(text: str) -> None:
    """Thousands of openings that nothing closes are read in about the time of their size."""
    start = time.process_time()
    read({"1_a.sql": text, "2_b.sql": GOOSE})
    assert time.process_time() - start < 5


def test_ten_thousand_files_take_seconds() -> None:
    """Reading is linear in the number of files."""
    files = {
        f"migrations/2024010112{n:04}_x{end}.sql": text
        for n in range(5000)
        for end, text in (("", UP * 20), ("_rollback", DOWN))
    }
    start = time.process_time()
    reading = layouts.read(files, "migrations", files.__getitem__)
    assert len(reading.migrations) == 5000
    assert time.process_time() - start < 10


# --- which folder -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "folder", "layout", "scripts"),
    [
        (["go.mod", "a/b/migrations/1_a.up.sql"], "a/b/migrations", "golang-migrate", 1),
        (["sqitch.plan", "deploy/a.sql", "revert/a.sql", "verify/a.sql"], ".", "sqitch", 2),
        (["app/x/migrations/0001_a.py", "x/migrations/1_a.sql"], "x/migrations", "unknown", 1),
        (["a/b/c/migrations/1_a.sql", "a/b/c/migrations/2_b.py"], "a/b/c/migrations", "unknown", 2),
        (["node_modules/x/migrations/1_a.js", "db/1_a.sql", "db/1_a.md"], "db", "native", 1),
    ],
)
def test_the_folder_is_found(paths: list[str], folder: str, layout: str, scripts: int) -> None:
    """The root counts too, and programs do: alone only in a folder that is named for them."""
    best = layouts.find_folders(paths)[0]
    assert (best.folder, best.layout.name, best.scripts) == (folder, layout, scripts)


def test_folders_without_migrations_are_not_taken() -> None:
    """Numbered programs elsewhere are somebody's exercises."""
    assert layouts.find_folders(["chapters/01_intro.py", "vendor/x/migrations/1_a.sql"]) == ()


def test_a_plain_folder_is_told_by_its_pairs() -> None:
    """``1_a_down.sql`` is no migration of its own, though no tool that is known has such names."""
    reading = read({"1_a.sql": UP, "1_a_down.sql": DOWN, "2_b.sql": UP})
    assert (reading.layout, reading.confirmed_by) == ("unknown", "")
    assert parts(reading) == {"1_a": "fr", "2_b": "f"}


# --- evidence -----------------------------------------------------------------------------------


def test_two_spellings_in_one_folder_are_no_convention() -> None:
    """``1_a.up.sql`` beside ``2_b.sql``: all are listed, nothing confirms whose they are."""
    reading = read({"1_a.up.sql": UP, "2_b.sql": UP, "3_c.sql": UP})
    assert (reading.layout, reading.confirmed_by) == ("unknown", "")
    assert ids(reading) == ["1_a", "2_b", "3_c"]


def test_a_rollback_paired_by_number_is_no_migration_of_its_own() -> None:
    """Two spellings of a name share a number: golang-migrate pairs by it."""
    reading = read({"1_add_x.up.sql": UP, "1_drop_x.down.sql": DOWN})
    assert parts(reading) == {"1_add_x": "fr"}


@pytest.mark.parametrize(
    "line", ["-- down", "/* rollback */", "---- undo below ----", "-- Drop", "# --- revert"]
)
def test_both_ways_in_one_are_not_known(line: str) -> None:
    """Whoever runs such a file whole makes the table and takes it away again."""
    reading = read({"1_a.sql": f"{UP}{line}\n{DOWN}", "1_a.md": "# A\n"})
    assert found(reading) == [("both-ways", "1_a.sql", 2)]
    assert "both ways in one" in reading.migrations[0].unread


@pytest.mark.parametrize(
    "text",
    [
        f"-- drop the old table\n{DOWN}",
        f"{UP}-- fill it\nINSERT INTO users VALUES (1);\n",
        "CREATE TABLE b (id int);\n-- rollback of nothing\nDROP TABLE a;\n",
    ],
)
def test_scripts_that_go_one_way_are_read(text: str) -> None:
    """A remark that speaks of dropping, or a drop of something else, is no turn."""
    assert found(read({"1_a.sql": text, "1_a.md": "# A\n"})) == []


def test_two_manifests_that_disagree_stop() -> None:
    """Neither is taken for confirmed, and both are named."""
    reading = read(
        {
            "20240101_a.js": "exports.up = 1;\n",
            "/knexfile.js": "",
            "/kysely.config.ts": "",
        }
    )
    assert reading.confirmed_by == ""
    assert [finding.rule for finding in reading.findings] == ["contested-layout"]


def test_a_journal_says_what_runs() -> None:
    """drizzle-kit's order is the journal's; what it does not name is left out."""
    journal = '{"entries": [{"tag": "0001_b"}, {"tag": "0000_a"}, {"tag": "0009_gone"}]}'
    reading = read(
        {"0000_a.sql": UP, "0001_b.sql": UP, "0002_c.sql": UP, "meta/_journal.json": journal}
    )
    assert ids(reading) == ["0001_b", "0000_a"]
    assert {rule for rule, _, _ in found(reading)} == {"missing-script", "not-in-plan"}
    broken = read({"0000_a.sql": UP, "meta/_journal.json": "{"})
    assert [rule for rule, _, _ in found(broken)] == ["unreadable-metadata"]


def test_change_sets_of_one_file_are_migrations() -> None:
    """The first is named as the file; ``dbms`` leaves those of other databases out."""
    text = (
        f"--liquibase formatted sql\r\n\r\n--changeset ann:1\r\n{UP}--rollback {DOWN}"
        f"--changeset ann:2 dbms:mysql\nSELECT 1;\n--changeset ann:3 dbms:h2,postgresql\n{UP}"
    )
    reading = read({"changelog.sql": text})
    assert parts(reading) == {"changelog": "fr", "changelog.ann.3": "f"}
    rollback = reading.migrations[0].rollback
    assert rollback is not None
    assert (rollback.line, rollback.text.strip()) == (5, DOWN.strip())


def test_common_change_types_are_read() -> None:
    """XML is SQL as far as its changes are known ones; any other is not known."""
    known = '<dropColumn tableName="users" columnName="legacy"/>'
    log = "<databaseChangeLog><changeSet id='1' author='a'>{}</changeSet></databaseChangeLog>"
    reading = read({"1.xml": log.format(known), "2.xml": log.format("<loadData file='x'/>")})
    first, second = reading.migrations
    assert first.forward is not None
    assert first.forward.text == "ALTER TABLE users DROP COLUMN legacy;"
    assert second.unread == "not SQL: not read (xml)"
