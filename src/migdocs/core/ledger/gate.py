"""Decide whether anything may be run in a database: by whose runner it is, and what is in it.

Doubt refuses. What is refused ran nothing and changed nothing; the hint gives the command that is
right instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core.errors import DatabaseError, InputError, MigdocsError, UsageError

if TYPE_CHECKING:
    from migdocs.core.ledger.trackers import Relation, Tracked
    from migdocs.core.model import Finding

# Who runs a project's migrations.
AppliedBy = Literal["migdocs", "runner", "application", "image", "unknown"]
Deed = Literal["apply", "rollback", "baseline", "repair"]
NAMED = 3  # tables that are told by name
SETTING = "the setting 'applied_by'"
# Who else applies, as a sentence's subject.
OTHERS = {
    "application": "the application applies its migrations itself when it starts",
    "image": "the project's image applies its migrations",
}


class Owner(Struct, frozen=True):
    """Who runs this project's migrations, and how that is known.

    Attributes:
        applied_by: who it is.
        is_set: whether the settings say so; else it follows from the convention of the files.
        runner: the tool's name, where it is one.
        command: applies what is pending, the tool's own; empty where there is none.
        doubt: why the convention of the files is only a guess; empty where it is confirmed.
        take_over: whether the user said that migdocs is to run in a database with tables.
        clash: two scripts that the project's runner takes for one version; None where there are
            none such.
    """

    applied_by: AppliedBy = "migdocs"
    is_set: bool = False
    runner: str = ""
    command: str = ""
    doubt: str = ""
    take_over: bool = False
    clash: Finding | None = None


class Shown(Struct, frozen=True):
    """What a database shows.

    Attributes:
        ours: whether our ledger has a row in it.
        trackers: other tools' tables, the surest first.
        tables: the user's, other tools' left out.
    """

    ours: bool = False
    trackers: tuple[Tracked, ...] = ()
    tables: tuple[Relation, ...] = ()


def applied_by(setting: str, runner: str) -> AppliedBy:
    """Give who runs the migrations: as the settings say, else the convention's own runner.

    Args:
        setting: the setting's value; empty where it is not set.
        runner: of the convention of the files; empty where it has none.
    """
    known: tuple[AppliedBy, ...] = ("migdocs", "runner", "application", "image")
    found = next((word for word in known if word == setting), None)
    return found or ("runner" if runner else "unknown")


def refusal_of_project(owner: Owner, deed: Deed) -> MigdocsError | None:
    """Say why nothing of this project may run in any database; None where something may."""
    if owner.clash and deed == "apply":
        clash = owner.clash
        return InputError(clash.message, path=clash.path, line=1, hint=clash.hint)
    if owner.doubt:
        return UsageError(
            f"it is not known how these scripts are run: {owner.doubt}",
            hint="set 'layout' in migdocs.toml to the convention that they follow ('plain' for"
            " scripts that only go forward); 'migdocs init --dry-run' shows what it finds.",
        )
    if owner.is_set and owner.applied_by != "migdocs":
        return UsageError(
            f"{_who(owner)} ({SETTING})",
            hint=f'{_instead(owner)} To hand them to migdocs, set applied_by = "migdocs".',
        )
    return None


def refusal(owner: Owner, shown: Shown, deed: Deed) -> MigdocsError | None:
    """Say why a deed is refused in a database; None where it may go on."""
    if refused := refusal_of_project(owner, deed):
        return refused
    if deed == "baseline" or shown.ours:
        return None
    others = (found for found in shown.trackers if found.rows)
    # Two projects may share a database, each with a ledger of its own: that is said aloud once.
    if filled := [t for t in others if not (owner.take_over and t.tracker.runner == "migdocs")]:
        return _anothers(owner, filled[0])
    if owner.applied_by == "runner" and not owner.take_over:
        return UsageError(
            f"{_who(owner)}, and keeps its own table of them",
            hint=f"{_instead(owner)} Or take over with 'migdocs baseline', or on an empty database"
            " with 'migdocs apply --take-over'.",
        )
    if shown.tables and not owner.take_over:
        return _without_history(shown.tables, deed)
    return None


def _who(owner: Owner) -> str:
    """Say who applies, as a sentence."""
    tool = owner.runner or "another tool"
    return OTHERS.get(owner.applied_by, f"{tool} applies this project's migrations")


def _instead(owner: Owner) -> str:
    """Say what to run instead of us."""
    if owner.applied_by in OTHERS:
        return "Start the new version instead."
    return f"Run '{owner.command}' instead." if owner.command else "Run that tool instead."


def _anothers(owner: Owner, found: Tracked) -> DatabaseError:
    """Refuse a database that another tool keeps."""
    tracker, table = found.tracker, found.relation.title
    if tracker.runner == "migdocs":
        return DatabaseError(
            f"this database has a ledger of migdocs under another name: {table}",
            hint=f'set ledger = "{table}" under [database]; or, if that is another project\'s,'
            " 'migdocs apply --take-over'.",
        )
    command = owner.command if tracker.title == owner.runner else tracker.apply
    instead = f"run '{command}'" if command else f"run {tracker.title}"
    return DatabaseError(
        f"{tracker.title} migrates this database: {table} is its table of what it ran",
        hint=f"{instead}; or, to go on with migdocs from here, 'migdocs baseline' (it runs"
        " nothing).",
    )


def _without_history(tables: tuple[Relation, ...], deed: Deed) -> DatabaseError:
    """Refuse a database that was filled without a history."""
    named = ", ".join(table.title for table in tables[:NAMED])
    more = f" and {len(tables) - NAMED} more" if len(tables) > NAMED else ""
    take_over = (
        "; or, if none of the migrations ran here, 'migdocs apply --take-over' runs all of them"
        if deed == "apply"
        else ""
    )
    return DatabaseError(
        f"this database has tables, and no history of what ran in it: {named}{more}",
        hint=f"'migdocs baseline --to VERSION' records what ran here, and runs nothing{take_over}.",
    )
