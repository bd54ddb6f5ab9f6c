"""A new migration in a project's own convention: its id, its files, and what each file holds."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import below
from migdocs.adapters.layouts.ordering import TIMES
from migdocs.adapters.layouts.registry import filled_at, for_folder
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from migdocs.adapters.layouts.convention import Layout, Naming
    from migdocs.core.model import Migration, Script

# Numbers that are counted are short; dates and points in time are not.
_COUNTED = re.compile(r"(?:[VvU]|[Ss]cript)?(?P<digits>0*(?P<number>[0-9]{1,7}))(?![0-9]|-[0-9])")
# The transaction that the template's skeletons open and close, each on a line of its own.
TRANSACTION = re.compile(r"^(?:BEGIN|COMMIT);[ \t]*\n?\n?", re.IGNORECASE | re.MULTILINE)
_DAY_AND_TIME = re.compile(r"[0-9]{8}_[0-9]{6}_")
_MOST_IN_A_HURRY = 60
# A point in time at the front: a day, Unix' seconds or milliseconds, or all of it in digits.
_TIMED = re.compile(r"(?:[VvU]|[Ss]cript)?(?P<digits>[0-9]{8,})")
# 20240101_01_add-name, 0001.add_name: what parts the number from the words.
_PARTED = re.compile(r"[0-9]+(?:_[0-9]+)?(?P<by>[-_.])(?P<name>[A-Za-z].*)")
_STEM = re.compile(r"\{number\}(?P<by>[-_.])\{name\}")
_DAY = re.compile(r"[0-9]{8}")


def next_id(layout: Layout, name: str, now: datetime, existing: Collection[str]) -> str:
    """Give a new migration's id as the project's own runner would.

    Its number goes on from those that exist: counted, and as wide, where most are counted;
    otherwise it is the point in time.

    Args:
        layout: the project's.
        name: lower-case words and ``_``.
        now: in UTC.
        existing: the ids that are taken.

    Raises:
        UsageError: only the project's runner can make a migration, or the id is taken.
    """
    naming = layout.naming
    if layout.name == "unknown":
        raise UsageError(
            "no convention of this folder is confirmed: what its runner takes for a migration"
            " is not known",
            hint="set 'layout' in the settings ('migdocs init' lists what is there).",
        )
    if naming.by_hand:
        raise UsageError(
            f"{layout.title}: where a new migration belongs is for you to say", hint=naming.by_hand
        )
    layout, name = _spelled(layout, name, existing)
    naming = layout.naming
    if naming.command:
        command = naming.command.replace("{name}", name)
        raise UsageError(
            f"{layout.name} keeps the order of its migrations itself",
            hint=f"run '{command}', then write its notes.",
        )
    bare = naming.bare_stem and any(taken[:1].isdigit() for taken in existing)
    stem = naming.bare_stem if bare else naming.stem
    taken_numbers = {layout.number(taken) for taken in existing} - {None}
    for later in range(_MOST_IN_A_HURRY):
        # Two that are made in one second would share its number, which runners refuse.
        when = now + timedelta(seconds=later)
        made = stem.format(number=_next_number(naming, when, existing), name=name)
        if layout.number(made) not in taken_numbers:
            break
    if made in existing:
        raise UsageError(f"there is a migration '{made}' already", hint="choose another name.")
    return made


def _next_number(naming: Naming, now: datetime, existing: Collection[str]) -> str:
    """Count on, or take the time, as most of what exists does."""
    counted = [match for name in existing if (match := _COUNTED.match(name))]
    clock = _clock(naming, now, existing)
    if clock and 2 * len(counted) <= len(existing):
        number = clock(now)
        with_time = [name for name in existing if _DAY_AND_TIME.match(name)]
        if _DAY.fullmatch(number) and len(with_time) > len(existing) / 2:
            return f"{now:%Y%m%d_%H%M%S}"
        return _behind(number, existing)
    newest = max((int(match["number"]) for match in counted), default=0)
    width = max((len(match["digits"]) for match in counted), default=naming.width)
    return str(newest + 1).zfill(width)


def _clock(
    naming: Naming, now: datetime, existing: Collection[str]
) -> Callable[[datetime], str] | None:
    """Give how a point in time is written: as wide as most of those that exist."""
    found = Counter(len(match["digits"]) for name in existing if (match := _TIMED.match(name)))
    width = found.most_common(1)[0][0] if found else 0
    usual = re.match(r"[0-9]*", naming.clock(now) if naming.clock else "")
    if not usual or len(usual[0]) == width:
        return naming.clock
    return TIMES.get(width, naming.clock)


def _spelled(layout: Layout, name: str, existing: Collection[str]) -> tuple[Layout, str]:
    """Give a layout and a name whose words and number are parted as most of what exists."""
    naming = layout.naming
    matches = [match for taken in existing if (match := _PARTED.match(taken))]
    marks = Counter(mark for match in matches for mark in re.findall("[-_]", match["name"]))
    dashes = marks.most_common(1)[0][0] == "-" if marks else naming.dashes
    name = name.replace("_", "-") if dashes else name
    parted = Counter(match["by"] for match in matches).most_common(1)
    usual = _STEM.fullmatch(naming.stem)
    if not parted or not usual or parted[0][0] == usual["by"]:
        return layout, name
    stem = "{number}" + parted[0][0] + "{name}"
    tried = stem.format(number="1" * max(naming.width, 10), name=name)
    known = layout.identify(path_of("", naming.forward, tried), "")
    if known is None or known.migration != tried:
        return layout, name
    return replace(layout, naming=replace(naming, stem=stem)), name


def _behind(number: str, existing: Collection[str]) -> str:
    """Give a point in time, or what is behind a later one that exists: runners go by numbers."""
    digits = (match["digits"] for name in existing if (match := _TIMED.match(name)))
    there = [found for found in digits if len(found) == len(number)]
    newest = max(there, default="") if number.isdigit() else ""
    return str(int(newest) + 1) if newest > number and not _DAY.fullmatch(number) else number


def followed(layout: Layout, folder: str, migrations: Iterable[Migration]) -> Layout:
    """Give the layout as this project has it: its folder, and its files named as most are."""
    naming = replace(
        layout.naming,
        command=filled_at(layout, layout.naming.command, folder),
        after=filled_at(layout, layout.naming.after, folder),
    )
    table = layout.tracking and replace(
        layout.tracking, asks=for_folder(layout.tracking.query, folder)
    )
    layout = replace(layout, naming=naming, tracking=table)
    there = tuple(migrations)
    if not naming.others:
        forward = _home(folder, naming.forward, (m.forward for m in there)) + naming.forward
        rollback = _home(folder, naming.rollback, (m.rollback for m in there)) + naming.rollback
        return replace(layout, naming=replace(naming, forward=forward, rollback=rollback))

    def fit(shapes: tuple[str, str]) -> tuple[int, int]:
        """Count the rollbacks, then the forward scripts, that have these names."""
        forward, rollback = (
            sum(
                path_of(folder, shape, m.id) == part.path
                for m in there
                if (part := getattr(m, name))
            )
            if shape
            else 0
            for name, shape in zip(("forward", "rollback"), shapes, strict=True)
        )
        return rollback, forward

    forward, rollback = max(((naming.forward, naming.rollback), *naming.others), key=fit)
    return replace(layout, naming=replace(naming, forward=forward, rollback=rollback))


def _home(folder: str, shape: str, scripts: Iterable[Script | None]) -> str:
    """Give the folder below the migrations' that most scripts lie in, as the next one should."""
    beneath = shape.count("/")
    found: Counter[str] = Counter()
    for script in scripts:
        rest = below(script.path, folder) if script else None
        if rest is not None:
            found["/".join(rest.split("/")[: -1 - beneath])] += 1
    if not shape or not found or found[""]:
        return ""
    home, count = found.most_common(1)[0]
    return f"{home}/" if 2 * count > found.total() else ""


def lay(
    layout: Layout,
    folder: str,
    migration_id: str,
    halves: tuple[str, str],
    newest: str = "",
) -> dict[str, str]:
    """Lay both directions into the files that the layout has for them: path → text.

    One file with markers, or two; a rollback without a text gets no file. BEGIN and COMMIT are
    left to a runner that opens a transaction itself.

    Args:
        layout: the project's.
        folder: of the migrations.
        migration_id: the new one.
        halves: the SQL of both ways.
        newest: the id before it; empty for the first.
    """
    naming = layout.naming
    forward, rollback = halves
    if naming.wrapped:
        forward, rollback = (TRANSACTION.sub("", text) for text in halves)
    first = path_of(folder, naming.forward, migration_id)
    if naming.render:
        return {first: naming.render(first, forward, rollback)}
    forward, rollback = (_with_ending(text, naming.ending) for text in (forward, rollback))
    forward = naming.head.format(newest=newest) + forward
    others = {
        path_of(folder, shape, migration_id): text.replace("{id}", migration_id)
        for shape, text in naming.beside
    }
    if naming.file:
        both = naming.file.format(
            forward=_ended(forward),
            rollback=_ended(rollback),
            commented=_commented(rollback),
            name=migration_id,
        )
        return {first: _ended(both), **others}
    texts = {first: _ended(forward), **others}
    second = path_of(folder, naming.rollback, migration_id) if naming.rollback else ""
    if second and (rollback.strip() or others):
        texts[second] = _ended(rollback)
    return texts


def _with_ending(text: str, ending: str) -> str:
    """Add a statement to a script that ends in a remark; nothing stays nothing."""
    last = text.rstrip().rpartition("\n")[2].lstrip()
    return f"{text.rstrip()}\n{ending}" if ending and last.startswith("--") else text


def _commented(rollback: str) -> str:
    """Give a rollback in remarks, as Liquibase reads it; its own remarks are left out."""
    lines = [line for line in rollback.splitlines() if line.strip()]
    return "".join(f"--rollback {line}\n" for line in lines if not line.lstrip().startswith("--"))


def notes_path(layout: Layout, folder: str, migration_id: str) -> str:
    """Give the path of a migration's notes, from the project's root."""
    if layout.notes_folder:
        return path_of(layout.notes_folder, "{id}.md", migration_id)
    return path_of(folder, layout.naming.notes, migration_id)


def path_of(folder: str, shape: str, migration_id: str) -> str:
    """Fill a path's shape in, below the migrations folder."""
    home = f"{folder.strip('/')}/" if folder.strip("/.") else ""
    number, _, name = migration_id.partition(".")
    return home + shape.format(id=migration_id, tail=migration_id[1:], number=number, name=name)


def _ended(text: str) -> str:
    """Give a text with one line end behind it; nothing stays nothing."""
    return text.strip("\n") + "\n" if text.strip() else ""
