"""A mapping that shares its values with another until one of the two asks for them.

Every migration is tried on a schema of its own, and touches one table of hundreds: copying the
others made long histories take more than twice the time of ones half as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_values
    from collections.abc import Callable, ValuesView

V = TypeVar("V")


class Borrowed(dict[str, V]):
    """Values that may be changed in place: each is copied before it is given away."""

    def __init__(self, lent: dict[str, V], copy: Callable[[V], V]) -> None:
        """Take what is lent.

        Args:
            lent: the other mapping, which must be one of these from now on, too.
            copy: gives a value of its own.
        """
        super().__init__(lent)
        self._copy = copy
        self._own: set[str] = set()

    def __getitem__(self, name: str) -> V:
        """Give a value that is this mapping's own."""
        if name not in self._own:
            self[name] = self._copy(super().__getitem__(name))
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: V) -> None:
        """Take in a value as its own."""
        self._own.add(name)
        super().__setitem__(name, value)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as a dict's
        """Give a value that is this mapping's own, if there is one."""
        if name not in self:
            return default
        return self[name]

    def setdefault(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as a dict's
        """Give a value that is this mapping's own; the default's, if there was none."""
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:  # noqa: ANN401 - as a dict's
        """Take a value out; who gets it may change it."""
        if name not in self:
            return super().pop(name, *default)
        value = self[name]
        self._own.discard(name)
        del self[name]
        return value

    def values(self) -> dict_values[str, V]:
        """Give all values, all its own."""
        self._take_all()
        return super().values()

    def items(self) -> dict_items[str, V]:
        """Give all names and values, all its own."""
        self._take_all()
        return super().items()

    def _take_all(self) -> None:
        """Copy what is not its own yet."""
        for name in self.keys() - self._own:
            self[name] = self._copy(super().__getitem__(name))


def seen(mapping: dict[str, V], name: str) -> V | None:
    """Give a value to be looked at and not changed, whoever's it is."""
    return dict.get(mapping, name)


def all_seen(mapping: dict[str, V]) -> ValuesView[V]:
    """Give all values to be looked at and not changed, whoever's they are."""
    return dict.values(mapping)
