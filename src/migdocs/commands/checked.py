"""What ``check`` reports: the findings that are selected, and that no baseline accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import Struct, field, structs

from migdocs.adapters import files
from migdocs.commands import check
from migdocs.commands import project as projects
from migdocs.core import shaped, values
from migdocs.core.checking import brief, choosing, reporting
from migdocs.core.checking.findings import MEANINGS
from migdocs.core.errors import UsageError, raise_all

if TYPE_CHECKING:
    from pathlib import Path

    from migdocs.commands.project import Project
    from migdocs.core.checking.choosing import Accepted, CheckOptions
    from migdocs.core.model import Finding


class Asked(Struct, frozen=True):
    """What is asked of ``check``.

    Attributes:
        paths: as typed; empty asks for everything.
        select: rules beside those that the settings select.
        ignore: rules that are not to be reported, beside those of the settings.
        require_evidence: find also the migrations that ``verify`` has not seen as they are.
        base: the branch or commit whose evidence is believed; empty for the default branch.
    """

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    require_evidence: bool = False
    base: str = ""


class Checked(Struct, frozen=True):
    """What is reported, and what is known about the files that it is in."""

    findings: tuple[Finding, ...]
    scope: brief.Scope = field(default_factory=brief.Scope)


def report(start: Path, asked: Asked) -> Checked:
    """Report what is selected and what no baseline accepts.

    Raises:
        UsageError: a path leads nowhere, or a setting names no rule.
        InputError: the baseline cannot be read.
    """
    project = projects.read(start, half=True)
    found = _selected(project, start, asked)
    accepted = _accepted(project)
    new = choosing.beyond(found, (one.fingerprint for one in accepted))
    scope = structs.replace(
        _scope(project),
        accepted=len(found) - len(new),
        baseline=project.settings.check.baseline,
    )
    return Checked(check.below(project, start, asked.paths, new), scope)


def accept(start: Path, asked: Asked) -> tuple[str, int]:
    """Write all that is found today into the baseline; give its path and how many it holds."""
    project = projects.read(start, half=True)
    kept = choosing.baseline(_selected(project, start, asked))
    path = project.settings.check.baseline
    text = "".join(f"{json.dumps(values.plain(one))}\n" for one in kept)
    files.write_all(project.root, {path: text})
    return path, len(kept)


def _selected(project: Project, start: Path, asked: Asked) -> tuple[Finding, ...]:
    """Give what is wrong, as far as its rule is selected."""
    options = project.settings.check
    options = structs.replace(
        options,
        extend_select=(*options.extend_select, *asked.select),
        ignore=(*options.ignore, *asked.ignore),
    )
    _refuse_unknown(options)
    found = check.all_of(project, require_evidence=asked.require_evidence, base=asked.base)
    check.refuse_missing(project, start, asked.paths, found)
    return reporting.in_order(choosing.chosen(found, options))


def _refuse_unknown(options: CheckOptions) -> None:
    """Refuse names that mean no rule: a slip would ignore nothing, without a word.

    Raises:
        UsageError: for each of them.
    """
    if options == choosing.CheckOptions(rollbacks=options.rollbacks, baseline=options.baseline):
        return
    from migdocs.core import hazards  # the rules bring the parser along
    from migdocs.core.hazards import allowing

    rules = {*MEANINGS, *hazards.RULES, *allowing.PROBLEMS}
    raise_all(
        UsageError(
            f"'{setting}' names '{name}', which is not a rule",
            hint=f"did you mean '{near}'?" if near else "'migdocs explain' lists them.",
        )
        for setting, name, near in choosing.unknown(options, rules)
    )


def _accepted(project: Project) -> tuple[Accepted, ...]:
    """Read the baseline; nothing where there is none.

    Raises:
        InputError: a line is none of ours.
    """
    path = project.settings.check.baseline
    if path not in project.files:
        return ()
    hint = "'migdocs check --baseline' writes a new one."
    return shaped.lines(files.read(project.root, path), path, choosing.Accepted, hint)


def _scope(project: Project) -> brief.Scope:
    """Tell which migration each file belongs to, and which of them were released."""
    owner = {
        part.path: migration.id
        for migration in project.reading.migrations
        for part in (migration.rollback, migration.notes, migration.forward)
        if part is not None
    }
    placed = project.facts.history.placements
    shipped = frozenset(id_ for id_ in owner.values() if placed[id_].status == "released")
    return brief.Scope(owner, shipped)
