"""One thing that was looked at, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``note`` (worth knowing) or ``bites``.
    """

    state: Literal["ok", "note", "bites"]
    about: str
    text: str
    hint: str = ""
