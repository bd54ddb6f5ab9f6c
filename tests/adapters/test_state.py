"""What migdocs keeps lies in folders of the user's own; nothing in a repository is taken for it."""

from __future__ import annotations

import os
from stat import S_IMODE
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import state
from migdocs.adapters.state import cache
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a project in a repository."""
    place = tmp_path / "project"
    (place / ".git").mkdir(parents=True)
    return place


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder that the environment names."""
    monkeypatch.setenv(state.VARIABLE, str(tmp_path / "chosen"))
    return tmp_path / "chosen"


def test_each_project_has_private_folders_outside_of_it(root: Path, tmp_path: Path) -> None:
    """Cache and state are apart, each project's is its own, and only its user can enter."""
    other = tmp_path / "other" / "project"
    other.mkdir(parents=True)
    folders = [
        f(place) for place in (root, other) for f in (state.cache_folder, state.state_folder)
    ]
    assert len(set(folders)) == 4
    assert {S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert folders[0].is_relative_to(os.environ["XDG_CACHE_HOME"])
    assert folders[1].is_relative_to(os.environ["XDG_STATE_HOME"])
    assert [path.name for path in root.iterdir()] == [".git"]
    through_a_link = tmp_path / "link"
    through_a_link.symlink_to(root)
    assert state.state_folder(through_a_link) == folders[1]


def test_one_variable_moves_both(root: Path, chosen: Path) -> None:
    """CI keeps one folder between its runs."""
    cache.store(root, "facts", {"a": 1})
    assert cache.load(root, "facts") == {"a": 1}
    assert state.cache_folder(root).is_relative_to(chosen)
    assert state.state_folder(root).is_relative_to(chosen)
    assert state.state_folder(root) != state.cache_folder(root)


@pytest.mark.parametrize("level", [0, 1])
def test_a_link_is_not_followed(root: Path, chosen: Path, tmp_path: Path, level: int) -> None:
    """Whoever put it there would have what we write, or write what we read."""
    folder = state.state_folder(root)
    victim = tmp_path / "victim"
    place = (folder, folder.parent)[level]
    place.rename(victim)
    place.symlink_to(victim)
    assert chosen.exists()
    with pytest.raises(MachineError, match="is a link") as caught:
        state.state_folder(root)
    assert state.VARIABLE in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(root: Path, chosen: Path) -> None:
    """Nobody else can prepare what we are to believe."""
    os.chown(state.cache_folder(root), 12345, 12345)
    assert chosen.exists()
    with pytest.raises(MachineError, match="belongs to another user"):
        state.cache_folder(root)
    cache.store(root, "facts", {"a": 1})
    assert cache.load(root, "facts") == {}


def test_a_folder_that_others_could_enter_is_closed(root: Path, chosen: Path) -> None:
    """A umask of 0 or a copied cache opens it; it is closed again."""
    state.state_folder(root).chmod(0o777)
    assert S_IMODE(state.state_folder(root).stat().st_mode) == 0o700
    assert chosen.exists()


@pytest.mark.parametrize("where", ["", "inside", "../project/inside", "up/link"])
def test_a_folder_inside_the_repository_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """What is committed there would be believed."""
    (root / "up").mkdir()
    (root / "up" / "link").symlink_to(root)
    monkeypatch.setenv(state.VARIABLE, str(root / where))
    with pytest.raises(MachineError, match="inside the repository"):
        state.state_folder(root / "service")


def test_a_relative_folder_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be wherever the command is run, as in a repository."""
    monkeypatch.setenv(state.VARIABLE, "state")
    with pytest.raises(MachineError, match="is not an absolute path"):
        state.state_folder(root)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache is done without."""
    monkeypatch.setenv(state.VARIABLE, "/dev/null/state")
    with pytest.raises(MachineError, match="cannot be made: Not a directory") as caught:
        state.state_folder(root)
    assert state.VARIABLE in caught.value.hint
    cache.store(root, "facts", {"a": 1})
    assert cache.load(root, "facts") == {}


def test_leftovers_are_named_and_not_opened(root: Path, tmp_path: Path) -> None:
    """A link of that name was never ours."""
    assert state.leftovers(root) == ()
    (root / ".migdocs" / "postgres").mkdir(parents=True)
    assert state.leftovers(root) == (".migdocs", ".migdocs/postgres")
    (root / ".migdocs").rename(tmp_path / "elsewhere")
    (root / ".migdocs").symlink_to(tmp_path / "elsewhere")
    assert state.leftovers(root) == ()


def test_bytes_that_are_no_text_are_kept_as_well(root: Path) -> None:
    """Old commits hold them: they are no reason to ask git for everything each time."""
    for data in ({"commit": "Zo\udceb"}, {"commit": "Zoë", "tuple": (1, None)}):
        cache.store(root, "commits", data)
        kept = cache.load(root, "commits")
        assert kept == {k: list(v) if isinstance(v, tuple) else v for k, v in data.items()}
