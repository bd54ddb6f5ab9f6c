"""MkDocs events → commands: makes our pages in memory, with all that they need.

Only our own pages are touched: they get the Markdown extensions that they are written for, and no
other plugin fills templates or snippets in them, because what they show was written by strangers.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
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


class Kept(File):
    """A page of ours that is as it was at the build before: its HTML is copied, not made again."""

    def __init__(self, config: MkDocsConfig, path: str, html: str) -> None:
        super().__init__(path, None, config.site_dir, config.use_directory_urls)
        self.dest_uri = self.dest_uri  # worked out for a page, before it is none
        self.url = self.url
        self.generated_by = "migdocs"
        self._content = html

    def is_documentation_page(self) -> bool:
        """Let MkDocs treat it as a file to copy, once its place is known."""
        return "url" not in self.__dict__


@dataclass
class Rendered:
    """What a page of ours became when its Markdown was read.

    Attributes:
        text: its Markdown.
        html: its content.
        title: as a reader sees it; ``toc`` the list of its headings.
        anchors: that it has; ``links`` those of others that it leads to.
    """

    text: str
    html: str
    title: str
    toc: Any
    anchors: Any
    links: Any

    @classmethod
    def of(cls, page: Page, text: str, html: str) -> Rendered:
        """Take from a page what its Markdown says."""
        title, toc = str(page.title), page.toc
        return cls(text, html, title, toc, page.present_anchor_ids, page.links_to_anchors)

    def give(self, page: Page) -> str:
        """Let a page be what it was; give its content."""
        page.toc, page.present_anchor_ids = self.toc, self.anchors
        page.links_to_anchors = self.links
        return self.html


@dataclass
class Preview:
    """What a server keeps from one build to the next.

    Attributes:
        shape: of all that is on every page: the settings and the titles of the user's pages.
        pages: path → its Markdown and its HTML.
        found: address of a page → what search finds in it.
        kept: the addresses of the pages that this build takes over.
        rendered: path → what a page became that a navigation lists, whose surroundings change.
    """

    shape: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    found: dict[str, list[Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    rendered: dict[str, Rendered] = field(default_factory=dict)

    def begin(self, config: MkDocsConfig, files: Files) -> None:
        """Forget everything where the pages' surroundings changed."""
        shape = hashlib.sha256(Path(config.config_file_path or "mkdocs.yml").read_bytes())
        for file in files.documentation_pages():
            titles = re.findall(r"(?m)^(?:#|title:).*$", file.content_string)
            shape.update(repr((file.src_uri, titles)).encode())
        if shape.hexdigest() != self.shape:
            self.pages, self.found, self.shape = {}, {}, shape.hexdigest()
            self.rendered = {}
        self.kept = []

    def take(self, config: MkDocsConfig, path: str, text: str) -> File | None:
        """Give a page as it was built before; None where it is another now."""
        before, html = self.pages.get(path, ("", ""))
        if before != text or not html:
            return None
        file = Kept(config, path, html)
        self.kept.append(file.url)
        return file

    def index(self, place: Path) -> None:
        """Put what search finds in the pages that were taken over back into its index."""
        if not place.is_file():
            return
        index = json.loads(place.read_text(encoding="utf-8"))
        there = {item["location"].partition("#")[0] for item in index["docs"]}
        for url in self.kept:
            index["docs"] += self.found.get(url, []) if url not in there else []
        self.found = {}
        for item in index["docs"]:
            self.found.setdefault(item["location"].partition("#")[0], []).append(item)
        place.write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


class MigdocsPlugin(BasePlugin[PluginConfig]):  # type: ignore[no-untyped-call]  # MkDocs is untyped
    """Add the pages to a documentation, and watch what they are made of."""

    _preview: Preview | None = None
    _made: site.Made | None = None
    _theirs: tuple[list[str], dict[str, Any]] | None = None

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Stay the same object over the rebuilds of ``mkdocs serve`` (MkDocs' own contract)."""
        self._preview = Preview() if command == "serve" and not dirty else None

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
        if self._preview:
            self._preview.begin(config, files)
        for path, text in made.texts.items():
            listed = site.is_listed(path, made.home)
            kept = self._preview.take(config, path, text) if self._preview and not listed else None
            if kept:
                files.append(kept)
                continue
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
        path = page.file.src_uri
        if path not in made.texts:
            return site.relinked(made, path, markdown)
        if self._preview and (known := self._preview.rendered.get(path)):
            if known.text == made.texts[path]:
                # What search finds in it is known too: it need not read it again.
                page.meta.update({"title": known.title, "search": {"exclude": True}})
                self._preview.kept.append(page.file.url)
                return ""
            del self._preview.rendered[path]
        self._theirs = (config.markdown_extensions, config.mdx_configs)
        settings = {
            name: {
                key: value for key, value in config.mdx_configs.get(name, {}).items() if key in kept
            }
            for name, kept in _EXTENSIONS.items()
        }
        config.markdown_extensions = list(_EXTENSIONS)
        config.mdx_configs = settings
        return made.texts[path].partition("\n---\n")[2]

    @event_priority(100)
    def on_page_content(
        self,
        html: str,
        /,
        *,
        page: Page,
        config: MkDocsConfig,
        files: Files,  # noqa: ARG002 - MkDocs' signature
    ) -> str:
        """Give the next page the user's extensions again; keep what a page of ours became."""
        path, made = page.file.src_uri, self._pages()
        if self._preview and path in made.texts:
            known = self._preview.rendered.get(path)
            if known:
                return known.give(page)
            if site.is_listed(path, made.home):
                self._preview.rendered[path] = Rendered.of(page, made.texts[path], html)
        if self._theirs:
            config.markdown_extensions, config.mdx_configs = self._theirs
            self._theirs = None
        return html

    @event_priority(-200)
    def on_post_page(self, output: str, /, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG002
        """Keep a page of ours for the next build of a server."""
        made = self._pages()
        path = page.file.src_uri
        if self._preview and path in made.texts:
            self._preview.pages[path] = (made.texts[path], output)
        return output

    @event_priority(-200)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Let search find the pages that were not made again."""
        if self._preview:
            self._preview.index(Path(config.site_dir) / "search/search_index.json")

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
