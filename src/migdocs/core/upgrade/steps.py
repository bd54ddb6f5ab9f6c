"""The numbered steps of a route: one thing to do, what to expect, when to stop.

What they say stands in ``words.STEPS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import runner
from migdocs.core.upgrade import line, piece, summary, timing
from migdocs.core.upgrade import words as upgrade_words
from migdocs.core.upgrade.duration import duration
from migdocs.core.upgrade.words import STARTING, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def steps(facts: Facts, route: Route, pieces: Mapping[str, Piece], state: str) -> tuple[Step, ...]:
    """Give every step of an allowed route, numbered from 1; none of a refused one."""
    if not route.allowed:
        return ()
    drafts = list(_opening(facts, route, state))
    decided = saved = False
    for index, hop in enumerate(route.hops, 1):
        run = [piece.at(pieces[e.id], hop.release, facts.runner.variable) for e in hop.entries]
        drafts += _of_hop(facts, hop, run, index, decided=decided, saved=saved)
        saved = saved or bool(run)
        decided = decided or any(p.irreversible for p in run)
    return tuple(replace(step, number=number) for number, step in enumerate(drafts, 1))


def _opening(facts: Facts, route: Route, state: str) -> Iterator[Step]:
    """Yield what comes before the first hop."""
    words = {"before": route.before, "state": state}
    start = line.find(facts.history, route.before)
    yield _step("identify", 0, words, [facts.runner_at(start).status])


def _of_hop(  # noqa: PLR0913 - what a hop's steps are made of
    facts: Facts, hop: Hop, run: Sequence[Piece], index: int, *, decided: bool, saved: bool
) -> Iterator[Step]:
    """Yield the steps of one hop; ``saved`` once there is a backup.

    The backup comes after the stop: a restore loses what is written in between.
    """
    words = {"version": hop.version, "tag": hop.release.tag or "", "before": hop.before}
    if facts.applying.at_start:
        yield from _starting(facts, run, index, words, decided=decided, saved=saved)
    else:
        yield from _running(facts, hop, run, index, words, decided=decided, saved=saved)
    if facts.settings.commands.health:
        yield _step("health", index, words, [facts.settings.commands.health])
    if any(p.checks for p in run):
        yield _step("verify", index, words, [])
    if hop.required_by:
        yield _step("leave", index, words, [])


def _running(  # noqa: PLR0913 - what a hop's steps are made of
    facts: Facts,
    hop: Hop,
    run: Sequence[Piece],
    index: int,
    words: Mapping[str, str],
    *,
    decided: bool,
    saved: bool,
) -> Iterator[Step]:
    """Yield the steps of a hop whose migrations a tool runs, up to the new version's start."""
    commands = facts.settings.commands
    if words["tag"]:
        yield _step("get", index, words, [f"git checkout {runner.quoted(words['tag'])}"])
    if any(p.stop_needed for p in run):
        yield _step("stop", index, words, [commands.stop])
    if run and not saved:
        yield _backup(facts, index, words)
    yield from _applying(facts, hop, run, index, words, decided=decided)
    yield from _by_notes(run, index, words)
    yield _step("start", index, words, [commands.start])


def _starting(  # noqa: PLR0913 - what a hop's steps are made of
    facts: Facts,
    run: Sequence[Piece],
    index: int,
    words: Mapping[str, str],
    *,
    decided: bool,
    saved: bool,
) -> Iterator[Step]:
    """Yield the steps of a hop whose migrations the new version runs when it starts.

    All instances of the version before are stopped: it would meet the new schema.
    """
    commands, tool = facts.settings.commands, facts.runner
    yield _step("obtain", index, words, [])
    if not run:
        yield _step("start", index, words, [commands.start])
        return
    yield _step("stop_all", index, words, [commands.stop])
    if not saved:
        yield _backup(facts, index, words)
    if not decided and (stuck := next((p for p in run if p.irreversible), None)):
        yield _step("no_return", index, {**words, "migration": stuck.id}, [])
    yield from _by_notes(run, index, words)
    last = next((p for p in reversed(run) if not p.repeatable), run[-1])
    said = STARTING["log_known" if tool.log else "log"].format(said=tool.log, migration=last.id)
    yield _step(
        "start_applying", index, {**words, "log": said}, [commands.start], text=_time(run), run=run
    )
    asking = runner.asked(tool, last.value)
    answer = STARTING["answer" if asking else "answer_log"].format(migration=last.id)
    yield _step("applied", index, {**words, "answer": answer}, [asking])
    yield _step("start_rest", index, words, [])


def _time(run: Sequence[Piece]) -> str:
    """Say how long a start takes that runs migrations."""
    total = duration(run).total_ms
    lasting = STARTING["no_time"] if total is None else summary.lasting(total)
    return STARTING["time"].format(count=summary.counted(len(run), "migration"), lasting=lasting)


def _backup(facts: Facts, index: int, words: Mapping[str, str]) -> Step:
    """Give the step that backs up."""
    return _step("backup", index, words, [facts.runner.backup], text=backup_text(facts))


def backup_text(facts: Facts) -> str:
    """Say how the same is done without migdocs, or with it where others apply the migrations."""
    ours = facts.applying.by in {"migdocs", "unknown"}
    told = upgrade_words.backup_by_hand if ours else upgrade_words.backup_first
    return told(facts.settings.database_url_env)


def _by_notes(run: Sequence[Piece], index: int, words: Mapping[str, str]) -> Iterator[Step]:
    """Yield what notes ask to be done in the configuration and the application."""
    for kind in ("configure", "deploy"):
        for one in run:
            if text := getattr(one, kind):
                yield _step(kind, index, {**words, "migration": one.id}, [], text=text)


def _applying(  # noqa: PLR0913 - what a hop's steps are made of
    facts: Facts,
    hop: Hop,
    run: Sequence[Piece],
    index: int,
    words: Mapping[str, str],
    *,
    decided: bool,
) -> Iterator[Step]:
    """Yield the steps that run the migrations, with a halt before the first that cannot be undone.

    A runner that can only run everything halts before all of it.
    """
    if not run:
        return
    at = next((n for n, p in enumerate(run) if p.irreversible), None)
    if at is not None and not decided:
        safe = run[:at] if facts.runner.apply_to else []
        if safe:
            last = {"migration": safe[-1].id}
            command = facts.runner.filled("apply_to", safe[-1].id, safe[-1].id)
            hand = _by_hand(facts, hop, safe)
            yield _step("apply_safe", index, {**words, **last}, [command], by_hand=hand, run=safe)
        yield _step("no_return", index, {**words, "migration": run[at].id}, [])
        run = run[len(safe) :]
    whole = hop.release.tag or hop.release.status == "released"
    command = facts.runner.filled("apply_to", hop.version, run[-1].id) if whole else ""
    command = command or facts.runner_at(hop.release).apply
    last = {"migration": run[-1].id}
    told = "" if command else facts.runner.note
    hand = _by_hand(facts, hop, run)
    yield _step("apply", index, {**words, **last}, [command], by_hand=hand, text=told, run=run)


def _by_hand(facts: Facts, hop: Hop, run: Sequence[Piece]) -> tuple[str, ...]:
    """Give the commands that run scripts one by one, and what records each with the runner.

    None where one of them cannot be run so.
    """
    if not facts.runner.forward_by_hand or not all(p.run for p in run):
        return ()
    record = facts.runner_at(hop.release).record
    told = ((p.run, runner.recording(record, p.id, p.value, p.previous)) for p in run)
    return tuple(line for lines in told for line in lines if line)


def _step(  # noqa: PLR0913 - a step's parts
    kind: str,
    hop: int,
    words: Mapping[str, str],
    commands: Sequence[str],
    *,
    by_hand: tuple[str, ...] = (),
    text: str = "",
    run: Sequence[Piece] = (),
) -> Step:
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
        by_hand,
        text,
        tuple(p.id for p in run),
        timing.sentence(run),
    )
