"""Split a PostgreSQL script into its statements, each with its exact place.

PostgreSQL's own parser gives up on a whole script at the first psql command, line of COPY data or
syntax error. This lexer knows only what hides or ends a statement (PostgreSQL manual: 4.1 "Lexical
Structure"; psql: "Meta-Commands"), so every statement stands alone and one bad one never hides the
rest. Where one of them ends is found in ``extent``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core.sql.extent import Extent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BLANK = re.compile(r"[\s;]*(?:--[^\n\r]*[\s;]*)*", re.ASCII)
COMMENT_EDGE = re.compile(r"/\*|\*/")
MARKER = re.compile(
    r"--[ \t]*migdocs:[ \t]*(?P<word>[a-z-]+)(?:[ \t]+(?P<rule>[\w-]+))?"
    r"(?:[ \t]*:[ \t]*(?P<reason>[^\n\r]*))?"
)
# Looking for what closes an opening that nothing closes reads to the end of the text. A person
# leaves one or two open; hostile text leaves thousands, and then they are no longer looked for.
UNCLOSED_LIMIT = 10

Kind = Literal["sql", "copy", "psql", "blank"]


class Marker(Struct, frozen=True):
    """A comment that speaks to migdocs: ``-- migdocs: allow col-drop: nobody reads it``.

    Attributes:
        word: ``allow`` or ``no-transaction``.
        rule: a hazard's id, empty where the marker names none.
        reason: what follows the second colon, empty where the author gave none.
    """

    word: str
    rule: str
    reason: str
    line: int


class Variable(Struct, frozen=True):
    """A psql variable that stands in a statement: ``:name``, ``:'name'``."""

    name: str
    line: int


class Statement(Struct, frozen=True):
    r"""One statement of a script, and where it stands.

    Attributes:
        text: the statement alone: no leading or trailing comment, no semicolon.
        line: of its first character, from 1 (or from the line that ``split`` was given).
        column: of its first character, in characters from 1.
        offset: of its first character in the script, in characters from 0.
        index: among the script's statements, from 0.
        kind: ``copy`` where lines of data follow it, ``psql`` for a meta-command, ``blank`` for
            what stands for a script without any statement.
        source: every character since the statement before: comments, text, separator, data.
        data: the lines that follow COPY … FROM STDIN, without the closing ``\.``; None without any.
        markers: in the comments before and in it, and in the one that ends its last line.
        variables: of psql; a server cannot read the statement while there are any.
        followed: by others like it, which the text leaves out and the file has.
    """

    text: str
    line: int
    column: int
    offset: int
    index: int
    source: str
    kind: Kind = "sql"
    data: str | None = None
    markers: tuple[Marker, ...] = ()
    variables: tuple[Variable, ...] = ()
    followed: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        """Give line and column, both from 1, of a character of ``text`` counted from 0."""
        before = self.text[:offset]
        breaks = before.count("\n")
        if breaks:
            return self.line + breaks, len(before) - before.rfind("\n")
        return self.line, self.column + len(before)


def split(text: str, line: int = 1) -> tuple[Statement, ...]:
    """Split a script; ``join`` gives back the same characters.

    What is never closed (a quote, a comment, a dollar tag) does not swallow the rest: its opening
    is read as an ordinary character, and the parser will say what is wrong there.

    Args:
        text: of any script, however broken.
        line: the number of the text's first line in its file.
    """
    return tuple(Splitter(text, line).statements())


def join(statements: Iterable[Statement]) -> str:
    """Give back the script that the statements were split from."""
    return "".join(statement.source for statement in statements)


def markers(text: str, line: int = 1) -> tuple[Marker, ...]:
    """List the markers of a script; most scripts hold none and are not split for it."""
    if "migdocs:" not in text:
        return ()
    return tuple(marker for statement in split(text, line) for marker in statement.markers)


class Splitter:
    """Walk through a script once, forwards; all positions are characters from 0."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line  # of the character at `counted`
        self.line_begin = self.counted = 0
        self.unclosed = 0
        self.has_markers = "migdocs:" in text

    def statements(self) -> Iterator[Statement]:
        """Give every statement in turn; what follows the last one belongs to it."""
        last: Statement | None = None
        position = 0
        begin = self.skip_blank(1 if self.text.startswith("\ufeff") else 0)
        while begin < len(self.text):
            if last:
                yield last
            extent = Extent(self, begin)
            last = self.statement(position, extent, last.index + 1 if last else 0)
            position = extent.after
            begin = self.skip_blank(position)
        if last is None:
            last = Statement("", self.line, 1, 0, 0, "", "blank")
        rest, markers = self.text[position:], self.markers((position, len(self.text)))
        if rest:
            last = replace(last, source=last.source + rest, markers=last.markers + markers)
        if self.text:
            yield last

    def statement(self, position: int, extent: Extent, index: int) -> Statement:
        """Give the statement of an extent; its source begins at ``position``."""
        begin, end = extent.begin, extent.text_end()
        line = self.advance(begin)
        return Statement(
            text=self.text[begin:end],
            line=line,
            column=begin - self.line_begin + 1,
            offset=begin,
            index=index,
            source=self.text[position : extent.after],
            kind=extent.kind,
            data=extent.data,
            markers=self.markers((position, begin), *extent.comments, (end, extent.after)),
            variables=self.variables(extent, line) if extent.variables else (),
        )

    def variables(self, extent: Extent, line: int) -> tuple[Variable, ...]:
        """Give the psql variables of an extent that begins at a line."""
        return tuple(
            Variable(name, line + self.text.count("\n", extent.begin, start))
            for start, name in extent.variables
        )

    def advance(self, offset: int) -> int:
        """Count the lines up to a character further on, and give its line."""
        breaks = self.text.count("\n", self.counted, offset)
        if breaks:
            self.line += breaks
            self.line_begin = self.text.rfind("\n", self.counted, offset) + 1
        self.counted = offset
        return self.line

    def markers(self, *spans: tuple[int, int]) -> tuple[Marker, ...]:
        """Find the markers in the spans, each of which holds comments only."""
        if not self.has_markers:
            return ()
        return tuple(
            Marker(
                found["word"],
                found["rule"] or "",
                (found["reason"] or "").strip(),
                self.line + self._lines_from_here(found.start()),
            )
            for start, end in spans
            for found in MARKER.finditer(self.text, start, end)
        )

    def _lines_from_here(self, offset: int) -> int:
        """Count the lines from where lines are counted to an offset on either side of it."""
        if offset < self.counted:
            return -self.text.count("\n", offset, self.counted)
        return self.text.count("\n", self.counted, offset)

    def skip_blank(self, position: int) -> int:
        """Give the first position that is neither white space, comment nor an empty statement."""
        while True:
            blank = BLANK.match(self.text, position)
            position = blank.end() if blank else position
            end = self.end_of_comment(position) if self.text.startswith("/*", position) else None
            if end is None:
                return position
            position = end

    def search(self, pattern: re.Pattern[str], position: int) -> re.Match[str] | None:
        """Find what closes an opening, as long as not too many were never closed."""
        found = pattern.search(self.text, position) if self.unclosed < UNCLOSED_LIMIT else None
        self.unclosed += found is None
        return found

    def closing(
        self, edges: re.Pattern[str], start: int, step: Callable[[re.Match[str]], int]
    ) -> int | None:
        """Give where the depth that the first edge raises is back at 0; None where it never is."""
        depth = 0
        position = start
        while edge := self.search(edges, position):
            change = step(edge)
            depth += change
            position = edge.end()
            if change and depth <= 0:
                return position
        return None

    def end_of_dollar(self, tag: str, position: int) -> int | None:
        """Give where a dollar-quoted string ends; None where it never does."""
        found = self.text.find(tag, position) if self.unclosed < UNCLOSED_LIMIT else -1
        self.unclosed += found < 0
        return None if found < 0 else found + len(tag)

    def end_of_comment(self, start: int) -> int | None:
        """Give where a block comment ends, however nested; None where it never does."""
        return self.closing(COMMENT_EDGE, start, lambda edge: 1 if edge[0] == "/*" else -1)
