"""Choose the migrations' folder and its convention, or say why a person must."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from migdocs.adapters import layouts
from migdocs.core.counting import counted
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from migdocs.adapters.layouts import Candidate, Guess

# Where nothing names a tool: our own triples, or whatever pairs there are.
_GENERAL = ("native", "plain")
_DECLARED = {"schema.sql", "desired.sql", "structure.sql", "psqldef.sql"}
_SHOWN = 4


class Undecided(UsageError):  # noqa: N818 - it asks for an answer
    """Nothing, or too much, names the convention of the migrations: the user must.

    Attributes:
        folder: of the migrations.
        choices: the layouts to choose from, the likeliest first.
    """

    def __init__(self, message: str, folder: str, choices: tuple[str, ...], hint: str) -> None:
        """Say what was seen."""
        super().__init__(message, hint=hint)
        self.folder = folder
        self.choices = choices


def decide(
    here: tuple[str, ...],
    read: Callable[[str], str],
    folder: str | None,
    layout: str,
    reasons: list[str],
) -> tuple[str, dict[str, str]]:
    """Decide on the folder and its convention, and say why: the folder, then the settings.

    Raises:
        Undecided: nothing, or too much, names the convention.
    """
    candidates = layouts.find_folders(here, read)
    if folder is None:
        folder = candidates[0].folder if candidates else _no_folder(here, read, layout)
    best = next((one for one in candidates if one.folder == folder), None)
    guessed = layouts.guess(here, folder, read)
    if layout:
        guessed = layouts.Guess(layouts.layout_named(layout), f"'--layout {layout}' says so")
    elif not guessed.known or guessed.rivals:
        raise _undecided(folder, guessed, here)
    if best is None and not _scripts(here, folder):
        reasons.append(f"There are no migrations yet: they will go to '{folder}'.")
        return folder, {"layout": layout}
    _explain(candidates, folder, guessed, here, reasons)
    reading = layouts.read(here, folder, read, guessed.layout.name)
    convention = reading.convention
    reasons += (
        [
            (
                f"    {convention.name} runs every file beside its scripts:"
                f" notes and the log will go to '{convention.notes_folder}'."
            )
        ]
        if convention.notes_folder
        else []
    )
    other = convention.dialect if convention.dialect != "postgresql" else ""
    reasons += [f"    Its scripts are for {other}: they are listed, and not read."] if other else []
    reasons += [f"    {f.message}." for f in reading.findings if f.rule == "other-dialect"]
    return folder, {
        "layout": guessed.layout.name,
        "dialect": other,
        "notes": convention.notes_folder,
    }


def _explain(
    candidates: Sequence[Candidate],
    folder: str,
    guessed: Guess,
    here: tuple[str, ...],
    reasons: list[str],
) -> None:
    """Say which folder was taken as what, and why."""
    best = next((one for one in candidates if one.folder == folder), None)
    count = best.scripts if best else len(_scripts(here, folder))
    reasons.append(f"Migrations: '{folder}', {counted(count, 'script')}, {guessed.layout.title}.")
    why = best.reason if best and not guessed.rivals else guessed.reason
    reasons.append(f"    {why.replace(f'named as {guessed.layout.title}', 'named so')}")
    others = ", ".join(f"'{one.folder}'" for one in candidates if one.folder != folder)
    if others:
        reasons.append(
            f"    Others that were found: {others}. '--migrations FOLDER' takes another."
        )


def _scripts(here: Iterable[str], folder: str) -> list[str]:
    """List the files in a folder, and below it, that may be scripts."""
    prefix = "" if folder == "." else f"{folder}/"
    return [p for p in here if p.startswith(prefix) and p.endswith(".sql")]


def _undecided(folder: str, guessed: Guess, here: tuple[str, ...]) -> Undecided:
    """Say what was seen where nothing, or too much, names the convention."""
    seen = ", ".join(posixpath.basename(p) for p in _scripts(here, folder)[:_SHOWN]) or "no SQL"
    rivals = tuple(rival.partition(" ")[0] for rival in guessed.rivals)
    if rivals:
        named = " and for ".join((guessed.layout.name, *guessed.rivals))
        message = f"'{folder}' ({seen}): as much speaks for {named}"
    else:
        message = f"'{folder}' ({seen}): no convention that is known is recognised"
    choices = (guessed.layout.name, *rivals) if rivals else _GENERAL
    return Undecided(
        message,
        folder,
        choices,
        f"choose one: 'migdocs init --layout NAME', with {' or '.join(choices)}"
        + ("." if rivals else ", or another that the documentation lists."),
    )


def _no_folder(here: tuple[str, ...], read: Callable[[str], str], layout: str) -> str:
    """Give the folder of a project without migrations.

    Raises:
        Undecided: there are scripts that look like migrations, and are of no known convention.
        UsageError: the project declares its schema, and has no migrations to document.
    """
    if seen := layouts.unrecognised(here):
        folder = posixpath.dirname(seen[0]) or "."
        if layout:
            return folder
        names = ", ".join(posixpath.basename(path) for path in seen[:_SHOWN])
        raise Undecided(
            f"'{folder}' ({names}): no convention that is known is recognised",
            folder,
            _GENERAL,
            "if these are migrations, choose: 'migdocs init --layout NAME', with native or plain,"
            " or another that the documentation lists. If not, name the folder where migrations"
            " are to come: '--migrations FOLDER'.",
        )
    declared = next((path for path in here if _is_declared(path, read)), None)
    if declared is None:
        return "migrations"
    raise UsageError(
        f"'{declared}' declares a schema: tools like sqldef compare it with the database,"
        " and keep no migrations",
        hint="there is nothing to document; if migrations are to come, name their folder with"
        " '--migrations FOLDER'.",
    )


def _is_declared(path: str, read: Callable[[str], str]) -> bool:
    """Tell whether a file is a whole schema that stands by itself."""
    name = posixpath.basename(path)
    return name in _DECLARED and path.count("/") <= 1 and "create table" in read(path).lower()
