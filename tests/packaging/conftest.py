"""Wheel and sdist of this source, built once for all that look into them or install them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from building import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give wheel and sdist, built once."""
    return build(tmp_path_factory.mktemp("packages"))
