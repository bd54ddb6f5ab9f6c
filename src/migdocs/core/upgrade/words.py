"""All that upgrade guides say, worded once.

``{names}`` are filled in: here for documents and programs, in the reader's browser for the site's
picker, which is given these very tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.runner import PG_DUMP, PG_RESTORE, renamed

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refusal(Struct, frozen=True):
    """Why a way is refused, and what to do instead."""

    reason: str
    instead: str


class StepText(Struct, frozen=True):
    """The words of one kind of step."""

    title: str
    expect: str
    stop_if: str


STEPS: dict[str, StepText] = {
    "identify": StepText(
        "Check that {before} is what you have",
        "{state}",
        "anything else is listed: find out which version it is, and start from there",
    ),
    "backup": StepText(
        "Back up the database",
        "a file that is not empty, and no error",
        "it fails, or you have never tested a restore",
    ),
    "get": StepText(
        "Get the files of {version}",
        "HEAD is now at the commit of {tag}",
        "git names files that it would overwrite",
    ),
    "stop": StepText(
        "Stop the application",
        "no connection of the application is left",
        "something still writes to the database",
    ),
    "apply_safe": StepText(
        "Run what can be undone, up to {migration}",
        "each migration is reported as applied, {migration} last",
        "a script fails: read its error, then the symptoms below",
    ),
    "no_return": StepText(
        "Decide: after {migration}, you can only go back by restoring the backup",
        "you know where the backup is, and you have tested a restore",
        "one of the two is not true",
    ),
    "apply": StepText(
        "Run the migrations of {version}",
        "each migration is reported as applied, {migration} last",
        "a script fails: read its error, then the symptoms below",
    ),
    "obtain": StepText(
        "Get {version}, and do not start it yet",
        "the new program or image is there, and {before} still runs",
        "it cannot be got without starting it",
    ),
    "stop_all": StepText(
        "Stop the application, every instance of it",
        "no connection of the application is left",
        "something still writes to the database",
    ),
    "start_applying": StepText(
        "Start one instance of {version}: it runs its migrations first",
        "{log}",
        "it exits, restarts or reports an error: go to 'If a migration fails half way'",
    ),
    "applied": StepText(
        "Check that every migration of {version} has run",
        "{answer}",
        "the answer is another one: go to 'If a migration fails half way'",
    ),
    "start_rest": StepText(
        "Start the other instances of {version}, if there are any",
        "the application starts and stays up",
        "it stops again, or its log names a missing table or column",
    ),
    "configure": StepText(
        "Change the configuration for {migration}",
        "the new settings are in place",
        "one of them is not clear",
    ),
    "deploy": StepText(
        "Change the application as {migration} requires",
        "it is done everywhere the application runs",
        "one part cannot be done now",
    ),
    "start": StepText(
        "Install {version} and start the application",
        "it starts and stays up",
        "it stops again, or its log names a missing table or column",
    ),
    "health": StepText(
        "Check the application's health",
        "it reports that it is healthy",
        "it does not: roll back",
    ),
    "verify": StepText(
        "Run the checks of {version}",
        "every query answers as expected",
        "one does not: roll back",
    ),
    "leave": StepText(
        "Stay on {version} until you may go on",
        "every condition below is true",
        "one is not: wait; going on can lose data",
    ),
}


class Trouble(Struct, frozen=True):
    """An error that may be met: its literal text, where it comes from, what to do."""

    symptom: str
    cause: str
    fix: str


# The headings of the page, in the order in which an operator needs what stands below them.
HEADINGS = {
    "identity": "Is this your version?",
    "verdict": "Verdict",
    "no_return": "Point of no return",
    "prepare": "Before you start",
    "ahead": "May run ahead of time",
    "steps": "Steps",
    "leave": "Leave a version only when",
    "checks": "Checks",
    "back": "Rollback to {before}",
    "halfway": "If a migration fails half way",
    "troubles": "If something fails",
    "afterwards": "Afterwards",
}
REFUSALS: dict[str, Refusal] = {
    "unknown": Refusal(
        "'{name}' is not a version of this project", "The newest versions: {known}."
    ),
    "empty": Refusal("no version is given", "Did you mean '{near}'?"),
    "mistyped": Refusal("'{name}' is not a version of this project", "Did you mean '{near}'?"),
    "ignored": Refusal("'{name}' is a tag, not a release: {why}", ""),
    "planned": Refusal(
        "{version} is planned: its migrations have notes and no scripts yet",
        "Wait for the release, or write the scripts.",
    ),
    "there": Refusal("{before} is already there: there is nothing to run", ""),
    "step_back": Refusal(
        "{before} has run {ids}, which {version} does not have yet",
        "Upgrade to {later}, the first that has it.",
    ),
    "downgrade": Refusal(
        "{version} is older than {before}: this is a rollback, not an upgrade",
        "Run '{command}' from {before}.",
    ),
    "downgrade_by_hand": Refusal(
        "{version} is older than {before}: this is a rollback, not an upgrade",
        "Undo what is listed below, newest first.",
    ),
    "same_schema": Refusal(
        "{version} is older than {before}: this is a rollback, not an upgrade",
        "Both have the same schema: install {version}, nothing else.",
    ),
}
# The parts of a guide's first sentence.
SUMMARY = {
    "nothing": "No migration: the schema stays as it is.",
    "unread": "{count} could not be read completely",
    "stop": "{count} to be run with the application stopped",
    "stop_all": "with the application stopped",
    "no_stop": "stops of the application are not known",
    "no_time": "time not measured",
    "until": "can be undone until step {step}",
    "undo_unknown": "whether it can be undone is not known",
    "stays": "can be undone, but the schema stays different",
    "undone": "can be undone",
}
# How long the migrations of a step took, as ``verify --rows`` or a database's history has it.
MEASURED = {
    "one": "Measured: {took} {rows} ({on}).",
    "some": "Measured: {longest}, {took} {rows} ({on}); {count}.",
    "many": "Measured: {took} for {count} {rows} ({on}). The longest is {longest}: {longest_took}.",
    "rows": "with {rows} rows in {of}",
    "up_to_rows": "with up to {rows} rows in {of}",
    "no_rows": "with no table that was there before",
    "environment": "In {environment} it took {took}.",
    "environment_many": "In {environment}, {count} took {took}.",
}
# Why one must stop on the way, and when one may go on.
STOP_DECLARED = "the project requires this stop"
STOP_GONE = "{ids} cannot be run later: removed in {version}"
LEAVE = "every query of this version answers as expected"
# What a database at the start has applied.
STATE_UP_TO = "every migration up to {last} is applied"
STATE_AMONG = "{last} is the last migration that is applied"
STATE_NOTHING = "nothing is applied"
STATE_NOT = "; {first} is not"

# What to do where a migration fails half way, in order.
HALFWAY = {
    "stop": "Stop {version} and keep it stopped: every restart tries its migrations again.",
    "log": "Find in its log which script failed, and with which error.",
    "error": "Read the error: it names the script and what went wrong.",
    "recorded": "See which migrations are recorded as applied:",
    "unfinished": (
        "Look for a migration that broke off; no row is good. If there is one, that migration"
        " {dirty}."
    ),
    "left": (
        "A script that ran in one transaction left nothing behind. One that did not, as with"
        " CREATE INDEX CONCURRENTLY, may have left a part: compare the schema with the script."
    ),
    "again": "Fix the cause and run the same step again; or roll back to {before}.",
    "again_start": (
        "Fix the cause and start {version} again; or restore the backup and start {before}."
    ),
}
# What the start of a version that applies its own migrations shows, and how long it takes.
STARTING = {
    "log": "its log ends with {migration}, or says nothing of migrations and goes on",
    "log_known": "its log says '{said}'",
    "answer": "the answer is t (true)",
    "answer_log": "its log names {migration} as the last that ran",
    "time": (
        "It runs {count} before it serves: {lasting}. Do not stop it meanwhile, and let no health"
        " check or orchestrator restart it."
    ),
    "no_time": "how long that takes was not measured",
}
# Beside the locks of several migrations, where their runner makes one transaction of all of them.
HELD = "; {runner} runs them in one transaction, so all locks are held until the last one is done"
# What may be applied while the version before still runs, where only a start applies anything.
AHEAD_NEVER = "Nothing: the new version runs its migrations when it starts."
# How a version that applies its own migrations is left again.
LEAVING = (
    "Starting {before} again undoes nothing: the schema stays as {version} made it, and {before}"
    " may fail on it or refuse to start. Stop the application first."
)

TROUBLES: dict[str, Trouble] = {
    "lock": Trouble(
        "ERROR:  canceling statement due to lock timeout",
        "another session holds a lock on the table, often a long transaction or a running backup",
        "nothing was changed: wait until it ends, or end it, then run the same step again",
    ),
    "exists": Trouble(
        'ERROR:  relation "…" already exists',
        "the migration has already run here, but was not recorded",
        "compare the schema with the script; if all of it is there, record it as applied",
    ),
    "missing": Trouble(
        'ERROR:  relation "…" does not exist',
        "an earlier migration has not run, or the search_path names another schema",
        "look at what is applied, and at SHOW search_path, before you run anything else",
    ),
    "owner": Trouble(
        "ERROR:  must be owner of table …",
        "the role that you connect as may read and write, but not change the schema",
        "connect as the role that owns the tables",
    ),
    "full": Trouble(
        "ERROR:  could not extend file …: No space left on device",
        "a table is rewritten or an index is built, which needs space for both copies",
        "nothing was changed: make room, then run the same step again",
    ),
}

# So many ids are named in a sentence; of more, the first.
_NAMED = 3


def named(ids: Iterable[str]) -> str:
    """Write ids for a sentence: all of few, the first of many."""
    quoted = [f"'{id_}'" for id_ in ids]
    if len(quoted) <= _NAMED + 1:
        return ", ".join(quoted)
    return f"{', '.join(quoted[:_NAMED])} and {len(quoted) - _NAMED} more"


def backup_by_hand(variable: str) -> str:
    """Say how to back up and restore with PostgreSQL's own programs alone.

    Args:
        variable: that holds the database's URL.
    """
    return (
        f"Without migdocs: `{renamed(PG_DUMP, variable)}`. It is restored into a new database:"
        f" `{renamed(PG_RESTORE, variable)}`, where `$RESTORED_URL` is the same URL with `restored`"
        " as the database. What is written to the database after the backup is lost by a restore."
    )


def backup_first(variable: str) -> str:
    """Say how the dump of the step is restored, and that migdocs has a command for both.

    Args:
        variable: that holds the database's URL.
    """
    return (
        f"It is restored into a new database: `{renamed(PG_RESTORE, variable)}`, where"
        " `$RESTORED_URL` is the same URL with `restored` as the database. What is written to the"
        " database after the backup is lost by a restore. Where migdocs is installed, `migdocs"
        " backup` and `migdocs restore` do the same."
    )
