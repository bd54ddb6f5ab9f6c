"""The command group: what there is, loaded only when it is called, and how errors leave."""

from __future__ import annotations

import gc
import importlib
import json
import sys
from typing import Any

import click

from migdocs import __version__
from migdocs.core.errors import EXIT_INTERRUPTED, MigdocsError, SeveralErrors

# Heading → command → the module of `migdocs.cli` that holds it, and its first line of help.
# The help stands here so that `migdocs --help` imports nothing else; a test holds the two together.
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Write a migration": {
        "init": ("setup", "Set a project up: settings, template, regions, CI."),
        "verify": (
            "verify",
            "Apply, check, roll back, compare, apply again, in a scratch database.",
        ),
        "decide": ("author", "Decide: SQL migration or automatic migration of the ORM?"),
        "new": ("author", "Scaffold a migration from TEMPLATE.md."),
    },
    "Documents": {
        "generate": ("documents", "Regenerate the documents, all or those named."),
        "check": ("documents", "Say everything that is wrong, with its place."),
        "list": ("documents", "List every migration, its parts and its release."),
        "review": ("review", "Say in Markdown what a change's migrations do."),
        "release": ("release", "Make a release: propose its version, stamp the documents, tag."),
        "upgrade": ("upgrade", "Write the guide from one version to another."),
        "flow": ("documents", "Draw the version flow."),
        "serve": ("site", "Serve the site while you write; it follows your changes."),
        "build": ("site", "Build the site."),
    },
    "Databases": {
        "migrate": ("database", "Walk through an upgrade of the database, asking at each step."),
        "status": ("database", "Say where the database stands: applied, pending, failed, edited."),
        "apply": ("database", "Apply what is pending, each script with its ledger row."),
        "rollback": ("database", "Undo what was applied, the last first."),
        "history": ("database", "Tell what the database went through, oldest first."),
        "backup": ("dump", "Back the database up, complete or not at all."),
        "restore": ("dump", "Bring the database back to a backup."),
        "baseline": ("database", "Take over a database whose migrations ran before; runs nothing."),
        "repair": ("database", "Say what a half done or an edited migration means."),
    },
    "Help": {
        "doctor": ("setup", "Say what in this environment will bite."),
        "demo": ("setup", "Show the whole thing on a sample project."),
    },
}


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
                command: click.Command = getattr(module, cmd_name.replace("list", "list_"))
                return command
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands under their headings."""
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command and turn our errors into text, or JSON, and an exit code."""
        try:
            return super().invoke(ctx)
        except MigdocsError as error:
            report(error, as_json="--json" in sys.argv or "json" in sys.argv)
            ctx.exit(error.exit_code)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="'migdocs COMMAND --help' says more. Exit codes: 0 done, 1 the answer is no, 2 wrong"
    " usage or settings, 3 the environment, 4 a database, 130 interrupted.",
)
@click.version_option(__version__, prog_name="migdocs")
def cli() -> None:
    """Write the documents of your SQL migrations from the migrations themselves."""


def report(error: MigdocsError, *, as_json: bool) -> None:
    """Print an error: place, value and hint to stderr, or one JSON document to stdout."""
    errors = error.errors if isinstance(error, SeveralErrors) else (error,)
    if as_json:
        items = [
            {"message": e.message, "path": e.path, "line": e.line, "hint": e.hint} for e in errors
        ]
        click.echo(json.dumps({"schema_version": 1, "errors": items}, indent=2))
        return
    for item in errors:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {item}", err=True)
        if item.hint:
            click.echo(f"Hint: {item.hint}", err=True)


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130, and no traceback is ever shown."""
    # A run is short and keeps nearly all that it makes: looking for garbage finds next to none.
    gc.set_threshold(50_000)
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`migdocs list | head`): nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
