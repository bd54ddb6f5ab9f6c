"""The rooms and the direction of imports, held (DESIGN: the rooms)."""

from __future__ import annotations

import ast
import functools
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
# What every value is made with; it has no dependency, and touches nothing.
VALUES = {"msgspec"}
# The pure room's only other third-party libraries, by module.
CORE_LIBRARIES = {
    "core.sql.parser": {"postgast", "google"},  # postgast's trees are protobuf messages
    "core.documents.templating": {"jinja2"},
    "core.notes.scaffold": {"jinja2"},
    "core.releases.version": {"packaging", "semver"},
    "core.foreign": {"yaml"},
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


@functools.cache
def imports(path: Path, *, top_level_only: bool = False) -> frozenset[str]:
    """List what a module imports at run time; names of ours without the package's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from migdocs.core import model` imports the module `migdocs.core.model`.
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif not top_level_only and not isinstance(node, ast.expr):
            waiting.extend(ast.iter_child_nodes(node))
    return frozenset(item.removeprefix("migdocs.") if is_ours(item) else item for item in found)


def is_ours(name: str) -> bool:
    """Tell whether an import is of this package."""
    return name.split(".", maxsplit=1)[0] == "migdocs"


NAMES = {name_of(module) for module in MODULES}


@functools.cache
def ours(path: Path) -> frozenset[str]:
    """List the modules of this package that a module imports."""
    return frozenset(item for item in imports(path) if {item, item.rpartition(".")[0]} & NAMES)


def allowed(target: str, room: str) -> bool:
    """Tell whether a room may import a module."""
    return any(target == entry or target.startswith(f"{entry}.") for entry in ALLOWED[room])


def test_rooms_import_only_what_the_design_allows() -> None:
    """Data flows one way: the core knows nobody, nobody knows the command line."""
    wrong = [
        f"{name_of(path)} imports {target}"
        for path in MODULES
        for target in ours(path)
        if not allowed(target, room_of(name_of(path)))
    ]
    assert wrong == []


def test_adapters_do_not_import_each_other() -> None:
    """An adapter that needs another is a use case; one adapter may be a package."""
    wrong = [
        f"{name_of(path)} imports {target}"
        for path in MODULES
        for target in ours(path)
        if room_of(name_of(path)) == room_of(target) == "adapters"
        and target.split(".")[:2] != name_of(path).split(".")[:2]
    ]
    assert wrong == []


def impurities(path: Path) -> set[str]:
    """Name what a module of the core imports beyond the standard library's pure part."""
    name = name_of(path)
    paths = {item for item in imports(path) if item.startswith("pathlib")}
    roots = {item.split(".", maxsplit=1)[0] for item in imports(path) - ours(path)}
    roots -= {"migdocs", "core", "__future__"}
    foreign = {root for root in roots if root not in sys.stdlib_module_names}
    return (
        (paths - {"pathlib.PurePosixPath"})
        | (roots & WORLD)
        | (foreign - VALUES - CORE_LIBRARIES.get(name, set()))
    )


def test_core_is_pure() -> None:
    """The core imports the standard library's pure part and the libraries named for a module."""
    wrong = {
        name_of(p): found
        for p in MODULES
        if room_of(name_of(p)) == "core" and (found := impurities(p))
    }
    assert wrong == {}


def test_heavy_libraries_are_imported_late() -> None:
    """``migdocs --help`` pays for nothing that it does not show.

    The plugin is only ever imported by MkDocs itself.
    """
    wrong = {
        name_of(path): found
        for path in MODULES
        if name_of(path) != "plugin"
        for found in [
            {item.split(".", maxsplit=1)[0] for item in imports(path, top_level_only=True)} & HEAVY
        ]
        if found
    }
    assert wrong == {}


def test_one_door_leads_from_what_was_read_to_what_is_true() -> None:
    """``core.logged`` makes Facts, ``core.derive`` adds to them; ``commands.project`` asks."""
    makers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Facts"
    }
    askers = {name_of(path) for path in MODULES if "core.derive.derive" in ours(path)}
    askers |= {name_of(path) for path in MODULES if "core.derive" in ours(path)}
    askers |= {name_of(path) for path in MODULES if "core.logged" in ours(path)}
    assert makers == {"core.logged"}
    assert askers == {"commands.project", "core.derive"}


@pytest.mark.parametrize("room", ["documents", "site", "upgrade", "flow"])
def test_what_is_written_reads_facts_and_never_sources(room: str) -> None:
    """What a page says was derived: it cannot look at what was read."""
    for path in MODULES:
        if name_of(path).startswith(f"core.{room}"):
            assert not {t for t in ours(path) if t.startswith(("core.sources", "core.derive"))}


# What is for data classes, and fails on our values only when it runs; these handle data classes.
FOR_DATA_CLASSES = {f"dataclasses.{name}" for name in ("replace", "asdict", "astuple", "fields")}
HANDLE_DATA_CLASSES = {"adapters.catalog", "commands.place", "commands.trial_steps"}


def test_a_struct_is_not_handled_as_a_data_class() -> None:
    """Take ``msgspec.structs.replace`` and ``core.values`` for our values."""
    wrong = [
        f"{name_of(path)} imports {found}"
        for path in MODULES
        for found in sorted(imports(path) & (FOR_DATA_CLASSES | {"dataclasses"}))
        if name_of(path) not in HANDLE_DATA_CLASSES
    ]
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        structs = [c for c in classes if any(ast.unparse(base) == "Struct" for base in c.bases)]
        wrong += [f"{name_of(path)}: {c.name}" for c in structs if c.decorator_list]
    assert wrong == []
