"""How git is called: as a stranger's repository is, and with nothing of the user's in the answer.

A repository's own configuration names programs that git runs, and a user's settings change what it
prints. All of it is set here, once, for every call; ``writing.py`` adds what a commit needs.
"""

from __future__ import annotations

import os

# What git would run or reach, and what would change its answers. `-c` wins over every file.
_SETTINGS = {
    # --- programs
    "core.fsmonitor": "",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.editor": "true",
    "core.sshCommand": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "",
    "credential.helper": "",
    "diff.external": "",
    "gpg.program": "false",
    "gpg.openpgp.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "gpg.ssh.defaultKeyCommand": "",
    "protocol.allow": "never",  # a partial clone would fetch what it lacks
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "safe.bareRepository": "explicit",
    # --- answers
    "advice.graftFileDeprecated": "false",
    "color.ui": "false",
    "core.abbrev": "7",
    "core.quotePath": "false",
    "diff.ignoreSubmodules": "all",
    "diff.noprefix": "false",
    "diff.orderFile": os.devnull,
    "diff.relative": "false",
    "diff.renameLimit": "1000",
    "diff.renames": "true",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "log.date": "default",
    "log.decorate": "false",
    "log.diffMerges": "separate",
    "log.follow": "false",
    "log.mailmap": "false",
    "log.showRoot": "true",
    "log.showSignature": "false",
    "notes.displayRef": "",
    "status.relativePaths": "true",
    "status.showUntrackedFiles": "normal",
    "tag.sort": "refname",
}
OPTIONS = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")),
)
_HOOKS = f"core.hooksPath={_SETTINGS['core.hooksPath']}"


def options(*, hooks: bool = False) -> tuple[str, ...]:
    """Give the options of every call; with ``hooks``, those of the repository run."""
    if not hooks:
        return OPTIONS
    place = OPTIONS.index(_HOOKS)
    return OPTIONS[: place - 1] + OPTIONS[place + 1 :]


# Variables of the caller's that git keeps: where the user's own settings are, and who commits.
_KEPT = frozenset(
    {
        "GIT_AUTHOR_DATE",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_NAME",
        "GIT_CEILING_DIRECTORIES",
        "GIT_COMMITTER_DATE",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
    }
)
_OURS = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",  # its words are read
    "LC_ALL": "C",
}


def environment() -> dict[str, str]:
    """Give the variables that git runs with: in a hook, the caller's lead to other repositories."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT
    }
    return own | _OURS
