"""Which migration needs which, drawn as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Longer ones are cut: a drawing of a thousand steps to the right shows nobody anything.
_LONGEST_CHAIN = 12


def tree(needs: Mapping[str, tuple[str, ...]]) -> str:
    """Draw the migrations that need another, or are needed, once; empty where none does.

    A migration stands below the last of those it needs; the others are named beside it. Ids come
    in run order, and so do the branches. A need of one that runs later, which nothing can meet, is
    named and leads nowhere: so there are no rings. The middle of a long chain is left out.
    """
    position = {id_: index for index, id_ in enumerate(needs)}
    below: dict[str, list[str]] = {}
    roots: list[str] = []
    needed = {parent for parents in needs.values() for parent in parents}
    for id_, parents in needs.items():
        earlier = [name for name in parents if position[name] < position[id_]]
        if earlier:
            below.setdefault(max(earlier, key=lambda name: position[name]), []).append(id_)
        elif parents or id_ in needed:
            roots.append(id_)
    lines: list[str] = []
    for root in roots:
        lines.append(root + _also(needs[root]))
        lines.extend(_branches(root, below, needs))
    return "\n".join(lines)


def _branches(
    root: str, below: Mapping[str, list[str]], needs: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield the lines below a root; without recursion, since chains can be thousands long."""
    stack = _under(root, "", below)
    while stack:
        parent, child, indent, last = stack.pop()
        also = _also([name for name in needs[child] if name != parent])
        yield f"{indent}{'└── ' if last else '├── '}{child}{also}"
        indent += "    " if last else "│   "
        chain = _chain(child, below)
        if len(chain) > _LONGEST_CHAIN:
            yield f"{indent}└── … {len(chain) - 2} more, each below the one before"
            yield f"{indent}    └── {chain[-1]}"
            child, indent = chain[-1], f"{indent}        "
        stack += _under(child, indent, below)


def _under(
    parent: str, indent: str, below: Mapping[str, list[str]]
) -> list[tuple[str, str, str, bool]]:
    """List what stands right below a migration, the last first: parent, child, indent, last."""
    children = below.get(parent, [])
    return [(parent, child, indent, child is children[-1]) for child in reversed(children)]


def _chain(first: str, below: Mapping[str, list[str]]) -> list[str]:
    """List a migration and those that stand alone below one another."""
    chain = [first]
    while len(alone := below.get(chain[-1], [])) == 1:
        chain += alone
    return chain


def _also(others: Sequence[str]) -> str:
    """Name what a migration needs beside the one that it stands below."""
    return f"  (also needs {', '.join(others)})" if others else ""
