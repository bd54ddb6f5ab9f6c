"""Time values: msgspec's structs beside the standard library's frozen data classes.

The same twelve fields as a ``Change`` has, more or less; CPU time of this process, the least of
several runs that take turns. Run by hand: ``python benchmarks/values.py``.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 7
TIMES = 10_000
FIELDS = [f"part_{number}" for number in range(12)]
GIVEN = tuple(f"value {number}" for number in range(12))
HEADS = {
    "data class": "@dataclasses.dataclass(frozen=True, slots=True)\nclass Value:",
    "struct": "class Value(msgspec.Struct, frozen=True):",
}


def makers(head: str) -> tuple[Callable[[], type], type[Any]]:
    """Give what makes a class anew, as an import does, and one such class."""
    lines = [head, *(f"    {name}: str = ''" for name in FIELDS)]
    code = compile("\n".join(lines), "<benchmark>", "exec")

    def make() -> type:
        """Make it."""
        space = {"dataclasses": dataclasses, "msgspec": msgspec, "__name__": __name__}
        exec(code, space)  # noqa: S102 - our own text
        made: type = space["Value"]  # type: ignore[assignment]
        return made

    return make, make()


def cpu(work: Callable[[], object], times: int) -> float:
    """Give the microseconds that one call takes."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times * 1e6


def works(kind: str) -> dict[str, tuple[Callable[[], object], int]]:
    """Give what is timed of a kind of value, and how often."""
    make, cls = makers(HEADS[kind])
    one, same = cls(*GIVEN), cls(*GIVEN)
    replace = dataclasses.replace if kind == "data class" else msgspec.structs.replace
    data = dict(zip(FIELDS, GIVEN, strict=True))
    decoded = (lambda: cls(**data)) if kind == "data class" else lambda: msgspec.convert(data, cls)
    return {
        "its class": (make, 100),
        "an instance": (lambda: cls(*GIVEN), TIMES),
        "a comparison": (lambda: one == same, TIMES),
        "a copy with one change": (lambda: replace(one, part_3="other"), TIMES),
        "an instance of a mapping (a struct checks its types)": (decoded, TIMES),
    }


def rows() -> list[tuple[str, float, float]]:
    """Give what was timed: its name, of a data class, of a struct; microseconds."""
    kinds = {kind: works(kind) for kind in HEADS}
    least: dict[tuple[str, str], float] = {}
    for _ in range(RUNS):
        for kind, timed in kinds.items():
            for name, (work, times) in timed.items():
                spent = cpu(work, times)
                least[name, kind] = min(spent, least.get((name, kind), spent))
    return [(name, least[name, "data class"], least[name, "struct"]) for name in kinds["struct"]]


def main() -> None:
    """Measure, and print a Markdown table."""
    print("| what | data class, µs | struct, µs | times as fast |\n|---|---|---|---|")
    for name, old, new in rows():
        print(f"| {name} | {old:.2f} | {new:.2f} | {old / new:.0f} |")


if __name__ == "__main__":
    main()
