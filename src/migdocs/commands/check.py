"""Everything that is wrong, gathered from every room that knows."""

from __future__ import annotations

import functools
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters import files
from migdocs.commands import apart, generate, trust
from migdocs.commands.project import place
from migdocs.core import impact
from migdocs.core.changelog import headings
from migdocs.core.checking import claims, lint, reporting
from migdocs.core.errors import UsageError
from migdocs.core.markup import regions
from migdocs.core.model import Finding, Hazard
from migdocs.core.notes import template
from migdocs.core.proof import evidence
from migdocs.core.sql import script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from migdocs.commands.project import Project
    from migdocs.core.model import Migration


def all_of(
    project: Project, *, require_evidence: bool = False, base: str = ""
) -> tuple[Finding, ...]:
    """List what is wrong with a project.

    Args:
        project: as read.
        require_evidence: find also the migrations that ``verify`` has not seen as they are.
        base: the branch or commit whose evidence is believed; empty for the default branch.
    """
    found = findings(project)
    if not require_evidence:
        return found
    return reporting.in_order((*found, *_unproved(project, base)))


def refuse_missing(
    project: Project, start: Path, paths: Sequence[str], found: Sequence[Finding]
) -> None:
    """Refuse paths that are neither there nor in a finding.

    Raises:
        UsageError: the first of them.
    """
    for path in paths:
        if not (start / path).exists() and not limited(found, [_from_root(project, start / path)]):
            raise UsageError("there is no such file or folder", path=path)


def below(
    project: Project, start: Path, paths: Sequence[str], found: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Keep what is about these files and folders, as typed."""
    return limited(found, [_from_root(project, start / path) for path in paths])


def _from_root(project: Project, place: Path) -> str:
    """Give a path from the project's root, however it was typed."""
    try:
        return place.resolve().relative_to(project.root.resolve()).as_posix()
    except ValueError:
        raise UsageError(
            "leads out of the project", path=str(place), hint=f"the project is in '{project.root}'."
        ) from None


def findings(project: Project) -> tuple[Finding, ...]:
    """List what is wrong with a project, the gravest first, then by place."""
    found = chain(
        project.facts.findings,
        lint.missing_parts(_present(project)),
        lint.poor_rollbacks(_present(project), project.facts.sql.reversals),
        lint.wrong_dependencies(project.facts.history.migrations),
        lint.shipped_before_need(
            project.facts.history, {e.id: e.dependencies for e in project.facts.entries.values()}
        ),
        lint.edited_after_release(_present(project), project.facts.history.releases),
        _judged(project),
        _read_otherwise(project),
        _against_template(project),
        _understated(project),
        _untrue(project),
        lint.contradictions(project.facts.history, _claims(project)),
        _dead_links(project),
        _stale(project),
    )
    return reporting.in_order(found)


def _unproved(project: Project, base: str) -> Iterator[Finding]:
    """Yield the migrations that nobody has seen apply, or whose rollback was seen to be wrong."""
    path = project.settings.below(evidence.FILE)
    believed = evidence.valid(trust.believed(project.root, path, base), _present(project))
    for migration in _present(project):
        script = migration.forward
        if script is None or migration.dialect != "postgresql":
            continue
        seen = believed.get(migration.id)
        if seen is None:
            message = "the scripts, as they are, were not tried on a server"
            hint = "run 'migdocs verify', and commit the evidence."
            if migration.id in project.facts.evidence:
                message = "its evidence was written on this branch, and was not seen here"
                hint = "run 'migdocs verify' first: it tries the scripts again."
            yield Finding("no-evidence", "error", message, script.path, 0, hint)
        elif not seen.applied or seen.verdict in {"fails", "differs"}:
            hint = "fix the scripts, then run 'migdocs verify'; the log says what was seen."
            message = evidence.sentence(seen)
            yield Finding("evidence-against", "error", message, script.path, 0, hint)


def _read_otherwise(project: Project) -> Iterator[Finding]:
    """Yield where a server showed what reading a script does not say, or the other way round."""
    for migration in _present(project):
        seen = project.facts.evidence.get(migration.id)
        script = migration.forward
        if seen is None or script is None or not (seen.unread or seen.unseen):
            continue
        hides = [c for c in project.facts.sql.changes.get(migration.id, ()) if c.opaque]
        showed = [f"a server showed that it {text}" for text in seen.unread]
        showed += [f"a server did not show that {text}" for text in seen.unseen]
        if hides and not seen.unseen:
            message = f"what it does cannot be read here: {'; '.join(showed)}"
            hint = "the documents say what was observed; write the statement out if you can."
            yield Finding("opaque-script", "info", message, script.path, hides[0].line, hint)
        else:
            message = f"migdocs reads it otherwise than a server: {'; '.join(showed)}"
            hint = "the server is right: please report the script, so that it can be fixed."
            yield Finding("misread-script", "warning", message, script.path, script.line, hint)


def _present(project: Project) -> tuple[Migration, ...]:
    """Give the migrations of the checkout: those that only tags still hold cannot be mended."""
    return project.reading.migrations


def limited(found: Sequence[Finding], paths: Sequence[str]) -> tuple[Finding, ...]:
    """Keep what is about these files and folders; everything where none or the root is named."""
    if not paths or "." in paths:
        return tuple(found)
    return tuple(
        item
        for item in found
        if any(item.path == path or item.path.startswith(f"{path}/") for path in paths)
    )


def _judged(project: Project) -> Iterator[Finding]:
    """Yield what the scripts' SQL is judged to do.

    A released script cannot be changed any more: its hazards are remarks, whatever they were. A
    rollback that cannot be read can still be mended before somebody needs it.
    """
    for migration in _present(project):
        released = project.facts.history.placements[migration.id].status == "released"
        way_back = migration.rollback.path if migration.rollback else ""
        seen = project.facts.evidence.get(migration.id)
        for found in project.facts.script_findings.get(migration.id, ()):
            item = found
            if seen and isinstance(found, Hazard) and found.path != way_back:
                item = evidence.as_observed(found, seen)
            mendable = item.path == way_back and not isinstance(item, Hazard)
            yield replace(item, severity="info") if released and not mendable else item


def _against_template(project: Project) -> Iterator[Finding]:
    """Yield where notes fall short of TEMPLATE.md, and what scripts still have of it."""
    if project.facts.template is None:
        return
    for migration in _present(project):
        if migration.notes:
            yield from template.check(migration.notes, project.facts.template)
        yield from template.check_scripts(migration, project.facts.template)


def _understated(project: Project) -> Iterator[Finding]:
    """Yield the notes that say that nothing breaks where the SQL breaks something."""
    for migration in _present(project):
        assessed = project.facts.sql.assessments.get(migration.id)
        if migration.forward is None or assessed is None:
            continue
        yield from impact.understated(
            migration.declared,
            assessed,
            migration.forward.path,
            script.markers(migration.forward.text, migration.forward.line),
            private=project.facts.audience.private,
        )


def _untrue(project: Project) -> Iterator[Finding]:
    """Yield where notes and scripts disagree about names and downtime."""
    made = chain.from_iterable((project.facts.sql.base, *project.facts.sql.changes.values()))
    tables = {change.name for change in made if change.kind == "table"}
    for migration in _present(project):
        found = project.facts.script_findings.get(migration.id, ())
        hazards = [item for item in found if isinstance(item, Hazard)]
        changes = project.facts.sql.changes.get(migration.id, ())
        yield from claims.of_notes(migration, changes, hazards, tables)


def _claims(project: Project) -> Iterator[lint.Claim]:
    """Yield what people wrote about releases and rollbacks: in notes, the log, the change log."""
    history, ids = project.facts.history, set(project.facts.entries)
    yield from lint.claims_of_notes(history.migrations)
    for name in ("log", "changelog"):
        path = project.settings.document(name)
        if path not in project.files:
            continue
        text = regions.outside(files.read(project.root, path), path)
        if name == "log":
            yield from lint.claims_of_log(path, text, ids)
        else:
            mentioned = headings.mentions(headings.headings(text), ids)
            yield from lint.claims_of_changelog(history, path, mentioned)


def _dead_links(project: Project) -> Iterator[Finding]:
    """Yield the dead links of notes, of the documents, and of what stands beside them."""
    documents = set(place(project).documents.values())
    extra = {project.settings.template_path, "README.md", "CONTRIBUTING.md"}
    notes = {m.notes.path for m in _present(project) if m.notes}
    is_there = functools.cache(functools.partial(files.is_there, project.root))
    for path in sorted((documents | extra | notes) & project.files):
        if path.endswith(".md"):
            yield from lint.dead_links(path, files.read(project.root, path), is_there)


def _stale(project: Project) -> Iterator[Finding]:
    """Yield the documents that are not what `generate` would write."""
    if not project.facts.entries:
        message, hint = "there are no migrations", "'migdocs new NAME' starts one."
        yield Finding("no-migrations", "warning", message, project.settings.migrations, 0, hint)
        return
    generated = apart.check(project, generate.plan(project)).generated
    for path in generated.stale:
        missing = generated.before[path] is None
        yield Finding(
            "stale-document",
            "error",
            "the document has not been written yet" if missing else "the document is out of date",
            path,
            0,
            "run 'migdocs generate'.",
        )
    for path in generated.unadopted:
        yield Finding(
            "unadopted-document",
            "warning",
            "the document is kept by hand: it has no region of migdocs",
            path,
            0,
            "run 'migdocs generate --adopt', which adds a region and keeps your text.",
        )
    for path in generated.foreign:
        yield Finding(
            "foreign-document",
            "error",
            "migdocs would write this file, but did not write the one that is there",
            path,
            0,
            "move it away, or name another path under 'documents' in the settings.",
        )
