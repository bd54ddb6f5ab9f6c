"""The command group: what there is, loaded only when it is called, and how errors leave."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs import __version__
from migdocs.cli import output, progress
from migdocs.core.errors import (
    EXIT_INTERRUPTED,
    MachineError,
    MigdocsError,
    SeveralErrors,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# Heading → command → the module of `migdocs.cli` that holds it, and its first line of help.
# The help stands here so that `migdocs --help` imports nothing else; a test holds the two together.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Write a migration": {
        "init": ("setup", "Set up a project: settings, template, documents, CI."),
        "verify": (
            "verify",
            "Prove that migrations run and roll back, in a scratch database.",
        ),
        "decide": ("author", "Decide: SQL migration or automatic migration of the ORM?"),
        "new": ("author", "Start a migration from TEMPLATE.md."),
        "fill": ("author", "Complete a migration from its forward script."),
    },
    "Documents": {
        "generate": ("documents", "Regenerate the documents, all or those named."),
        "check": ("check", "Find what is wrong, with file and line."),
        "list": ("documents", "List every migration, its parts and its release."),
        "review": ("review", "Describe in Markdown what the migrations of a change do."),
        "changelog": ("changelog", "Print the change log of the releases, from git."),
        "release": (
            "release",
            "Make a release: its version, its documents, its tag.",
        ),
        "upgrade": ("upgrade", "Write the guide from one version to another."),
        "flow": ("documents", "Draw the version flow."),
        "serve": ("site", "Serve the site and update it as you write."),
        "build": ("site", "Build the site."),
    },
    "Databases": {
        "migrate": ("database", "Upgrade the database step by step, asking at each one."),
        "status": ("state", "Show what is applied, pending, failed or edited in the database."),
        "apply": ("database", "Apply what is pending, and record it in the ledger."),
        "rollback": ("database", "Roll back what was applied, newest first."),
        "history": ("state", "List what was run in the database, oldest first."),
        "backup": ("dump", "Back up the database, completely or not at all."),
        "restore": ("dump", "Restore the database from a backup."),
        "baseline": (
            "database",
            "Record what has already run in a database; runs nothing.",
        ),
        "repair": ("database", "Settle a half-done, edited or renamed migration."),
    },
    "Help": {
        "explain": ("explain", "Explain a finding, and what to do instead."),
        "doctor": ("setup", "Check this environment for what will cause trouble."),
        "demo": ("setup", "Try everything on a sample project."),
    },
}


# These give the terminal to another program, which says itself what it does.
WITHOUT_PROGRESS = frozenset({"serve", "build"})


class Commands(click.Group):
    """A group that imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List every command, in the order of the help."""
        return [name for commands in COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command; None where there is none of that name."""
        for commands in COMMANDS.values():
            if cmd_name in commands:
                module = importlib.import_module(f"migdocs.cli.{commands[cmd_name][0]}")
                from migdocs.cli import habits  # brings nothing along that --help needs

                return habits.add(getattr(module, cmd_name.replace("list", "list_")))
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Load the command that was asked for, or say which one may be meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near:
                raise
            meant = f"{error.format_message()} Did you mean '{near[0]}'?"
            raise click.UsageError(meant, ctx) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a reader of its output who goes away (``| head``) is nothing wrong."""
        _show_progress(ctx)
        try:
            answer: object = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        return answer

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands under their headings."""
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="'migdocs COMMAND --help' says more. Exit codes: 0 done, 1 the answer is no, 2 wrong"
    " usage or settings, 3 the environment, 4 a database, 130 interrupted.",
)
@click.version_option(__version__, prog_name="migdocs")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Write the documents of your SQL migrations from the migrations themselves.

    Without a COMMAND it says what to do next in this folder.
    """
    if ctx.invoked_subcommand is None:
        from migdocs.commands import next_step

        for line in next_step.told(Path.cwd()):
            output.data(line)


def _show_progress(ctx: click.Context) -> None:
    """Show that a command is at work, at a terminal, where nobody asked for silence."""
    quiet = {"-q", "--quiet"}
    names, terminal = [*getattr(ctx, "_protected_args", ()), *ctx.args], sys.stderr
    if not names or names[0] in WITHOUT_PROGRESS or quiet & set(names):
        return
    if isinstance(terminal, output.Harmless) and terminal.isatty():
        ctx.call_on_close(progress.begin(terminal, names[0]))


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130, and no traceback is ever shown."""
    # A run is short and keeps nearly all that it makes: looking for garbage finds next to none.
    gc.set_threshold(500_000)
    output.guard()
    if "_MIGDOCS_COMPLETE" in os.environ:  # a shell asks; PowerShell's way is not Click's own
        importlib.import_module("migdocs.cli.completion")
    as_json = _wants_json(sys.argv[1:])
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except MigdocsError as error:
        sys.exit(_report(error, as_json=as_json))
    except click.ClickException as error:
        sys.exit(_report_usage(error, as_json=as_json))
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        named = str(error.filename or "")
        failed = MachineError(error.strerror or str(error), path=named)
        sys.exit(_report(failed, as_json=as_json))
    except Exception as error:  # noqa: BLE001 - the last to see it, and a user can do nothing with more
        sys.exit(_report(_mistake(error), as_json=as_json))


def _wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether the answer is to be JSON, and so its errors too."""
    spelled = ("--format", "json") in pairwise(arguments) or "--format=json" in arguments
    return spelled or "--json" in arguments


def _report(error: MigdocsError, *, as_json: bool) -> int:
    """Print an error: place, value and hint to stderr, or one JSON document to stdout.

    Gives its exit code.
    """
    errors = error.errors if isinstance(error, SeveralErrors) else (error,)
    if as_json:
        output.as_json({"errors": [_shape(one) for one in errors]})
        return error.exit_code
    for hint, alike in groupby(errors, key=attrgetter("hint")):
        for one in alike:
            mark = output.styled("error:", fg="red", bold=True)
            click.echo(f"{mark} {one}", err=True)
        if hint:
            click.echo(f"Hint: {hint}", err=True)
    return error.exit_code


def _report_usage(error: click.ClickException, *, as_json: bool) -> int:
    """Print what is wrong with the arguments; give its exit code."""
    if as_json:
        output.as_json({"errors": [_shape(UsageError(error.format_message()))]})
    else:
        error.show()
    return error.exit_code


def _shape(error: MigdocsError) -> dict[str, object]:
    """Give an error as JSON has it."""
    return {
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "column": error.column,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def _mistake(error: Exception) -> MigdocsError:
    """Make an error of one that nobody foresaw: what it was, and where in the code."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return MachineError(
        f"this is a bug in migdocs: {type(error).__name__}: {error} ({place})",
        hint=f"please report it, with the command and its version, {__version__}.",
    )
