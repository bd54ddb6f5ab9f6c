"""The git program: found, asked, and its failures told."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters.repository import asking
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OLDEST_GIT = (2, 20)
WHOLE_HINT = "'git fsck' checks the repository."
_WORDS_OF_AN_OBJECT = 3  # id, kind, size
_CHUNK = 1 << 18  # bytes that are read at once


class Repository(Struct, frozen=True):
    """A git repository that holds the project.

    Attributes:
        root: the top of its work tree.
        head: the commit that is checked out, empty before the first.
        prefix: the project's folder below the top, with a slash at its end, or empty.
    """

    root: Path
    head: str
    prefix: str


def find(start: Path) -> Repository | None:
    """Find the innermost repository around a folder; None where there is none.

    A work tree and a submodule are repositories of their own.

    Raises:
        MachineError: git is missing or too old, or the clone is shallow.
    """
    top = top_of(start)
    if top is None:
        return None
    _check_version(top)
    answer = run(top, "rev-parse", "--is-shallow-repository", "--show-toplevel")
    shallow, tree = answer.decode(errors="surrogateescape").split("\n", 1)
    root = Path(os.path.realpath(tree.removesuffix("\n")))
    if root != top and root not in top.parents:
        raise MachineError(
            f"the configuration of this repository puts its work tree elsewhere: '{root}'",
            path=".git",
            hint="take 'core.worktree' out of '.git/config' if you did not set it.",
        )
    if shallow == "true":
        raise MachineError(
            "the clone is shallow: tags and commits are missing, and the documents would be too",
            path=".git",
            hint="run 'git fetch --unshallow --tags' (in CI: check out with full depth).",
        )
    head = run(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", fine=(1, 128))
    below = os.path.relpath(os.path.realpath(start), root).replace(os.sep, "/")
    return Repository(root, head.decode().strip(), "" if below == "." else f"{below}/")


def top_of(start: Path) -> Path | None:
    """Give the innermost folder around a place that holds ``.git``; None where there is none.

    git is only ever run there: from a folder below, it would take one that merely looks like a bare
    repository for one, and that can be committed.
    """
    place = Path(os.path.realpath(start))
    return next((top for top in (place, *place.parents) if (top / ".git").exists()), None)


def run(where: Path, *arguments: str, stdin: str = "", fine: tuple[int, ...] = ()) -> bytes:
    """Run git and give its output; with exit codes in ``fine``, nothing is wrong.

    Raises:
        MachineError: git is missing, or failed.
    """
    return b"".join(stream(where, *arguments, stdin=stdin, fine=fine))


def stream(
    where: Path, *arguments: str, stdin: str = "", fine: tuple[int, ...] = ()
) -> Iterator[bytes]:
    """Run git and yield its output as it comes, so that nobody has to hold it whole.

    Raises:
        MachineError: git is missing, or failed; what was yielded before is not the whole then.
    """
    # Files, not pipes: a git that waits for one of three pipes would wait for ever.
    with tempfile.TemporaryFile() as requests, tempfile.TemporaryFile() as complaints:
        requests.write(stdin.encode(errors="surrogateescape"))
        requests.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *asking.OPTIONS, *arguments],  # noqa: S607 - the user's git is the one on the PATH
                cwd=where,
                env=asking.environment(),
                stdin=requests,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        except FileNotFoundError:
            raise MachineError("git is not installed", hint="install git 2.20 or newer.") from None
        with process:
            assert process.stdout  # noqa: S101 - asked for above
            while chunk := process.stdout.read(_CHUNK):
                yield chunk
        if process.returncode and process.returncode not in fine:
            complaints.seek(0)
            raise failed(arguments[0], complaints.read().decode(errors="replace"))


def failed(question: str, stderr: str) -> MachineError:
    """Tell why git failed, with what to do."""
    text = stderr.strip()
    trust = re.search(r"git config --global --add safe\.directory (.+)", text)
    if trust:
        return MachineError(
            "git does not trust this repository: it belongs to another user",
            path=".git",
            hint=f"if you trust whoever wrote it: {trust[0]}",
        )
    if "lazy fetch" in text or re.search(r"transport '\S+' not allowed", text):
        return MachineError(
            "the clone is partial: git has not fetched all of its objects",
            path=".git",
            hint="clone without '--filter', or fetch them: git fetch --refetch --no-filter --tags",
        )
    return MachineError(f"git {question} failed: {text}", hint=WHOLE_HINT)


def _check_version(where: Path) -> None:
    """Refuse a git that lacks what is asked of it."""
    text = run(where, "version").decode(errors="replace")
    match = re.search(r"(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < OLDEST_GIT:
        raise MachineError(f"{text.strip()} is too old", hint="install git 2.20 or newer.")


def ids(repository: Repository, names: Sequence[str], kind: str) -> list[str]:
    """Resolve names of objects (``v1.0.0^{tree}``); empty where there is none of this kind."""
    if not names:
        return []
    requests = "".join(f"{name}\n" for name in names)
    output = run(repository.root, "cat-file", "--batch-check", stdin=requests)
    answers = [line.split(" ") for line in output.decode(errors="replace").split("\n")[:-1]]
    return [
        words[0] if len(words) == _WORDS_OF_AN_OBJECT and words[1] == kind else ""
        for words in answers
    ]


def objects(repository: Repository, wanted: Iterable[str]) -> dict[str, bytes]:
    """Read objects by id.

    Raises:
        MachineError: one is missing or corrupt.
    """
    requests = list(dict.fromkeys(wanted))
    if not requests:
        return {}
    lines = "".join(f"{id_}\n" for id_ in requests)
    output = run(repository.root, "cat-file", "--batch", stdin=lines)
    found: dict[str, bytes] = {}
    position = 0
    for id_ in requests:
        end = output.find(b"\n", position)
        words = output[position:end].split(b" ")
        if end < 0 or len(words) != _WORDS_OF_AN_OBJECT:
            raise MachineError(f"git object {id_} is missing or corrupt", hint=WHOLE_HINT)
        size = int(words[2])
        found[id_] = output[end + 1 : end + 1 + size]
        position = end + 2 + size
    return found
