"""``release``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import asking, output

if TYPE_CHECKING:
    from migdocs.commands.release import Made, Plan
    from migdocs.core.releases.bump import Proposal

_SHOWN = 12  # reasons that fit on a screen


@click.command()
@click.argument("version", required=False)
@click.option("--tag", is_flag=True, help="Commit the documents and create an annotated tag.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--allow-lower",
    metavar="REASON",
    default="",
    help="Why the version may be lower than the changes ask for; goes into the tag's message.",
)
@asking.answers
@output.json_option
@output.quiet
def release(
    *,
    version: str | None,
    tag: bool,
    dry_run: bool,
    allow_lower: str,
    yes: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a release: its version, its documents, its tag.

    Without VERSION it proposes one and says why: from the commits since the last release, and from
    what the migrations do and declare. A version that is too low is refused.

    If you run it again, there is nothing to do.
    """
    from migdocs.commands import project
    from migdocs.commands import release as use_case

    read = project.read(Path.cwd())
    if version and use_case.is_released(read, version):
        output.say(f"{version} is released; there is nothing to do.", quiet=quiet)
        output.as_json({"version": version, "written": [], "tagged": True}) if as_json else None
        return
    wanted = version or (read.facts.stamp.version if read.facts.stamp else None)
    if wanted is None:
        proposal = use_case.propose(read)
        _explain(proposal, quiet=quiet or as_json)
        asks = asking.Where("", "", quiet, yes, no_input or as_json).asks
        if not (yes or (asks and _agreed(proposal))):
            output.as_json(use_case.proposal_shape(proposal)) if as_json else None
            output.say(f"Hint: 'migdocs release {proposal.version}' makes it.", quiet=quiet)
            return
        wanted = proposal.version
    today = datetime.now().astimezone().date().isoformat()  # as git will date the commit
    planned = use_case.plan(read, wanted, today, allow_lower=allow_lower)
    made = None if dry_run else use_case.make(planned, tag=tag)
    if as_json:
        output.as_json(use_case.shape(planned, made))
    elif made:
        _tell(planned, made, quiet=quiet)
    else:
        output.data(planned.generated.diff() or "Nothing would change.\n")


def _agreed(proposal: Proposal) -> bool:
    """Ask whether the proposal is to be made."""
    return click.confirm(f"Release {proposal.version}?", default=False, err=True)


def _explain(proposal: Proposal, *, quiet: bool) -> None:
    """Say which version is proposed, and why."""
    output.say(f"{proposal.last or 'nothing'} → {proposal.version} ({proposal.part})", quiet=quiet)
    for reason in proposal.reasons[:_SHOWN]:
        output.say(f"  {reason.part}: {reason.text}", quiet=quiet)
    if len(proposal.reasons) > _SHOWN:
        output.say(f"  and {len(proposal.reasons) - _SHOWN} more", quiet=quiet)


def _tell(planned: Plan, made: Made, *, quiet: bool) -> None:
    """Say what was done and why that version, and what is left to do."""
    if proposal := planned.proposal:
        output.say(f"{proposal.last or 'nothing'} → {planned.stamp.version}", quiet=quiet)
        for reason in proposal.reasons[:1]:
            output.say(f"  the weightiest: {reason.part}: {reason.text}", quiet=quiet)
    for path in made.written:
        output.say(f"wrote {path}", quiet=quiet)
    if made.committed:
        output.say(f"committed the documents of {planned.stamp.version}", quiet=quiet)
    if made.tagged:
        output.say(
            f"tagged {planned.stamp.tag}: 'git push --follow-tags' publishes it", quiet=quiet
        )
    elif made.written:
        output.say(
            f"Next: commit, then 'git tag -a {planned.stamp.tag}', or run"
            f" 'migdocs release {planned.stamp.version} --tag'.",
            quiet=quiet,
        )
    else:
        output.say(f"{planned.stamp.version} is stamped; there is nothing to do.", quiet=quiet)
