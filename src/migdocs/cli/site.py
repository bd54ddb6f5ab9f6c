"""``serve`` and ``build``."""

from __future__ import annotations

from pathlib import Path

import click

from migdocs.cli import output


@click.command()
@click.option("--strict/--no-strict", default=True, help="Fail the build on warnings.")
@click.option("--site-dir", type=click.Path(), help="The output folder; 'site' by default.")
@click.option("--pages", is_flag=True, help="Only write the pages; another program builds them.")
@output.json_option
@click.pass_context
def build(
    ctx: click.Context, *, strict: bool, site_dir: str | None, pages: bool, as_json: bool
) -> None:
    """Build the site.

    Writes the pages about your migrations into your documentation folder, then runs MkDocs. With
    '--pages' only the pages are written, for Zensical or another builder.
    """
    from migdocs.commands import project, site

    root = project.settings(Path.cwd()).root
    written = site.write(root)
    if pages:
        output.as_json({"written": list(written), "built": None}) if as_json else None
        return
    where = ["--site-dir", str(Path(site_dir).resolve())] if site_dir else []
    code = site.mkdocs(root, ["build", *(["--strict"] if strict else []), *where])
    output.as_json({"written": list(written), "built": code == 0}) if as_json else None
    ctx.exit(code)


@click.command()
@click.option("--address", default="127.0.0.1:8000", show_default=True, help="Host and port.")
@click.pass_context
def serve(ctx: click.Context, address: str) -> None:
    """Serve the site and update it as you write."""
    from migdocs.commands import project, site

    root = project.settings(Path.cwd()).root
    if not site.has_plugin(root):
        site.write(root)
    ctx.exit(site.mkdocs(root, ["serve", "--dev-addr", address]))
