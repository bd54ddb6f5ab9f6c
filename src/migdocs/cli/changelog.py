"""``changelog``."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from migdocs.cli import output


@click.command()
@click.option("--from", "after", metavar="VERSION", default="", help="The releases after this one.")
@click.option("--to", "up_to", metavar="VERSION", default="", help="The last release to include.")
@click.option("--unreleased", is_flag=True, help="Only what is not released yet.")
@click.option("--authors", is_flag=True, help="Name the authors.")
@click.option(
    "--template",
    type=click.File(encoding="utf-8"),
    help="A Jinja2 template of your own; it sees 'releases', 'page' and 'settings'.",
)
@click.option("--release", metavar="VERSION", default="", help="Only this release.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("markdown", "json", "forge")),
    default="markdown",
    help="'forge': to paste into a release on GitHub or GitLab, with what the upgrade means.",
)
@click.option(
    "--contributors/--no-contributors",
    default=True,
    help="Whether '--format forge' names who wrote the release.",
)
@output.json_option
@click.pass_context
def changelog(
    ctx: click.Context,
    *,
    after: str,
    up_to: str,
    unreleased: bool,
    authors: bool,
    template: TextIO | None,
    release: str,
    form: str,
    contributors: bool,
    as_json: bool,
) -> None:
    """Print the change log of the releases, from git.

    'migdocs generate changelog' updates CHANGELOG.md; this prints any range of it, with the
    commits that are not released yet, for a release page or an e-mail.
    """
    from migdocs.commands import freshness

    if unreleased and (after or up_to):
        raise click.UsageError("--unreleased and a range contradict each other.", ctx)
    if form == "forge" and not release:
        raise click.UsageError("--format forge needs --release VERSION.", ctx)
    if release and (after or up_to or unreleased):
        raise click.UsageError("--release and a range contradict each other.", ctx)
    if as_json and form == "forge":
        raise click.UsageError("--json and --format contradict each other.", ctx)
    as_json = as_json or form == "json"
    custom = (template.read(), template.name) if template else ("", "")
    asked = (after, up_to, unreleased, *custom, authors, release)

    def tell() -> str:
        # Imported only now: where nothing changed since it was asked last, the answer is there.
        from migdocs.commands import changelog as use_case
        from migdocs.commands import project

        wanted = use_case.Wanted(*asked)
        # A template of one's own may ask for any fact, and a verdict is made of all of them.
        alone = form != "forge" and not template
        read = project.read(Path.cwd(), log_alone=alone)
        if form == "forge":
            return use_case.for_forge(read, release, contributors=contributors)
        return use_case.as_json(read, wanted) if as_json else use_case.text(read, wanted)

    if folder := freshness.missing_folder(Path.cwd()):
        output.say(f"{folder}: there is no such folder: the log lists no migrations")
        output.say("Hint: name the folder in the setting 'migrations'; 'migdocs init' finds it.")
    output.data(
        freshness.answer(Path.cwd(), "changelog", repr((asked, form, contributors, as_json)), tell)
    )
