"""What one commit's message says: its section, scope and text, what it breaks, which issues.

Conventional Commits 1.0.0 where they are used; elsewhere the first word of the subject tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core.changelog import footers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.model import Commit

# A type of Conventional Commits → the section of Keep a Changelog; None is of no interest to users.
_TYPES: dict[str, str | None] = {
    "feat": "Added",
    "feature": "Added",
    "fix": "Fixed",
    "bugfix": "Fixed",
    "hotfix": "Fixed",
    "perf": "Changed",
    "change": "Changed",
    "add": "Added",
    "drop": "Removed",
    "break": "Changed",
    "revert": "Changed",
    "deprecate": "Deprecated",
    "remove": "Removed",
    "security": "Security",
} | dict.fromkeys(
    (
        *("build", "chore", "ci", "deps", "doc", "docs", "refactor", "release", "style", "test"),
        *("tests", "wip", "nix", "cov", "lint", "fmt", "format", "typo", "cleanup", "internal"),
        *("infra", "tooling", "bench", "benchmark", "example", "examples", "misc", "meta", "dx"),
        *("amend", "nit", "i18n", "merge", "dep", "dependencies", "docker", "workflow", "dev"),
    )
)
# Types that always break something.
_BREAKING_TYPES = {"break", "breaking"}
# Types that are also names of components, where a project writes 'component: text'.
_ALSO_COMPONENTS = {
    *("change", "perf", "remove", "security", "add", "drop", "break", "nix", "cov"),
    *("infra", "tooling", "bench", "benchmark", "example", "examples", "misc", "meta", "dx"),
    *("amend", "i18n", "merge", "dependencies", "docker", "workflow", "dev", "internal", "format"),
}
# Scopes whose fixes and features are not the software's.
_NOISY_SCOPES = {"ci", "ci/cd", "deps", "deps-dev", "docs", "e2e", "test", "tests"}
# A feature is one, also of the documentation; what CI and dependencies get is not.
_FEATURES, _NEVER_FEATURES = {"feat", "feature", "add"}, {"ci", "ci/cd", "deps", "deps-dev"}
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
    r"|Merge [\w./-]+ (?:into|to|with|from) [\w./-]+$"
    # what is written while a change is reviewed
    r"|(?:address(?:ing|es|ed)?|apply(?:ing)?|implement|incorporate|respond to|more|fix) "
    r"(?:\w+ )?(?:\w+'s )?(?:(?:code )?review|pr|feedback|reviewer)(?:'s)?"
    r"(?: (?:comments?|suggestions?|feedback|changes|remarks|notes|nits))?(?: from .*)?\.?$"
    r"|(?:address(?:ing|es|ed)?|apply) (?:\w+ )?(?:comments?|suggestions?|nits?|feedback)\b"
    r"|suggestions? from code review|(?:cr|pr|review) (?:comments?|feedback|fixes|changes)\.?$"
    r"|(?:fix(?:ed|es)? )?(?:a |some |the )?(?:typos?|lint(?:er|ing)?(?: errors?)?|nits?|tests?"
    r"|formatting|whitespace|indentation|build|ci)\.?$"
    r"|(?:run )?(?:gofmt|go fmt|go mod tidy|prettier|black|rustfmt|cargo fmt|eslint|clippy|isort"
    r"|ruff|format(?: code)?|reformat(?: code)?|clean ?up)\.?$"
    r"|(?:update|regenerate|refresh) (?:the )?(?:snapshots?|go\.sum|lock ?files?|golden files?"
    r"|readme(?:\.md)?|changelog(?:\.md)?|(?:package-)?lock\S*)\.?$"
    r"|initial commit\.?$|signed-off-by\b|(?:trigger|re-?run) (?:ci|build)\b|empty commit$"
    r"|add \S+ as an? contributor\b"
    # what translators' and checkers' bots write
    r"|\[pre-commit\.ci\]|pre-commit autoupdate|translat(?:ed using|ions? update)"
    r"|update(?:d)? translation|\[?weblate\b|new crowdin updates?"
    r"|(?:fix(?:ed)?|resolved?|solved?) (?:the )?(?:merge )?conflicts?$"
    r"|(?:fixup|squash|amend)! |WIP\b"
    # what bots write about dependencies
    r"|(?:bump|upgrade|update) \S+(?:,? (?:and )?\S+){0,4} (?:from \S+ )?to v?\d"
    r"|bump the \S+ group\b|lock file maintenance"
    r"|update (?:dependency|module|all non-major|pre-commit hooks?)\b"
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
# What forges put behind a subject: '(#12)', GitLab's '(!12)', Bitbucket's '(pull request #12)'.
_PULL = re.compile(r"(?:\s*\((?:(?:pull request )?[#!]\d{1,9}(?:, )?)+\))+$")
_OWN_PULL = re.compile(r"\((?:pull request )?[#!](\d{1,9})\)$")
# '[#17] fix: x', '#18: x', 'PROJ-12: x', '[PROJ-12] x': the issue stands first.
_ISSUE_FIRST = re.compile(
    r"(?:\[(?:#(?P<in>[1-9]\d{0,8})|[A-Z][A-Z0-9]+-\d+)\]|#(?P<bare>[1-9]\d{0,8}):)\s*(?=\S)"
)
# An emoji, or its name, before all else.
_EMOJI = re.compile(
    r"(?:(?::[a-z0-9_+-]+:|[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    r"[\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)\s*)+(?=\w|\[)"
)
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
_NUMBER = re.compile(r"(?<![\w/&])#([1-9]\d{0,8})\b")  # '#000000' is a colour
_CLOSING = re.compile(
    r"(?<!not )\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|implement(?:s|ed)?|refs?|see)\b:?\s+"
    r"((?:#\d{1,9}\b(?:,| and)?\s*)+)",
    re.IGNORECASE,
)
# Revert "fix: pages", revert: fix: pages, revert: "fix: pages", revert: Revert "fix: pages"
_REVERT = re.compile(r'Revert "(.+?)"?')
_REVERT_TYPE = re.compile(r"[Rr]evert(?:\([^)]*\))?: +(?=\S)")
_REAPPLY = re.compile(r'Reapply "(.+)"(?: \(#\d{1,9}\))?')
_NUMBERED = re.compile(r"(?: \((?:pull request )?[#!]\d{1,9}\))+$")
_NO_TYPES: Mapping[str, str | None] = {}
_RELEASING = re.compile(
    r"(?P<before>(?:(?:chore|build|ci|docs)(?:\([\w-]+\))?: |)(?:[Rr]elease:? |[Pp]repare )?)"
    r"v?\d+(?:\.\d+)+\S*"
)
_ENOUGH = 3  # one commit in so many makes a repository's convention


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says.

    Attributes:
        section: of Keep a Changelog; None where users would not notice.
        text: the subject without type, scope and trailing pull-request number.
        note: what the BREAKING CHANGE footer says, on one line.
        issues: every issue that is named, in order.
        pulls: the pull requests, which stand behind the subject.
    """

    section: str | None
    text: str
    scope: str = ""
    breaking: bool = False
    note: str = ""
    issues: tuple[int, ...] = ()
    pulls: tuple[int, ...] = ()


def conventional(commits: Iterable[Commit]) -> bool:
    """Tell whether a repository follows Conventional Commits: at least a third of its commits do.

    Merges are not counted; a repository without commits follows them.
    """
    own = [commit for commit in commits if len(commit.parents) < 2]  # noqa: PLR2004 - a merge
    following = sum(bool(_read_type(commit.subject, _TYPES)) for commit in own)
    return following * _ENOUGH >= len(own)


def release_subject(commits: Sequence[Commit]) -> str:
    """Give the subject of a release's commit, with ``{version}``, as a project writes them.

    As its newest such commit is written; else by its convention.
    """
    for commit in commits:
        if match := _RELEASING.fullmatch(plain(commit.subject)):
            return f"{match['before']}{{version}}"
    return "chore(release): {version}" if commits and conventional(commits) else "Release {version}"


def read(
    commit: Commit,
    *,
    convention: bool,
    extra: Mapping[str, str | None] = _NO_TYPES,
    lenient: bool = False,
) -> Said:
    """Read a commit's message.

    Args:
        commit: a merge's message is read as any other's.
        extra: types of the project's own, by the settings.
        lenient: whether BREAKING CHANGE without a colon counts.
        convention: whether the repository follows Conventional Commits; where it does not, ``perf``
            or ``security`` before a colon is a component's name.
    """
    types = (_TYPES if convention else _EVIDENT_TYPES) | dict(extra)
    notes = footers.breaking(commit.body, lenient=lenient)
    undone = reverted(commit.subject)
    section, scope, text, mark = _headline(undone or commit.subject, types)
    if undone:
        section, scope, text = section and "Changed", "", f'Revert "{undone}"'
    breaking = bool(mark or notes)
    pulls = _pulls(commit.subject)
    issues = _issues(commit) if section or breaking else ()
    issues = tuple(number for number in issues if number not in pulls)
    if number := re.fullmatch(r"#([1-9]\d{0,8})", scope):
        scope, issues = "", tuple(dict.fromkeys((int(number[1]), *issues)))
    return Said(section, text, scope, breaking, "\n\n".join(filter(None, notes)), issues, pulls)


def is_typed(subject: str) -> bool:
    """Tell whether a subject begins with a type of Conventional Commits."""
    return bool(_read_type(_bare(subject), _TYPES))


def is_feature(subject: str) -> bool:
    """Tell whether a subject's type says that it adds something."""
    match = _read_type(_bare(subject), _TYPES)
    return bool(match and _TYPES[match["type"].lower()] == "Added")


def is_marked(commit: Commit) -> bool:
    """Tell whether a commit's type is marked as breaking."""
    match = _read_type(_bare(commit.subject), _TYPES)
    return bool(match and (match["mark"] or match["type"].lower() in _BREAKING_TYPES))


def is_breaking(commit: Commit) -> bool:
    """Tell whether a commit says that it breaks something."""
    return is_marked(commit) or bool(footers.breaking(commit.body))


def weightiest(subjects: Iterable[str]) -> str:
    """Give the type that weighs most for users among some subjects; empty where none has one."""
    found = {
        match["type"].lower()
        for subject in subjects
        if (match := _read_type(_bare(subject), _TYPES))
    }
    order = ("Added", "Removed", "Deprecated", "Fixed", "Security", "Changed")
    ranked = sorted(found, key=lambda name: (order.index(_TYPES[name] or "Changed"), name))
    told = [name for name in ranked if _TYPES[name]]
    return next(iter(told or ranked), "")


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
    breaks = bool(typed and (typed["mark"] or typed["type"].lower() in _BREAKING_TYPES))
    return _section(typed, scope, text, types), scope, text, breaks


def _bare(text: str) -> str:
    """Take off a subject what forges and their robots put around it; what is only that stays."""
    if not text[:1].isalnum():
        text = _EMOJI.sub("", text, count=1) if text[:1] not in "#[" else text
        text = _ISSUE_FIRST.sub("", text, count=1)
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
    if (
        about == "security"
        or text.endswith("[security]")
        or ("-" in text and _SECURITY.search(text))
    ):
        return "Security"
    kind = typed["type"].lower() if typed else ""
    section = types[kind] if typed else ""
    if section is None or _NOISE.match(text):
        return None
    if about in _NOISY_SCOPES and (kind not in _FEATURES or about in _NEVER_FEATURES):
        return None
    return section or _guessed(text)


def _guessed(text: str) -> str:
    """Guess the section by the first word."""
    return next((section for section, verb in _VERB.items() if verb.match(text)), "Changed")


def _pulls(subject: str) -> tuple[int, ...]:
    """Give the numbers of the pull requests that stand behind a subject; not those of issues."""
    tail = _PULL.search(subject) if subject.endswith(")") else None
    return tuple(dict.fromkeys(map(int, re.findall(r"[#!](\d+)", tail[0])))) if tail else ()


def _issues(commit: Commit) -> tuple[int, ...]:
    """List what the subject names, and what the body says that it closes."""
    if "#" not in commit.subject and "#" not in commit.body:
        return ()
    numbers = _NUMBER.findall(commit.subject)
    if "#" in commit.body:
        lines = (line for line in commit.body.splitlines() if "#" in line)
        numbers += _NUMBER.findall(" ".join(_CLOSING.findall("\n".join(lines))))
    return tuple(dict.fromkeys(map(int, numbers)))
