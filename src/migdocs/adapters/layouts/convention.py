"""What a convention of naming migrations is, as data: the values that every layout is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct, field

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.core.model import Finding, Migration, Script
from migdocs.core.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from migdocs.adapters.layouts.table import Tracking

Part = Literal["forward", "rollback", "both", "notes", "metadata"]
Order = tuple[int | str, ...]


class Identity(NamedTuple):
    """Which migration a path belongs to, and as what; the id is empty for the whole folder."""

    migration: str
    part: Part


class Rule(Struct, frozen=True):
    """A shape of paths, and what such a file is.

    Attributes:
        pattern: a regular expression for the whole path below the migrations folder; its group
            ``id`` is the migration's id.
        prefix: stands before the group in the id (Flyway's ``U1__x`` undoes ``V1__x``).
        form: makes the id of groups, where it does not stand in one piece (``1.do.x``).
    """

    part: Part
    pattern: str
    prefix: str = ""
    form: str = ""


class Naming(Struct, frozen=True):
    """How a new migration's files are named and laid in.

    Attributes:
        stem: with ``{number}`` and ``{name}``; it is the new id.
        bare_stem: the same where existing ids begin with a digit, and ``stem`` with a letter.
        forward: with ``{id}``; below the migrations folder.
        rollback: with ``{id}``, or ``{tail}`` for the id without its first letter; ``{number}``
            and ``{name}`` are what stands before and behind the first dot; empty where one file
            holds both ways.
        notes: with ``{id}``.
        others: forward and rollback as some projects have them: what is there is gone on with.
        clock: the number for a point in time, where numbers are not simply counted.
        width: digits of the first counted number.
        file: what a file that holds both ways says, with ``{forward}`` and ``{rollback}``.
        head: above the forward part, with ``{newest}`` for the id of the newest there is.
        ending: a statement for scripts that end in a remark, where the runner refuses those.
        dashes: whether words are parted by dashes.
        beside: other files that the runner needs: path and text, with ``{id}``.
        render: writes a file that is no SQL, of its path, forward and rollback.
        command: what makes a migration where only the project's own runner can.
        by_hand: what a person writes, where only a person can say where it belongs.
        after: what must be run after the files are written.
        wrapped: whether the runner opens a transaction itself, so that a COMMIT inside ends it.
    """

    stem: str = "{number}_{name}"
    bare_stem: str = ""
    forward: str = "{id}.sql"
    rollback: str = ""
    notes: str = "{id}.md"
    others: tuple[tuple[str, str], ...] = ()
    clock: Callable[[datetime], str] | None = None
    width: int = 4
    file: str = ""
    head: str = ""
    ending: str = ""
    dashes: bool = False
    beside: tuple[tuple[str, str], ...] = ()
    render: Callable[[str, str, str], str] | None = None
    command: str = ""
    by_hand: str = ""
    after: str = ""
    wrapped: bool = False


class Halves(Struct, frozen=True):
    """A file that holds both ways, taken apart."""

    forward: Script | None
    rollback: Script | None
    findings: tuple[Finding, ...] = ()


class Metadata(Struct, frozen=True):
    """A file that is about migrations and is none: a plan, a list of parents, an option."""

    path: str
    text: str


class Arrangement(Struct, frozen=True):
    """Migrations in run order, and what stood in the way of ordering them."""

    migrations: tuple[Migration, ...]
    findings: tuple[Finding, ...] = ()


# Migration id → part → its paths; the one that counts stands first.
Files = dict[str, dict[Part, list[str]]]
Splitter = Callable[[str, str], Halves]
# Path and text → the name behind the file's own, and the halves, of each migration in it.
Unfolder = Callable[[str, str], tuple[tuple[str, Halves], ...]]
Arranger = Callable[[tuple[Migration, ...], Mapping[str, Metadata]], Arrangement]
Settler = Callable[[dict[str, Identity]], dict[str, Identity]]


def _end(pattern: str) -> str:
    """Give the plain letters that all that fits a pattern ends with, which is asked first."""
    plain = re.search(r"(?:\\\.[a-z]+)+$", pattern)
    return plain[0].replace("\\", "") if plain and "|" not in pattern[plain.start() :] else ""


def by_order(
    migrations: tuple[Migration, ...],
    metadata: Mapping[str, Metadata],  # noqa: ARG001 - other arrangers read it
) -> Arrangement:
    """Sort by the key that stands in each migration: the order of most runners."""
    return Arrangement(tuple(sorted(migrations, key=lambda m: (m.order, m.id))))


def as_they_are(identities: dict[str, Identity]) -> dict[str, Identity]:
    """Leave every path what its own name says it is."""
    return identities


def paired_by_number(number: Callable[[str], str | None]) -> Settler:
    """Settle as runners do that pair by number alone: a rollback may bear another name."""

    def settle(identities: dict[str, Identity]) -> dict[str, Identity]:
        forward = {i.migration for i in identities.values() if i.part == "forward"}
        of_number = {number(name): name for name in sorted(forward, reverse=True)}
        return {
            path: Identity(of_number.get(number(name), name), part)
            if part == "rollback" and name not in forward
            else Identity(name, part)
            for path, (name, part) in identities.items()
        }

    return settle


def nowhere(folder: str) -> str:  # noqa: ARG001 - other layouts read it
    """Say that no files of this layout lie outside of its folder."""
    return ""


def no_number(migration_id: str) -> str | None:  # noqa: ARG001 - other layouts read it
    """Say that ids of this layout hold no number that must be unique."""
    return None


def the_id(migration_id: str) -> str:
    """Give the id itself, for runners that record whole names."""
    return migration_id


class Layout(Struct, frozen=True, dict=True):
    """A convention: which files are which part of which migration, and in what order they run.

    Attributes:
        name: what the setting ``layout`` calls it.
        title: what people call it.
        rules: the first that fits a path says what it is.
        order: the key that sorts ids as the runner does, from an id alone.
        number: what two migrations must not share; None where an id has no such number.
        tracking: the runner's own table; None where there is no runner but migdocs.
        recorded: what that table holds for an id.
        runner: the commands that operators type, with ``{folder}``.
        manifests: files that speak for it (for guessing).
        marker: a line that scripts of this layout hold (for guessing).
        shape: what ids look like when only this layout can be meant (for guessing).
        least: it is never guessed by weaker evidence.
        folder: what its migrations folder is called, where names and shapes are common; a
            regular expression for the whole path.
        nested: folders below the migrations folder that scripts lie in; a regular expression.
        elsewhere: what a program of this convention is called and holds, wherever it lies.
        sibling: where else its programs lie, from the migrations folder: a regular expression for
            the beginning of their paths; empty for nowhere.
        companions: files of the runner's that are no migrations, below the folder.
        tolerant: whether the runner passes over files that are not its own.
        split: takes a file apart that holds both ways.
        splits: the languages of files that are taken apart.
        unfold: takes a file apart that holds several migrations; part by part, named.
        settle: decides what paths are that their names alone leave open.
        arrange: puts migrations in order, and says what is wrong with it.
        plans: whether notes without scripts are planned migrations.
        repeatable: begins ids of migrations that run again whenever they change.
        no_transaction: found in a script that the runner runs outside a transaction.
        no_transaction_name: the same, found in the name of the script's file.
        no_transaction_metadata: the same, found in the migration's own metadata.
        notes_folder: where notes lie if not beside the migrations, from the root.
        stands: files in whose folder the runner's commands are typed, the surest first.
        home: that folder in this project; empty for the root.
        dialect: of the scripts that are read where names say a database.
        reads: what is read of such a project, one sentence for the documentation.
    """

    name: str
    title: str
    rules: tuple[Rule, ...]
    order: Callable[[str], Order]
    naming: Naming = field(default_factory=Naming)
    tracking: Tracking | None = None
    runner: Runner = field(default_factory=Runner)
    number: Callable[[str], str | None] = no_number
    recorded: Callable[[str], str] = the_id
    manifests: tuple[Manifest, ...] = ()
    marker: re.Pattern[str] | None = None
    shape: re.Pattern[str] | None = None
    least: Strength = Strength.SHAPE
    folder: str = ""
    nested: str = ""
    elsewhere: Manifest | None = None
    sibling: Callable[[str], str] = nowhere
    companions: str = ""
    tolerant: bool = True
    split: Splitter | None = None
    splits: frozenset[str] = frozenset({"sql"})
    unfold: Unfolder | None = None
    settle: Settler = as_they_are
    arrange: Arranger = by_order
    plans: bool = False
    repeatable: re.Pattern[str] | None = None
    no_transaction: re.Pattern[str] | None = None
    no_transaction_name: re.Pattern[str] | None = None
    no_transaction_metadata: re.Pattern[str] | None = None
    notes_folder: str = ""
    stands: tuple[Manifest, ...] = ()
    home: str = ""
    dialect: str = "postgresql"
    reads: str = "SQL and rollbacks"

    @cached_property
    def _below(self) -> tuple[tuple[str, re.Pattern[str], Rule], ...]:
        return tuple((_end(rule.pattern), re.compile(rule.pattern), rule) for rule in self.rules)

    @cached_property
    def _anywhere(self) -> tuple[tuple[str, re.Pattern[str], Rule], ...]:
        return tuple(
            (_end(rule.pattern), re.compile(f"(?:.*/)?(?:{rule.pattern})"), rule)
            for rule in self.rules
        )

    def identify(self, path: str, folder: str | None = None) -> Identity | None:
        """Tell which part of which migration a path is, from its name alone.

        Args:
            path: with forward slashes.
            folder: only files of this migrations folder count; None takes any folder's.
        """
        relative = path if folder is None else self._relative(path, folder)
        if relative is None or self.is_foreign(relative, within=folder is not None):
            return None
        relative = dialects.parted(relative).path
        for end, pattern, rule in self._anywhere if folder is None else self._below:
            if relative.endswith(end) and (match := pattern.fullmatch(relative)):
                return self._identity(rule, match)
        return None

    def is_foreign(self, path: str, *, within: bool = True) -> bool:
        """Tell whether a path's name says that it is for another database.

        Args:
            path: of the file.
            within: whether it begins in the migrations folder, so that its folders count.
        """
        database = dialects.parted(path).dialect
        if not database and within and "/" in path:
            database = dialects.of_path(path.rpartition("/")[0])
        return database not in ("", self.dialect)

    def _identity(self, rule: Rule, match: re.Match[str]) -> Identity:
        """Give what a path is."""
        found = match.groupdict()
        if rule.form:
            groups = {key: value or "" for key, value in found.items()}
            return Identity(rule.form.format(**groups).rstrip("."), rule.part)
        return Identity(rule.prefix + (found.get("id") or ""), rule.part)

    def _relative(self, path: str, folder: str) -> str | None:
        """Give a path below the migrations folder, or as if it were; None for all others."""
        relative = below(path, folder)
        if relative is None and self.notes_folder and path.endswith(".md"):
            relative = below(path, self.notes_folder)
            return f"notes/{relative}" if relative else None
        if relative is None and (beside := self.sibling(folder)):
            match = re.match(beside, path)
            return path[match.end() :] if match else None
        return relative

    def identify_all(self, paths: Iterable[str], folder: str | None = None) -> dict[str, Identity]:
        """Tell what each path is, with its neighbours in view; others are left out.

        Notes that no script goes with are kept only where they are planned migrations.
        """
        known = ((path, self.identify(path, folder)) for path in paths)
        identities = self.settle(_specials_first({path: i for path, i in known if i}))
        if self.plans:
            return identities
        scripts = {i.migration for i in identities.values() if i.part not in ("notes", "metadata")}
        return {
            path: identity
            for path, identity in identities.items()
            if identity.part != "notes" or identity.migration in scripts
        }


def _specials_first(identities: dict[str, Identity]) -> dict[str, Identity]:
    """Leave out scripts for any database beside those of the same name for this one."""
    parted = ((path, dialects.parted(path)) for path in identities)
    overridden = {stem(plain) for _, (database, plain) in parted if database}
    return {
        path: identity
        for path, identity in identities.items()
        if stem(path) not in overridden or dialects.parted(path).dialect
    }


def stem(path: str) -> str:
    """Give a path without the end that names its language."""
    return path.rpartition(".")[0]


def below(path: str, folder: str) -> str | None:
    """Give a path's rest below a folder; None where it does not lie in it."""
    prefix = folder.strip("/")
    if prefix in ("", "."):
        return path
    return path[len(prefix) + 1 :] if path.startswith(prefix + "/") else None
