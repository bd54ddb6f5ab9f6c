"""The registry of rules: one rule, one function, one id.

A rule's entry says all that messages, ``migdocs explain`` and the documentation page need; its
docstring says what goes wrong. Ids and facts are those of the measured table ``hazards.md``.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from migdocs.core.locks import blocks_writers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migdocs.core.hazards.scene import Action, Found
    from migdocs.core.model import Impact, Severity

    Check = Callable[[Action], Iterable[Found]]

Breaks = Literal["clients", "readers", "writers", "data", "operation", "transaction"]


class Rule(Struct, frozen=True):
    """One class of hazards.

    Attributes:
        id: as in ``hazards.md``: ``col-drop``.
        on: the actions that it looks at: a kind of statement (``index_stmt``), with its object
            where it has several (``drop_stmt.OBJECT_TABLE``), or a sub-command of ALTER TABLE
            (``AT_DropColumn``, ``AT_AddConstraint.CONSTR_CHECK``).
        breaks: whom or what it can hurt, the gravest first.
        lock: the strongest that is taken, in PostgreSQL's words; empty where there is none.
        impact: on the next version's number.
        work: what the server does, and since which version: ``rewrite, all versions``.
        instead: the safe way, as an order.
        example: a statement that it finds.
        given: statements of earlier migrations that the example needs.
        severity: where it is not that of ``severity``.
        even_if_new: hurts even where the object was made in the same script.
        unseen: what reading a script cannot tell, and what is assumed then.
        since: the first major version that has it.
        check: the function that looks.
    """

    id: str
    on: tuple[str, ...]
    breaks: tuple[Breaks, ...]
    lock: str
    impact: Impact
    work: str
    instead: str
    example: str
    check: Check
    given: str = ""
    severity: Severity | None = None
    even_if_new: bool = False
    unseen: str = ""
    since: int = 0

    @property
    def title(self) -> str:
        """Give what it finds, in a line: ``a dropped column``."""
        return self._docstring.partition("\n")[0].removeprefix("Flag ").removesuffix(".")

    @property
    def why(self) -> str:
        """Give what goes wrong, in sentences."""
        return " ".join(self._docstring.partition("\n")[2].split())

    @property
    def _docstring(self) -> str:
        return inspect.getdoc(self.check) or ""


RULES: dict[str, Rule] = {}
BY_ACTION: dict[str, list[Rule]] = {}


def rule(id_: str, *, on: str | tuple[str, ...], **entry: Any) -> Callable[[Check], Check]:  # noqa: ANN401 - the fields of Rule, which checks them
    """Enter the function below into the registry, as the rule of this id."""

    def enter(check: Check) -> Check:
        actions = (on,) if isinstance(on, str) else on
        RULES[id_] = entered = Rule(id=id_, on=actions, check=check, **entry)
        for action in actions:
            BY_ACTION.setdefault(action, []).append(entered)
        return check

    return enter


def severity(rule: Rule, found: Found, lock: str, impact: Impact) -> Severity:
    """Give how grave a finding is: the first line that holds of ``SEVERITIES``."""
    if rule.severity:
        return rule.severity
    return _weigh(rule.breaks, impact, (found.rewrite or found.scan) and blocks_writers(lock))


@cache
def _weigh(breaks: tuple[Breaks, ...], impact: Impact, waits: bool) -> Severity:  # noqa: FBT001 - cached
    """Give the severity of the first line that holds."""
    return next(level for _, level, holds in SEVERITIES if holds(breaks, impact, waits))


# In words, the severity, and whether it holds: of what breaks, of the impact, and of whether a
# table is rewritten or read under a lock that others wait for.
# Whether a table is large enough for a rewrite to hurt is not in the script: that is a warning.
SEVERITIES: tuple[tuple[str, Severity, Callable[[tuple[Breaks, ...], Impact, bool], bool]], ...] = (
    (
        "clients break or data is lost, and the impact is major",
        "error",
        lambda breaks, impact, _: impact == "major" and ("clients" in breaks or "data" in breaks),
    ),
    (
        "clients may break, data may be lost, or a transaction cannot do what it should",
        "warning",
        lambda breaks, _, __: not {"clients", "data", "transaction"}.isdisjoint(breaks),
    ),
    (
        "writers break",
        "warning",
        lambda breaks, impact, _: "writers" in breaks and impact != "patch",
    ),
    (
        "readers break",
        "warning",
        lambda breaks, impact, _: "readers" in breaks and impact in {"major", "unknown"},
    ),
    (
        "a table is rewritten or scanned while readers or writers wait",
        "warning",
        lambda _, __, long: long,
    ),
    ("anything else", "info", lambda _, __, ___: True),
)
