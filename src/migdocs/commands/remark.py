"""One thing that was looked at, and how it stands."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Remark(Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``note`` (worth knowing) or ``bites``.
    """

    state: Literal["ok", "note", "bites"]
    about: str
    text: str
    hint: str = ""
