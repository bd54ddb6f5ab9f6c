"""Walk through steps that a person is asked about: each can be declined, each is logged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Literal

from msgspec import Struct

from migdocs.core.errors import MigdocsError

Outcome = Literal["done", "declined", "failed", "interrupted"]


class Step(Struct, frozen=True):
    """One thing to do, if the person agrees.

    Attributes:
        question: what is asked.
        run: does it, and gives a line about what was done.
        default: the answer where nobody is asked.
        mends: once it is done, a failure before it no longer counts.
    """

    name: str
    question: str
    run: Callable[[], str]
    default: bool = True
    mends: bool = False


class Walked(Struct, frozen=True):
    """What came of one step."""

    name: str
    outcome: Outcome
    detail: str = ""


Ask = Callable[[str, bool], bool]
Log = Callable[[Walked], None]
Steps = Generator[Step, Outcome, None]


def walk(steps: Steps, ask: Ask, log: Log) -> tuple[Walked, ...]:
    """Go through steps in order; give what came of each.

    Args:
        steps: yields a step, is sent what came of it, and decides what comes next.
        ask: puts a question with its default answer.
        log: keeps what came of a step, at once.

    Raises:
        MigdocsError: the first failure that nothing mended, when all steps are over.
    """
    walked: list[Walked] = []
    failure: MigdocsError | None = None
    with contextlib.suppress(StopIteration):
        step = next(steps)
        while True:
            result, error = _walked(step, ask, log)
            walked.append(result)
            mended = step.mends and result.outcome == "done"
            failure = None if mended else failure or error
            with _logged("what comes next", log):
                step = steps.send(result.outcome)
    if failure:
        raise failure
    return tuple(walked)


def _walked(step: Step, ask: Ask, log: Log) -> tuple[Walked, MigdocsError | None]:
    """Ask, do and log one step; give what came of it, and the failure."""
    failure = None
    try:
        with _logged(step.name, log):
            if ask(step.question, step.default):
                result = Walked(step.name, "done", step.run())
            else:
                result = Walked(step.name, "declined")
    except MigdocsError as error:
        failure, result = error, Walked(step.name, "failed", str(error))
    log(result)
    return result, failure


@contextlib.contextmanager
def _logged(name: str, log: Log) -> Iterator[None]:
    """Log what breaks a flow off: Ctrl-C, or the end of the terminal."""
    try:
        yield
    except (MigdocsError, StopIteration):
        raise
    except BaseException:
        log(Walked(name, "interrupted", "'migdocs status' shows the state of the database"))
        raise
