"""MkDocs events → commands: a convenience that saves typing ``migdocs build``, never required."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urljoin

from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger

from migdocs.commands import site
from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

log = get_plugin_logger("migdocs")


class PluginConfig(Config):  # type: ignore[no-untyped-call]  # MkDocs is untyped
    """The plugin's settings: none; everything stands in ``migdocs.toml``."""


class MigdocsPlugin(BasePlugin[PluginConfig]):  # type: ignore[no-untyped-call]  # MkDocs is untyped
    """Write the site's pages before MkDocs reads them, and watch what they are made of."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Stay the same object over the rebuilds of ``mkdocs serve`` (MkDocs' own contract)."""

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Write the pages that changed."""
        try:
            written = site.write(_root(config))
        except MigdocsError as error:
            raise PluginError(f"{error}\n{error.hint}".rstrip()) from None
        for path in written:
            log.debug("wrote %s", path)

    def on_page_markdown(
        self,
        markdown: str,
        /,
        *,
        page: Page,
        config: MkDocsConfig,  # noqa: ARG002 - MkDocs' signature
        files: Files,  # noqa: ARG002 - MkDocs' signature
    ) -> str:
        """Let *Edit this page* lead to a migration's notes or script, and nowhere from the rest."""
        if page.file.src_uri.startswith("database/") and page.edit_url:
            folder = page.edit_url.removesuffix(page.file.src_uri)
            source = quote(str(page.meta.get("source", "")))
            page.edit_url = urljoin(folder, f"../{source}") if source else None
        return markdown

    def on_serve(
        self,
        server: LiveReloadServer,
        /,
        *,
        config: MkDocsConfig,
        builder: Callable[..., object],  # noqa: ARG002 - MkDocs' signature
    ) -> LiveReloadServer:
        """Rebuild when a migration, the template, the settings or git's refs change."""
        for path in site.watched(_root(config)):
            server.watch(str(path))
        return server


def _root(config: MkDocsConfig) -> Path:
    """Give the folder that holds mkdocs.yml."""
    return Path(config.config_file_path or "mkdocs.yml").resolve().parent
