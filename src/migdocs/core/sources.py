"""All that was read of a project, as one value; ``derive`` makes the facts of it.

Adapters fill it. What is heavy to read is a function here that reads when it is first asked; in
a test it is a lookup in a literal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.memory import Forgetful
from migdocs.core.releases.tags import ReleaseTags
from migdocs.core.runner import Runner
from migdocs.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from migdocs.core.memory import Memory
    from migdocs.core.model import Finding, Migration
    from migdocs.core.releases.history import GitFacts, Identify
    from migdocs.core.releases.stamp import Stamp
    from migdocs.core.startup import Sign

    Blobs = Callable[[Iterable[str]], Mapping[str, str]]
    NewFiles = Callable[[Sequence[str]], tuple[str, ...]]
    ReadAgain = Callable[[Mapping[str, str]], Sequence[Migration]]


def _no_migration(path: str) -> tuple[str, str] | None:  # noqa: ARG001 - another layout reads it
    """Know no path."""
    return None


def _nothing(asked: object) -> tuple[()]:  # noqa: ARG001 - another layout looks at it
    """Give nothing."""
    return ()


def _any_runner(folder: str) -> Runner:  # noqa: ARG001 - another layout names it
    """Give commands that name no folder."""
    return Runner()


def _no_sign() -> Sign | None:
    """Look at nothing."""
    return None


def _no_blobs(ids: object) -> dict[str, str]:  # noqa: ARG001 - there is no repository
    """Give no texts."""
    return {}


def _no_commit(path: str, line: str) -> str:  # noqa: ARG001 - there is no repository
    """Know no commit."""
    return ""


class Folder(Struct, frozen=True):
    """The migrations folder as its layout reads it.

    Attributes:
        migrations: of the checkout, in the order in which the project's own runner runs them.
        findings: what is wrong with the folder.
        identify: a path of git's → which migration it belongs to, and as what part.
        read_again: path → text of another tree, from the project's root → its migrations.
        runner: the commands that apply this project's migrations.
        runner_in: another folder, from the project's root → the commands for migrations there.
        new_files: ids that are taken → the files that ``migdocs new add_user_locale`` would lay.
        recorded: an id → what the table of the project's runner holds for it.
    """

    migrations: tuple[Migration, ...] = ()
    findings: tuple[Finding, ...] = ()
    identify: Identify = _no_migration
    read_again: ReadAgain = _nothing
    runner: Runner = field(default_factory=Runner)
    runner_in: Callable[[str], Runner] = _any_runner
    new_files: NewFiles = _nothing
    recorded: Callable[[str], str] = str


class Git(Struct, frozen=True):
    """What the repository says.

    Attributes:
        facts: the history cut at its releases, with what each did to the migrations folder.
        tags: which tags are releases, and why the others are not.
        prefix: the project's folder, from the repository's top; empty or with a slash at its end.
        remote: where it is pushed to, empty where that is not known.
        blobs: ids → texts; all that are wanted are asked for at once.
        edits: path from the top → the commits that wrote it, id and date, newest first; asked
            where no tag says what was shipped.
        mailmap: the text of the repository's ``.mailmap``.
        wrote: a file and a line → the newest commit that put the line into it; empty for none.
    """

    facts: GitFacts
    tags: ReleaseTags = field(default_factory=ReleaseTags)
    prefix: str = ""
    remote: str = ""
    blobs: Blobs = _no_blobs
    edits: Callable[[], Mapping[str, tuple[tuple[str, str], ...]]] = dict
    mailmap: str = ""
    wrote: Callable[[str, str], str] = _no_commit


class Sources(Struct, frozen=True):
    """What was read.

    Attributes:
        texts: every file's path → its text, read when it is first asked for: the template,
            evidence, exported ledgers, documents written by hand.
        git: None where there is no repository.
        stamped: what *Unreleased* is to be called; where it is None, the change log tells.
        memory: what earlier runs computed.
        sign: looks for what shows that the start of the application applies the migrations; asked
            where the settings do not say it.
    """

    settings: Settings = field(default_factory=Settings)
    texts: Mapping[str, str] = field(default_factory=dict)
    folder: Folder = field(default_factory=Folder)
    git: Git | None = None
    stamped: Stamp | None = None
    memory: Memory = field(default_factory=Forgetful)
    sign: Callable[[], Sign | None] = _no_sign

    def text(self, path: str) -> str | None:
        """Give a file's text; None where there is no such file."""
        return self.texts[path] if path and path in self.texts else None
