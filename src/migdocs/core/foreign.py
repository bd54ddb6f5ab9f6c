"""Read YAML, JSON and TOML that other tools' users wrote: values, or an error with its line.

Nothing in such a text runs, multiplies or costs more than in proportion: it is read as data, to a
depth and a size, and what it names again and again counts each time.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from migdocs.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import yaml

DEEPEST = 100  # levels; nobody writes ten
LARGEST = 4 << 20  # characters
MOST = 400_000  # values, those named again counted again
_LONGEST_NUMBER = 60  # characters; what is longer is a text
_CORE = "tag:yaml.org,2002:"
_NUMBERS = {f"{_CORE}{name}" for name in ("int", "float", "timestamp")}
_TEXTS = {f"{_CORE}{name}" for name in ("str", "binary", "value", "merge")}
_PARTS = {f"{_CORE}{name}" for name in ("map", "seq", "set", "omap", "pairs")}
_PARTS_OF_NAME = 1000
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_PLACE = re.compile(r" \(at line (\d+), column \d+\)")


def read(text: str, path: str, hint: str = "", *, tags: bool = False) -> Any:  # noqa: ANN401 - data
    """Give what a text of JSON or YAML holds; the path's suffix says which it is.

    Args:
        text: of the file.
        path: for errors too.
        hint: what to do where it cannot be read.
        tags: pass over values whose tag is not known, instead of refusing them.

    Raises:
        InputError: it is none, too large or nested too deeply.
    """
    _check_size(text, path, hint)
    if path.endswith(".json"):
        from migdocs.core import shaped  # as long to import as all else here

        found = shaped.document(text, path, hint)
        _check_depth(found, path, hint)
        return found
    root = tree(text, path, hint)
    return None if root is None else _Reading(path, hint, tags=tags).value(root)


def toml(text: str, path: str, hint: str = "see https://toml.io.") -> dict[str, Any]:
    """Give what a text of TOML holds.

    Raises:
        InputError: it is none, too large or nested too deeply.
    """
    _check_size(text, path, hint)
    for line, words in enumerate(text.split("\n"), 1):
        # tomllib looks at each part of a name again for every part before it.
        if words.count(".") > _PARTS_OF_NAME < _QUOTED.sub("x", words).count("."):
            problem = f"not TOML: a name of more than {_PARTS_OF_NAME} parts"
            raise InputError(problem, path=path, line=line, hint=hint)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError("is nested too deeply", path=path, hint=hint) from None
    except ValueError as error:  # a number of 5,000 digits is one too
        found = _PLACE.search(str(error))
        problem = str(error).replace(found[0], "") if found else str(error).partition(" (at ")[0]
        line = int(found[1]) if found else text.count("\n") + 1
        raise InputError(f"not TOML: {problem}", path=path, line=line, hint=hint) from None


def tree(text: str, path: str, hint: str = "", first: int = 1) -> yaml.Node | None:
    """Give the tree that a YAML document describes; None where it is empty.

    Args:
        text: of one document.
        path: for errors.
        hint: what to do where it cannot be read.
        first: the line on which the text begins.

    Raises:
        InputError: it is no YAML, too large or nested too deeply.
    """
    import yaml

    _check_size(text, path, hint)
    line = first
    try:
        # The scanner in C is ten times as fast, and takes no time to give up on brackets.
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _Growing(events).document()
    except _RefusedError as error:
        line, problem = first + error.line, str(error)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, problem = first + (mark.line if mark else 0), error.problem or "it cannot be read"
    except yaml.reader.ReaderError as error:
        before = text.encode("utf-8", "surrogatepass")[: error.position]
        line, problem = first + before.count(b"\n"), error.reason
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
    except UnicodeEncodeError:
        problem = "it holds half of a surrogate pair, which is not a character"
    # What is never closed is found to be so behind the last line.
    line = min(line, first + text.rstrip("\n").count("\n"))
    raise InputError(f"is not YAML: {problem}", path=path, line=line, hint=hint)


def _check_size(text: str, path: str, hint: str) -> None:
    """Refuse a text that nobody wrote."""
    if len(text) > LARGEST:
        size = f"{len(text) / (1 << 20):.1f} MB"
        raise InputError(
            f"is {size} long; at most {LARGEST >> 20} MB are read", path=path, hint=hint
        )


def _check_depth(data: object, path: str, hint: str) -> None:
    """Refuse values that are nested more deeply than anybody writes them."""
    level = [data]
    for _ in range(DEEPEST):
        lists = [part for part in level if isinstance(part, list)]
        names = [part.values() for part in level if isinstance(part, dict)]
        level = [part for parts in (*lists, *names) for part in parts]
    if level:
        raise InputError("is nested too deeply", path=path, hint=hint)


class _RefusedError(ValueError):
    """A document is YAML, and more than anybody means; its line counts from 0."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Growing:
    """Make a tree of what a parser meets.

    Attributes:
        named: the nodes that have an anchor, with the number of values and of levels in each.
        made: the number of values so far.
    """

    def __init__(self, events: Iterator[Any]) -> None:
        from yaml.resolver import Resolver

        self.events = events
        self.named: dict[str, tuple[yaml.Node, int, int]] = {}
        self.made = 0
        self.resolver: Any = Resolver()

    def document(self) -> yaml.Node | None:
        """Give the one document's root."""
        import yaml

        root: yaml.Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    line = event.start_mark.line if event.start_mark else 0
                    raise _RefusedError("a second document begins here", line)
                root, _ = self.node(next(self.events), 0)
        return root

    def node(self, event: Any, depth: int) -> tuple[yaml.Node, int]:  # noqa: ANN401 - untyped
        """Make the node that an event begins, with all that is in it; and count its levels."""
        import yaml

        line = event.start_mark.line
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.named:
                raise _RefusedError(f"'*{event.anchor}' names nothing above it", line)
            found, size, levels = self.named[event.anchor]
            self.count(size, depth + levels, line)
            return found, levels
        before = self.made
        self.count(1, depth, line)
        if isinstance(event, yaml.ScalarEvent):
            made, levels = self.scalar(event), 0
        else:
            made, levels = self.nest(event, depth)
        if event.anchor:
            self.named[event.anchor] = made, self.made - before, levels
        return made, levels

    def count(self, size: int, depth: int, line: int) -> None:
        """Count values, and refuse too many or those too deep."""
        self.made += size
        if self.made > MOST:
            raise _RefusedError(f"it holds more than {MOST:,} values", line)
        if depth > DEEPEST:
            raise _RefusedError("it is nested too deeply", line)

    def scalar(self, event: Any) -> yaml.Node:  # noqa: ANN401 - PyYAML is untyped
        """Make a node of one value."""
        import yaml

        kind: Any = yaml.ScalarNode
        tag = event.tag
        if tag in (None, "!"):
            plain = event.implicit if len(event.value) <= _LONGEST_NUMBER else (False, True)
            tag = self.resolver.resolve(kind, event.value, plain)
        made: yaml.Node = kind(tag, event.value, event.start_mark, event.end_mark, event.style)
        return made

    def nest(self, event: Any, depth: int) -> tuple[yaml.Node, int]:  # noqa: ANN401 - untyped
        """Make a node of a list or of names with their values."""
        import yaml

        is_list = isinstance(event, yaml.SequenceStartEvent)
        parts: list[yaml.Node] = []
        deepest = 0
        while not isinstance(one := next(self.events), yaml.CollectionEndEvent):
            part, levels = self.node(one, depth + 1)
            parts.append(part)
            deepest = max(deepest, levels)
        kind: Any = yaml.SequenceNode if is_list else yaml.MappingNode
        value = parts if is_list else list(zip(parts[::2], parts[1::2], strict=True))
        tag = event.tag if event.tag not in (None, "!") else f"{_CORE}{'seq' if is_list else 'map'}"
        made: yaml.Node = kind(tag, value, event.start_mark, event.end_mark)
        return made, deepest + 1


class _Reading:
    """Make values of a tree: texts, numbers, truths, lists, and names with their values."""

    def __init__(self, path: str, hint: str, *, tags: bool) -> None:
        from yaml.constructor import SafeConstructor

        self.path, self.hint, self.tags = path, hint, tags
        self.constructor: Any = SafeConstructor()

    def value(self, node: Any) -> Any:  # noqa: ANN401 - data
        """Give what a node holds; None where its tag is passed over."""
        import yaml

        if isinstance(node, yaml.ScalarNode):
            return self.one(node)
        if node.tag not in _PARTS:
            return self.unknown(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part) for part in node.value]
        try:
            self.constructor.flatten_mapping(node)
        except yaml.MarkedYAMLError as error:
            raise self.wrong(node, error.problem or "it cannot be merged") from None
        return {self.name(name): self.value(part) for name, part in node.value}

    def name(self, node: Any) -> str:  # noqa: ANN401 - PyYAML is untyped
        """Give a name, as it was typed."""
        if not isinstance(node.value, str):
            raise self.wrong(node, "a list cannot be a name")
        return node.value

    def one(self, node: Any) -> Any:  # noqa: ANN401 - data
        """Give one value."""
        tag = str(node.tag)
        if tag in _TEXTS:
            return node.value
        if tag == f"{_CORE}null":
            return None
        if tag == f"{_CORE}bool":
            return self.constructor.bool_values.get(node.value.lower(), node.value)
        if tag not in _NUMBERS:
            return self.unknown(node)
        try:
            return self.constructor.yaml_constructors[tag](self.constructor, node)
        except (ValueError, ArithmeticError, LookupError, AttributeError):  # 2026-02-31
            return node.value

    def unknown(self, node: Any) -> None:  # noqa: ANN401 - PyYAML is untyped
        """Pass over a tag, or refuse it: what it makes of its value is not known."""
        if not self.tags:
            raise self.wrong(node, f"the tag '{node.tag}' is not known")

    def wrong(self, node: Any, problem: str) -> InputError:  # noqa: ANN401 - PyYAML is untyped
        """Build the error about a node."""
        line = node.start_mark.line + 1
        return InputError(f"is not YAML: {problem}", path=self.path, line=line, hint=self.hint)
