r"""Tell which statements of plain data say the same as one before them, but for their values.

A data script is thousands of statements such as ``INSERT INTO t (a, b) VALUES (1, 'x');``. Of each
kind one is read and judged; those like it are known by a pattern made of that one: its words, with
any values between them. All of it works on bytes, for such a script is never held whole.
"""

from __future__ import annotations

import re

# A statement that changes rows and hides nothing: only plain quotes, and the end of its line.
BODY = re.compile(
    rb"""(?i:insert|update|delete)\b
    (?:[^;'"$\\:/\0-]++ | (?<![eE&])'[^'\0]*+' | "[^"\0]*+" | :: | -(?!-)
    | /(?!\*) | (?!))*+""",
    re.VERBOSE,
)
END = re.compile(rb";(?:[ \t\r]*\n|(?!))++")
# Values, with the brackets and commas around them. What stands before one is looked at, lest the
# quote of E'…', which reads backslashes, passes for a plain one, or a minus makes a comment.
VALUES = rb"""(?:[\s,()]*+(?:(?<=[\s,(=<>])'[^'\0]*+'(?:'[^'\0]*+'|(?!))*+|(?<=[\s,(])[+-]?\d[\w.]*+
|(?<=[=<>])\d[\w.]*+|(?<=[\s,(=])(?i:null|true|false|default)\b)(?![\w'"\x80-\xff])
(?:::\w++(?:\[\])?)?|(?!))++[\s,()]*+""".replace(b"\n", b"")
# Where no value follows a run of brackets, none follows the rest of that run.
SPLIT = re.compile(rb"(?<![\s,()])" + VALUES)
PATTERNS = 100  # kinds of statements that are told apart; the rest is read


class Kinds:
    """Remember statements, and find more that are like one of them."""

    def __init__(self) -> None:
        self._known: list[bytes] = []
        self._pattern: re.Pattern[bytes] | None = None

    def learn(self, body: bytes) -> None:
        """Remember a statement that ``BODY`` matched, if all that varies in it is plain values."""
        words = SPLIT.split(body)
        if len(words) == 1 or len(self._known) >= PATTERNS:
            return
        if any(b"'" in part or part.count(b'"') % 2 for part in words):
            return
        known = VALUES.join(re.escape(part) for part in words)
        if known not in self._known:
            self._known.append(known)
            self._pattern = re.compile(
                rb"(?:(?:%b)%b|(?!))++" % (b"|".join(self._known), END.pattern)
            )

    def end(self, text: bytes, start: int) -> int:
        """Give where the statements end that begin at ``start`` and are like those known."""
        found = self._pattern.match(text, start) if self._pattern else None
        return found.end() if found else start


def last_end(text: bytes) -> int:
    """Give where the last whole statement of a text ends; 0 where there is none.

    Args:
        text: statements that ``Kinds`` found; the last may be cut off.
    """
    position = len(text) - len(text.lstrip())  # of an empty line, cut off before
    if position == len(text):
        return position
    ended = 0
    while (body := BODY.match(text, position)) and (end := END.match(text, body.end())):
        position = ended = end.end()
    return ended
