"""Which findings ``check`` reports: rules that are selected, ignored, or off until asked for."""

from __future__ import annotations

import difflib
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.model import Finding

# Rules about style: each fires in nearly every script of nearly every project, and breaks nothing.
STYLE = frozenset({"tb-create-ine", "tx-nonqual", "tx-notimeout", "tx-style"})
# What only `--require-evidence` reports is never set aside by a file of the repository.
ALWAYS = frozenset({"no-evidence", "evidence-against"})
ALL = "ALL"


class CheckOptions(Struct, frozen=True):
    """Which findings are reported; a rule is named whole (``col-drop``) or by its prefix (``col``).

    Attributes:
        select: these rules and no others; ``ALL`` is every rule. Empty takes every rule but those
            about style (`tb-create-ine`, `tx-nonqual`, `tx-notimeout`, `tx-style`).
        extend_select: these rules too, beside those that are selected anyway.
        ignore: none of these.
        per_file_ignores: pattern of a path → the rules that are ignored there.
        rollbacks: whether migrations are meant to have rollbacks; ``false`` reports none as
            missing.
        baseline: the file of findings that ``check --baseline`` accepted, from the root.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rollbacks: bool = True
    baseline: str = "migdocs-baseline.jsonl"


def chosen(found: Iterable[Finding], options: CheckOptions) -> tuple[Finding, ...]:
    """Keep the findings whose rules are selected, and not ignored where they are."""
    return tuple(item for item in found if item.rule in ALWAYS or _is_chosen(item, options))


def _is_chosen(item: Finding, options: CheckOptions) -> bool:
    """Tell whether one finding is reported."""
    if item.rule == "missing-rollback" and not options.rollbacks:
        return False
    selected = covers(options.select, item.rule) if options.select else item.rule not in STYLE
    if not (selected or covers(options.extend_select, item.rule)):
        return False
    here = (rules for p, rules in options.per_file_ignores.items() if fnmatchcase(item.path, p))
    return not any(covers(rules, item.rule) for rules in (options.ignore, *here))


def covers(names: Iterable[str], rule: str) -> bool:
    """Tell whether one of the names is a rule's, a prefix of it (``col``), or every rule's."""
    return any(name in {ALL, rule} or rule.startswith(f"{name}-") for name in names)


def unknown(options: CheckOptions, rules: Iterable[str]) -> list[tuple[str, str, str]]:
    """List the names that mean no rule: the setting, the name, and the nearest that does."""
    known = sorted(rules)
    named = [
        ("check.select", options.select),
        ("check.extend-select", options.extend_select),
        ("check.ignore", options.ignore),
    ]
    named += [(f"check.per-file-ignores.{p}", r) for p, r in options.per_file_ignores.items()]
    wrong = []
    for setting, names in named:
        for name in names:
            if not any(covers([name], rule) for rule in known):
                near = difflib.get_close_matches(name, known, n=1)
                wrong.append((setting, name, near[0] if near else ""))
    return wrong


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """Tell findings apart without their line, so that one that moves stays the same.

    Of several that are alike, the first stays the first.
    """
    import hashlib

    seen: Counter[str] = Counter()
    made = []
    for item in findings:
        name = f"{item.rule}\n{item.path}\n{item.message}"
        seen[name] += 1
        count = f"\n{seen[name]}" if seen[name] > 1 else ""
        made.append(hashlib.sha256(f"{name}{count}".encode("utf-8", "replace")).hexdigest())
    return made


class Accepted(Struct, frozen=True):
    """A finding that a baseline accepts; all but the fingerprint is for who reads the file."""

    fingerprint: str
    rule: str
    path: str
    message: str


def baseline(findings: Iterable[Finding]) -> tuple[Accepted, ...]:
    """Give what a baseline accepts of what is found today, by path.

    A document that is out of date is left out: that would be accepted for good.
    """
    kept = [item for item in findings if item.rule not in ALWAYS and not _is_outdated(item)]
    named = zip(fingerprints(kept), kept, strict=True)
    made = (Accepted(name, item.rule, item.path, item.message) for name, item in named)
    return tuple(sorted(made, key=lambda one: (one.path, one.rule, one.fingerprint)))


def _is_outdated(item: Finding) -> bool:
    """Tell whether a finding is of a document that is there and out of date."""
    return item.rule == "stale-document" and item.message.endswith("out of date")


def beyond(findings: Iterable[Finding], accepted: Iterable[str]) -> tuple[Finding, ...]:
    """Keep the findings that a baseline does not hold."""
    items, known = list(findings), set(accepted)
    named = zip(fingerprints(items), items, strict=True)
    return tuple(item for name, item in named if item.rule in ALWAYS or name not in known)
