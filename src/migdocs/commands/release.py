"""Make a release: propose or check its version, stamp the documents, commit and tag them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters import repository
from migdocs.commands import generate, project
from migdocs.core.changelog import stamping, subjects
from migdocs.core.errors import MigdocsError, UsageError, raise_all
from migdocs.core.releases import bump, stamp, version
from migdocs.core.releases.stamp import Stamp

if TYPE_CHECKING:
    from migdocs.commands.generate import Generated
    from migdocs.commands.project import Project
    from migdocs.core.releases.bump import Proposal
    from migdocs.core.timeline import Release


class Plan(Struct, frozen=True):
    """A release before anything is written.

    Attributes:
        project: as it will be with the release.
        proposal: None for a release that was stamped before.
        reason: why the version is lower than what is new asks for; empty where it is not.
    """

    project: Project
    stamp: Stamp
    generated: Generated
    proposal: Proposal | None = None
    reason: str = ""


class Made(Struct, frozen=True):
    """What was done."""

    written: tuple[str, ...]
    committed: bool = False
    tagged: bool = False


def propose(read: Project) -> Proposal:
    """Propose the next version.

    Raises:
        MigdocsError: nothing is new.
    """
    here, last = stamp.unreleased(read.facts.history), stamp.last(read.facts.history)
    if here is None:
        since = f" since {last.version}" if last else ""
        untagged = f"'migdocs release {last.version} --tag' tags it." if last else ""
        raise MigdocsError(
            f"nothing is new{since}: there is nothing to release",
            hint="" if last is None or last.tag else untagged,
        )
    log = [entry for section in read.facts.logged.get(here.version, ()) for entry in section.told]
    out = [r.version for r in read.facts.history.releases if r.status == "released"]
    return bump.propose(last.version if last else None, log, read.facts.of(here), out)


def is_released(read: Project, wanted: str) -> bool:
    """Tell whether what is checked out is this release already, tag and all.

    Raises:
        MigdocsError: another commit is.
    """
    found = _named(read, wanted)
    if found is None or _is_stamped(read, found):
        return False
    if read.git and found.commit == read.git.head:
        return True
    raise MigdocsError(
        f"'{wanted}' is released already, on {found.date}",
        hint="'migdocs release' without a version proposes the next one.",
    )


def plan(read: Project, wanted: str, date: str, *, allow_lower: str = "") -> Plan:
    """Check a version and write the documents as they will be; nothing on disk is changed.

    Args:
        read: the project as it is.
        wanted: the version to release.
        date: today, ``YYYY-MM-DD``; a release that was stamped before keeps its own.
        allow_lower: why a version may be lower than what is new asks for.

    Raises:
        MigdocsError: the version will not do, or a document cannot be written.
    """
    if read.facts.stamp and version.same(read.facts.stamp.version, wanted):
        return Plan(read, read.facts.stamp, _documents(read))
    if read.facts.stamp:
        raise MigdocsError(
            f"'{read.facts.stamp.version}' is stamped in the change log and not tagged yet",
            hint=f"tag it first: git tag -a {read.facts.stamp.tag}",
        )
    if told := _only_told(read, wanted):
        stamped = project.read(read.root, Stamp(told.version, told.version, told.date or date))
        mark = Stamp(told.version, told.version, told.date or date)
        return Plan(stamped, mark, _documents(stamped))
    proposal = propose(read)
    written = bump.check(wanted, proposal, allow_lower=allow_lower)
    name = stamp.tag_name(stamp.last(read.facts.history), written)
    _check_free(read, name)
    stamped = project.read(read.root, Stamp(written, name, date))
    return Plan(stamped, Stamp(written, name, date), _documents(stamped), proposal, allow_lower)


def make(plan: Plan, *, tag: bool = False) -> Made:
    """Write the documents; with ``tag``, commit them and put an annotated tag on that commit.

    Raises:
        MigdocsError: a migration of the release is not committed, or git refuses, or a hook of the
            repository's: they judge this commit as they judge the user's own.
    """
    if tag:
        _check_committed(plan)
    written = generate.write(plan.project, plan.generated)
    if not tag or plan.project.git is None:
        return Made(written)
    git = plan.project.git
    message = _message(plan)
    ours = {f"{git.prefix}{path}" for path in plan.generated.after}
    changed = sorted(ours & set(repository.uncommitted(git)))
    if changed:
        repository.commit(git, changed, message, hooks=True)
    lower = f"\n\nIt is lower than what is new asks for: {plan.reason}" if plan.reason else ""
    repository.tag(git, plan.stamp.tag, message + lower)
    return Made(written, bool(changed), tagged=True)


def _message(plan: Plan) -> str:
    """Give the subject of a release's commit: by the settings, else as the project writes them."""
    wanted = plan.project.settings.release_message
    if not wanted:
        commits = [c for r in reversed(plan.project.facts.history.releases) for c in r.commits]
        wanted = subjects.release_subject(commits)
    return wanted.replace("{version}", plan.stamp.version)


def shape(plan: Plan, made: Made | None) -> dict[str, Any]:
    """Give the JSON shape; ``made`` is None for a dry run."""
    return {
        "version": plan.stamp.version,
        "tag": plan.stamp.tag,
        "date": plan.stamp.date,
        **proposal_shape(plan.proposal),
        "allowed_lower": plan.reason or None,
        "stale": list(plan.generated.stale),
        "written": list(made.written) if made else [],
        "committed": bool(made and made.committed),
        "tagged": bool(made and made.tagged),
    }


def proposal_shape(proposal: Proposal | None) -> dict[str, Any]:
    """Give the JSON shape of a proposal."""
    if proposal is None:
        return {"previous": None, "proposed": None, "part": None, "reasons": []}
    return {
        "previous": proposal.last,
        "proposed": proposal.version,
        "part": proposal.part,
        "reasons": [{"part": r.part, "text": r.text} for r in proposal.reasons],
    }


def _named(read: Project, wanted: str) -> Release | None:
    """Find a release by its version; ``1.0.0+hotfix`` is another one than ``1.0.0``."""
    releases = [r for r in read.facts.history.releases if r.status == "released" and r.tag]
    if "+" in wanted:
        return next(
            (r for r in releases if version.parse(r.version) == version.parse(wanted)), None
        )
    return next((r for r in releases if version.same(wanted, r.version)), None)


def _only_told(read: Project, wanted: str) -> Release | None:
    """Give the newest release where only the change log tells of it, and that is wanted."""
    released = read.facts.released()
    if read.git is None or not released or any(release.tag for release in released):
        return None
    return released[-1] if version.same(released[-1].version, wanted) else None


def _is_stamped(read: Project, release: Release) -> bool:
    """Tell whether a release only stands in the change log so far."""
    return read.facts.stamp is not None and release.version == read.facts.stamp.version


def _check_free(read: Project, tag: str) -> None:
    """Make sure that no tag has that name which was passed over as none of a release.

    Raises:
        MigdocsError: one has; the reason says why it is no release.
    """
    for ignored in read.facts.history.ignored_tags:
        if ignored.name == tag:
            raise MigdocsError(
                f"there is a tag '{tag}' already, which is not a release: {ignored.reason}",
                hint=f"'git tag -d {tag}' deletes it here; or release another version.",
            )


def _documents(read: Project) -> Generated:
    """Write every document, in memory; people's *Unreleased* entries go under the release.

    Raises:
        MigdocsError: some were written by hand and have no region of ours; all are named.
    """
    generated = generate.plan(read)
    raise_all(
        UsageError(
            "written by hand, without a region of migdocs",
            path=path,
            hint="'migdocs generate --adopt' adds one and keeps your text.",
        )
        for path in generated.unadopted
    )
    path = read.settings.document("changelog")
    if read.facts.stamp is None or path not in generated.after:
        return generated
    entries = _entries(read, read.facts.stamp.version)
    log = stamping.stamp(generated.after[path], read.facts.stamp, path, entries)
    stamped = replace(generated, after={**generated.after, path: log})
    return generate.with_parts(read, stamped)


def _entries(read: Project, name: str) -> str:
    """Give what git tells of a release, as the file's own entries are written."""
    sections = read.facts.logged.get(name, ())
    return "\n\n".join(
        f"### {section.title}\n\n" + "\n".join(f"- {line}" for line in section.entries)
        for section in sections
    )


def _check_committed(plan: Plan) -> None:
    """Make sure that a tag would hold the migrations of its release.

    Raises:
        MigdocsError: there is no repository, or some are not committed; all are named.
    """
    git = plan.project.git
    if git is None:
        raise UsageError("there is no repository to tag", hint="git init, and commit.")
    ours = {f"{git.prefix}{path}" for path in plan.generated.after}
    folder = f"{git.prefix}{plan.project.settings.migrations}"
    raise_all(
        MigdocsError("not committed: the tag would not have it", path=path, hint="commit it first.")
        for path in repository.uncommitted(git, folder)
        if path not in ours
    )
