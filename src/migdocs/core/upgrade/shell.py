"""A guide → a shell script that an operator reads first and then runs, asked at every turn.

It stops at the first error, asks before the point of no return, and never runs anything made of
text from outside: such text is only ever a quoted argument, or a comment on one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.markup import escape
from migdocs.core.runner import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.upgrade.guide import Guide
    from migdocs.core.upgrade.steps import Step

_HEAD = """\
#!/bin/sh
# {title}
# Read it before you run it. It stops at the first error and asks before each step; what has run
# stays, and the rollback is at the end.
set -eu

confirm() {{
    printf '%s [y/N] ' "$1"
    read -r answer || exit 1
    case "$answer" in
        y | Y | yes) ;;
        *) printf 'Stopped. Nothing more was run.\\n' && exit 1 ;;
    esac
}}

trap 'status=$?; [ "$status" -eq 0 ] || printf "Stopped with status %s.\\n" "$status" >&2' EXIT
"""
_URL = "$DATABASE_URL"
_NEEDS_URL = """\
: "${DATABASE_URL:?says which database: set it first}"
"""
# What only a person can do: the script waits until it is done.
_BY_A_PERSON = {
    "identify": "Is that what you see?",
    "no_return": "Go past the point of no return?",
    "configure": "Is it done?",
    "deploy": "Is it done?",
    "leave": "Is all of it true?",
    "stop": "Is it stopped?",
    "obtain": "Is it there, and not started?",
    "stop_all": "Is every instance stopped?",
    "start_applying": "Is it started, and has its log shown that?",
    "applied": "Is that the answer?",
    "start_rest": "Are all of them running?",
    "start": "Is it installed and running?",
    "verify": "Did every check answer so?",
}


def script(guide: Guide) -> str:
    """Give the script; for a refused way, one that says why and fails."""
    title = f"Upgrade {guide.before} to {guide.version}"
    parts = [_HEAD.format(title=escape.one_line(title))]
    if not guide.allowed:
        refusal = f"Refused: {guide.reason}. {guide.instead}"
        parts.append(f"printf '%s\\n' {_words(refusal)} >&2")
        parts.append("exit 1")
        return "\n".join(parts) + "\n"
    asked = (command for step in guide.steps for command in step.commands)
    if any(piece.checks for piece in guide.pieces) or any(_URL in command for command in asked):
        parts.append(_NEEDS_URL)
    parts += ["\n".join(_step(guide, step)) + "\n" for step in guide.steps]
    parts.append("\n".join((*_way_back(guide), *_symptoms(guide))))
    parts.append(f"printf '%s\\n' {_words('Done: ' + guide.version)}")
    return "\n".join(parts) + "\n"


def _step(guide: Guide, step: Step) -> Iterator[str]:
    """Yield the lines of one step."""
    numbered = f"{step.number}. {step.title}"
    yield f"printf '\\n%s\\n' {_words(numbered)}"
    yield from (_comment(line) for line in step.text.splitlines() if line.strip())
    yield from _shown(guide, step)
    if step.measured:
        yield f"printf '  %s\\n' {_words(step.measured)}"
    yield f"printf '  Expect: %s\\n' {_words(step.expect)}"
    yield f"printf '  Stop if %s\\n' {_words(step.stop_if)}"
    question = _BY_A_PERSON.get(step.kind, "")
    if step.commands:
        yield f"confirm {_words('Run: ' + '; '.join(step.commands))}"
        yield from step.commands
    if question:
        yield f"confirm {quoted(question)}"
    if step.by_hand:
        yield "# Or by hand, instead:"
        yield from (_comment(line) for hand in step.by_hand for line in hand.splitlines())


def _shown(guide: Guide, step: Step) -> Iterator[str]:
    """Yield the lines that show what a step's question is about."""
    if step.kind == "leave":
        hop = guide.hops[step.hop - 1]
        yield from (f"printf '  - %s\\n' {_words(item.text)}" for item in hop.leave_when)
    if step.kind == "no_return" and guide.no_return:
        yield f"printf '  Because: %s\\n' {_words(guide.no_return.text)}"
    if step.kind == "verify":
        wanted = set(guide.hops[step.hop - 1].migrations)
        for piece in guide.pieces:
            for check in piece.checks if piece.id in wanted else ():
                yield f'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1 -c {quoted(check.sql.strip())}'
                yield f"printf '  Expect: %s\\n' {_words(check.expect)}"


def _way_back(guide: Guide) -> Iterator[str]:
    """Yield comments that say how to go back."""
    yield _comment(f"Rollback to {guide.before}, newest first:")
    for item in guide.back:
        how = f"no rollback: restore the backup ({item.why_not})" if item.why_not else item.script
        yield _comment(f"- {item.migration}: {how}")
    if not guide.back:
        yield _comment("- the schema does not change: install the version before.")


def _symptoms(guide: Guide) -> Iterator[str]:
    """Yield comments that say what errors mean."""
    if guide.troubles:
        yield _comment("If something fails:")
    for trouble in guide.troubles:
        yield _comment(f"- {trouble.symptom}: {trouble.cause}. Then {trouble.fix}.")


def _words(text: str) -> str:
    """Give text as one quoted word on one line."""
    return quoted(escape.one_line(text))


def _comment(text: str) -> str:
    """Give a comment, of which nothing can break out."""
    return f"# {escape.one_line(text)}"
