"""Runners that are not migdocs: those with commands, and those without."""

from __future__ import annotations

from migdocs.core.runner import Runner


def foreign_runner(
    name: str,
    *,
    status: str = "",
    apply: str = "",
    by_hand: bool = True,
    **more: str,
) -> Runner:
    """Describe a runner that is not migdocs; what it has no command for stays empty."""
    named = {"apply_to": "", "rollback_to": "", "guided": "", "query": "", **more}
    return Runner(name=name, status=status, apply=apply, by_hand=by_hand, **named)


def unknown_runner() -> Runner:
    """Describe what runs migrations of which only the form is known: nobody says how."""
    note = "What runs these scripts is not known: nothing in the project names its tool."
    return foreign_runner("the runner of this project", note=note)


def application_runner(name: str) -> Runner:
    """Describe a runner that is part of the application: it has no commands."""
    note = f"The application runs them when it starts ({name}): there is no command for it."
    return foreign_runner(name, note=note)
