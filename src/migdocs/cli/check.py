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
    help="For a person, a program or a forge.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit 1 for findings of at least this severity.",
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    show_default=True,
    help="Show only findings of at least this severity.",
)
@click.option(
    "--postgres",
    type=click.IntRange(10, 18),
    metavar="N",
    help="With a script as PATH: the version it will run on.",
)
@click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    help="With a script as PATH: a script that creates the schema it expects.",
)
@click.option(
    "--require-evidence", is_flag=True, help="Also report what 'migdocs verify' has not tested."
)
@click.option(
    "--base",
    default="",
    metavar="REF",
    help="With --require-evidence: trust the evidence in REF (default: the default branch).",
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
    help="Accept all findings of today: write them to a file, and report only new ones.",
)
@output.quiet
@click.pass_context
def check(
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
    """Find what is wrong, with file and line.

    What can still be fixed comes first; the rest is counted.

    The [check] table of the settings selects and ignores rules.

    PATH limits the findings to these files and folders, and lists all of them. With --postgres or
    --schema, or if PATH is a script outside the migrations folder, the scripts are checked on their
    own and no project is needed.
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
