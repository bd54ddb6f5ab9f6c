"""Know a moment that the server put where a script wrote ``'now'``.

``DEFAULT 'now'::timestamp`` is worked out when the script runs, so each run leaves another value
(PostgreSQL manual, 8.5.1.4 "Special Values"). Nothing else in a schema says when it was made.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.proof.schema import Detail

NOW = "now"
# As the server writes it, with parts of a second: nobody writes such a moment of today by hand.
_MOMENT = re.compile(
    r"'(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6})(?:[+-]\d\d(?::\d\d)?)?'(?=::timestamp)"
)
_OF_DAY = re.compile(r"'\d\d:\d\d:\d\d\.\d{4,6}(?:[+-]\d\d(?::\d\d)?)?'(?=::time )")
_AROUND = timedelta(hours=26)  # a server's clock may tell the time of any zone


def without_now(details: Mapping[str, Detail], now: datetime) -> dict[str, Detail]:
    """Give details with ``now`` in the place of moments of this run."""
    return {
        name: _text(value, now) if isinstance(value, str) and "'" in value else value
        for name, value in details.items()
    }


def _text(text: str, now: datetime) -> str:
    """Give a text likewise."""
    found = _MOMENT.sub(lambda m: f"'{NOW}'" if _is_recent(m["moment"], now) else m[0], text)
    return _OF_DAY.sub(f"'{NOW}'", found)


def _is_recent(moment: str, now: datetime) -> bool:
    """Tell whether a moment is of this run."""
    try:
        when = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(when - now.astimezone(UTC)) < _AROUND
