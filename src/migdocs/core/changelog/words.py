"""The words by which commits are told apart: types, first words, and what says nothing to users."""

from __future__ import annotations

import re

# A type of Conventional Commits → the section of Keep a Changelog; None is of no interest to users.
TYPES: dict[str, str | None] = {
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
    "breaking": "Changed",
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
BREAKING_TYPES = {"break", "breaking"}
# Types that are also names of components, where a project writes 'component: text'.
ALSO_COMPONENTS = {
    *("change", "perf", "remove", "security", "add", "drop", "break", "nix", "cov"),
    *("infra", "tooling", "bench", "benchmark", "example", "examples", "misc", "meta", "dx"),
    *("amend", "i18n", "merge", "dependencies", "docker", "workflow", "dev", "internal", "format"),
}
# Scopes whose fixes and features are not the software's.
NOISY_SCOPES = {"ci", "ci/cd", "deps", "deps-dev", "docs", "e2e", "test", "tests"}
# A feature is one, also of the documentation; what CI and dependencies get is not.
FEATURES, NEVER_FEATURES = {"feat", "feature", "add"}, {"ci", "ci/cd", "deps", "deps-dev"}
EVIDENT_TYPES = {name: section for name, section in TYPES.items() if name not in ALSO_COMPONENTS}
# First words, whatever their ending → the section of a commit without a convention.
_VERBS = {
    "Added": "add|allow|creat|enabl|expos|implement|initial|introduc|new|provid|support",
    "Deprecated": "deprecat",
    "Removed": "delet|drop|remov",
    "Fixed": "avoid|correct|fix|handl|prevent|repair|resolv",
}
VERB = {
    section: re.compile(rf"(?:{stems})(?:e|p?ed|p?ing|e?s)?\b", re.IGNORECASE)
    for section, stems in _VERBS.items()
}
SECURITY = re.compile(r"\bCVE-\d{4}-\d+\b|\bGHSA-\w{4}-")
# Subjects that say nothing to users, with or without a type in front.
NOISE = re.compile(
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
    r"|(?:release |version )?v?\d+\.\d+\.\d++\S*+(?: release)?(?: notes)?$"
    r"|release (?=\S*?\d\.\d)\S++$|(?:update|add) (?:the )?(?:changelog|news|release notes)\b"
    r"|\[(?:maven-release-plugin|gradle release plugin)\]",
    re.IGNORECASE,
)
