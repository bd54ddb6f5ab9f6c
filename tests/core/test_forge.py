"""Forges, from what ``git remote`` prints."""

from __future__ import annotations

import pytest

from migdocs.core.changelog import forge
from migdocs.core.changelog.forge import Forge

GITHUB = "https://github.com/ada/app"
SERVER = "https://bitbucket.acme.org/projects/DB/repos/app"
CODE = "https://code.acme.org/projects/DB/repos/app"


@pytest.mark.parametrize(
    ("url", "kind", "page"),
    [
        ("https://github.com/ada/app.git", "github", GITHUB),
        ("https://github.com/ada/app", "github", GITHUB),
        ("https://www.github.com/ada/app/", "github", GITHUB),
        ("git@github.com:ada/app.git", "github", GITHUB),
        ("github.com:ada/app", "github", GITHUB),
        ("ssh://git@github.com/ada/app.git", "github", GITHUB),
        ("ssh://git@ssh.github.com:443/ada/app.git", "github", GITHUB),
        ("git://github.com/ada/app.git", "github", GITHUB),
        ("HTTPS://GitHub.com/Ada/App.git", "github", "https://github.com/Ada/App"),
        ("https://gitlab.com/team/sub/app.git", "gitlab", "https://gitlab.com/team/sub/app"),
        ("git@gitlab.acme.org:db/app.git", "gitlab", "https://gitlab.acme.org/db/app"),
        ("https://gitlab.acme.org:8443/db/app", "gitlab", "https://gitlab.acme.org:8443/db/app"),
        ("http://gitea.local/ada/app", "gitea", "http://gitea.local/ada/app"),
        ("https://codeberg.org/ada/app.git", "gitea", "https://codeberg.org/ada/app"),
        ("git@bitbucket.org:ada/app.git", "bitbucket", "https://bitbucket.org/ada/app"),
        ("gitlab+https://code.acme.org/db/app", "gitlab", "https://code.acme.org/db/app"),
        ("git@github-work:ada/app.git", "github", GITHUB),
        ("git@github.com-ada:ada/app.git", "github", GITHUB),
        ("gitlab.com-work:team/sub/app", "gitlab", "https://gitlab.com/team/sub/app"),
        ("ssh://git@gitlab.acme.org:2222/db/app", "gitlab", "https://gitlab.acme.org/db/app"),
        ("https://bitbucket.acme.org/scm/db/app.git", "bitbucketserver", SERVER),
        ("https://bitbucket.acme.org/projects/DB/repos/app/browse", "bitbucketserver", SERVER),
        ("ssh://git@bitbucket.acme.org:7999/db/app.git", "bitbucketserver", SERVER),
        ("https://code.acme.org/projects/DB/repos/app", "bitbucketserver", CODE),
        ("bitbucketserver+https://code.acme.org/scm/db/app.git", "bitbucketserver", CODE),
        (
            "https://code.acme.org/git/users/ada/repos/app",
            "bitbucketserver",
            "https://code.acme.org/git/users/ada/repos/app",
        ),
        (
            "ssh://git@stash.acme.org:7999/~ada/app.git",
            "bitbucketserver",
            "https://stash.acme.org/users/ada/repos/app",
        ),
    ],
)
def test_a_remote_leads_to_a_page(url: str, kind: str, page: str) -> None:
    """Every way to write a remote of one repository is one page."""
    assert forge.read(url) == Forge(kind, page)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/app.git",
        "../app",
        "C:/work/app",
        "git@work:ada/app.git",
        "gh:ada/app",
        "file:///srv/github.com/app.git",
        "https://code.acme.org/db/app",
        "https://bitbucket.acme.org/app.git",
        "https://github.com/ada",
        "https://github.com/../../etc/passwd",
        'https://github.com"onclick=x/ada/app',
        "javascript+https://code.acme.org/ada/app",
        "https://notgithub.com/ada/app",
    ],
)
def test_what_is_no_forge_has_no_page(url: str) -> None:
    """A folder, an unknown host or a host's name that is none gives no links."""
    assert forge.read(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:hunter2@github.com/ada/app.git",
        "https://hunter2@github.com/ada/app.git",
        "https://x:a@hunter2@github.com/ada/app.git",
        "https://github.com/ada/app.git?private_token=hunter2",
        "ssh://ada:hunter2@github.com/ada/app.git",
    ],
)
def test_credentials_are_never_kept(url: str) -> None:
    """A password in a remote reaches no document."""
    assert forge.read(url) == Forge("github", GITHUB)


def test_what_a_remote_says_cannot_leave_a_link() -> None:
    """The path is quoted: it ends no link and opens no HTML."""
    found = forge.read("https://github.com/ada/app)<b>.git")
    assert found == Forge("github", "https://github.com/ada/app%29%3Cb%3E")


ID = "a" * 40
PAGES = [
    # kind, commit, issue, pull, compare, first, tag, a file at a tag, the file at a commit
    (
        "github",
        f"commit/{ID}",
        "issues/7",
        "pull/8",
        "compare/v1...v2",
        "commits/v1",
        "releases/tag/v1",
        "blob/v1/db/a.sql",
        f"blob/{ID}/db/a.sql",
    ),
    (
        "gitlab",
        f"-/commit/{ID}",
        "-/issues/7",
        "-/merge_requests/8",
        "-/compare/v1...v2",
        "-/commits/v1",
        "-/tags/v1",
        "-/blob/v1/db/a.sql",
        f"-/blob/{ID}/db/a.sql",
    ),
    (
        "bitbucket",
        f"commits/{ID}",
        "issues/7",
        "pull-requests/8",
        "branches/compare/v2..v1",
        "commits/tag/v1",
        "src/v1",
        "src/v1/db/a.sql",
        f"src/{ID}/db/a.sql",
    ),
    (
        "gitea",
        f"commit/{ID}",
        "issues/7",
        "pulls/8",
        "compare/v1...v2",
        "commits/tag/v1",
        "releases/tag/v1",
        "src/tag/v1/db/a.sql",
        f"src/commit/{ID}/db/a.sql",
    ),
]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row[0])
def test_the_pages_of_each_kind(row: tuple[str, ...]) -> None:
    """Each forge has its own paths."""
    kind, *paths = row
    at = Forge(kind, "https://x.org/a/b")
    assert [
        at.commit(ID),
        at.issue(7),
        at.pull(8),
        at.compare("v1", "v2"),
        at.compare(None, "v1"),
        at.tag("v1"),
        at.blob("v1", "db/a.sql"),
        at.blob(ID, "db/a.sql"),
    ] == [f"https://x.org/a/b/{path}" for path in paths]


def test_names_are_quoted() -> None:
    """A tag and a path may hold what a URL and Markdown cannot."""
    at = Forge("github", GITHUB)
    assert at.blob("v1(a)", "db/ä b#.sql") == f"{GITHUB}/blob/v1%28a%29/db/%C3%A4%20b%23.sql"


def test_a_bitbucket_server_has_pages_of_its_own_and_no_issues() -> None:
    """Its comparison names both tags in full; a log of ours that links to it tells it again."""
    found = Forge("bitbucketserver", SERVER)
    compared = found.compare("v1.0.0", "v1.1.0")
    assert compared == (
        f"{SERVER}/compare/commits?targetBranch=refs/tags/v1.0.0&sourceBranch=refs/tags/v1.1.0"
    )
    assert found.compare(None, "v1.0.0") == f"{SERVER}/commits?until=refs/tags/v1.0.0"
    assert found.pull(5) == f"{SERVER}/pull-requests/5"
    assert found.issue(5) == ""
    assert found.blob("v1.0.0", "a b.sql") == f"{SERVER}/browse/a%20b.sql?at=refs/tags/v1.0.0"
    assert forge.linked(f"[v1.1.0]: {compared}\n") == found
