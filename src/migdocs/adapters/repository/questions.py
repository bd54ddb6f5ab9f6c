"""Tags, commits, texts and the remote, as git has them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.repository.process import ids, objects, run, stream, top_of
from migdocs.core.changelog import forge
from migdocs.core.errors import MachineError
from migdocs.core.timeline import Commit, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from migdocs.adapters.repository.process import Repository

_LONGEST = 2_000  # characters of a subject: nobody reads more, and history cannot be edited
_LONGEST_MAP = 1 << 20  # bytes of a '.mailmap'

# No field of git's can hold a NUL.
_FIELDS = ("%H", "%P", "%at", "%cs", "%an", "%ae", "%B")

# Where a clone does not say what its default branch is.
_USUAL = ("origin/main", "origin/master", "main", "master")


def tags(repository: Repository) -> tuple[Tag, ...]:
    """List every tag, peeled; one that points at no commit has an empty one."""
    form = "%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(committerdate:short)"
    peeled = "%00%(*objecttype)%00%(*objectname)%00%(taggerdate:short)"
    output = run(repository.root, "for-each-ref", f"--format={form}{peeled}", "refs/tags")
    found = []
    nested: dict[str, str] = {}
    for line in output.decode(errors="replace").split("\n")[:-1]:
        name, kind, id_, date, *target = line.split("\0")
        if kind == "tag":
            kind, id_, date = target
        if kind == "tag":
            nested[name] = id_
        found.append(Tag(name, "", id_ if kind == "commit" else "", date))
    return _peeled(repository, found, nested) if nested else tuple(found)


def check_tags(repository: Repository, found: Sequence[Tag]) -> None:
    """Refuse a clone that was made without its tags: every release would be missing.

    Raises:
        MachineError: it was.
    """
    if found:
        return
    options = run(repository.root, "config", "--get-regexp", r"^remote\..*\.tagopt$", fine=(1,))
    if b"--no-tags" in options:
        raise MachineError(
            "the clone was made without tags: every release is missing from it",
            path=".git",
            hint="run 'git fetch --tags' (in CI: fetch tags too).",
        )


def _peeled(
    repository: Repository, found: Iterable[Tag], nested: Mapping[str, str]
) -> tuple[Tag, ...]:
    """Peel the tags of tags, which git before 2.45 peels only once."""
    names = [f"{id_}^{{commit}}" for id_ in nested.values()]
    commits = dict(zip(nested, ids(repository, names, "commit"), strict=True))
    dates = {commit.id: commit.date for commit in log(repository, commits.values())}
    return tuple(
        replace(tag, commit=commit, date=dates.get(commit, ""))
        if (commit := commits.get(tag.name, ""))
        else tag
        for tag in found
    )


def log(repository: Repository, tips: Iterable[str]) -> tuple[Commit, ...]:
    """List every commit that these can reach, children before parents.

    Text that is not UTF-8 is decoded with replacement.
    """
    wanted = "\n".join(dict.fromkeys(tip for tip in tips if tip))
    if not wanted:
        return ()
    how = ("--topo-order", "-z", "--no-show-signature", "--encoding=UTF-8", "--stdin")
    form = f"--format={'%x00'.join(_FIELDS)}"
    fields = _fields(stream(repository.root, "log", *how, form, stdin=wanted))
    known: dict[str, str] = {}  # ids, names and days are said again and again
    return tuple(_commit(record, known) for record in zip(*[fields] * len(_FIELDS), strict=False))


def touching(repository: Repository, tips: Iterable[str], paths: Iterable[str]) -> frozenset[str]:
    """Name the commits that these can reach and that touch one of some paths, from the top.

    A merge does where it is like none of its parents.
    """
    wanted = "\n".join(dict.fromkeys(tip for tip in tips if tip))
    if not wanted:
        return frozenset()
    output = run(
        repository.root,
        *("rev-list", "--full-history", "--stdin"),
        *("--", *paths),
        stdin=wanted + "\n",
    )
    return frozenset(output.decode().split())


def _fields(output: Iterable[bytes]) -> Iterator[str]:
    """Yield what stands between NULs; the whole is never held."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    for chunk in output:
        *whole, rest = (rest + decoder.decode(chunk)).split("\0")
        yield from whole
    yield rest + decoder.decode(b"", final=True)


def _commit(record: tuple[str, ...], known: dict[str, str]) -> Commit:
    """Make a commit of the log's fields."""
    id_, parents, authored, date, author, address, message = record
    subject, _, body = message.strip("\n").partition("\n")
    subject = subject.rstrip()  # one that Windows wrote ends with a carriage return
    if len(subject) > _LONGEST:
        subject = f"{subject[:_LONGEST]}…"
    return Commit(
        known.setdefault(id_, id_),
        subject,
        body.strip("\n"),
        known.setdefault(author, author),
        known.setdefault(date, date),
        tuple([known.setdefault(parent, parent) for parent in parents.split()]),
        int(authored or 0),
        address=known.setdefault(address, address),
    )


def blobs(repository: Repository, wanted: Iterable[str]) -> dict[str, str]:
    """Give files' texts by blob id, decoded with replacement."""
    found = objects(repository, wanted)
    return {id_: data.decode(errors="replace") for id_, data in found.items()}


def versions(repository: Repository, path: str) -> tuple[str, ...]:
    """Give every text that a file had in the history of HEAD, newest first, each once.

    Args:
        repository: that the project lies in.
        path: from the project's root.
    """
    found = run(
        repository.root,
        *("log", "--format=", "--raw", "--no-abbrev", "-m", "--", repository.prefix + path),
        fine=(128,),  # before the first commit
    )
    # :100644 100644 <blob before> <blob after> M\tpath
    ids_ = [line.split(b" ")[3].decode() for line in found.splitlines() if line.startswith(b":")]
    return tuple(blobs(repository, (id_ for id_ in ids_ if id_.strip("0"))).values())


def wrote(repository: Repository, path: str, line: str) -> str:
    """Give the newest commit of HEAD's history that put a line into a file; empty for none.

    Args:
        repository: that the project lies in.
        path: from the project's root.
        line: its whole text.
    """
    how = ("--format=%H", "--max-count=1", f"-S{line}")
    found = run(repository.root, "log", *how, "--", repository.prefix + path, fine=(128,))
    return found.decode().strip()


def edits(repository: Repository, folder: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """List, for each file below a folder, the commits that touched it: id and date, newest first.

    Renames are followed: a file's history is under its present name.
    """
    output = run(
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


def is_tracked(repository: Repository, path: str) -> bool:
    """Tell whether git has anything at a path or below it, which starts at the project's root."""
    return bool(run(repository.root, "ls-files", "-z", "--", repository.prefix + path))


def is_ignored(repository: Repository, path: str) -> bool:
    """Tell whether git leaves a path out, which starts at the project's root."""
    # This question alone takes no literal paths; behind './' a path has no other meaning.
    asked = ("--no-literal-pathspecs", "check-ignore", "--", f"./{path}")
    return bool(run(repository.root, *asked, fine=(1,)))


def remote(repository: Repository) -> str:
    """Give the URL of ``origin``, or of the first remote; empty where there is none."""
    output = run(repository.root, "config", "--get-regexp", r"^remote\..*\.url$", fine=(1,)).decode(
        errors="replace"
    )
    urls = dict(line.split(" ", 1) for line in output.splitlines() if " " in line)
    name = "remote.origin.url" if "remote.origin.url" in urls else next(iter(urls), "")
    url = urls.get(name, "")
    if not url or forge.read(url):
        return url
    # The user's own short way to write it ('url.<base>.insteadOf'); nobody is asked.
    short = name.removeprefix("remote.").removesuffix(".url")
    asked = run(repository.root, "ls-remote", "--get-url", "--", short, fine=(1, 2, 128))
    return asked.decode(errors="replace").strip() or url


def state(root: Path) -> str:
    """Give what git would answer from: HEAD, every tag, the remotes; empty where there is none."""
    top = top_of(root)
    if top is None:
        return ""
    refs = run(top, "show-ref", "--head", "--tags", fine=(1,))
    remotes = run(top, "config", "--get-regexp", r"^remote\..*\.url$", fine=(1,))
    return (refs + remotes).decode(errors="replace") + mailmap(top)


def mailmap(top: Path) -> str:
    """Give the text of the repository's ``.mailmap``; empty where it has none, or a link."""
    place = top / ".mailmap"
    if place.is_symlink() or not place.is_file():
        return ""
    return place.read_bytes()[:_LONGEST_MAP].decode(errors="replace")


def branch(repository: Repository) -> str:
    """Name the branch that is checked out; empty where none is."""
    found = run(repository.root, "symbolic-ref", "--short", "-q", "HEAD", fine=(1, 128))
    return found.decode(errors="replace").strip()


def default_branch(repository: Repository) -> str:
    """Name the branch that releases are made from: the remote's, else the one checked out."""
    remote_head = run(
        repository.root, "symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD", fine=(1, 128)
    )
    found = remote_head.decode(errors="replace").strip().partition("/")[2]
    return found or branch(repository) or "main"


def merge_base(repository: Repository, name: str = "") -> str:
    """Give the commit at which the work left the branch that is released from.

    Args:
        repository: that is asked.
        name: of that branch, or a commit; empty for the remote's default branch, or one of that
            usual name here.

    Returns:
        Empty where there is no such commit.
    """
    usual = default_branch(repository)
    candidates = [name] if name else [f"origin/{usual}", *_USUAL, usual, "HEAD"]
    for candidate in candidates:
        found = run(
            repository.root,
            *("rev-parse", "--verify", "-q", "--end-of-options", f"{candidate}^{{commit}}"),
            fine=(1, 128),
        )
        if commit := found.decode().strip():
            base = run(repository.root, "merge-base", "HEAD", commit, fine=(1, 128))
            return base.decode().strip()
    return ""


def text_at(repository: Repository, commit: str, path: str) -> str | None:
    """Give the text that a file of the project had at a commit; None where there was none."""
    wanted = f"{commit}:{repository.prefix}{path}"
    kind = run(repository.root, "cat-file", "-t", wanted, fine=(1, 128))
    if kind.strip() != b"blob":
        return None
    return run(repository.root, "cat-file", "blob", wanted).decode(errors="replace")
