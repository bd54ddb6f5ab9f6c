"""What is not known, as a value: nothing can take it for "no", "none" or an empty text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias, TypeVar

from msgspec import Struct

from migdocs.core.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Unknown(Struct, frozen=True):
    """Something that could not be found out, and why.

    It has no truth: ``if``, ``or``, ``not`` and a template's ``{% if %}`` raise where somebody
    forgot that it may stand there. Its text says that it is not known.

    Attributes:
        why: a clause, without a full stop.
    """

    why: str = ""

    def __bool__(self) -> NoReturn:
        """Refuse to be counted as true or false.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"this is not known ({self.why}): ask 'is True' or 'isinstance' instead")

    def __str__(self) -> str:
        """Say that it is not known, and why."""
        return f"not known: {self.why}" if self.why else "not known"


Known: TypeAlias = T | Unknown


def of_scripts(unread: int, scripts: int, why: Sequence[str]) -> Unknown:
    """Say of how many scripts nothing is known: ``3 of 5 scripts could not be read (why)``.

    Args:
        unread: how many could not be read whole.
        scripts: how many there are.
        why: the reasons; each is said once, and of many only the first.
    """
    reasons = tuple(dict.fromkeys(why))
    shown = "; ".join(reasons[:_SHOWN])
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return Unknown(f"{unread} of {counted(scripts, 'script')} could not be read ({shown}{more})")


_SHOWN = 3
