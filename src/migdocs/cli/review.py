"""``review``."""

from __future__ import annotations

from pathlib import Path

import click

from migdocs.cli import output


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@output.json_option
def review(paths: tuple[str, ...], *, as_json: bool) -> None:
    """Describe in Markdown what the migrations of a change do.

    PATH names the changed files, relative to the project's root; without any, all unreleased
    migrations are described. Prints nothing if no migration is among them. The workflow that
    'migdocs init' writes posts this on a pull request:

        git diff -z --name-only origin/main... | xargs -0 migdocs review
    """
    from migdocs.commands import project
    from migdocs.commands import review as use_case

    text = use_case.comment(project.read(Path.cwd()), paths)
    if as_json:
        output.as_json({"markdown": text})
    elif text:
        output.data(text)
