"""Random texts for every reader: an answer or an error of ours, never another.

``make fuzz`` tries many, an ordinary run some. What was found stays as an example.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migdocs.core.errors import MigdocsError

sys.path.insert(0, str(Path(__file__).parent))
from test_linear import PUMPS, READERS

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("MIGDOCS_FUZZ", "20"))
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PUMPS), max_size=60).map("".join),
    st.lists(st.one_of(st.sampled_from(PUMPS), st.text(max_size=4)), max_size=60).map("".join),
)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@example("[" * 20_000)
@example("---\na: \x00\n---\n")
@example("\ufeff")
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(TEXTS)
def test_a_reader_answers_or_refuses(reader: Callable[[str], object], text: str) -> None:
    """No traceback, whatever is read."""
    with contextlib.suppress(MigdocsError):
        reader(text)
