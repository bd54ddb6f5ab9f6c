"""What a release writes into git: one commit of the documents, one annotated tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters.repository.process import run

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
    run(repository.root, "add", "--", *paths)
    run(repository.root, "commit", "--quiet", "--message", message, "--only", "--", *paths)


def tag(repository: Repository, name: str, message: str) -> None:
    """Put an annotated tag on what is checked out.

    Raises:
        MachineError: git refused, and says why.
    """
    run(repository.root, "tag", "--annotate", "--message", message, "--", name)
