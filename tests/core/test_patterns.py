"""Every regular expression of the source is linear: each gets texts made to make it go back.

They are found where they are: those that modules hold, and those written where they are used. The
texts come from the expression itself: what may repeat is repeated, behind what leads to it.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import signal
import time
import warnings
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

import migdocs

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(migdocs.__file__).parent
LENGTH = 3000  # characters; what goes back at each of them takes millions of steps
LIMIT = 0.3  # seconds, for what would take hours
WAYS = ("search", "match", "fullmatch", "sub", "subn", "findall", "finditer", "split")
SEARCHED = set[str]()  # what texts of tables are searched for
TEXT_PARTS = (
    ast.Constant, ast.Name, ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Add, ast.Attribute,
    ast.Load, ast.Call,
)  # fmt: skip
SEARCHING = {"sub", "subn", "findall", "finditer", "split"}
# What sees no text from outside, or a few letters of it: the module, and how it begins.
OURS = {
    ("migdocs.adapters.layouts.convention", r"(?:\\\.[a-z]+)+$"),  # our own patterns
    ("migdocs.adapters.repository.process", r"(\d+)\.(\d+)"),  # git's own version
    ("migdocs.core.startup", r"(?:^|/)(?:cmd|bin|"),  # paths, which the system keeps short
    ("migdocs.core.changelog.subjects", "(?:(?::[a-z0-9_+-]+:"),  # a subject's first letters
}


class TooLong(Exception):  # noqa: N818 - it is no error of ours
    """A search was broken off."""


def named(path: Path) -> str:
    """Give a module's name."""
    parts = ("migdocs", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def held(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """Yield the expressions in a value, in whatever it holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        parts: Any = ()
        if isinstance(value, dict):
            parts = (*value, *value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            parts = value
        elif not isinstance(value, type):
            fields = getattr(value, "__struct_fields__", getattr(value, "__dataclass_fields__", ()))
            parts = [getattr(value, name, None) for name in fields]
            holds = getattr(value, "holds", "")  # of a whole file, as a runner has it
            if isinstance(holds, str) and holds:
                SEARCHED.add(holds)
                yield re.compile(holds)
        for part in parts:
            yield from held(part, depth + 1)


def used(text: str) -> dict[str, set[str]]:
    """Give how each name of an expression is used in a text."""
    found: dict[str, set[str]] = {}
    for name, way in re.findall(rf"\b(\w+)\.({'|'.join(WAYS)})\(", text):
        found.setdefault(name, set()).add("search" if way in SEARCHING else way)
    return found


def expressions() -> dict[tuple[str, str, int], set[str]]:
    """Give each expression, by module, text and flags, with the ways that it is used."""
    paths, found = sorted(SOURCE.rglob("*.py")), dict[tuple[str, str, int], set[str]]()
    anywhere = used("\n".join(path.read_text() for path in paths))
    for path in paths:
        if path.name == "__main__.py":
            continue
        module, here = importlib.import_module(named(path)), used(path.read_text())
        for name, value in vars(module).items():
            for one in held(value) if not name.startswith("__") else ():
                text = one.pattern if isinstance(one.pattern, str) else one.pattern.decode("latin1")
                key = (module.__name__, text, one.flags)
                ways = {"search"} if text in SEARCHED else here.get(name) or anywhere.get(name)
                found.setdefault(key, set()).update(ways or {"match"})
        for way, text, flags in written(path, vars(module)):
            found.setdefault((module.__name__, text, flags), set()).add(way)
    return found


class Name(str):
    """Whatever an expression is made of when it is used: a name, with all that a text can do."""

    __slots__ = ()

    def __getattr__(self, _: str) -> Any:
        """Give another, as of a field."""
        return Name("a")


class Names(dict[str, Any]):
    """What a module holds; anything else is a name."""

    def __missing__(self, key: str) -> Any:
        if hasattr(builtins, key):
            raise KeyError(key)
        return Name("a")


def written(path: Path, module: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Yield the expressions that are written where they are used, or made there of names."""
    lines = path.read_text().split("\n")
    for home in ast.parse("\n".join(lines)).body:
        text = "\n".join(lines[home.lineno - 1 : home.end_lineno])
        if not re.search(r"\bre\.", text):
            continue
        names, used_here = Names(module), used(text)
        for node in sorted(ast.walk(home), key=lambda n: getattr(n, "lineno", 0)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr | ast.Call):
                targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
                value = evaluated(node.value, names)
                names |= dict.fromkeys(targets, value) if isinstance(value, str) else {}
                if home is not node and ast.unparse(node.value).startswith("re.compile("):
                    ways = used_here.get(next(iter(targets), ""), {"search"})
                    yield from used_at(node.value, names, ways)
            way = ast.unparse(node.func).removeprefix("re.") if isinstance(node, ast.Call) else ""
            if way in WAYS:
                yield from used_at(node, names, {"search" if way in SEARCHING else way})


def used_at(node: Any, names: Names, ways: set[str]) -> Iterator[tuple[str, str, int]]:
    """Yield the expression that a call of ``re`` is given, for each way that it is used."""
    others = [ast.unparse(a) for a in (*node.args[1:], *(k.value for k in node.keywords))]
    flags = sum(int(getattr(re, o[3:])) for o in others if re.fullmatch(r"re\.[A-Z]+", o))
    value = evaluated(node.args[0], names)
    if isinstance(value, str) and value != "a":
        for way in ways:
            yield way, value, int(re.compile(value, flags).flags)


def evaluated(node: ast.expr, names: Names) -> object:
    """Give the text that an expression of our own source makes; None where it does more."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and ast.unparse(part.func) not in {"re.escape", "len"}:
            return None
        if not isinstance(part, TEXT_PARTS):
            return None
    try:
        return eval(compile(ast.Expression(node), "", "eval"), {}, names)  # noqa: S307 - see above
    except (TypeError, ValueError, AttributeError, NameError):
        return None


# --- texts --------------------------------------------------------------------------------------

CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_WORD: "-",
}
MANY = "a 1\n-_.,:;'\"`*#|()[]/\\<>$\t"
SIMPLE = (codes.LITERAL, codes.RANGE)
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def letters(items: Any) -> list[str]:
    """Give letters of a set."""
    taken = [(o, a) for o, a in items if o is not codes.NEGATE]
    plain = [chr(a) if o is codes.LITERAL else chr(a[0]) for o, a in taken if o in SIMPLE]
    if len(taken) == len(items):
        return plain + [CATEGORIES[a] for o, a in taken if o is codes.CATEGORY]
    return [c for c in MANY if not any(fits(c, item) for item in taken)] or ["é"]


def fits(letter: str, item: Any) -> bool:
    """Tell whether a letter is of a part of a set."""
    kind, value = item
    if kind is codes.LITERAL:
        return ord(letter) == value
    if kind is codes.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    return {
        codes.CATEGORY_DIGIT: letter.isdigit(),
        codes.CATEGORY_SPACE: letter.isspace(),
        codes.CATEGORY_WORD: letter.isalnum() or letter == "_",
    }.get(value, False)


def example(parts: Any, turn: int) -> str:
    """Give a text that a part of an expression takes; another each turn."""
    return "".join(_example(kind, value, turn) for kind, value in parts)


def _example(kind: Any, value: Any, turn: int) -> str:  # noqa: PLR0911 - one for each kind
    if kind is codes.LITERAL:
        return chr(value)
    if kind in (codes.NOT_LITERAL, codes.ANY):
        return "a" if value != ord("a") else "b"
    if kind is codes.IN:
        found = letters(value)
        return found[turn % len(found)]
    if kind in REPEATS:
        least, most, inner = value
        return example(inner, turn) * max(least, 1 - turn % 2 if most else 0)
    if kind is codes.SUBPATTERN:
        return example(value[-1], turn)
    if kind is codes.ATOMIC_GROUP:
        return example(value, turn)
    if kind is codes.BRANCH:
        return example(value[1][turn % len(value[1])], turn)
    return ""


def repeats(parts: Any, before: str, turn: int) -> Iterator[tuple[str, str]]:
    """Yield what leads to each part that may repeat, and what repeats."""
    for kind, value in parts:
        if kind in REPEATS:
            if value[1] > 50:
                yield before, example(value[2], turn)
            yield from repeats(value[2], before, turn)
        elif kind is codes.SUBPATTERN:
            yield from repeats(value[-1], before, turn)
        elif kind is codes.ATOMIC_GROUP:
            yield from repeats(value, before, turn)
        elif kind is codes.BRANCH:
            for branch in value[1]:
                yield from repeats(branch, before, turn)
        before += _example(kind, value, turn)


def texts(pattern: str, flags: int) -> set[tuple[str, str]]:
    """Give what to begin a text with, and what to repeat in it."""
    whole = parser.parse(pattern, flags)
    found = {case for turn in range(3) for case in repeats(whole, "", turn) if case[1]}
    more = {("", before + body) for before, body in found} | {("", b) for b, _ in found if b}
    return {(before, body) for before, body in found | more if len(body) < 100}


# --- time ---------------------------------------------------------------------------------------


def seconds(expression: re.Pattern[str], way: str, text: str) -> float:
    """Give how long a text takes; what takes too long is broken off."""
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    begun = time.process_time()
    try:
        getattr(expression, way)(text)
    except TooLong:
        return LIMIT * 100
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - begun


def is_slow(expression: re.Pattern[str], way: str, before: str, body: str) -> bool:
    """Tell whether four times the text takes much more than four times as long."""
    long = before + body * (LENGTH // len(body)) + "\0"
    if seconds(expression, way, long) < 0.004:
        return False
    short = before + body * (LENGTH // 4 // len(body)) + "\0"
    least = min(seconds(expression, way, long) for _ in range(2))
    quickest = min(seconds(expression, way, short) for _ in range(2))
    return least > 0.004 and least > 9 * max(quickest, 1e-4)


def test_every_expression_is_linear() -> None:
    """A new one is tried as soon as it is written."""

    def break_off(*_: object) -> None:
        raise TooLong

    former = signal.signal(signal.SIGVTALRM, break_off)
    slow = []
    try:
        tried = set()
        for (module, pattern, flags), held_ways in expressions().items():
            ways = held_ways - {way for way in WAYS if (pattern, flags, way) in tried}
            tried |= {(pattern, flags, way) for way in ways}
            if any(module == home and pattern.startswith(begins) for home, begins in OURS):
                continue
            with warnings.catch_warnings(action="ignore"):
                expression = re.compile(pattern, flags)
                cases = texts(pattern, flags)
            for way in ways:
                found = next((c for c in sorted(cases) if is_slow(expression, way, *c)), None)
                if found:
                    slow.append(f"{module}: {way} {pattern[:150]!r}: {found}")
    finally:
        signal.signal(signal.SIGVTALRM, former)
    assert not slow, "\n".join(slow)


def test_what_never_looks_back_can_end_where_it_began() -> None:
    """Each possessive group has a last way that fails at once: ``(?:a|b(?!c)|(?!))*+``.

    Before Python 3.11.5 such a group goes on where its last try failed, not where that began
    (gh-106052); Debian 12 has 3.11.2.
    """
    found = [
        f"{path.relative_to(SOURCE)}: {text[place.start() - 40 : place.end()]}"
        for path in sorted(SOURCE.rglob("*.py"))
        for text in [path.read_text()]
        for place in re.finditer(r"(?<!\\)\)[*+?]\+|(?<!\\)\)\{[\d,]+\}\+", text)
        if not text[: place.start()].endswith(("|(?!)", "| (?!)"))
    ]
    assert found == []
