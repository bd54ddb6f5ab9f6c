"""What the upgrade picker needs to put any pair's guide together in the reader's browser.

Releases are told by what each adds to and takes from the one before, so that two hundred of them
stay small; what migrations contribute lies in shards that are loaded when a way needs them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from migdocs.core import runner, values
from migdocs.core.locks import LOCKS
from migdocs.core.releases import version
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import halfway, line, steps, stops
from migdocs.core.upgrade import words as upgrade_words
from migdocs.core.upgrade.piece import SCRATCH, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migdocs.core.facts import Facts
    from migdocs.core.timeline import Release

SHARD = 50  # migrations; a release brings a handful, so that most ways need one or two
_DEFAULTS = values.defaults(Piece)


def data(facts: Facts, pages: Mapping[str, str]) -> dict[str, Any]:
    """Give what every pair needs.

    Args:
        facts: of the project.
        pages: migration id → the stem of its page.
    """
    numbers = {id_: number for number, id_ in enumerate(facts.entries)}
    return {
        "schema_version": 1,
        "migrations": list(facts.entries),
        "pages": {numbers[id_]: stem for id_, stem in pages.items() if stem != id_},
        "repeatable": [numbers[e.id] for e in facts.entries.values() if e.migration.repeatable],
        "twins": _twins(facts, numbers),
        "releases": list(_releases(facts, numbers)),
        "ignored": {tag.name: tag.reason for tag in facts.history.ignored_tags},
        "stops": [r.version for r in facts.history.releases if stops.is_stop(facts, r)],
        "leave_when": {
            r.version: conditions
            for r in facts.history.releases
            if (conditions := stops.conditions(facts, r))
        },
        "commands": values.plain(facts.settings.commands),
        "backup_keep_days": facts.settings.backup_keep_days,
        "postgres": facts.settings.postgres,
        "runner": values.plain(facts.runner),
        "schema": values.plain(facts.audience),
        "applying": {
            "at_start": facts.applying.at_start,
            "who": facts.applying.who,
            **values.plain(facts.applying),
        },
        "backup_text": steps.backup_text(facts),
        "halfway": [values.plain(item) for item in halfway.between(facts, "{before}", "{version}")],
        "stood": [_stood(facts, release) for release in _elsewhere(facts)],
        "psql": runner.renamed(runner.PSQL, facts.settings.database_url_env),
        "psql_whole": runner.renamed(runner.PSQL_WHOLE, facts.settings.database_url_env),
        "ask": runner.renamed(runner.ASK, facts.settings.database_url_env),
        "shard": SHARD,
        "words": words(),
    }


def words() -> dict[str, Any]:
    """Give the tables of words that the browser fills as we do."""
    return {
        "headings": upgrade_words.HEADINGS,
        "steps": {name: values.plain(text) for name, text in upgrade_words.STEPS.items()},
        "troubles": {n: values.plain(text) for n, text in upgrade_words.TROUBLES.items()},
        "refusals": {n: values.plain(text) for n, text in upgrade_words.REFUSALS.items()},
        "summary": upgrade_words.SUMMARY,
        "measured": upgrade_words.MEASURED,
        "scratch": SCRATCH,
        "stop_declared": upgrade_words.STOP_DECLARED,
        "stop_gone": upgrade_words.STOP_GONE,
        "leave": upgrade_words.LEAVE,
        "starting": upgrade_words.STARTING,
        "leaving": upgrade_words.LEAVING,
        "ahead_never": upgrade_words.AHEAD_NEVER,
        "held": upgrade_words.HELD,
        "state_up_to": upgrade_words.STATE_UP_TO,
        "state_among": upgrade_words.STATE_AMONG,
        "state_nothing": upgrade_words.STATE_NOTHING,
        "state_not": upgrade_words.STATE_NOT,
        "locks": LOCKS,
    }


def shards(pieces: Mapping[str, Piece]) -> Iterator[list[dict[str, Any]]]:
    """Yield what migrations contribute, ``SHARD`` of them at a time, without what is empty."""
    every = [_short(piece) for piece in pieces.values()]
    for first in range(0, len(every), SHARD):
        yield every[first : first + SHARD]


def as_script(call: str, *values: object) -> str:
    """Write values as a script that hands them over: ``fetch`` fails where a page is a file."""
    written = ",".join(json.dumps(value, separators=(",", ":")) for value in values)
    return f"window.{call}({written});\n".replace("</", "<\\/")


def _short(piece: Piece) -> dict[str, Any]:
    """Give a piece without what has its default value or follows from its paths."""
    derived = {"run", "undo"}
    whole = values.plain(piece)
    if piece.value == piece.id:
        derived.add("value")
    return {
        name: value
        for name, value in whole.items()
        if name not in derived and value not in (_DEFAULTS.get(name), {}, ())
    }


def _releases(facts: Facts, numbers: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Yield each release by how it differs from the one before it in its line."""
    by_version = {r.version: r for r in facts.history.releases if r.status != "planned"}
    places = [release.stood for release in _elsewhere(facts)]
    for release in facts.history.releases:
        before = by_version.get(release.previous or "")
        had = line.shipped(before) if before else frozenset()
        has = line.shipped(release)
        yield {
            "version": release.version,
            "tag": release.tag or "",
            "date": release.date or "",
            "status": release.status,
            "stood": places.index(release.stood) if release.stood else -1,
            "candidate": version.is_prerelease(release.version),
            "aliases": list(release.aliases),
            "previous": before.version if before else "",
            "new": sorted(numbers[id_] for id_ in has - had if id_ in numbers),
            "gone": sorted(numbers[id_] for id_ in had - has if id_ in numbers),
            "edited": sorted(
                {numbers[e.migration] for e in release.edited if e.migration in numbers}
            ),
            "breaking": [
                values.plain(found) for found in upgrade_guide.broken_by_commits(facts, release)
            ],
        }


def _elsewhere(facts: Facts) -> list[Release]:
    """Give one release for each place, other than today's, where releases have the migrations."""
    found: list[Release] = []
    for release in facts.history.releases:
        if release.stood and all(release.stood != other.stood for other in found):
            found.append(release)
    return found


def _stood(facts: Facts, release: Release) -> dict[str, Any]:
    """Give where releases have the migrations, with the commands that name the folder."""
    there, commands = release.stood, facts.runner_at(release)
    assert there  # noqa: S101 - only such releases are asked about
    return {
        "folder": there.folder,
        "present": there.present,
        "names": dict(there.names),
        "runner": {
            name: getattr(commands, name)
            for name in ("status", "apply", "rollback_one", "record", "unrecord")
        },
    }


def _twins(facts: Facts, numbers: Mapping[str, int]) -> dict[int, list[int]]:
    """Group migrations whose forward scripts are the same: renamed is not gone."""
    same: dict[str, list[int]] = {}
    for entry in facts.entries.values():
        if entry.migration.forward:
            same.setdefault(entry.migration.forward.digest, []).append(numbers[entry.id])
    return {number: group for group in same.values() if len(group) > 1 for number in group}
