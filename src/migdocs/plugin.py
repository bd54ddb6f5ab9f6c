"""MkDocs events → commands: makes our pages in memory, with all that they need.

Only our own pages are touched: they get the Markdown extensions that they are written for, and no
other plugin fills templates or snippets in them, because what they show was written by strangers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, InclusionLevel

from migdocs.commands import site
from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from migdocs.core.site.home import Home

log = get_plugin_logger("migdocs")

# What our pages are written for, and the settings of the user's that they keep.
_EXTENSIONS = {
    "toc": ("permalink", "permalink_title", "toc_depth", "title"),
    "tables": (),
    "attr_list": (),
    "md_in_html": (),
    "pymdownx.highlight": ("use_pygments", "pygments_lang_class", "auto_title", "css_class"),
    "pymdownx.superfences": (),
    "pymdownx.tasklist": ("clickable_checkbox", "custom_checkbox"),
}


class PluginConfig(Config):  # type: ignore[no-untyped-call]  # MkDocs is untyped
    """The plugin's settings; all else is in ``migdocs.toml``.

    Attributes:
        folder: of our pages, in the documentation's.
        nav: whether a navigation that does not list our pages gets a section of them.
    """

    folder = config_options.Type(str, default="database")
    nav = config_options.Type(bool, default=True)


class MigdocsPlugin(BasePlugin[PluginConfig]):  # type: ignore[no-untyped-call]  # MkDocs is untyped
    """Add the pages to a documentation, and watch what they are made of."""

    _made: site.Made | None = None
    _theirs: tuple[list[str], dict[str, Any]] | None = None

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Stay the same object over the rebuilds of ``mkdocs serve`` (MkDocs' own contract)."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Ask for our style sheet and script, and list our pages where nothing does."""
        folder = self.config.folder.strip("/")
        style, script = f"{folder}/assets/migdocs.css", f"{folder}/assets/migdocs.js"
        if style not in config.extra_css:
            config.extra_css.append(style)
        if script not in map(str, config.extra_javascript):
            config.extra_javascript.append(script)
        if self.config.nav and config.nav and f"{folder}/" not in str(config.nav):
            config.nav = [*config.nav, site.nav(_home(config, folder))]
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Make the pages."""
        home = _home(config, self.config.folder.strip("/"))
        try:
            self._made = site.make(_root(config), home)
        except MigdocsError as error:
            raise PluginError(f"{error}\n{error.hint}".rstrip()) from None

    @event_priority(-200)  # after those that make a copy of each page for each language
    def on_files(self, files: Files, /, *, config: MkDocsConfig) -> Files:
        """Put our pages among the files, instead of those that a build may have left there."""
        made = self._pages()
        self._clear(files, made)
        for path, text in made.texts.items():
            listed = site.is_listed(path, made.home)
            level = InclusionLevel.UNDEFINED if listed else InclusionLevel.NOT_IN_NAV
            file = File.generated(config, path, content=text, inclusion=level)
            source = site.source_of(text, made.home)
            file.edit_uri = quote(source) if source else None
            files.append(file)
        # The repository's own copy: the same page is among ours.
        copy = files.get_file_from_path(made.flow)
        if copy and made.flow not in str(config.nav):
            copy.inclusion = InclusionLevel.EXCLUDED
        return files

    def _clear(self, files: Files, made: site.Made) -> None:
        """Take pages of an earlier build out of the files; stop at somebody's own."""
        prefix = f"{made.home.name}/"
        there = [file for file in files if file.src_uri.startswith(prefix)]
        if there and not site.is_ours(made.root, made.home.folder):
            raise PluginError(
                f"'{there[0].src_uri}' is in the folder of migdocs' pages.\n"
                "Choose another in mkdocs.yml: 'plugins: [migdocs: {folder: NAME}]'."
            )
        for file in there:
            files.remove(file)

    @event_priority(-100)
    def on_page_markdown(
        self,
        markdown: str,
        /,
        *,
        page: Page,
        config: MkDocsConfig,
        files: Files,  # noqa: ARG002 - MkDocs' signature
    ) -> str:
        """Give our pages' own text, whatever other plugins made of it, and its extensions."""
        made = self._pages()
        if page.file.src_uri not in made.texts:
            return site.relinked(made, page.file.src_uri, markdown)
        self._theirs = (config.markdown_extensions, config.mdx_configs)
        settings = {
            name: {
                key: value for key, value in config.mdx_configs.get(name, {}).items() if key in kept
            }
            for name, kept in _EXTENSIONS.items()
        }
        config.markdown_extensions = list(_EXTENSIONS)
        config.mdx_configs = settings
        return made.texts[page.file.src_uri].partition("\n---\n")[2]

    @event_priority(100)
    def on_page_content(
        self,
        html: str,
        /,
        *,
        page: Page,  # noqa: ARG002 - MkDocs' signature
        config: MkDocsConfig,
        files: Files,  # noqa: ARG002 - MkDocs' signature
    ) -> str:
        """Give the next page the user's extensions again."""
        if self._theirs:
            config.markdown_extensions, config.mdx_configs = self._theirs
            self._theirs = None
        return html

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

    def _pages(self) -> site.Made:
        """Give what was made before the build."""
        if self._made is None:
            raise PluginError("the pages are not made yet: another plugin skips 'on_pre_build'")
        return self._made


def _root(config: MkDocsConfig) -> Path:
    """Give the folder that holds mkdocs.yml."""
    return Path(config.config_file_path or "mkdocs.yml").resolve().parent


def _home(config: MkDocsConfig, folder: str) -> Home:
    """Say where our pages are to live, from the folder that holds mkdocs.yml."""
    docs, url = Path(config.docs_dir).as_posix(), config.site_url or ""
    return site.home(docs, folder, url, directories=config.use_directory_urls)
