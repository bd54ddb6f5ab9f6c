"""The comment that reviewers read under a pull request."""

from __future__ import annotations

from msgspec import structs

from migdocs.core.documents import review
from migdocs.core.facts import Entry
from migdocs.core.model import Declared, Finding, Hazard, Migration, Notes, Script
from migdocs.core.reversal import Reversal
from migdocs.core.timeline import Placement

PATH = "migrations/20260301_add_rbac.sql"
UNDO = "migrations/20260301_add_rbac_rollback.sql"
NOTES = "migrations/20260301_add_rbac.md"
RBAC = Entry(
    Migration(
        "20260301_add_rbac",
        Script(PATH, "CREATE TABLE roles ();"),
        Script(UNDO, "DROP TABLE roles;"),
        Notes(NOTES, "Add RBAC"),
        Declared(breaking=False, downtime="None"),
    ),
    Placement(),
    "Add RBAC",
    changes=("creates table `roles`",),
    dependencies=("initial_schema",),
    computed="minor",
    reversal=Reversal("restores"),
)


def test_a_change_without_migrations_says_nothing() -> None:
    """The workflow comments only where there is something to say."""
    assert review.comment((), (Finding("x", "error", "wrong", PATH),)) == ""


def test_a_complete_migration_reads_at_a_glance() -> None:
    """What it does, its parts, and what was found at its own files."""
    found = (
        Finding("stale", "error", "the notes are too short", NOTES, 4, "write more."),
        Finding("else", "error", "not this migration's", "README.md", 1),
        Finding("nowhere", "error", "of the whole project"),
    )
    assert review.comment((RBAC,), found) == (
        "<!-- migdocs review -->\n\n"
        "### 1 migration in this change\n\n"
        "Nothing breaks, and each has its rollback and its notes.\n\n"
        "#### `20260301_add_rbac`: Add RBAC\n\n"
        "| | |\n|---|---|\n"
        f"| Script | `{PATH}` |\n"
        f"| Rollback | `{UNDO}`; from its SQL: restores the schema |\n"
        f"| Notes | `{NOTES}` |\n"
        "| Breaking | no |\n"
        "| Downtime | None |\n"
        "| Needs | `initial_schema` |\n\n"
        "What it does:\n\n- creates table `roles`\n\n"
        f"What was found:\n\n- error: the notes are too short ({NOTES}:4). Hint: write more.\n"
    )


def test_what_a_reviewer_must_not_miss() -> None:
    """A breaking change, a missing way back, and an edit of what was released."""
    dropped = structs.replace(
        RBAC,
        migration=structs.replace(RBAC.migration, rollback=None, notes=None),
        placement=Placement(release="v1.1.0", by="git", status="released"),
        computed="major",
        reversal=Reversal(),
    )
    text = review.comment((RBAC, dropped), ())
    assert (
        "\n1 breaking · 1 without a rollback · 1 without notes · 1 **released already**\n" in text
    )
    assert "> **This was released in v1.1.0.**" in text
    assert "| Breaking | **yes**, by its SQL; its notes say no |" in text
    assert "| Rollback | **none** |" in text


def test_one_file_for_both_ways_names_the_line() -> None:
    """The rollback's place in a goose file."""
    both = structs.replace(
        RBAC.migration, rollback=Script(PATH, "DROP TABLE roles;", line=9), notes=None
    )
    text = review.comment((structs.replace(RBAC, migration=both),), ())
    assert "| Rollback | the same file, from line 9; from its SQL: restores the schema |" in text


def test_programs_and_lone_scripts_are_told_apart() -> None:
    """What is not SQL says that it was not read; no transaction is said."""
    program = structs.replace(
        RBAC.migration, forward=Script("m/1_a.go", "package m", language="go")
    )
    alone = structs.replace(RBAC.migration, forward=Script(PATH, "VACUUM;", transaction=False))
    entries = [structs.replace(RBAC, migration=m) for m in (program, alone)]
    text = review.comment(entries, ())
    assert "| Script | `m/1_a.go`, not SQL: not read (go) |" in text
    assert f"| Script | `{PATH}` (outside a transaction) |" in text


def test_hostile_text_stays_text() -> None:
    """A title, a change and a message cannot leave their line."""
    nasty = "x | y\n\n# <script>alert(1)</script> [a](http://evil) <!-- migdocs review -->"
    entry = structs.replace(RBAC, title=nasty, changes=(nasty,))
    text = review.comment((entry,), (Finding("r", "error", nasty, PATH, 1, nasty),))
    assert text.count(review.MARK) == 1
    assert "<script" not in text
    assert "\n# " not in text
    assert "[a](" not in text


def test_a_comment_fits_a_forge() -> None:
    """Hundreds of migrations are cut at a whole one, with the command that prints the rest."""
    text = review.comment([RBAC] * 500, ())
    assert len(text) < 65_536
    assert text.endswith("not shown here: 'migdocs review' prints them all.*\n")
    many = structs.replace(RBAC, changes=tuple(f"creates table t{n}" for n in range(99)))
    assert "- … and 79 more\n" in review.comment((many,), ())


def test_files_lead_to_their_migrations() -> None:
    """Any part counts, in run order; other files are none's."""
    other = structs.replace(RBAC, migration=Migration("z", Script("migrations/z.sql", "")))
    entries = (RBAC, other)
    assert review.touched(entries, ["./" + UNDO, "README.md"]) == (RBAC,)
    assert review.touched(entries, ["migrations/z.sql", NOTES]) == entries
    assert review.touched(entries, ["README.md"]) == ()


def test_without_files_the_unreleased_ones_are_meant() -> None:
    """Released and planned migrations are not under review."""
    released = structs.replace(RBAC, placement=Placement("v1.0.0", "git", "released"))
    planned = structs.replace(RBAC, placement=Placement("v2.0.0", "declared", "planned"))
    assert review.unreleased((released, RBAC, planned)) == (RBAC,)


def test_findings_of_a_rule_are_one_line_and_the_sql_stands_first() -> None:
    """Seventeen open placeholders do not push a dropped table out of sight."""
    open_ones = [
        Finding("notes-placeholder", "error", f"'{n}' is open", PATH, n, "fill it in")
        for n in range(1, 30)
    ]
    dropped = Hazard("tb-drop", "error", "a table is dropped", PATH, 40, "rename it first")
    remark = Finding("missing-notes", "info", "no notes", PATH, 0, "write them")
    text = review.comment([RBAC], [remark, *open_ones, dropped])
    assert [line for line in text.splitlines() if "Hint" in line] == [
        f"- error: a table is dropped ({PATH}:40). Hint: rename it first",
        f"- error: '1' is open ({PATH}:1, and 28 more of 'notes-placeholder'). Hint: fill it in",
        f"- info: no notes ({PATH}). Hint: write them",
    ]
