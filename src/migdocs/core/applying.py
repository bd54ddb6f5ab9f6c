"""Who applies a project's migrations, how that is known, and the commands that follow from it.

It decides the steps of every guide: who starts the new version to migrate is not told to run a
tool, and who runs a tool is not told to run another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.ledger import gate
from migdocs.core.runner import PG_DUMP, PG_RESTORE, Runner, for_variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.ledger.gate import AppliedBy
    from migdocs.core.settings import Settings
    from migdocs.core.startup import Sign

_SET = "the setting `applied_by` says so"
_NO_RUNNER = "the project's own tool"
# In a cell of a table, and as a sentence.
_SHORT = {
    "migdocs": "migdocs",
    "runner": "{runner}",
    "application": "the application, when it starts",
    "image": "the container, when it starts",
    "unknown": "not known",
}
_WHO = {
    "migdocs": "migdocs applies the migrations",
    "runner": "{runner} applies the migrations",
    "application": "The application applies its migrations when it starts",
    "image": "The container applies the migrations when it starts",
}


class Applying(Struct, frozen=True):
    """Who applies the migrations, and what tells so.

    Attributes:
        why: how that is known, a clause.
        runner: the tool's name, where it is one.
    """

    by: AppliedBy = "unknown"
    why: str = "nothing in the project says it"
    runner: str = ""

    @property
    def at_start(self) -> bool:
        """Whether starting a version is what applies its migrations."""
        return self.by in gate.OTHERS

    @property
    def who(self) -> str:
        """Say who it is, in a few words."""
        return _SHORT[self.by].format(runner=self.runner or _NO_RUNNER)

    @property
    def sentence(self) -> str:
        """Say who applies the migrations, for the documents."""
        if self.by == "unknown":
            return (
                "Who applies the migrations is not known, so the commands here are those of"
                " migdocs. Set `applied_by` if something else does."
            )
        who = _WHO[self.by].format(runner=self.runner or _NO_RUNNER)
        return f"{who}: {self.why}."


def applying(
    settings: Settings, runner: Runner, sign: Callable[[], Sign | None] = lambda: None
) -> Applying:
    """Tell who applies the migrations: as the settings say, else by what the project shows.

    Args:
        settings: of the project.
        runner: of the convention of its files.
        sign: looks for a sign that they are applied at the start; asked only where it matters.
    """
    foreign = "" if runner.name == "migdocs" else runner.name
    if settings.applied_by:
        return Applying(gate.applied_by(settings.applied_by, foreign), _SET, foreign)
    if runner.at_start:
        return Applying("application", f"that is how {foreign} works", foreign)
    if (found := sign()) and found.sure:
        why = f"{found.place} {found.says} (the setting `applied_by` can say otherwise)"
        return Applying(found.by, why, foreign)
    if foreign and runner.is_known:
        return Applying("runner", "the files follow its naming", foreign)
    return Applying(runner=foreign)


def commands(found: Applying, runner: Runner, variable: str = "DATABASE_URL") -> Runner:
    """Give the commands that operators type, by who applies the migrations.

    Args:
        found: who it is.
        runner: of the convention of the project's files.
        variable: that holds the database's URL.
    """
    made = _commands(found, runner)
    return for_variable(made, variable)


def _commands(found: Applying, runner: Runner) -> Runner:
    """Give the commands, with the usual variable."""
    if found.by == "unknown":
        return runner
    if found.by == "migdocs":
        # Its ledger takes in what ran by hand, and knows no rollback by hand.
        return Runner(new=runner.new, by_hand=runner.by_hand, back_by_hand=False, back_note="")
    if runner.name == "migdocs":
        note = "Run the migrations with the project's own tool: migdocs does not know which it is."
        runner = _without_commands(runner)
        runner = replace(runner, name=_NO_RUNNER, note=note, query="", record="", back_note="")
    runner = replace(runner, backup=PG_DUMP, restore=PG_RESTORE)
    if found.at_start:
        runner = _without_commands(
            replace(
                runner,
                status=runner.ask,
                record=runner.row_in or runner.record,
                unrecord=runner.row_out or runner.unrecord,
            )
        )
    return _by_hand_where_recorded(runner)


def _by_hand_where_recorded(runner: Runner) -> Runner:
    """Let scripts be run by hand only where the tool's record of them is kept right."""
    return replace(
        runner,
        forward_by_hand=bool(runner.record),
        back_by_hand=bool(runner.unrecord),
        hand_note="" if runner.by_hand else runner.hand_note,
        back_note="",
    )


def _without_commands(runner: Runner) -> Runner:
    """Take away what nobody types where no tool is run."""
    status = runner.status if runner.name != "migdocs" else ""
    return replace(runner, status=status, apply="", apply_to="", rollback_to="", guided="")
