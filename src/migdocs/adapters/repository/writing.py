"""What a release writes into git, and what a rollback checks out of it.

GitPython writes; what is read, in bulk and at every run, is asked of git itself (``process.py``).
No program that the repository's own configuration names runs: a signature is made by the program
that the user's own settings name, and so is what a filter makes of a file. Hooks run for one thing
alone, the commit of a release, and only where the caller says that the user asked for it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migdocs.adapters.repository import asking
from migdocs.adapters.repository.process import WHOLE_HINT, failed, run
from migdocs.core.errors import MachineError, MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.adapters.repository.process import Repository

# What signs, where the user's own settings name nothing else.
_SIGNERS = {
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.defaultkeycommand": "",
}
_AGAIN = "put that right, then run the same command again: what is done already stays done."
_REFUSED = (
    "the documents are written: commit them with a message that is taken, then run the same"
    " command again; the setting 'release_message' words the message."
)
_PROGRAMS = r"^(filter|merge)\.|^gpg\..*(program|command)$"


def uncommitted(repository: Repository, folder: str = "") -> tuple[str, ...]:
    """List the files below a folder that are not as HEAD has them, from the top."""
    how = ("--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
    options = _drivers(repository)
    output = run(repository.root, *options, "status", *how, "--", folder or ".")
    return tuple(entry[3:] for entry in output.decode(errors="replace").split("\0") if entry)


def commit(
    repository: Repository, paths: Sequence[str], message: str, *, hooks: bool = False
) -> None:
    """Commit these files, from the top, and nothing else.

    Args:
        repository: to commit to.
        paths: of the files.
        message: of the commit.
        hooks: whether the repository's own may judge it, as they judge every commit of the user's.

    Raises:
        MachineError: git refused, and says why.
        MigdocsError: a hook did, in its own words.
    """
    how = ("--quiet", "--cleanup=whitespace", "--message", message)
    _write(repository, "add", "--", *paths)
    _write(repository, "commit", *how, "--only", "--", *paths, hooks=hooks)


def tag(repository: Repository, name: str, message: str) -> None:
    """Put an annotated tag on what is checked out.

    Raises:
        MachineError: git refused, and says why.
    """
    _write(repository, "tag", "--annotate", "--message", message, "--", name)


def check_out(repository: Repository, name: str) -> None:
    """Check a tag's commit out, detached; no hook runs.

    Raises:
        MachineError: git refuses, as where files were changed and not committed.
    """
    _write(repository, "checkout", "--quiet", "--detach", f"refs/tags/{name}")


def _write(repository: Repository, command: str, *arguments: str, hooks: bool = False) -> None:
    """Run a git command that writes; paths are names, never patterns.

    Raises:
        MachineError: git refused, and says why.
        MigdocsError: it did where hooks may refuse, in their own words.
    """
    # Where git is missing, GitPython would refuse to be imported, at length.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git

    options = _drivers(repository)
    with _our_environment():
        status, _, complaint = git.Git(str(repository.root)).execute(
            ["git", *asking.options(hooks=hooks), *options, command, *arguments],
            with_extended_output=True,
            with_exceptions=False,
        )
    if status == 1 and hooks:
        raise MigdocsError(f"git {command} was refused:\n{str(complaint).strip()}", hint=_REFUSED)
    if status:
        error = failed(command, str(complaint))
        error.hint = _AGAIN if error.hint == WHOLE_HINT else error.hint
        raise error


@contextmanager
def _our_environment() -> Iterator[None]:
    """Give GitPython the variables that every git of ours gets: it can only add some of its own."""
    before, wanted = dict(os.environ), asking.environment()
    try:
        os.environ.clear()
        os.environ.update(wanted)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _drivers(repository: Repository) -> tuple[str, ...]:
    """Give options that take each program from the user's own settings, and none from here.

    Raises:
        MachineError: the repository names one in a way that cannot be overruled.
    """
    here: dict[str, str] = {}
    for scope in ("--local", "--worktree"):
        here |= _programs(repository, scope)
    trusted = _programs(repository, "--system") | _programs(repository, "--global")
    if "gpg.program" in trusted:  # another name of the same, and the last one said wins
        trusted = {"gpg.openpgp.program": trusted["gpg.program"]} | trusted
    chosen = _SIGNERS | {name: trusted[name] for name in trusted if name in _SIGNERS}
    for name in here.keys() - _SIGNERS.keys():
        unset = "false" if name.endswith(".required") else ""
        chosen[name] = trusted.get(name, unset)
    if odd := next((name for name in chosen if "=" in name), ""):
        raise MachineError(
            f"the configuration of this repository names a program in '{odd}'",
            path=".git/config",
            hint="take it out: migdocs runs no program of a repository's choice.",
        )
    return tuple(part for name, value in chosen.items() for part in ("-c", f"{name}={value}"))


def _programs(repository: Repository, scope: str) -> dict[str, str]:
    """Give the settings of one scope that name programs; nothing where there is no such file."""
    how = ("config", scope, "--includes", "--null", "--get-regexp", _PROGRAMS)
    output = run(repository.root, *how, fine=(1, 128)).decode(errors="surrogateescape")
    pairs = (entry.partition("\n") for entry in output.split("\0") if entry)
    return {name: value for name, _, value in pairs}
