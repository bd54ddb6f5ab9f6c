"""What a project's ``mkdocs.yml`` (or ``zensical.toml``) says of its documentation.

It is read as data: a tag such as ``!!python/name`` names nothing here, and nothing is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core import foreign
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAMES = ("mkdocs.yml", "mkdocs.yaml")
_OTHER = "zensical.toml"
_DEEPEST = 10  # files that inherit from one another


class Documentation(Struct, frozen=True):
    """The settings that concern us.

    Attributes:
        file: its name; empty where there is none.
        docs: the folder of its pages.
        url: where it is published.
        directories: whether a page's address is a folder.
        plugins: by name, as written.
        extensions: of Markdown.
        styles: names of the style sheets and scripts that it asks for.
        nav: whether it has a navigation of its own.
        theme: its name.
    """

    file: str = ""
    docs: str = "docs"
    url: str = ""
    directories: bool = True
    plugins: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    nav: bool = False
    theme: str = ""


def read(root: Path) -> Documentation:
    """Read the documentation's settings in a folder.

    Raises:
        InputError: the file is not YAML or TOML.
        MachineError: it cannot be read.
    """
    for name in _NAMES:
        if (root / name).is_file():
            return _told(name, _yaml(root / name))
    if (root / _OTHER).is_file():
        return _told(_OTHER, foreign.toml(_read(root / _OTHER), _OTHER).get("project", {}))
    return Documentation()


def _told(name: str, data: Mapping[str, Any]) -> Documentation:
    """Pick what concerns us."""
    theme = data.get("theme")
    return Documentation(
        name,
        _text(data.get("docs_dir")) or "docs",
        _text(data.get("site_url")),
        data.get("use_directory_urls") is not False,
        _listed(data.get("plugins")),
        _listed(data.get("markdown_extensions")),
        (*_listed(data.get("extra_css")), *_listed(data.get("extra_javascript"))),
        bool(data.get("nav")),
        _text(theme.get("name") if isinstance(theme, dict) else theme),
    )


def _text(value: object) -> str:
    """Give a setting that is text; empty where it is something else."""
    return value if isinstance(value, str) else ""


def _listed(value: object) -> tuple[str, ...]:
    """Give the names in a list or mapping; an item may be a mapping of one name."""
    if isinstance(value, dict):
        return tuple(map(str, value))
    if not isinstance(value, list):
        return ()
    return tuple(
        str(next(iter(item), "")) if isinstance(item, dict) else str(item) for item in value
    )


def _yaml(path: Path, depth: int = 0) -> dict[str, Any]:
    """Read a YAML file and those that it inherits from."""
    data = foreign.read(_read(path), path.name, tags=True)
    found = data if isinstance(data, dict) else {}
    parent = found.get("INHERIT")
    if isinstance(parent, str) and depth < _DEEPEST and (path.parent / parent).is_file():
        return _yaml(path.parent / parent, depth + 1) | found
    return found


def _read(path: Path) -> str:
    """Read a file's text."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise MachineError(f"'{path.name}' cannot be read: {error.strerror}") from None
