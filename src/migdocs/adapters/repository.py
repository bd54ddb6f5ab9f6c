"""Git → tags, trees at tags, commits: one process a question, never an object at a time."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.errors import MachineError
from migdocs.core.model import Commit, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Tree = Mapping[str, str]

_OLDEST_GIT = (2, 20)
_ENTRY = {
    40: re.compile(rb"(\d+) ([^\0]+)\0(.{20})", re.DOTALL),
    64: re.compile(rb"(\d+) ([^\0]+)\0(.{32})", re.DOTALL),
}
_FIELDS = "%H%x00%P%x00%cs%x00%an%x00%B"


@dataclass(frozen=True, slots=True)
class Repository:
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
    """Find the repository around a folder; None where there is none.

    Raises:
        MachineError: git is missing or too old, or the clone is shallow.
    """
    if not any((folder / ".git").exists() for folder in (start, *start.parents)):
        return None
    _check_version(start)
    answer = _git(
        start, "rev-parse", "--show-toplevel", "--is-shallow-repository", "--show-prefix"
    ).decode(errors="replace")
    top, shallow, prefix = [*answer.split("\n"), "", ""][:3]
    if shallow == "true":
        raise MachineError(
            "the clone is shallow: tags and commits are missing, and the documents would be too",
            path=".git",
            hint="run 'git fetch --unshallow --tags' (in CI: check out with full depth).",
        )
    head = _git(start, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", fine=(1, 128))
    return Repository(Path(top), head.decode().strip(), prefix)


def tags(repository: Repository) -> tuple[Tag, ...]:
    """List every tag, peeled; one that points at no commit has an empty one."""
    form = "%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
    dates = "%00%(committerdate:short)%00%(*committerdate:short)"
    output = _git(repository.root, "for-each-ref", f"--format={form}{dates}", "refs/tags")
    found = []
    for line in output.decode(errors="replace").splitlines():
        name, kind, id_, peeled_kind, peeled, date, peeled_date = line.split("\0")
        commit = peeled if peeled_kind == "commit" else id_ if kind == "commit" else ""
        found.append(Tag(name, "", commit, peeled_date or date))
    return tuple(found)


def trees(repository: Repository, commits: Sequence[str], folder: str) -> dict[str, Tree]:
    """Give what each commit holds below a folder: path from the top → blob id.

    Trees are read once each, however many commits share them.
    """
    requests = [f"{commit}:{folder}" if folder else f"{commit}^{{tree}}" for commit in commits]
    ids = _tree_ids(repository, requests)
    contents = _read_trees(repository, {id_ for id_ in ids if id_})
    flat: dict[str, Tree] = {}
    for id_ in set(ids):
        flat[id_] = dict(_flatten(id_, f"{folder}/" if folder else "", contents)) if id_ else {}
    return {commit: flat[id_] for commit, id_ in zip(commits, ids, strict=True)}


def log(repository: Repository, tips: Iterable[str]) -> tuple[Commit, ...]:
    """List every commit that these can reach, children before parents.

    Text that is not UTF-8 is decoded with replacement.
    """
    wanted = "\n".join(dict.fromkeys(tip for tip in tips if tip))
    if not wanted:
        return ()
    output = _git(
        repository.root,
        "log",
        "--topo-order",
        "-z",
        "--no-show-signature",
        "--encoding=UTF-8",
        f"--format={_FIELDS}%x00%x01",
        "--stdin",
        stdin=wanted,
    )
    commits = []
    for record in output.decode(errors="replace").split("\0\x01\0"):
        fields = record.removesuffix("\0\x01").split("\0", 4)
        if len(fields) == 5:  # noqa: PLR2004 - the fields of the format above
            id_, parents, date, author, message = fields
            subject, _, body = message.strip("\n").partition("\n")
            commits.append(
                Commit(id_, subject, body.strip("\n"), author, date, tuple(parents.split()))
            )
    return tuple(commits)


def blobs(repository: Repository, ids: Iterable[str]) -> dict[str, str]:
    """Give blobs' texts by id, decoded with replacement."""
    objects = _batch(repository, dict.fromkeys(ids))
    return {id_: data.decode(errors="replace") for id_, data in objects.items()}


def edits(repository: Repository, folder: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """List, for each file below a folder, the commits that touched it: id and date, newest first.

    Renames are followed: a file's history is under its present name.
    """
    output = _git(
        repository.root,
        "log",
        "--format=%x01%h %cs",
        "--name-status",
        "-M",
        "-z",
        "--",
        folder or ".",
    ).decode(errors="replace")
    found: dict[str, list[tuple[str, str]]] = {}
    present: dict[str, str] = {}
    for record in output.split("\x01")[1:]:
        head, _, rest = record.partition("\0")
        commit, date = head.split()
        words = [word.lstrip("\n") for word in rest.split("\0") if word.strip("\n")]
        while words:
            status = words.pop(0)
            path = words.pop(0)
            if status[0] in "RC":
                before, path = path, words.pop(0)
                present[before] = present.get(path, path)
            found.setdefault(present.get(path, path), []).append((commit, date))
    return {path: tuple(commits) for path, commits in found.items()}


def remote(repository: Repository) -> str:
    """Give the URL of ``origin``, or of the first remote; empty where there is none."""
    output = _git(
        repository.root, "config", "--get-regexp", r"^remote\..*\.url$", fine=(1,)
    ).decode(errors="replace")
    urls = dict(line.split(" ", 1) for line in output.splitlines() if " " in line)
    return urls.get("remote.origin.url", next(iter(urls.values()), ""))


def state(root: Path) -> str:
    """Give what git would answer from: HEAD, every tag, the remotes; empty where there is none."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return ""
    refs = _git(
        root, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", "refs/heads"
    )
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD", fine=(1, 128))
    remotes = _git(root, "config", "--get-regexp", r"^remote\..*\.url$", fine=(1,))
    return (refs + head + remotes).decode(errors="replace")


def default_branch(repository: Repository) -> str:
    """Name the branch that releases are made from: the remote's, else the one checked out."""
    remote_head = _git(
        repository.root, "symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD", fine=(1, 128)
    )
    branch = _git(repository.root, "symbolic-ref", "--short", "-q", "HEAD", fine=(1, 128))
    found = remote_head.decode(errors="replace").strip().partition("/")[2]
    return found or branch.decode(errors="replace").strip() or "main"


# --- git itself ---------------------------------------------------------------------------------


def _git(where: Path, *arguments: str, stdin: str = "", fine: tuple[int, ...] = ()) -> bytes:
    """Run git and give its output; exit codes in ``fine`` give an empty one.

    Raises:
        MachineError: git is missing, or failed.
    """
    import git
    from git.exc import GitCommandError, GitCommandNotFound

    with tempfile.TemporaryFile() as requests:
        requests.write(stdin.encode())
        requests.seek(0)
        try:
            output = git.cmd.Git(str(where)).execute(
                ["git", "-c", "core.quotePath=false", *arguments],
                istream=requests,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except GitCommandNotFound:
            raise MachineError("git is not installed", hint="install git 2.20 or newer.") from None
        except GitCommandError as error:
            if error.status in fine:
                return b""
            text = str(error.stderr).strip().removeprefix("stderr: ").strip("' \n")
            raise MachineError(f"git {arguments[0]} failed: {text}", hint=_HINT) from None
    return bytes(output)


_HINT = "'git fsck' tells whether the repository is whole."


def _check_version(where: Path) -> None:
    """Refuse a git that lacks what is asked of it."""
    text = _git(where, "version").decode(errors="replace")
    match = re.search(r"(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < _OLDEST_GIT:
        raise MachineError(f"{text.strip()} is too old", hint="install git 2.20 or newer.")


def _tree_ids(repository: Repository, requests: Sequence[str]) -> list[str]:
    """Resolve ``commit:folder`` to tree ids, in one process; empty where there is no such tree."""
    if not requests:
        return []
    output = _git(
        repository.root, "cat-file", "--batch-check", stdin="".join(f"{r}\n" for r in requests)
    ).decode(errors="replace")
    ids = []
    for line in output.splitlines():
        words = line.split(" ")
        ids.append(words[0] if len(words) == 3 and words[1] == "tree" else "")  # noqa: PLR2004
    return ids


def _read_trees(
    repository: Repository, ids: Iterable[str]
) -> dict[str, list[tuple[str, str, bool]]]:
    """Read trees and those below them, a level a process: name, id, and whether it is a folder."""
    contents: dict[str, list[tuple[str, str, bool]]] = {}
    names: dict[bytes, str] = {}
    wanted = set(ids)
    while wanted:
        below: set[str] = set()
        for id_, data in _batch(repository, sorted(wanted)).items():
            entries = []
            for mode, raw, binary in _ENTRY[len(id_)].findall(data):
                name = names.setdefault(raw, raw.decode(errors="replace"))
                folder = mode == b"40000"
                child = binary.hex()
                entries.append((name, child, folder))
                if folder:
                    below.add(child)
            contents[id_] = entries
        wanted = below - contents.keys()
    return contents


def _flatten(
    id_: str, prefix: str, contents: Mapping[str, list[tuple[str, str, bool]]]
) -> Iterable[tuple[str, str]]:
    """Yield a tree's files with their whole paths."""
    for name, child, folder in contents[id_]:
        if folder:
            yield from _flatten(child, f"{prefix}{name}/", contents)
        else:
            yield prefix + name, child


def _batch(repository: Repository, ids: Iterable[str]) -> dict[str, bytes]:
    """Read objects in one process, by id.

    Raises:
        MachineError: one is missing or corrupt.
    """
    requests = list(ids)
    if not requests:
        return {}
    output = _git(
        repository.root, "cat-file", "--batch", stdin="".join(f"{id_}\n" for id_ in requests)
    )
    found: dict[str, bytes] = {}
    position = 0
    for id_ in requests:
        end = output.find(b"\n", position)
        words = output[position:end].split(b" ")
        if end < 0 or len(words) != 3:  # noqa: PLR2004 - id, type, size
            raise MachineError(f"git object {id_} is missing or corrupt", hint=_HINT)
        size = int(words[2])
        found[id_] = output[end + 1 : end + 1 + size]
        position = end + 2 + size
    return found
