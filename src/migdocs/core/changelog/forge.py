"""Where a commit, an issue or a file is shown on the web, from the URL of a git remote.

A remote may hold a password, and its owner may be anybody: what is kept is the scheme, the host and
the quoted path, nothing else.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from msgspec import Struct

_SCHEMES = r"(?P<scheme>https?|ssh|git|git\+ssh|git\+https)"
# https://user:secret@host:8443/team/app.git, ssh://git@host:22/team/app; a setting may name the
# kind that a host's name does not tell: gitlab+https://code.example.org/team/app.
_URL = re.compile(
    rf"(?:(?P<kind>[a-z]+)\+)??{_SCHEMES}://(?:[^/]*@)?(?P<host>[^/@:]+)(?P<port>:[0-9]+)?/"
    r"(?P<path>[^?#]+)(?:[?#].*)?",
    re.IGNORECASE,
)
# git@host:team/app.git; a host has two letters, so that C:/work/app is a folder.
_SCP = re.compile(r"(?:[^/@]*@)?(?P<host>[^/@:]{2,}):(?!//)(?P<path>[^:?#]+)")
# [v1.1.0]: https://github.com/acme/app/compare/v1.0.0...v1.1.0
_COMPARING = re.compile(
    r"^\[[^\]\n]+\]: (https?://[^\s<>]+?)/(?:-/)?(?:compare|commits|branches/compare)/\S+$",
    re.MULTILINE,
)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FEWEST_PARTS = 2  # the owner's name and the repository's

# Hosts that only answer ssh where a firewall lets nothing but port 443 through → the web's host.
_WEB_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
# What a user's own name for a host begins with (ssh_config(5): github-work) → the web's host.
_ALIASED = {
    "github": "github.com",
    "gitlab": "gitlab.com",
    "bitbucket": "bitbucket.org",
    "codeberg": "codeberg.org",
}
# A word in a host's name → the kind of forge; Bitbucket's own servers have other pages.
_KINDS = {
    "github": "github",
    "gitlab": "gitlab",
    "gitea": "gitea",
    "forgejo": "gitea",
    "codeberg": "gitea",
    "bitbucket": "bitbucketserver",
    "stash": "bitbucketserver",
}
# How a Bitbucket server is cloned from, 'scm/proj/app' or by ssh 'proj/app', and its page.
_SERVED = re.compile(r"(?:(?P<before>(?:[^/]+/)?)scm/)?(?P<owner>[^/]+)/(?P<name>[^/]+)")
_PAGE_OF_SERVER = re.compile(r"(?P<page>(?:[^/]+/)?(?:projects|users)/[^/]+/repos/[^/]+)(?:/.*)?")


class _Pages(Struct, frozen=True):
    """The paths below a repository's page, by what they show."""

    commit: str
    issue: str
    pull: str
    compare: str
    commits: str
    blob: str
    blob_at_commit: str
    tag: str


_PAGES = {
    "github": _Pages(
        commit="commit/{0}",
        issue="issues/{0}",
        pull="pull/{0}",
        compare="compare/{0}...{1}",
        commits="commits/{0}",
        blob="blob/{0}/{1}",
        blob_at_commit="blob/{0}/{1}",
        tag="releases/tag/{0}",
    ),
    "gitlab": _Pages(
        commit="-/commit/{0}",
        issue="-/issues/{0}",
        pull="-/merge_requests/{0}",
        compare="-/compare/{0}...{1}",
        commits="-/commits/{0}",
        blob="-/blob/{0}/{1}",
        blob_at_commit="-/blob/{0}/{1}",
        tag="-/tags/{0}",
    ),
    "bitbucket": _Pages(
        commit="commits/{0}",
        issue="issues/{0}",
        pull="pull-requests/{0}",
        compare="branches/compare/{1}..{0}",  # the newer one stands first
        commits="commits/tag/{0}",
        blob="src/{0}/{1}",
        blob_at_commit="src/{0}/{1}",
        tag="src/{0}",
    ),
    "bitbucketserver": _Pages(  # issues are elsewhere
        commit="commits/{0}",
        issue="",
        pull="pull-requests/{0}",
        compare="compare/commits?targetBranch=refs/tags/{0}&sourceBranch=refs/tags/{1}",
        commits="commits?until=refs/tags/{0}",
        blob="browse/{1}?at=refs/tags/{0}",
        blob_at_commit="browse/{1}?at={0}",
        tag="browse?at=refs/tags/{0}",
    ),
    "gitea": _Pages(
        commit="commit/{0}",
        issue="issues/{0}",
        pull="pulls/{0}",
        compare="compare/{0}...{1}",
        commits="commits/tag/{0}",
        blob="src/tag/{0}/{1}",
        blob_at_commit="src/commit/{0}/{1}",
        tag="releases/tag/{0}",
    ),
}


class Forge(Struct, frozen=True):
    """A repository's page on a forge, and the pages below it.

    Every URL is quoted, so that it can stand in a Markdown link.

    Attributes:
        kind: ``github``, ``gitlab``, ``bitbucket``, ``bitbucketserver`` or ``gitea`` (also Forgejo
            and Codeberg).
        url: of the repository's page, without a slash at its end.
    """

    kind: str
    url: str

    @property
    def pull_mark(self) -> str:
        """What stands before a pull request's number: GitLab's merge requests have their own."""
        return "!" if self.kind == "gitlab" else "#"

    def shortened(self, text: str) -> str:
        """Write each issue of this repository that a text names in full as ``#12``."""
        if f"{self.url}/" in text:
            page = re.escape(self.url)
            text = re.sub(rf"{page}/(?:-/)?issues/(\d{{1,9}})\b(?:#[\w-]+)?", r"#\1", text)
        path = self.url.partition("://")[2].partition("/")[2]
        if f"{path}#" in text:
            text = re.sub(rf"(?<![\w./-]){re.escape(path)}#(?=\d)", "#", text)
        return text

    def commit(self, id_: str) -> str:
        """Give the page of a commit."""
        return self._page(_PAGES[self.kind].commit, id_)

    def issue(self, number: int) -> str:
        """Give the page of an issue; GitHub and Gitea lead on where it is a pull request."""
        return self._page(_PAGES[self.kind].issue, str(number))

    def pull(self, number: int) -> str:
        """Give the page of a pull request, which GitLab calls a merge request."""
        return self._page(_PAGES[self.kind].pull, str(number))

    def compare(self, before: str | None, after: str) -> str:
        """Give the page of what is new between two tags; all commits where there is none before."""
        if before is None:
            return self._page(_PAGES[self.kind].commits, after)
        return self._page(_PAGES[self.kind].compare, before, after)

    def blob(self, ref: str, path: str) -> str:
        """Give the page of a file, as a tag or a commit (its full id) has it."""
        pages = _PAGES[self.kind]
        shape = pages.blob_at_commit if _COMMIT_ID.fullmatch(ref) else pages.blob
        return self._page(shape, ref, path)

    def tag(self, name: str) -> str:
        """Give the page of a tag."""
        return self._page(_PAGES[self.kind].tag, name)

    def _page(self, shape: str, *values: str) -> str:
        """Fill quoted values into a page's path; empty where the forge has no such page."""
        if not shape:
            return ""
        return f"{self.url}/{shape.format(*(quote(value) for value in values))}"


def read(url: str) -> Forge | None:
    """Read the URL of a remote, or of the setting ``forge``; None where no forge is known.

    Known are GitHub, GitLab, Bitbucket's cloud and its servers, Gitea, Forgejo and Codeberg, by a
    word in the host's name, and every host whose kind is written before the scheme
    (``gitlab+https://…``).
    """
    match = _URL.fullmatch(url.strip()) or _SCP.fullmatch(url.strip())
    if match is None:
        return None
    parts = match.groupdict()
    host = _web_host(parts["host"])
    path = _repository(parts["path"])
    kind = parts.get("kind") or _kind(host)
    if not kind and _PAGE_OF_SERVER.fullmatch(path):
        kind = "bitbucketserver"  # no other forge's pages are called so
    path = _page_of_server(path) if kind == "bitbucketserver" else path
    if kind not in _PAGES or not path or not _HOST.fullmatch(host):
        return None
    scheme = (parts.get("scheme") or "ssh").lower()
    port = parts.get("port") or ""
    if scheme not in {"http", "https"}:
        scheme, port = "https", ""  # the port of another service says nothing of the web's
    return Forge(kind, f"{scheme}://{host}{port}/{path}")


def linked(text: str) -> Forge | None:
    """Give the forge that a change log of ours links to; None where it links to none."""
    match = _COMPARING.search(text)
    return read(match[1]) if match else None


def _web_host(host: str) -> str:
    """Give the host that shows pages."""
    lowered = host.lower()
    public = _ALIASED.get(re.split(r"[.-]", lowered)[0], "")
    if public and (lowered.startswith(f"{public}-") or "." not in lowered):
        return public
    return _WEB_HOSTS.get(lowered, lowered.removeprefix("www."))


def _kind(host: str) -> str:
    """Tell a forge by its host: ``gitlab.example.org``, ``git.github.example.org``."""
    if host == "bitbucket.org":
        return "bitbucket"
    words = re.split(r"[.-]", host)
    return next((kind for word, kind in _KINDS.items() if word in words), "")


def _repository(path: str) -> str:
    """Give the quoted path of a repository's page; empty where it names none."""
    parts = [
        part for part in unquote(path).removesuffix("/").removesuffix(".git").split("/") if part
    ]
    if len(parts) < _FEWEST_PARTS or ".." in parts:
        return ""
    return quote("/".join(parts))


def _page_of_server(path: str) -> str:
    """Give the path of a repository's page on a Bitbucket server; empty where it names none."""
    if page := _PAGE_OF_SERVER.fullmatch(path):
        return page["page"]
    match = _SERVED.fullmatch(path)
    if match is None:
        return ""
    owner = match["owner"]
    kind, name = ("users", owner[1:]) if owner.startswith("~") else ("projects", owner.upper())
    return f"{match['before'] or ''}{kind}/{name}/repos/{match['name']}"
