"""Show at a terminal that a command is still at work, once it takes longer than a second.

One line, on stderr, is written over again and again; whatever else is printed takes its place. At
a prompt, where the cursor is behind the question, nothing is drawn.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 1.0


class Terminal(Protocol):
    """What the line is drawn on."""

    def draw(self, text: str) -> None:
        """Write over the line that the cursor is in."""


class Line:
    """The line that shows progress, and what is known of the cursor."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._terminal: Terminal | None = None
        self._shown = 0  # characters that are on the screen now
        self._at_start = True
        self._done = threading.Event()

    def begin(self, terminal: Terminal, name: str, every: float = SECOND) -> Callable[[], None]:
        """Show from now on how long a command has been at work; give what ends it."""
        self._terminal, self._done = terminal, threading.Event()
        arguments = (name, every, self._done)
        threading.Thread(target=self._run, args=arguments, daemon=True).start()
        return self.end

    def end(self) -> None:
        """Take the line away, for good."""
        self._done.set()
        with self._lock:
            self._clear()
            self._terminal = None

    def make_room(self, text: str) -> None:
        """Take the line away for something that is printed now."""
        if self._terminal is None or not text:
            return
        with self._lock:
            self._clear()
            self._at_start = text.endswith("\n")

    def _run(self, name: str, every: float, done: threading.Event) -> None:
        """Draw until the command has ended."""
        began = time.monotonic()
        while not done.wait(every):
            self._draw(f"{name}: at work, {time.monotonic() - began:.0f} s", done)

    def _draw(self, text: str, done: threading.Event) -> None:
        """Draw the line where the cursor is at a line's beginning."""
        with self._lock:
            if self._terminal and self._at_start and not done.is_set():
                self._terminal.draw(text.ljust(self._shown))
                self._shown = len(text)

    def _clear(self) -> None:
        """Take what is drawn off the screen."""
        if self._shown and self._terminal:
            self._terminal.draw(" " * self._shown)
            self._terminal.draw("")
        self._shown = 0


_LINE = Line()
begin, end, make_room = _LINE.begin, _LINE.end, _LINE.make_room
