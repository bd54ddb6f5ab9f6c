"""The reference and the drawing of the architecture say what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]


def tool(name: str) -> ModuleType:
    """Load one of the project's tools."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "conventions.md", "rules.md"])
def test_a_page_of_the_reference_is_fresh(name: str) -> None:
    """A new command, setting or rule stands in it: 'make docs' writes it."""
    pages = dict(tool("reference").pages())
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == pages[name]


def test_the_published_json_schema_is_fresh() -> None:
    """It is made of the types that the JSON is made of: 'make docs' writes it."""
    published = (ROOT / "src/migdocs/assets/migrations.schema.json").read_text(encoding="utf-8")
    assert published == tool("reference").schema()


def test_each_answer_to_where_do_i_change_is_a_path_that_is_there() -> None:
    """Ten rows; a file that is moved moves in them too."""
    page = (ROOT / "docs" / "contributing" / "where.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    paths = [re.findall(r"`((?:src|tests)/[^`]*)`", cell) for row in rows for cell in row[1:]]
    assert len(rows) == 10
    assert all(paths)
    assert [one for found in paths for one in found if not (ROOT / one).exists()] == []


def test_the_architecture_names_every_room_of_the_core() -> None:
    """A new package has its line there, and one that is gone has none."""
    rooms = {path.parent.name for path in (ROOT / "src/migdocs/core").glob("*/__init__.py")}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.partition("## The rooms of the core")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)/`", part)) == rooms


def test_the_drawing_of_the_architecture_is_fresh() -> None:
    """What is shown is what the tool draws."""
    drawn = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert drawn == tool("architecture").drawing()
