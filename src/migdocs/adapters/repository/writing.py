"""What a release writes into git: one commit of the documents, one annotated tag.

GitPython writes; what is read, in bulk and at every run, is asked of git itself (``process.py``).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from migdocs.adapters.repository.process import failed, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.adapters.repository.process import Repository


def uncommitted(repository: Repository, folder: str = "") -> tuple[str, ...]:
    """List the files below a folder that are not as HEAD has them, from the top."""
    how = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    output = run(repository.root, "status", *how, "--", folder or ".")
    return tuple(entry[3:] for entry in output.decode(errors="replace").split("\0") if entry)


def commit(repository: Repository, paths: Sequence[str], message: str) -> None:
    """Commit these files, from the top, and nothing else; the project's hooks run.

    Raises:
        MachineError: git refused, and says why.
    """
    _write(repository, "add", "--", *paths)
    _write(repository, "commit", "--quiet", "--message", message, "--only", "--", *paths)


def tag(repository: Repository, name: str, message: str) -> None:
    """Put an annotated tag on what is checked out.

    Raises:
        MachineError: git refused, and says why.
    """
    _write(repository, "tag", "--annotate", "--message", message, "--", name)


def _write(repository: Repository, command: str, *arguments: str) -> None:
    """Run a git command that writes; paths are names, never patterns.

    Raises:
        MachineError: git refused, and says why.
    """
    # Where git is missing, GitPython would refuse to be imported, at length.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git

    program = git.Git(str(repository.root))(literal_pathspecs=True)
    status, _, complaint = getattr(program, command)(
        *arguments, with_extended_output=True, with_exceptions=False
    )
    if status:
        raise failed(command, str(complaint))
