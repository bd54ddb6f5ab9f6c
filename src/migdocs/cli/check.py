"""``check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migdocs.cli import output
from migdocs.core.errors import EXIT_NO


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@output.json_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "gitlab", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="What reads it: a person, a program, a forge.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit 1 from this severity on.",
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    show_default=True,
    help="Say only what is at least so grave.",
)
@click.option(
    "--postgres",
    type=click.IntRange(10, 18),
    metavar="N",
    help="With a script's PATH: the version it will run on.",
)
@click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    help="With a script's PATH: a script that makes what it assumes.",
)
@click.option(
    "--require-evidence", is_flag=True, help="Find also what 'migdocs verify' has not tried."
)
@click.option(
    "--base",
    default="",
    metavar="REF",
    help="With --require-evidence: believe what REF holds (default: the default branch).",
)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Report this rule too; ALL is every rule."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Do not report this rule.")
@click.option("--all", "everything", is_flag=True, help="List every finding, one by one.")
@click.option("--statistics", is_flag=True, help="Only count the findings of each rule.")
@click.option(
    "--baseline",
    is_flag=True,
    help="Accept all that is found today: write it into a file, and report only what is new.",
)
@output.quiet
@click.pass_context
def check(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    *,
    postgres: int | None,
    schema: str | None,
    as_json: bool,
    form: str,
    fail_on: str,
    severity: str,
    require_evidence: bool,
    base: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    everything: bool,
    statistics: bool,
    baseline: bool,
    quiet: bool,
) -> None:
    """Say what is wrong, with its place.

    What can still be fixed comes first; the rest is counted.

    The settings' [check] table selects and ignores rules.

    PATH limits what is said to these files and folders of the project, and lists all of it. With
    --postgres or --schema, or where a PATH is a script outside of the migrations' folder, the
    scripts are judged by themselves and no project is needed.
    """
    from migdocs.commands import alone

    if as_json and form not in {"text", "json"}:
        raise click.UsageError("--json and --format contradict each other.", ctx)
    if (postgres or schema) and not paths:
        raise click.UsageError("--postgres and --schema need the PATH of a script.", ctx)
    asked: dict[str, Any] = {
        "select": select,
        "ignore": ignore,
        "require_evidence": require_evidence,
        "base": base,
    }
    if baseline:
        _accept(asked, quiet=quiet)
        return
    findings, brief = alone.asked(Path.cwd(), paths, postgres, schema), None
    if findings is None:
        from migdocs.commands import checked, freshness

        report = checked.report(Path.cwd(), checked.Asked(paths, **asked))
        findings = report.findings
        if not (paths or select or ignore or require_evidence):
            freshness.remember_errors(Path.cwd(), sum(f.severity == "error" for f in findings))
        brief = None if paths or everything else report.scope
    if as_json or form != "text" or not quiet:
        said = alone.at_least(findings, severity)
        output.data(alone.formatted(said, "json" if as_json else form, brief, counts=statistics))
    ctx.exit(EXIT_NO if alone.at_least(findings, fail_on) else 0)


def _accept(asked: dict[str, Any], *, quiet: bool) -> None:
    """Write the baseline, and say so."""
    from migdocs.commands import checked

    path, count = checked.accept(Path.cwd(), checked.Asked(**asked))
    output.say(f"{path}: {count} findings are accepted; 'check' reports what is new.", quiet=quiet)
    output.say("Commit this file. Run the command again when you have fixed some.", quiet=quiet)
