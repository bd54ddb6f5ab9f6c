"""Characters that nobody sees: they may say one thing to a person and another to a program."""

from __future__ import annotations

import re

# Control characters, ends of lines, marks that turn the direction, and what no file can hold.
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
UNSEEN = re.compile(f"[\t\n{_CONTROL}\ufeff\ufffe\uffff\ud800-\udfff]+")
UNSEEN_IN_CODE = re.compile(f"[{_CONTROL}\ufeff\ufffe\uffff\ud800-\udfff]")


def is_unseen(text: str) -> bool:
    """Tell whether a text holds a character that cannot be seen, or that no file can hold."""
    return UNSEEN.search(text) is not None
