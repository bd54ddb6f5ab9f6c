"""Golden files of the core's tests: texts that somebody has read and believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Give a function that compares a text with a golden file.

    ``MIGDOCS_GOLDEN=write`` writes the files instead; read the difference before you commit it.
    """

    def compare(name: str, text: str) -> None:
        if os.environ.get("MIGDOCS_GOLDEN") == "write":
            (GOLDEN / name).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / name).read_text(encoding="utf-8")

    return compare


@pytest.fixture
def golden_files() -> set[str]:
    """List the golden files, so that a test can find those that nobody compares."""
    return {path.name for path in GOLDEN.iterdir()}
