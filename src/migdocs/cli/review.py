"""``review``."""

from __future__ import annotations

from pathlib import Path

import click

from migdocs.cli import output


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@output.json_option
def review(paths: tuple[str, ...], *, as_json: bool) -> None:
    """Say in Markdown what a change's migrations do.

    PATH names the files that changed, from the project's root; without any, all migrations that
    are not released are told. Prints nothing where no migration is among them. The workflow that
    'migdocs init' writes puts this under a pull request:

        git diff -z --name-only origin/main... | xargs -0 migdocs review
    """
    from migdocs.commands import project
    from migdocs.commands import review as use_case

    text = use_case.comment(project.read(Path.cwd()), paths)
    if as_json:
        output.as_json({"markdown": text})
    elif text:
        output.data(text)
