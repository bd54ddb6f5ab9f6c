"""Findings for a person at a terminal: what to fix now whole, the rest as a line a rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.checking.reporting import ORDER, summary
from migdocs.core.markup.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.model import Finding

# How many findings of one rule are shown whole, and how many in all: two screens, with the rest.
_OF_A_RULE = 3
_IN_ALL = 12
# A rule that fires for this part of the migrations says something about the project.
_NEARLY_ALL = 0.8
_FEW = 5
# Rule → what a project does that means it so.
_BY_DESIGN = {
    "missing-rollback": "by design? '[check] rollbacks = false' says so",
    "missing-notes": "by design? '[check] ignore = [\"missing-notes\"]' says so",
}


class Scope(Struct, frozen=True):
    """What is known about the files that findings are in.

    Attributes:
        owner: path of a script or of notes → the id of its migration.
        released: the ids of the migrations that a release has shipped.
        accepted: how many findings the baseline holds.
        baseline: where that stands.
    """

    owner: Mapping[str, str] = field(default_factory=dict)
    released: frozenset[str] = frozenset()
    accepted: int = 0
    baseline: str = ""

    def is_released(self, item: Finding) -> bool:
        """Tell whether a finding is about a migration that was shipped."""
        return self.owner.get(item.path, "") in self.released


def text(findings: Sequence[Finding], scope: Scope) -> str:
    """Write what is worth fixing now by file, then what else there is, then a count."""
    general, others = _properties(findings, scope)
    shown = _worth_showing(others, scope)
    rest = [item for item in others if item not in set(shown)]
    fixed = [item for item in rest if item.severity == "info" and scope.is_released(item)]
    counted = [item for item in rest if item not in set(fixed)]
    parts = [
        _by_file(shown),
        _about_the_project(general, scope),
        _by_rule(counted),
        _about_released(fixed, scope),
        _ending(findings, shown, scope),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _properties(
    findings: Sequence[Finding], scope: Scope
) -> tuple[dict[str, list[Finding]], list[Finding]]:
    """Separate the rules that fire for nearly every migration from all else."""
    every = len(set(scope.owner.values()))
    by_rule: dict[str, list[Finding]] = {}
    for item in findings:
        if item.severity != "error":
            by_rule.setdefault(item.rule, []).append(item)
    general = {
        rule: items
        for rule, items in by_rule.items()
        if every >= _FEW and _concerned(items, scope) >= _NEARLY_ALL * every
    }
    others = [item for item in findings if item.severity == "error" or item.rule not in general]
    return general, others


def _concerned(items: Iterable[Finding], scope: Scope) -> int:
    """Count the migrations that findings are about."""
    return len({scope.owner[item.path] for item in items if item.path in scope.owner})


def _worth_showing(findings: Iterable[Finding], scope: Scope) -> list[Finding]:
    """Choose the errors, and the warnings of what is not released, a few of each rule."""
    seen: Counter[str] = Counter()
    shown: list[Finding] = []
    for item in sorted(findings, key=lambda item: ORDER[item.severity]):
        told = item.severity == "error" or (
            item.severity == "warning" and not scope.is_released(item)
        )
        whole = item.rule == "stale-document" or seen[item.rule] < _OF_A_RULE
        if told and whole and (len(shown) < _IN_ALL or item.rule == "stale-document"):
            seen[item.rule] += 1
            shown.append(item)
    return shown


def _by_file(shown: Sequence[Finding]) -> str:
    """Write findings below the name of their file; documents that are not written in one line."""
    stale = [item for item in shown if item.rule == "stale-document"]
    files: dict[str, list[Finding]] = {}
    for item in shown:
        if item.rule != "stale-document":
            files.setdefault(item.path, []).append(item)
    lines: list[str] = []
    hints: set[str] = set()
    for path, items in files.items():
        lines.append(one_line(path) if path else "(the project)")
        for item in items:
            place = f"{item.line}: " if item.line else ""
            lines.append(f"  {place}{one_line(f'{item.severity}: {item.rule}: {item.message}')}")
            if item.hint and item.hint not in hints:
                hints.add(item.hint)
                lines.append(f"      Hint: {one_line(item.hint)}")
    lines += _stale(stale)
    return "\n".join(lines)


def _stale(items: Sequence[Finding]) -> list[str]:
    """Say in a line which documents are to be written, and how."""
    if not items:
        return []
    names = ", ".join(one_line(item.path.rpartition("/")[2]) for item in items)
    many = f"{len(items)} documents are" if len(items) > 1 else "1 document is"
    return [
        f"error: stale-document: {many} not written yet or out of date",
        f"      {names}",
        "      Hint: run 'migdocs generate'.",
    ]


def _about_the_project(general: Mapping[str, Sequence[Finding]], scope: Scope) -> str:
    """Say once what holds for nearly every migration."""
    every = len(set(scope.owner.values()))
    lines = []
    for rule, items in sorted(general.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        meant = f" ({_BY_DESIGN[rule]})" if rule in _BY_DESIGN else ""
        lines.append(f"  {rule}: {_concerned(items, scope)} of {every} migrations{meant}")
    return "\n".join(("Nearly every migration:", *lines)) if lines else ""


def _by_rule(items: Sequence[Finding]) -> str:
    """Count what is not shown whole, a line for each rule, the gravest first."""
    counts = Counter((ORDER[item.severity], item.severity, item.rule) for item in items)
    several = sorted(counts.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][2]))
    width = max((len(rule) for (_, _, rule), _ in several), default=0)
    lines = [
        f"  {rule.ljust(width)}  {count} {_words(severity, count)}"
        for (_, severity, rule), count in several
        if severity != "info"
    ]
    remarks = [f"{rule} {count}" for (_, severity, rule), count in several if severity == "info"]
    if remarks:
        lines.append(f"  remarks: {', '.join(remarks)}")
    return "\n".join(("Not shown one by one:", *lines)) if lines else ""


def _words(severity: str, count: int) -> str:
    """Give a severity in the number that is meant."""
    word = "remark" if severity == "info" else severity
    return word if count == 1 else f"{word}s"


def _about_released(items: Sequence[Finding], scope: Scope) -> str:
    """Say in a sentence that there are remarks about scripts that no one can change any more."""
    if not items:
        return ""
    count, scripts = len(items), _concerned(items, scope)
    many = f"{scripts} released migrations have" if scripts > 1 else "1 released migration has"
    return f"{many} {count} {_words('info', count)}; what is shipped cannot be changed."


def _ending(findings: Sequence[Finding], shown: Sequence[Finding], scope: Scope) -> str:
    """Count everything, and say how to see it."""
    lines = [summary(findings)]
    if scope.accepted:
        lines.append(f"{scope.accepted} more are accepted in {one_line(scope.baseline)}.")
    if len(shown) < len(findings):
        lines.append(
            "'migdocs check --all' lists each, 'check --statistics' counts them,"
            " 'explain RULE' says what one means."
        )
    return "\n".join(lines)


def statistics(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    """Count findings by rule: severity, rule and count, the most frequent first."""
    counts = Counter((item.severity, item.rule) for item in findings)
    several = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(severity, rule, count) for (severity, rule), count in several]


def table(findings: Sequence[Finding]) -> str:
    """Write the counts by rule, a line each."""
    rows = statistics(findings)
    width = max((len(str(count)) for _, _, count in rows), default=0)
    lines = [f"{str(count).rjust(width)}  {sev.ljust(7)}  {rule}" for sev, rule, count in rows]
    return "\n".join((*lines, summary(findings))) + "\n"
