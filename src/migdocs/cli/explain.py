"""``explain``."""

from __future__ import annotations

import click

from migdocs.cli import output


@click.command()
@click.argument("rule", default="")
@click.option("--all", "everything", is_flag=True, help="Explain every rule, as one page.")
@output.json_option
def explain(rule: str, *, everything: bool, as_json: bool) -> None:
    """Explain a finding, and what to do instead.

    RULE is the id in a finding: 'migdocs explain col-drop'. Without RULE, all are listed.
    """
    from migdocs.commands import explain as use_case

    text = use_case.page() if everything else use_case.explanation(rule)
    if as_json:
        output.as_json({"rule": rule or None, "markdown": text})
    else:
        output.data(text)
