"""Take away the hazards that somebody allowed, and say which allowances are wrong.

``-- migdocs: allow col-drop: nobody reads it since 1.4`` allows one rule on one statement. An
allowance needs a reason, a rule that exists, and something to allow; else it is a finding itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.hazards.registry import RULES
from migdocs.core.model import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.sql.parser import Parsed
    from migdocs.core.sql.script import Marker

# Rules about scripts that other rooms judge, and that an allowance may name.
ELSEWHERE = frozenset({"impact-understated"})
# What can be wrong with an allowance, or with the text itself, and why that matters.
PROBLEMS = {
    "syntax-error": "PostgreSQL's own parser, of its newest version, refuses the statement at this"
    " line and column. The statements around it are read all the same.",
    "allow-unknown": "A comment allows a rule that does not exist, perhaps by a slip of the pen: it"
    " allows nothing. 'migdocs explain' lists the rules.",
    "allow-no-reason": "A comment allows a rule and does not say why: it allows nothing. Whoever"
    " reads the script later has to know the reason; write it after a second colon.",
    "allow-unused": "A comment allows a rule that finds nothing in its statement. It may have been"
    " of use once; left there, it would hide the next finding. Take it out.",
}


def without_allowed(
    found: Sequence[Hazard], statements: Sequence[Parsed], path: str
) -> Iterator[Hazard]:
    """Give the hazards that nobody allowed, then the allowances that are wrong."""
    markers = [
        (item.statement.index, marker)
        for item in statements
        for marker in item.statement.markers
        if marker.word == "allow"
    ]
    if not markers:
        yield from found
        return
    allowed = {(index, marker.rule) for index, marker in markers if marker.reason}
    yield from (hazard for hazard in found if (hazard.statement, hazard.rule) not in allowed)
    hit = {(hazard.statement, hazard.rule) for hazard in found}
    for index, marker in markers:
        problem = _problem(marker, used=(index, marker.rule) in hit)
        if problem:
            rule, message, hint = problem
            yield Hazard(
                rule,
                "warning",
                message,
                path,
                marker.line,
                hint,
                impact="patch",
                statement=index,
            )


def _problem(marker: Marker, *, used: bool) -> tuple[str, str, str] | None:
    """Say what is wrong with an allowance: rule, message and hint; None where nothing is."""
    if marker.rule in ELSEWHERE:
        return None
    if marker.rule not in RULES:
        return (
            "allow-unknown",
            f"'{marker.rule}' is not a rule",
            "'migdocs explain' lists the rules.",
        )
    if not marker.reason:
        return (
            "allow-no-reason",
            f"'{marker.rule}' is allowed without a reason, and so it is not",
            f"write '-- migdocs: allow {marker.rule}: <reason>'.",
        )
    if not used:
        return (
            "allow-unused",
            f"'{marker.rule}' is allowed, and the statement does no such thing",
            "take the comment out.",
        )
    return None
