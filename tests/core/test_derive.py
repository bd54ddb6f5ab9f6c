"""From what was read to what is true, without git and without a disk."""

from __future__ import annotations

from migdocs.core import logged
from migdocs.core.derive import derive
from migdocs.core.event import Event
from migdocs.core.ledger import journal
from migdocs.core.model import Migration, Script
from migdocs.core.releases import lineage
from migdocs.core.releases.history import GitFacts
from migdocs.core.sources import Folder, Git, Sources
from migdocs.core.timeline import Commit, FileChange, Tag

TEXTS = {
    "1": "CREATE TABLE a (id int);",
    "2": "ALTER TABLE a ADD x int;",
    "3": "ALTER TABLE a DROP x;",
    "key": "CREATE TABLE b (id int PRIMARY KEY);",
    "link": "ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b (id);",
}


def migration(id_: str, text: str = "") -> Migration:
    """Give a migration of one script."""
    return Migration(id_, Script(f"migrations/{id_}.sql", text or TEXTS[id_]), order=(id_,))


def identify(path: str) -> tuple[str, str]:
    """Tell which migration a path is."""
    return path.removeprefix("migrations/").removesuffix(".sql"), "forward"


def read_again(texts: dict[str, str]) -> list[Migration]:
    """Read the scripts of another tree."""
    return [migration(identify(path)[0], text) for path, text in texts.items()]


def git(*trees: dict[str, str | None]) -> Git:
    """Give what git tells of releases v1, v2 …, each with the blobs that it wrote or removed."""
    commits = [
        Commit(str(number), f"feat: {number}", parents=(str(number - 1),) if number else ())
        for number in range(len(trees))
    ]
    tags = [
        Tag(f"v{number + 1}.0.0", f"v{number + 1}.0.0", str(number), f"2026-01-0{number + 1}")
        for number in range(len(trees))
    ]
    there: dict[str, str | None] = {}
    changes = []
    for tree in trees:
        changes.append(
            tuple(FileChange(f"migrations/{k}.sql", there.get(k), blob) for k, blob in tree.items())
        )
        there |= tree
    newest_first = tuple(reversed(commits))
    trace = lineage.trace(tags, newest_first, commits[-1].id)
    return Git(
        GitFacts(trace, tuple(changes), newest_first),
        blobs=lambda ids: {id_: TEXTS.get(id_, f"-- {id_}") for id_ in ids},
    )


def sources(*ids: str, told: Git | None = None, **texts: str) -> Sources:
    """Give a project of these migrations."""
    folder = Folder(tuple(map(migration, ids)), identify=identify, read_again=read_again)
    return Sources(texts=texts, folder=folder, git=told)


def test_a_project_without_git_has_entries_and_no_release() -> None:
    """Each script is read where it stands."""
    made = derive(sources("1", "2"))
    assert [entry.changes for entry in made.entries.values()] == [
        ("creates table a (1 column)",),
        ("adds column a.x, integer",),
    ]
    assert made.released() == ()


def test_releases_ship_what_their_trees_hold() -> None:
    """Tags, trees and commits are literals; the history is derived."""
    made = derive(sources("1", "2", told=git({"1": "1"}, {"2": "2"})))
    assert [(r.version, r.migrations) for r in made.history.releases] == [
        ("v1.0.0", ("1",)),
        ("v2.0.0", ("2",)),
    ]
    assert [section.title for section in made.logged["v2.0.0"]] == ["Added"]


def test_a_script_that_only_a_tag_still_holds_is_read_from_its_blob() -> None:
    """It stands where it ran, and is not among those of the checkout."""
    made = derive(sources("1", "3", told=git({"1": "1", "2": "2"}, {"2": None, "3": "3"})))
    assert list(made.entries) == ["1", "2", "3"]
    assert made.entries["2"].changes == ("adds column a.x, integer",)
    assert made.entries["2"].placement.removed_in == "v2.0.0"
    assert [m.id for m in made.present] == ["1", "3"]


def test_an_edit_of_a_released_script_is_compared_by_its_blobs() -> None:
    """Other comments mean the same."""
    made = derive(sources("1", told=git({"1": "one"}, {"1": "two"})))
    assert [(edit.migration, edit.meaning) for edit in made.history.releases[1].edited] == [
        ("1", False)
    ]


def test_exported_ledgers_and_documents_are_texts() -> None:
    """Where a migration ran, and which releases a person has told of already."""
    ran = Event(
        "1", "apply", "succeeded", "2026-01-01T00:00:00+00:00", environment="prod", script_hash="h"
    )
    texts = {
        "migrations/history.jsonl": journal.write([ran]),
        "CHANGELOG.md": "# Changelog\n\n## [v1.0.0] - 2026-01-01\n\n- First.\n",
    }
    made = derive(sources("1", told=git({"1": "1"}), **texts))
    assert [entry.id for entry in made.applied_in("prod")] == ["1"]
    assert made.handwritten == {"v1.0.0"}


def test_a_change_log_alone_is_told_as_among_all_documents() -> None:
    """What it needs is derived without judging anything, and is no other."""
    history = git({"1": "1", "2": "2"}, {"2": None, "3": "3", "key": "key"}, {"link": "link"})
    log = "# Changelog\n\n## [v1.0.0] - 2026-01-01\n\n- First.\n"
    read = sources("1", "3", "key", "link", told=history, **{"CHANGELOG.md": log})
    whole, alone = derive(read), logged.derive(read)
    same = ("logged", "folded", "internal", "handwritten", "retold", "forge", "audience", "stamp")
    assert [getattr(alone, name) for name in same] == [getattr(whole, name) for name in same]
    assert [(r.version, r.migrations, r.commits) for r in alone.history.releases] == [
        (r.version, r.migrations, r.commits) for r in whole.history.releases
    ]
    told = ("title", "changes", "breaking", "breaks_users", "unread")
    assert {
        id_: [getattr(entry, name) for name in told] for id_, entry in alone.entries.items()
    } == {id_: [getattr(entry, name) for name in told] for id_, entry in whole.entries.items()}
    assert alone.script_findings == {}
    assert alone.entries["1"].breaking is False


def test_what_was_remembered_is_what_would_be_computed() -> None:
    """The second time nothing is computed, and the facts are the same."""
    kept: dict[str, dict[str, object]] = {}

    class Memory:
        """Keeps everything as JSON would."""

        def load(self, name: str) -> dict[str, object]:
            """Give what was kept."""
            return kept.get(name, {})

        def store(self, name: str, data: dict[str, object]) -> None:
            """Keep it."""
            kept[name] = data

    plain = sources("1", "2", "3")
    remembering = Sources(folder=plain.folder, memory=Memory())
    first, second = derive(remembering), derive(remembering)
    assert set(kept) == {"changes", "hazards", "reversals"}
    assert derive(plain) == first == second


def test_a_foreign_key_breaks_nobody_before_the_first_release() -> None:
    """Whoever writes the table of v1.0.0 has met the key; in v2.0.0 it is new to them."""
    first = derive(sources("1", "key", "link", told=git({"1": "1", "key": "key", "link": "link"})))
    later = derive(
        sources("1", "key", "link", told=git({"1": "1", "key": "key"}, {"link": "link"}))
    )
    untold = derive(sources("1", "key", "link"))
    assert first.entries["link"].breaking is False
    assert later.entries["link"].breaking is True
    assert untold.entries["link"].breaking is True
