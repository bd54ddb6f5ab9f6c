"""What one commit's message says: its section, scope and text, what it breaks, which issues.

Conventional Commits 1.0.0 where they are used; elsewhere the first word of the subject tells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.changelog import footers, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migdocs.core.changelog.forge import Forge
    from migdocs.core.timeline import Commit

_TYPED = re.compile(
    r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<mark>!)? ?:\s+(?P<text>\S.*)"
)
# '[fix] x', 'Feature/x y', as titles that forges make of branches are; 'BREAKING CHANGE: x'.
_OTHERWISE_TYPED = re.compile(
    r"\[(?P<in>[A-Za-z]+)\]:?\s+(?=\S)"
    r"|(?P<branch>feat|feature|fix|bugfix|hotfix|perf|docs|chore|refactor)/(?=[^\s:]+ [^:]*$)"
    r"|(?P<breaks>BREAKING[ -]CHANGES?)!?:\s+(?=\S)",
    re.IGNORECASE,
)
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
_NUMBERS = ("(#", "(!", "(pull request ")
_EDGE = 1000  # characters at either end of a subject that are looked through for marks
_NUMBERED = re.compile(r"(?: \((?:pull request )?[#!]\d{1,9}\))+$")
_NO_TYPES: Mapping[str, str | None] = {}
_VERSION = re.compile(r"v?\d[\w.+-]*")
_RELEASING = re.compile(
    r"(?P<before>(?:(?:chore|build|ci|docs)(?:\([\w-]+\))?: |)(?:[Rr]elease:? |[Pp]repare )?)"
    r"v?\d+(?:\.\d+)+\S*"
)
_ENOUGH = 3  # one commit in so many makes a repository's convention


class Said(Struct, frozen=True):
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


def _at_end(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Find what stands at the end of a subject, in brackets, which hold a number."""
    if not text.endswith(")"):
        return None
    start = len(text)  # of the first of the brackets at the end; what is before is not searched
    while text.endswith(")", 0, start) and len(text) - start < _EDGE:
        opens = text.rfind("(", 0, start)
        if opens < 0 or not text.startswith(_NUMBERS, opens):
            break
        start = len(text[:opens].rstrip())
    return pattern.search(text, start) if start < len(text) else None


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Give a subject without what stands at its end, in brackets."""
    found = _at_end(pattern, text)
    return text[: found.start()] if found else text


def conventional(commits: Iterable[Commit]) -> bool:
    """Tell whether a repository follows Conventional Commits: at least a third of its commits do.

    Merges are not counted; a repository without commits follows them.
    """
    own = [commit for commit in commits if len(commit.parents) < 2]  # noqa: PLR2004 - a merge
    following = sum(bool(_read_type(commit.subject, words.TYPES)) for commit in own)
    return following * _ENOUGH >= len(own)


def release_subject(commits: Sequence[Commit]) -> str:
    """Give the subject of a release's commit, with ``{version}``, as a project writes them.

    As its newest such commit is written; else by its convention.
    """
    for commit in commits:
        if match := _RELEASING.fullmatch(plain(commit.subject)):
            return f"{match['before']}{{version}}"
    return "chore(release): {version}" if commits and conventional(commits) else "Release {version}"


def makes_release(subject: str, wanted: str = "") -> bool:
    """Tell whether a commit only makes a release: it is no change of it.

    Args:
        subject: of the commit.
        wanted: how such a subject is written, with ``{version}``; empty for the usual ways.
    """
    if not wanted:
        return bool(_RELEASING.fullmatch(plain(subject)))
    return _is_written_so(plain(subject), wanted)


def _is_written_so(subject: str, wanted: str) -> bool:
    """Tell whether a subject is ``wanted`` with one version, each time that it is to be there."""
    parts = wanted.split("{version}")
    times = len(parts) - 1
    if not times:
        return subject == wanted
    size, odd = divmod(len(subject) - sum(map(len, parts)), times)
    version = subject[len(parts[0]) : len(parts[0]) + max(size, 0)]
    return bool(not odd and _VERSION.fullmatch(version)) and version.join(parts) == subject


def read(
    commit: Commit,
    *,
    convention: bool,
    extra: Mapping[str, str | None] = _NO_TYPES,
    lenient: bool = False,
    forge: Forge | None = None,
) -> Said:
    """Read a commit's message.

    Args:
        commit: a merge's message is read as any other's.
        extra: types of the project's own, by the settings.
        lenient: whether BREAKING CHANGE without a colon counts.
        forge: where issues and pull requests are; where pull requests have a mark of their own,
            ``(#12)`` behind a subject is an issue.
        convention: whether the repository follows Conventional Commits; where it does not, ``perf``
            or ``security`` before a colon is a component's name.
    """
    types = words.TYPES if convention else words.EVIDENT_TYPES
    types = types | dict(extra) if extra else types  # made anew for each commit, it would be slow
    notes = footers.breaking(commit.body, lenient=lenient)
    undone = reverted(commit.subject)
    section, scope, text, mark = _headline(undone or commit.subject, types)
    if undone:
        section, scope, text = section and "Changed", "", f'Revert "{undone}"'
    breaking = bool(mark or notes)
    own_mark = forge is not None and forge.pull_mark == "!"
    pulls = _pulls(commit.subject, "!|request #" if own_mark else "[#!]")
    issues = _issues(commit, forge) if section or breaking else ()
    issues = tuple(number for number in issues if number not in pulls)
    if number := re.fullmatch(r"#([1-9]\d{0,8})", scope):
        scope, issues = "", tuple(dict.fromkeys((int(number[1]), *issues)))
    return Said(section, text, scope, breaking, "\n\n".join(filter(None, notes)), issues, pulls)


def is_typed(subject: str) -> bool:
    """Tell whether a subject begins with a type of Conventional Commits."""
    return bool(_read_type(_bare(subject), words.TYPES))


def is_feature(subject: str) -> bool:
    """Tell whether a subject's type says that it adds something."""
    match = _read_type(_bare(subject), words.TYPES)
    return bool(match and words.TYPES[match["type"].lower()] == "Added")


def is_marked(commit: Commit) -> bool:
    """Tell whether a commit's type is marked as breaking."""
    match = _read_type(_bare(commit.subject), words.TYPES)
    return bool(match and (match["mark"] or match["type"].lower() in words.BREAKING_TYPES))


def is_breaking(commit: Commit) -> bool:
    """Tell whether a commit says that it breaks something."""
    return is_marked(commit) or bool(footers.breaking(commit.body))


def weightiest(subjects: Iterable[str]) -> str:
    """Give the type that weighs most for users among some subjects; empty where none has one."""
    found = {
        match["type"].lower()
        for subject in subjects
        if (match := _read_type(_bare(subject), words.TYPES))
    }
    order = ("Added", "Removed", "Deprecated", "Fixed", "Security", "Changed")
    ranked = sorted(found, key=lambda name: (order.index(words.TYPES[name] or "Changed"), name))
    told = [name for name in ranked if words.TYPES[name]]
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
    return _without(_NUMBERED, subject)


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
    breaks = bool(typed and (typed["mark"] or typed["type"].lower() in words.BREAKING_TYPES))
    return _section(typed, scope, text, types), scope, text, breaks


def _bare(text: str) -> str:
    """Take off a subject what forges and their robots put around it; what is only that stays."""
    if not text[:1].isalnum():
        if text[:1] not in "#[":
            text = _EMOJI.sub("", text[:_EDGE], count=1) + text[_EDGE:]
        text = _ISSUE_FIRST.sub("", text, count=1)
    bare = _without(_PULL, text)
    if "ackport" in bare:
        bare = _MARKED_BACK_PORT.sub(" ", bare)
    if bare.endswith("]") or bare.startswith("["):
        bare = _FOR_RUNNERS.sub(" ", bare)
    bare = bare.strip() or text
    if match := _OTHERWISE_TYPED.match(bare):
        kind = "breaking" if match["breaks"] else (match["in"] or match["branch"]).lower()
        if kind in words.EVIDENT_TYPES or match["breaks"]:
            return f"{kind}: {bare[match.end() :]}"
    return bare


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
        or ("-" in text and words.SECURITY.search(text))
    ):
        return "Security"
    kind = typed["type"].lower() if typed else ""
    section = types[kind] if typed else ""
    if section is None or words.NOISE.match(text):
        return None
    if about in words.NOISY_SCOPES and (
        kind not in words.FEATURES or about in words.NEVER_FEATURES
    ):
        return None
    return section or _guessed(text)


def _guessed(text: str) -> str:
    """Guess the section by the first word."""
    return next((section for section, verb in words.VERB.items() if verb.match(text)), "Changed")


def _pulls(subject: str, mark: str) -> tuple[int, ...]:
    """Give the numbers of the pull requests that stand behind a subject; not those of issues."""
    tail = _at_end(_PULL, subject)
    return tuple(dict.fromkeys(map(int, re.findall(rf"(?:{mark})(\d+)", tail[0])))) if tail else ()


def _issues(commit: Commit, forge: Forge | None) -> tuple[int, ...]:
    """List what the subject names, and what the body says that it closes."""
    body = forge.shortened(commit.body) if forge and commit.body else commit.body
    if "#" not in commit.subject and "#" not in body:
        return ()
    numbers = _NUMBER.findall(commit.subject)
    if "#" in body:
        lines = (line for line in body.splitlines() if "#" in line)
        numbers += _NUMBER.findall(" ".join(_CLOSING.findall("\n".join(lines))))
    return tuple(dict.fromkeys(map(int, numbers)))
