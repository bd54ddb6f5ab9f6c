"""How long files and functions may be: what is longer is split by what it means."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "migdocs"
LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 60
ARGUMENTS = 5
# Files that are still longer, each with what it may have; a line goes when its file is split.
LONGER = {
    "core/hazards/types.py": 380,
}
LONGER_FUNCTIONS: dict[str, int] = {}


def files() -> dict[str, str]:
    """Give the text of every module, by its path in the package."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {str(p.relative_to(PACKAGE)): p.read_text(encoding="utf-8") for p in paths}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    """But those that are known, and none of these grows."""
    lengths = {path: text.count("\n") for path, text in files().items()}
    long = {
        path: lines for path, lines in lengths.items() if lines > LONGER.get(path, LINES_OF_A_FILE)
    }
    assert long == {}
    assert {path for path in LONGER if lengths.get(path, 0) <= LINES_OF_A_FILE} == set()


def test_no_function_is_longer_than_a_screen() -> None:
    """From its ``def`` to its last line."""
    found = {
        f"{path} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, text in files().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    long = {
        name: lines
        for name, lines in found.items()
        if lines > LONGER_FUNCTIONS.get(name, LINES_OF_A_FUNCTION)
    }
    assert long == {}


def test_only_commands_take_many_arguments() -> None:
    """Each option of a command is one; what travels together elsewhere is one value."""
    many = {
        f"{path} {node.name}"
        for path, text in files().items()
        if path.startswith("cli/")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and len([*node.args.args, *node.args.kwonlyargs]) > ARGUMENTS
        and "click.command" not in " ".join(map(ast.unparse, node.decorator_list))
    }
    assert many == set()
