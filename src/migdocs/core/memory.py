"""What was computed before, as the core asks for it; leaving it out changes nothing but the time.

Everything kept is the value of a pure function, under a key made of all that it was computed from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Memory(Protocol):
    """Keeps values of JSON under a name, from run to run."""

    def load(self, name: str) -> dict[str, Any]:
        """Give what was kept; nothing where nothing was, or where it cannot be believed."""
        ...

    def store(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep it in the place of what was there."""
        ...


class Forgetful(Struct, frozen=True):
    """Remembers nothing: everything is computed."""

    def load(self, name: str) -> dict[str, Any]:  # noqa: ARG002 - it forgets all names alike
        """Give nothing."""
        return {}

    def store(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep nothing."""
