"""Where the site's pages live: in whose folder, under which address, in which form of addresses."""

from __future__ import annotations

import posixpath
from urllib.parse import quote, urljoin

from msgspec import Struct

# Folders of the site whose pages are found by links and by search: thousands of them in the
# navigation make building take minutes instead of seconds.
UNLISTED = ("migrations", "schema", "upgrade")


class Home(Struct, frozen=True):
    """The place of our pages in somebody's documentation.

    Attributes:
        docs: the folder of the documentation's sources, from the project's root.
        name: of our own folder in it.
        url: where the site is published, with its sub-path; empty where that is not known.
        directories: whether a page's address is a folder (``log/``) and not a file (``log.html``).
    """

    docs: str = "docs"
    name: str = "database"
    url: str = ""
    directories: bool = True

    @property
    def folder(self) -> str:
        """Our folder, from the project's root."""
        return posixpath.normpath(posixpath.join(self.docs, self.name))

    def within(self, path: str) -> str:
        """Give a path from the documentation's folder; it begins with our own folder's name."""
        return posixpath.relpath(path, self.docs)

    def address(self, path: str, fragment: str = "") -> str:
        """Give where a file of ours is published; from our own folder where ``url`` is unknown."""
        place = posixpath.relpath(path, self.folder)
        if place.endswith(".md"):
            place = self._page(place.removesuffix(".md"))
        written = quote(place, safe="/._-~+@") + (f"#{fragment}" if fragment else "")
        if not self.url:
            return written
        return urljoin(f"{self.url.rstrip('/')}/{quote(self.name, safe='/._-')}/", written)

    def _page(self, stem: str) -> str:
        """Give a page's address in the form that the site uses."""
        if not self.directories:
            return f"{stem}.html"
        folder = stem.removesuffix("index") if posixpath.basename(stem) == "index" else f"{stem}/"
        return folder or "./"
