"""The rooms and the direction of imports, held (DESIGN: the rooms)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "migdocs"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Room → the rooms of ours that it may import.
ALLOWED = {
    "core": {"core"},
    "adapters": {"core", "adapters"},  # only of their own package: see below
    "commands": {"core", "adapters", "commands"},
    "cli": {"commands", "core.errors", "cli"},
    "plugin": {"commands", "core.errors"},
    "__main__": {"cli", "core.errors"},
    "__init__": set(),
}
# The pure room's only third-party libraries, by module.
CORE_LIBRARIES = {
    "core.sql.parser": {"postgast", "google"},  # postgast's trees are protobuf messages
    "core.documents.render": {"jinja2"},
    "core.notes.scaffold": {"jinja2"},
    "core.releases.version": {"packaging", "semver"},
    "core.notes": {"yaml"},
    "core.markup.links": {"markdown_it"},
}
HEAVY = {"mkdocs", "psycopg", "git", "postgast", "jinja2", "rich", "markdown_it", "yaml"}
# Modules that would let the core touch the world; of pathlib only its pure paths are allowed.
WORLD = {"os", "subprocess", "socket", "time", "shutil", "tempfile", "glob", "io"}


def name_of(path: Path) -> str:
    """Give a module's dotted name below the package: ``core.model``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def room_of(name: str) -> str:
    """Give the room a module stands in."""
    return name.split(".", maxsplit=1)[0]


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """List what a module imports at run time; names of ours without the package's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in nodes:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from migdocs.core import model` imports the module `migdocs.core.model`.
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {item.removeprefix("migdocs.") if is_ours(item) else item for item in found}


def is_ours(name: str) -> bool:
    """Tell whether an import is of this package."""
    return name.split(".", maxsplit=1)[0] == "migdocs"


def ours(path: Path) -> set[str]:
    """List the modules of this package that a module imports."""
    names = {name_of(module) for module in MODULES}
    raw = imports(path)
    return {item for item in raw if any(item == n or item.startswith(n + ".") for n in names if n)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_import_only_what_the_design_allows(path: Path) -> None:
    """Data flows one way: the core knows nobody, nobody knows the command line."""
    room = room_of(name_of(path))
    for target in ours(path):
        allowed = any(target == entry or target.startswith(entry + ".") for entry in ALLOWED[room])
        assert allowed, f"{name_of(path)} imports {target}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_adapters_do_not_import_each_other(path: Path) -> None:
    """An adapter that needs another is a use case; one adapter may be a package."""
    name = name_of(path)
    if room_of(name) == "adapters":
        adapter = name.split(".")[:2]
        others = {t for t in ours(path) if room_of(t) == "adapters"}
        assert not {t for t in others if t.split(".")[:2] != adapter}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_core_is_pure(path: Path) -> None:
    """The core imports the standard library's pure part and the libraries named for a module."""
    name = name_of(path)
    if room_of(name) != "core":
        return
    roots = {item.split(".", maxsplit=1)[0] for item in imports(path) - ours(path)}
    roots -= {"migdocs", "core", "__future__"}
    paths = {item for item in imports(path) if item.startswith("pathlib")}
    assert paths <= {"pathlib.PurePosixPath"}, f"{name} touches the disk"
    assert not roots & WORLD, f"{name} touches the world"
    foreign = {root for root in roots if root not in sys.stdlib_module_names}
    assert foreign <= CORE_LIBRARIES.get(name, set()), f"{name} imports {foreign}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_late(path: Path) -> None:
    """``migdocs --help`` pays for nothing that it does not show.

    The plugin is only ever imported by MkDocs itself.
    """
    if name_of(path) == "plugin":
        return
    roots = {item.split(".", maxsplit=1)[0] for item in imports(path, top_level_only=True)}
    assert not roots & HEAVY


def test_one_door_leads_from_what_was_read_to_what_is_true() -> None:
    """Facts are made in ``core.derive`` alone, and ``commands.project`` alone asks for them."""
    makers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Facts"
    }
    askers = {name_of(path) for path in MODULES if "core.derive.derive" in ours(path)}
    askers |= {name_of(path) for path in MODULES if "core.derive" in ours(path)}
    assert makers == {"core.derive"}
    assert askers == {"commands.project"}


@pytest.mark.parametrize("room", ["documents", "site", "upgrade", "flow"])
def test_what_is_written_reads_facts_and_never_sources(room: str) -> None:
    """What a page says was derived: it cannot look at what was read."""
    for path in MODULES:
        if name_of(path).startswith(f"core.{room}"):
            assert not {t for t in ours(path) if t.startswith(("core.sources", "core.derive"))}
