"""git is asked as a stranger's repository is: nothing of its settings runs or changes an answer."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from git_scenarios import draw, git
from migdocs.adapters import repository
from migdocs.core.errors import MachineError

DRAWING = """
    main             | feat: one      | +1.sql +2.sql | v1.0.0
    1.0.x from v1.0.0 | fix: a page   | +3.sql        | v1.0.1
    main             | feat: two      | 2.sql=two | *v1.1.0
    main             | merge 1.0.x    |               | v1.2.0
    main             | chore: move    | 1.sql>ü/1.sql | v1.3.0
    """


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw the history once."""
    return draw(tmp_path_factory.mktemp("drawn") / "repository", DRAWING)


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    """Give a repository with a root commit, a merge, a rename and both kinds of tags."""
    return Path(shutil.copytree(drawn, tmp_path / "repository"))


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """Give a program that leaves a mark when it runs."""
    program = tmp_path / "evil"
    program.write_text(f'#!/bin/sh\ntouch "{tmp_path}/ran"\ncat\n')
    program.chmod(0o755)
    return str(program)


def ran(evil: str) -> bool:
    """Tell whether the program was run."""
    return (Path(evil).parent / "ran").exists()


def everything(folder: Path) -> list[object]:
    """Ask all that is ever asked."""
    found = repository.find(folder)
    assert found
    tags = repository.tags(found)
    commits = repository.log(found, [*(tag.commit for tag in tags), found.head])
    pairs = [(one.commit, two.commit) for one, two in itertools.pairwise(tags)]
    wanted = [("", tags[0].commit), *pairs]
    changes = repository.differences(found, wanted, "migrations", lambda name: ".sql" in name)
    blobs = [change.after for change in changes.changes[0] if change.after]
    return [
        found,
        tags,
        commits,
        changes,
        repository.blobs(found, blobs),
        repository.edits(found, "migrations"),
        repository.versions(found, "migrations/2.sql"),
        repository.remote(found),
        repository.branch(found),
        repository.default_branch(found),
        repository.uncommitted(found),
        repository.is_tracked(found, "migrations"),
        repository.state(folder),
    ]


PROGRAMS = {
    "core.fsmonitor": "{evil}",
    "core.pager": "{evil}",
    "pager.log": "{evil}",
    "core.editor": "{evil}",
    "core.sshCommand": "{evil}",
    "core.askPass": "{evil}",
    "credential.helper": "!{evil}",
    "diff.external": "{evil}",
    "diff.mine.textconv": "{evil}",
    "diff.mine.command": "{evil}",
    "filter.mine.clean": "{evil}",
    "filter.mine.smudge": "{evil}",
    "filter.mine.process": "{evil}",
    "merge.mine.driver": "{evil}",
    "gpg.program": "{evil}",
    "gpg.openpgp.program": "{evil}",
    "alias.log": "!{evil}",
    "alias.status": "!{evil}",
    "core.alternateRefsCommand": "{evil}",
    "remote.origin.uploadpack": "{evil}",
}
WRITING = {**PROGRAMS, "gpg.ssh.program": "{evil}", "gpg.ssh.defaultKeyCommand": "{evil}"}
del WRITING["gpg.program"], WRITING["gpg.openpgp.program"]  # they would be asked for a signature


def configured(folder: Path, name: str, value: str, evil: str) -> None:
    """Set one setting of the repository's, with attributes and hooks that would use it."""
    git(folder, "config", name, value.format(evil=evil))
    git(folder, "config", "log.showSignature", "true")
    (folder / ".git" / "info" / "attributes").write_text("* diff=mine filter=mine merge=mine\n")
    for hook in ("post-checkout", "pre-commit", "commit-msg", "post-index-change", "post-commit"):
        shutil.copyfile(evil, folder / ".git" / "hooks" / hook)
        (folder / ".git" / "hooks" / hook).chmod(0o755)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_of_its_settings_runs(folder: Path, evil: str, name: str) -> None:
    """Reading runs nothing, where the working tree was touched too."""
    (folder / "migrations" / "2.sql").touch()
    before = everything(folder)
    configured(folder, name, PROGRAMS[name], evil)
    os.utime(folder / "migrations" / "2.sql", (1, 1))
    assert everything(folder)[1:-1] == before[1:-1]
    assert not ran(evil)


@pytest.mark.parametrize("name", WRITING)
def test_no_program_of_its_settings_runs_when_a_release_is_made(
    folder: Path, evil: str, name: str
) -> None:
    """Neither for the commit and the tag nor for a check-out; hooks do not run either."""
    configured(folder, name, WRITING[name], evil)
    found = repository.find(folder)
    assert found
    (folder / "migrations" / "2.sql").write_text("SELECT 3;")
    repository.commit(found, ["migrations/2.sql"], "Release 2.0.0")
    repository.tag(found, "v2.0.0", "Release 2.0.0")
    repository.check_out(found, "v1.0.0")
    repository.check_out(found, "v2.0.0")
    assert not ran(evil)
    assert (folder / "migrations" / "2.sql").read_text() == "SELECT 3;"


SIGNS = """\
#!/bin/sh
cat >/dev/null
printf '\\n[GNUPG:] SIG_CREATED \\n' >&2
echo '-----BEGIN PGP SIGNATURE-----'
"""


def test_a_signature_is_made_by_the_user_s_own_program(
    folder: Path, evil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repository may ask for one; it does not choose what runs."""
    mine = tmp_path / "mine"
    mine.write_text(SIGNS)
    mine.chmod(0o755)
    settings = tmp_path / "gitconfig"
    git(folder, "config", "--file", str(settings), "gpg.program", str(mine))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    git(folder, "config", "gpg.program", evil)
    git(folder, "config", "tag.gpgSign", "true")
    found = repository.find(folder)
    assert found
    repository.tag(found, "v2.0.0", "Release 2.0.0")
    assert "BEGIN PGP SIGNATURE" in git(folder, "cat-file", "tag", "v2.0.0")
    assert not ran(evil)


ANSWERS = {
    "log.showSignature": "true",
    "log.showRoot": "false",
    "log.date": "relative",
    "log.decorate": "full",
    "log.diffMerges": "off",
    "log.follow": "true",
    "log.mailmap": "true",
    "log.abbrevCommit": "true",
    "core.abbrev": "20",
    "core.quotePath": "true",
    "core.notesRef": "refs/notes/x",
    "color.ui": "always",
    "color.status": "always",
    "diff.renames": "false",
    "diff.renameLimit": "1",
    "diff.noprefix": "true",
    "diff.relative": "true",
    "diff.ignoreSubmodules": "none",
    "format.pretty": "oneline",
    "grep.patternType": "perl",
    "i18n.logOutputEncoding": "ISO-8859-1",
    "status.short": "true",
    "status.branch": "true",
    "status.relativePaths": "true",
    "status.showUntrackedFiles": "no",
    "status.renames": "copies",
    "tag.sort": "-refname",
    "versionsort.suffix": "-x",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_setting_of_the_user_s_changes_an_answer(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whether it is the repository's or the user's own."""
    (folder / "new.sql").write_text("")
    (folder / ".mailmap").write_text("Somebody Else <ada@example.org>\n")
    before = everything(folder)
    settings = tmp_path / "gitconfig"
    git(folder, "config", "--file", str(settings), name, ANSWERS[name])
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert everything(folder) == before
    git(folder, "config", name, ANSWERS[name])
    assert everything(folder) == before
    assert {commit.author for commit in before[2]} == {"Ada"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "GIT_DIR": "/nowhere",
        "GIT_WORK_TREE": "/",
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_NAMESPACE": "other",
        "GIT_TRACE": "1",
        "GIT_PAGER": "false",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "-u9",
        "GIT_GLOB_PATHSPECS": "1",
        "GIT_CONFIG_PARAMETERS": "'color.ui=always'",
        "GIT_REPLACE_REF_BASE": "refs/tags/",
        "LC_ALL": "de_DE.UTF-8",
        "LANGUAGE": "de",
    }.items(),
)
def test_no_variable_of_the_caller_s_changes_an_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A hook sets some of them, and they lead to another repository."""
    before = everything(folder)
    monkeypatch.setenv(name, value)
    assert everything(folder) == before


def test_a_replaced_commit_is_read_as_it_was(folder: Path) -> None:
    """Replacements are of one clone only, and everybody is to read the same."""
    before = everything(folder)
    git(folder, "replace", "v1.0.0", "v1.0.1")
    assert everything(folder)[:-1] == before[:-1]


def test_a_work_tree_elsewhere_is_refused(folder: Path, tmp_path: Path) -> None:
    """What is written would go there."""
    (tmp_path / "home").mkdir()
    git(folder, "config", "core.worktree", str(tmp_path / "home"))
    with pytest.raises(MachineError, match="puts its work tree elsewhere") as caught:
        repository.find(folder)
    assert "core.worktree" in caught.value.hint


def test_a_folder_that_looks_like_a_bare_repository_is_not_taken_for_one(
    folder: Path, evil: str
) -> None:
    """It can be committed, settings and all."""
    inner = folder / "migrations"
    for name in ("objects", "refs"):
        (inner / name).mkdir()
    (inner / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "config").write_text(f"[core]\nbare=false\nworktree=.\nfsmonitor={evil}\n")
    found = repository.find(inner)
    assert found
    assert (found.root, found.prefix) == (folder, "migrations/")
    assert repository.uncommitted(found)
    assert not ran(evil)


def test_what_a_partial_clone_lacks_is_not_fetched(folder: Path, tmp_path: Path, evil: str) -> None:
    """To fetch would run what the repository names."""
    git(folder, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    source = f"file://{folder}"
    how = ("clone", "--quiet", "--filter=blob:none", "--no-checkout", source, str(partial))
    subprocess.run(["git", *how], check=True)
    git(partial, "config", "remote.origin.uploadpack", evil)
    found = repository.find(partial)
    assert found
    with pytest.raises(MachineError) as caught:
        repository.versions(found, "migrations/2.sql")
    assert "is partial" in caught.value.message, caught.value.message
    assert not ran(evil)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_another_user_is_our_error(folder: Path) -> None:
    """With git's own command, for whoever trusts it."""
    shutil.chown(folder / ".git", 12345, 12345)
    shutil.chown(folder, 12345, 12345)
    with pytest.raises(MachineError, match="does not trust this repository") as caught:
        repository.find(folder)
    assert f"safe.directory {folder}" in caught.value.hint
    with pytest.raises(MachineError, match="does not trust"):
        repository.state(folder)
