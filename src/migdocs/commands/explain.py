"""What a finding means, for people."""

from __future__ import annotations

from migdocs.core import hazards


def explanation(rule: str) -> str:
    """Explain one rule in Markdown; list all of them where none is named.

    Raises:
        UsageError: there is no such rule.
    """
    return hazards.explain(rule) if rule else hazards.listing()


def page() -> str:
    """Write the page of documentation about every rule."""
    return hazards.reference()
