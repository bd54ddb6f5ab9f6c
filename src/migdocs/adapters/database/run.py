"""One step in one session: how it is run, when it began, and its rows of the ledger."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from migdocs.adapters.database import errors, ledger
from migdocs.core.errors import DatabaseError
from migdocs.core.event import Event

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Iterator

    from migdocs.adapters.database.session import Session
    from migdocs.core.ledger.plan import Step
    from migdocs.core.sql.execution import Execution
    from migdocs.core.sql.script import Statement

    Send = Callable[[Statement], Iterator[bytes]]

Outcome = Literal["started", "succeeded", "failed"]
ROLLED_BACK = "This script was rolled back whole. 'migdocs status' lists what is still pending."
MAY_STAY = (
    "It ran outside a transaction: part of it may stay. 'migdocs status' shows how to continue."
)


@dataclass(frozen=True)
class Run:
    """One step in one session.

    Attributes:
        session: with the lock.
        execution: how its script is run.
        rows: gives what stands below a statement in the file only.
        reason: why it is run, for the ledger.
        root: of the project, for scripts that psql runs.
        began: on the monotonic clock, in seconds.
        committing: the number of the transaction whose COMMIT, the last of the step, was sent.
    """

    session: Session
    step: Step
    execution: Execution
    rows: Send
    reason: str = ""
    root: Path = Path()
    began: float = field(default_factory=time.monotonic)
    committing: list[int] = field(default_factory=list)

    @property
    def hint(self) -> str:
        """What a failure leaves, for the person who reads the error."""
        return ROLLED_BACK if self.execution.mode == "transaction" else MAY_STAY

    @property
    def elapsed(self) -> int:
        """How long it has run, in milliseconds."""
        return round((time.monotonic() - self.began) * 1000)

    def event(self, outcome: Outcome, error: BaseException | None = None) -> Event:
        """Give the ledger's row for this moment."""
        migration, script = self.step.migration, self.step.script
        said = error if isinstance(error, DatabaseError) else None
        return Event(
            migration.id,
            self.step.direction,
            outcome,
            at="",
            duration_ms=None if outcome == "started" else self.elapsed,
            script_hash=script.digest,
            rollback_hash=migration.rollback.digest if migration.rollback else "",
            reason=self.reason,
            error="" if error is None else (said.message if said else "interrupted"),
            sqlstate=said.sqlstate if said else "",
            line=said.line if said else 0,
        )

    @functools.cached_property
    def success(self) -> ledger.Draft:
        """The ledger's row for when all is well, to be written while the server is at work."""
        return ledger.draft(self.session, self.event("succeeded"))

    def placed(
        self, statement: Statement | None = None, before: int = 0
    ) -> contextlib.AbstractContextManager[None]:
        """Give the driver's errors their place in the script; ``before`` as ``errors.place``."""
        return errors.at_script(self.step.script, statement, self.session.url, self.hint, before)

    def error(self, message: str) -> DatabaseError:
        """Give an error of our own about the script."""
        script = self.step.script
        return DatabaseError(message, path=script.path, line=script.line, hint=self.hint)
