"""The template engine, and the change log through it.

Every value that a template prints is escaped unless it is ``Safe``: forgetting is not possible.
"""

from __future__ import annotations

import functools
import html
import traceback
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core import runner
from migdocs.core.documents import undone
from migdocs.core.errors import InputError
from migdocs.core.known import Known, Unknown
from migdocs.core.markup import escape, links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import jinja2

    from migdocs.core.documents.log_page import LoggedRelease, LogPage


class Custom(Struct, frozen=True):
    """A template of the project's own, and where it lies; empty for ours."""

    text: str = ""
    path: str = ""


_OURS = Custom()


def log_of(
    page: LogPage,
    releases: Iterable[LoggedRelease],
    custom: Custom = _OURS,
    *,
    ours: str = "changelog",
    empty: str = "No release in this range.",
) -> str:
    """Render the change log of some releases.

    Args:
        page: from whose place links lead.
        releases: the newest first.
        custom: a template of the project's own; it runs in a sandbox, and its values are escaped
            like those of ours.
        ours: the name of the template without a custom one.
        empty: what to say where there is no release.

    Raises:
        InputError: the custom template is wrong; its line is said where it is known.
    """
    values = {"releases": tuple(releases), "page": page, "facts": page.facts, "empty": empty}
    values["settings"] = page.facts.settings
    if not custom.text:
        text = environment().get_template(f"{ours}.md.jinja").render(values)
    else:
        text = page.place.held(lambda: _filled(custom, values), custom.path)
    return text.strip("\n") + "\n"


def _filled(custom: Custom, values: Mapping[str, object]) -> str:
    """Render a template of the project's own.

    Raises:
        InputError: it is wrong, in whatever way.
    """
    import jinja2

    try:
        return environment(sandboxed=True).from_string(custom.text).render(values)
    except jinja2.TemplateSyntaxError as error:
        said, line = error.message or "it cannot be read", error.lineno
    except RecursionError:
        said, line = "it calls itself without end", 0
    except MemoryError:
        said, line = "it takes more memory than there is for it", 0
    except Exception as error:  # noqa: BLE001 - a stranger's program may raise anything
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in frames if frame.filename == "<template>"]
        said, line = str(error) or type(error).__name__, lines[-1] if lines else 0
    raise InputError(f"the template is wrong: {said}", path=custom.path, line=line)


def anchor(text: str) -> escape.Safe:
    """Give a heading's anchor."""
    return escape.Safe(links.anchor(text))


def attribute(text: str) -> escape.Safe:
    """Write text as an HTML attribute's value, quotes included."""
    quoted = html.escape(escape.one_line(text), quote=True).replace("{", "&#123;")
    return escape.Safe(f'"{quoted}"')


def yes_no(value: Known[bool]) -> str:
    """Write a truth value as a reader expects it; what is not known says so, and why."""
    return str(value) if isinstance(value, Unknown) else ("Yes" if value else "No")


@functools.cache
def environment(*, sandboxed: bool = False) -> jinja2.Environment:
    """Build the template engine: strict, and with escaping that cannot be forgotten."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = (ImmutableSandboxedEnvironment if sandboxed else jinja2.Environment)(
        loader=jinja2.PackageLoader("migdocs"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=escape.prose,
        bytecode_cache=_compiled_templates(),
        autoescape=False,  # HTML's escaping would be wrong here; `finalize` escapes
    )
    filters: dict[str, Callable[..., Any]] = {
        "code": escape.code,
        "shell": runner.quoted,
        "attribute": attribute,
        "excerpt": escape.excerpt,
        "block": escape.block,
        "safe": escape.Safe,
        "anchor": anchor,
        "yes_no": yes_no,
        "undone": undone.whole,
        "undone_short": undone.short,
        "undone_by": undone.by_what,
    }
    environment.filters.update(filters)
    return environment


def _compiled_templates() -> jinja2.BytecodeCache | None:
    """Keep compiled templates in the user's own temporary folder, where Jinja finds it safe."""
    import jinja2

    try:
        return jinja2.FileSystemBytecodeCache()
    except RuntimeError:
        return None
