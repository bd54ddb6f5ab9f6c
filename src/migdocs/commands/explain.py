"""What a finding means, for people."""

from __future__ import annotations

from migdocs.core.checking import findings


def explanation(rule: str) -> str:
    """Explain one rule in Markdown; list all of them where none is named.

    Raises:
        UsageError: there is no such rule.
    """
    from migdocs.core import hazards  # the rules bring the parser along

    if not rule:
        return f"{hazards.listing()}\n{findings.listing()}"
    return findings.explain(rule) or hazards.explain(rule)


def page() -> str:
    """Write the page of documentation about every rule."""
    from migdocs.core import hazards

    return hazards.reference()
