"""Which migration needs which, drawn as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def tree(needs: Mapping[str, tuple[str, ...]]) -> str:
    """Draw the migrations that need another, or are needed, each once; empty where none does.

    A migration stands below the last of those it needs; the others are named beside it. Ids come
    in run order, and so do the branches.
    """
    position = {id_: index for index, id_ in enumerate(needs)}
    below: dict[str, list[str]] = {}
    roots: list[str] = []
    needed = {parent for parents in needs.values() for parent in parents}
    for id_, parents in needs.items():
        if parents:
            below.setdefault(max(parents, key=lambda name: position[name]), []).append(id_)
        elif id_ in needed:
            roots.append(id_)
    lines: list[str] = []
    for root in roots:
        lines.append(root)
        lines.extend(_branches(root, below, needs))
    return "\n".join(lines)


def _branches(
    root: str, below: Mapping[str, list[str]], needs: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield the lines below a root; without recursion, since chains can be thousands long."""
    stack = [(root, "", iter(below.get(root, ())), len(below.get(root, ())))]
    while stack:
        parent, indent, children, left = stack.pop()
        child = next(children, None)
        if child is None:
            continue
        stack.append((parent, indent, children, left - 1))
        others = [name for name in needs[child] if name != parent]
        also = f"  (also needs {', '.join(others)})" if others else ""
        last = left == 1
        yield f"{indent}{'└── ' if last else '├── '}{child}{also}"
        deeper = indent + ("    " if last else "│   ")
        stack.append((child, deeper, iter(below.get(child, ())), len(below.get(child, ()))))
