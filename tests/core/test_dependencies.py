"""The tree of what needs what, as drawings."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migdocs.core.releases import dependencies

TREES = {
    "nothing needs anything": ("a: b: c:", ""),
    "a chain": (
        "a: b:a c:b",
        """
        a
        └── b
            └── c
        """,
    ),
    "branches": (
        "a: b:a c:a d:c e:",
        """
        a
        ├── b
        └── c
            └── d
        """,
    ),
    "below the last of several": (
        "a: b: c:a,b d:a",
        """
        a
        └── d
        b
        └── c  (also needs a)
        """,
    ),
    "deep branches keep their lines": (
        "a: b:a c:b d:a",
        """
        a
        ├── b
        │   └── c
        └── d
        """,
    ),
    "one that runs later is only named": (
        "a:b b: c:a",
        """
        a  (also needs b)
        └── c
        b
        """,
    ),
    "a ring is opened": (
        "a:b b:a",
        """
        a  (also needs b)
        └── b
        """,
    ),
}


@pytest.mark.parametrize(("needs", "tree"), TREES.values(), ids=TREES)
def test_the_tree_is_as_drawn(needs: str, tree: str) -> None:
    """Each migration that needs another or is needed stands in it once, in run order."""
    pairs = (word.split(":") for word in needs.split())
    given = {id_: tuple(filter(None, parents.split(","))) for id_, parents in pairs}
    assert dependencies.tree(given) == dedent(tree).strip("\n")


def test_a_long_chain_is_cut() -> None:
    """Ten thousand steps to the right would be a page of hundreds of megabytes."""
    needs = {str(n): (str(n - 1),) if n else () for n in range(10_000)} | {
        "a": ("9999",),
        "b": ("9999",),
    }
    assert dependencies.tree(needs).splitlines() == [
        "0",
        "└── 1",
        "    └── … 9997 more, each below the one before",
        "        └── 9999",
        "            ├── a",
        "            └── b",
    ]
