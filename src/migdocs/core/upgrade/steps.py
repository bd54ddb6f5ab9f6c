"""The numbered steps of a route: one thing to do, what to expect, when to stop.

What they say stands in ``words.STEPS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import runner
from migdocs.core.counting import counted
from migdocs.core.upgrade import line, piece, summary, timing
from migdocs.core.upgrade import words as upgrade_words
from migdocs.core.upgrade.duration import duration
from migdocs.core.upgrade.words import STARTING, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from migdocs.core.facts import Facts
    from migdocs.core.upgrade.piece import Piece
    from migdocs.core.upgrade.ways import Hop, Route


class Step(Struct, frozen=True):
    """One thing to do.

    Attributes:
        hop: its number, 1 for the first; 0 before any.
        commands: in order; empty where there is none to type.
        by_hand: the same without the project's runner.
        text: what the notes say about it.
        migrations: the ids that it runs, in order.
        measured: how long they took, where that was measured.
    """

    number: int
    kind: str
    hop: int
    title: str
    expect: str
    stop_if: str
    commands: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    text: str = ""
    migrations: tuple[str, ...] = ()
    measured: str = ""


class _Stage(Struct, frozen=True):
    """One hop on the way, and what was done before it.

    Attributes:
        run: its migrations, as they are run.
        index: its number, 1 for the first.
        decided: whether the way went past a point of no return before.
        saved: whether there is a backup.
    """

    facts: Facts
    hop: Hop
    run: Sequence[Piece]
    index: int
    decided: bool
    saved: bool

    def step(self, kind: str, *commands: str, **words: str) -> Step:
        """Give a step of it; ``words`` are what its texts name beside the versions."""
        hop = self.hop
        said = {"version": hop.version, "tag": hop.release.tag or "", "before": hop.before}
        return _filled(kind, self.index, {**said, **words}, commands)


def steps(facts: Facts, route: Route, pieces: Mapping[str, Piece], state: str) -> tuple[Step, ...]:
    """Give every step of an allowed route, numbered from 1; none of a refused one."""
    if not route.allowed:
        return ()
    start = facts.runner_at(line.find(facts.history, route.before))
    drafts = [_filled("identify", 0, {"before": route.before, "state": state}, [start.status])]
    decided = saved = False
    for index, hop in enumerate(route.hops, 1):
        run = [piece.at(pieces[e.id], hop.release, facts.runner.variable) for e in hop.entries]
        drafts += _of_hop(_Stage(facts, hop, run, index, decided, saved))
        saved = saved or bool(run)
        decided = decided or any(p.irreversible for p in run)
    return tuple(replace(step, number=number) for number, step in enumerate(drafts, 1))


def _of_hop(this: _Stage) -> Iterator[Step]:
    """Yield the steps of one hop.

    The backup comes after the stop: a restore loses what is written in between.
    """
    yield from _starting(this) if this.facts.applying.at_start else _running(this)
    if health := this.facts.settings.commands.health:
        yield this.step("health", health)
    if any(p.checks for p in this.run):
        yield this.step("verify")
    if this.hop.required_by:
        yield this.step("leave")


def _running(this: _Stage) -> Iterator[Step]:
    """Yield the steps of a hop whose migrations a tool runs, up to the new version's start."""
    commands = this.facts.settings.commands
    if tag := this.hop.release.tag:
        yield this.step("get", f"git checkout {runner.quoted(tag)}")
    if any(p.stop_needed for p in this.run):
        yield this.step("stop", commands.stop)
    if this.run and not this.saved:
        yield _backup(this)
    yield from _applying(this)
    yield from _by_notes(this)
    yield this.step("start", commands.start)


def _starting(this: _Stage) -> Iterator[Step]:
    """Yield the steps of a hop whose migrations the new version runs when it starts.

    All instances of the version before are stopped: it would meet the new schema.
    """
    commands, tool, run = this.facts.settings.commands, this.facts.runner, this.run
    yield this.step("obtain")
    if not run:
        yield this.step("start", commands.start)
        return
    yield this.step("stop_all", commands.stop)
    if not this.saved:
        yield _backup(this)
    if not this.decided and (stuck := next((p for p in run if p.irreversible), None)):
        yield this.step("no_return", migration=stuck.id)
    yield from _by_notes(this)
    last = next((p for p in reversed(run) if not p.repeatable), run[-1])
    said = STARTING["log_known" if tool.log else "log"].format(said=tool.log, migration=last.id)
    step = this.step("start_applying", commands.start, log=said)
    yield replace(_measured(step, run), text=_time(run))
    asking = runner.asked(tool, last.value)
    answer = STARTING["answer" if asking else "answer_log"].format(migration=last.id)
    yield this.step("applied", asking, answer=answer)
    yield this.step("start_rest")


def _time(run: Sequence[Piece]) -> str:
    """Say how long a start takes that runs migrations."""
    total = duration(run).total_ms
    lasting = STARTING["no_time"] if total is None else summary.lasting(total)
    return STARTING["time"].format(count=counted(len(run), "migration"), lasting=lasting)


def _backup(this: _Stage) -> Step:
    """Give the step that backs up."""
    return replace(this.step("backup", this.facts.runner.backup), text=backup_text(this.facts))


def backup_text(facts: Facts) -> str:
    """Say how the same is done without migdocs, or with it where others apply the migrations."""
    ours = facts.applying.by in {"migdocs", "unknown"}
    told = upgrade_words.backup_by_hand if ours else upgrade_words.backup_first
    return told(facts.settings.database_url_env)


def _by_notes(this: _Stage) -> Iterator[Step]:
    """Yield what notes ask to be done in the configuration and the application."""
    for kind in ("configure", "deploy"):
        for one in this.run:
            if text := getattr(one, kind):
                yield replace(this.step(kind, migration=one.id), text=text)


def _applying(this: _Stage) -> Iterator[Step]:
    """Yield the steps that run the migrations, with a halt before the first that cannot be undone.

    A runner that can only run everything halts before all of it.
    """
    tool, run, release = this.facts.runner, this.run, this.hop.release
    if not run:
        return
    at = next((n for n, p in enumerate(run) if p.irreversible), None)
    if at is not None and not this.decided:
        safe = run[:at] if tool.apply_to else []
        if safe:
            command = tool.filled("apply_to", safe[-1].id, safe[-1].id)
            step = this.step("apply_safe", command, migration=safe[-1].id)
            yield replace(_measured(step, safe), by_hand=_by_hand(this, safe))
        yield this.step("no_return", migration=run[at].id)
        run = run[len(safe) :]
    whole = release.tag or release.status == "released"
    command = tool.filled("apply_to", this.hop.version, run[-1].id) if whole else ""
    command = command or this.facts.runner_at(release).apply
    told = "" if command else tool.note
    step = this.step("apply", command, migration=run[-1].id)
    yield replace(_measured(step, run), by_hand=_by_hand(this, run), text=told)


def _measured(step: Step, run: Sequence[Piece]) -> Step:
    """Say of a step which migrations it runs, and how long they took."""
    return replace(step, migrations=tuple(p.id for p in run), measured=timing.sentence(run))


def _by_hand(this: _Stage, run: Sequence[Piece]) -> tuple[str, ...]:
    """Give the commands that run scripts one by one, and what records each with the runner.

    None where one of them cannot be run so.
    """
    if not this.facts.runner.forward_by_hand or not all(p.run for p in run):
        return ()
    record = this.facts.runner_at(this.hop.release).record
    told = ((p.run, runner.recording(record, p.id, p.value, p.previous)) for p in run)
    return tuple(line for lines in told for line in lines if line)


def _filled(kind: str, hop: int, words: Mapping[str, str], commands: Iterable[str]) -> Step:
    """Fill a step's words in."""
    texts = STEPS[kind]
    return Step(
        0,
        kind,
        hop,
        texts.title.format(**words),
        texts.expect.format(**words),
        texts.stop_if.format(**words),
        tuple(command for command in commands if command),
    )
