"""What one commit's message says: its section, scope and text, what it breaks, which issues.

Conventional Commits 1.0.0 where they are used; elsewhere the first word of the subject tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.model import Commit

# A type of Conventional Commits → the section of Keep a Changelog; None is of no interest to users.
_TYPES: dict[str, str | None] = {
    "feat": "Added",
    "feature": "Added",
    "fix": "Fixed",
    "bugfix": "Fixed",
    "hotfix": "Fixed",
    "perf": "Changed",
    "refactor": "Changed",
    "change": "Changed",
    "revert": "Changed",
    "deprecate": "Deprecated",
    "remove": "Removed",
    "security": "Security",
} | dict.fromkeys(
    ("build", "chore", "ci", "deps", "doc", "docs", "release", "style", "test", "tests", "wip")
)
# Types that are also names of components, where a project writes 'component: text'.
_ALSO_COMPONENTS = {"change", "perf", "refactor", "remove", "security"}
# Scopes whose fixes and features are not the software's.
_NOISY_SCOPES = {"ci", "ci/cd", "deps", "deps-dev", "docs", "e2e", "test", "tests"}
_EVIDENT_TYPES = {name: section for name, section in _TYPES.items() if name not in _ALSO_COMPONENTS}
# First words, whatever their ending → the section of a commit without a convention.
_VERBS = {
    "Added": "add|allow|creat|enabl|expos|implement|initial|introduc|new|provid|support",
    "Deprecated": "deprecat",
    "Removed": "delet|drop|remov",
    "Fixed": "avoid|correct|fix|handl|prevent|repair|resolv",
}
_VERB = {
    section: re.compile(rf"(?:{stems})(?:e|p?ed|p?ing|e?s)?\b", re.IGNORECASE)
    for section, stems in _VERBS.items()
}
_SECURITY = re.compile(r"\bCVE-\d{4}-\d+\b|\bGHSA-\w{4}-")
# Subjects that say nothing to users, with or without a type in front.
_NOISE = re.compile(
    r"Merge (?:branch|commit|conflict|pull request|remote-tracking branch|tag)\b"
    r"|(?:fix(?:ed)?|resolved?|solved?) (?:the )?(?:merge )?conflicts?$"
    r"|(?:fixup|squash|amend)! |WIP\b"
    # what bots write about dependencies
    r"|(?:bump|upgrade|update) \S+(?:,? (?:and )?\S+){0,4} (?:from \S+ )?to v?\d"
    r"|bump the \S+ group\b|lock file maintenance"
    r"|update (?:dependency|module|all non-major|pre-commit hook)\b"
    # what is written when a release is made
    r"|prepare (?:for )?(?:the )?(?:next |new )?(?:(?:v?\d\S+ )?release|development|version)\b"
    r"|(?:bump|set|update) (?:the )?(?:\w+ )?version(?: number)?(?: to v?\d\S*)?$"
    r"|(?:release |version )?v?\d+\.\d+\.\d+\S*(?: release)?(?: notes)?$"
    r"|release \S*\d+\.\d+\S*$|(?:update|add) (?:the )?(?:changelog|news|release notes)\b"
    r"|\[(?:maven-release-plugin|gradle release plugin)\]",
    re.IGNORECASE,
)

_TYPED = re.compile(r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<mark>!)?:\s+(?P<text>\S.*)")
# 'store: …', 'graph, store: …', 'pkg/db: …', 'PROJ-12: …'; a sentence with a colon is none.
_COMPONENT = re.compile(
    r"(?P<scope>[\w./*()-]{1,40}(?:, ?[\w./*()-]{1,40}){0,3}):\s+(?P<text>\S.*)"
)
_PULL = re.compile(r"(?:\s*\((?:#\d{1,9}(?:, )?)+\))+$")
_OWN_PULL = re.compile(r"\(#(\d{1,9})\)$")
# 'Keys [backport to release/1.0] (#12)', 'Keys (backport #11) (#12)', '[1.0 backport] Keys'
_MARKED_BACK_PORT = re.compile(
    r"(?:(?<!\s)\s+)?[\[(][^\[\]()]*\bback-?ports?\b[^\[\]()]*[\])]\s*", re.IGNORECASE
)
# The same, of which pull request: '(backport #11)', 'Backport of #11', 'Backports owner/name#11'.
_BACK_PORT_OF = re.compile(
    r"(?:[\[(]|^[^\w\n]*(?:This is an? (?:\w+ )?)?)back-?port(?:s|ed)?(?: of| from)?"
    r"(?: pull request| PR)?:? (?:[\w.-]+/[\w.-]+)?#(\d{1,9})\b",
    re.IGNORECASE | re.MULTILINE,
)
# What tells a forge's runner to do nothing is none of a reader's.
_FOR_RUNNERS = re.compile(
    r"(?:(?<!\s)\s+)?\[(?:skip ci|ci skip|no ci|skip actions)\]\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w/&])#(\d{1,9})\b")
_CLOSING = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see)\b:?\s+((?:#\d{1,9}\b(?:,| and)?\s*)+)",
    re.IGNORECASE,
)
_FOOTER = re.compile(r"(?:[A-Za-z][A-Za-z-]*|BREAKING CHANGE)(?:: | #)")
_BREAKING = re.compile(r"BREAKING[ -]CHANGES?(?:\([^)]*\))?:\s*(.*)")
# Revert "fix: pages", revert: fix: pages, revert: "fix: pages", revert: Revert "fix: pages"
_REVERT = re.compile(r'Revert "(.+?)"?')
_REVERT_TYPE = re.compile(r"[Rr]evert(?:\([^)]*\))?: +(?=\S)")
_REAPPLY = re.compile(r'Reapply "(.+)"(?: \(#\d{1,9}\))?')
_NUMBERED = re.compile(r" \(#\d{1,9}\)$")
_ENOUGH = 3  # one commit in so many makes a repository's convention


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says.

    Attributes:
        section: of Keep a Changelog; None where users would not notice.
        text: the subject without type, scope and trailing pull-request number.
        note: what the BREAKING CHANGE footer says, on one line.
        issues: every issue and pull request that is named, in order.
    """

    section: str | None
    text: str
    scope: str = ""
    breaking: bool = False
    note: str = ""
    issues: tuple[int, ...] = ()


def conventional(commits: Iterable[Commit]) -> bool:
    """Tell whether a repository follows Conventional Commits: at least a third of its commits do.

    Merges are not counted; a repository without commits follows them.
    """
    own = [commit for commit in commits if len(commit.parents) < 2]  # noqa: PLR2004 - a merge
    following = sum(bool(_read_type(commit.subject, _TYPES)) for commit in own)
    return following * _ENOUGH >= len(own)


def read(commit: Commit, *, convention: bool) -> Said:
    """Read a commit's message.

    Args:
        commit: a merge's message is read as any other's.
        convention: whether the repository follows Conventional Commits; where it does not, ``perf``
            or ``security`` before a colon is a component's name.
    """
    types = _TYPES if convention else _EVIDENT_TYPES
    notes = _breaking_notes(commit.body)
    undone = reverted(commit.subject)
    section, scope, text, mark = _headline(undone or commit.subject, types)
    if undone:
        section, scope, text = section and "Changed", "", f'Revert "{undone}"'
    breaking = bool(mark or notes)
    issues = _issues(commit) if section or breaking else ()
    return Said(section, text, scope, breaking, " ".join(notes), issues)


def reverted(subject: str) -> str:
    """Give the subject of the commit that one undoes, without a number; empty for none.

    A *Reapply* undoes a revert.
    """
    if subject[:1] not in "Rr" or not subject[:7].lower().startswith(("revert", "reapply")):
        return ""  # of a hundred thousand commits nearly all
    reapplied = _REAPPLY.fullmatch(subject)
    if reapplied:
        return f'Revert "{plain(reapplied[1])}"'
    typed = _REVERT_TYPE.match(subject)
    named = plain(subject[typed.end() :] if typed else subject)
    if quoted := _REVERT.fullmatch(named):
        return plain(quoted[1])
    return plain(named.removeprefix('"').removesuffix('"')) if typed else ""


def plain(subject: str) -> str:
    """Give a subject without the pull request's number that a forge appends."""
    return _NUMBERED.sub("", subject) if subject.endswith(")") else subject


def pull(subject: str) -> int:
    """Give the number of the pull request that a forge put behind a subject; 0 for none."""
    match = _OWN_PULL.search(subject) if subject.endswith(")") else None
    return int(match[1]) if match else 0


def back_ported(commit: Commit) -> int:
    """Give the number of the pull request that a commit says it ports back; 0 for none."""
    match = _BACK_PORT_OF.search(commit.subject) or _BACK_PORT_OF.search(commit.body)
    return int(match[1]) if match else 0


def _headline(subject: str, types: Mapping[str, str | None]) -> tuple[str | None, str, str, bool]:
    """Read a subject: its section, scope, text, and whether it is marked as breaking."""
    subject = _bare(subject)
    typed = _read_type(subject, types)
    if match := typed or _COMPONENT.fullmatch(subject):
        scope, text = (match["scope"] or "").strip(" *"), match["text"].strip()
    else:
        scope, text = "", subject
    return _section(typed, scope, text, types), scope, text, bool(typed and typed["mark"])


def _bare(text: str) -> str:
    """Take off a subject what forges and their robots put around it; what is only that stays."""
    bare = _PULL.sub("", text) if text.endswith(")") else text
    if "ackport" in bare:
        bare = _MARKED_BACK_PORT.sub(" ", bare)
    if bare.endswith("]") or bare.startswith("["):
        bare = _FOR_RUNNERS.sub(" ", bare)
    return bare.strip() or text


def _read_type(subject: str, types: Iterable[str]) -> re.Match[str] | None:
    """Match a subject that begins with a known type."""
    match = _TYPED.fullmatch(subject)
    return match if match and match["type"].lower() in types else None


def _section(
    typed: re.Match[str] | None, scope: str, text: str, types: Mapping[str, str | None]
) -> str | None:
    """Choose the section: what is a matter of security is so under any type."""
    about = scope.lower()
    if about == "security" or ("-" in text and _SECURITY.search(text)):
        return "Security"
    section = types[typed["type"].lower()] if typed else ""
    if section is None or about in _NOISY_SCOPES or _NOISE.match(text):
        return None
    return section or _guessed(text)


def _guessed(text: str) -> str:
    """Guess the section by the first word."""
    return next((section for section, verb in _VERB.items() if verb.match(text)), "Changed")


def _issues(commit: Commit) -> tuple[int, ...]:
    """List what the subject names, and what the body says that it closes."""
    if "#" not in commit.subject and "#" not in commit.body:
        return ()
    numbers = _NUMBER.findall(commit.subject)
    if "#" in commit.body:
        lines = (line for line in commit.body.splitlines() if "#" in line)
        numbers += _NUMBER.findall(" ".join(_CLOSING.findall("\n".join(lines))))
    return tuple(dict.fromkeys(map(int, numbers)))


def _breaking_notes(body: str) -> list[str]:
    """List the BREAKING CHANGE footers, each up to the next footer, on one line."""
    if "BREAKING" not in body:
        return []
    notes: list[list[str]] = []
    inside = False
    for line in body.splitlines():
        found = _BREAKING.match(line)
        if found:
            notes.append([found[1]])
        elif inside and not _FOOTER.match(line):
            notes[-1].append(line)
        inside = bool(found) or (inside and not _FOOTER.match(line))
    return [" ".join(" ".join(lines).split()) for lines in notes]
