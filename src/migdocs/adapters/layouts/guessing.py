"""Which layout a folder has, by the strongest evidence that there is."""

from __future__ import annotations

import contextlib
import re
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters.layouts import dialects
from migdocs.adapters.layouts.convention import Layout, below
from migdocs.adapters.layouts.evidence import Strength, Tree
from migdocs.adapters.layouts.languages import is_script
from migdocs.adapters.layouts.registry import LAYOUTS, NATIVE, UNKNOWN
from migdocs.core.errors import InputError
from migdocs.core.notes import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from migdocs.adapters.layouts.convention import Identity

    TextOf = Callable[[str], str]

# Enough to know a folder's markers by.
_SAMPLE = 20
SCRIPTS = {"forward", "rollback", "both"}


class Guess(Struct, frozen=True):
    """A layout, and why it was taken.

    Attributes:
        reason: one sentence for the user.
        confirmed_by: what shows that it is meant, for the user; empty where only names fit it.
        strength: of the evidence.
        rivals: other layouts that as much speaks for, each with what does.
    """

    layout: Layout
    reason: str
    confirmed_by: str = ""
    strength: Strength = Strength.NOTHING
    rivals: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything speaks for the layout at all."""
        return self.layout is not UNKNOWN


class _Case(Struct, frozen=True):
    """What speaks for one layout in a folder."""

    layout: Layout
    strength: Strength
    said: str
    marked: int = 0
    pairs: int = 0
    claimed: int = 0
    owned: bool = False

    @property
    def rank(self) -> tuple[int, int, bool, int, int]:
        """Give what the stronger case has more of."""
        return (self.strength, self.marked, self.owned, self.pairs, self.claimed)


def guess(
    paths: Iterable[str] | Tree,
    folder: str,
    text_of: TextOf | None = None,
    inside: Iterable[str] | None = None,
) -> Guess:
    """Name the layout of a folder.

    Args:
        paths: the project's, as far as they are known; those outside the folder are evidence.
        folder: the migrations folder.
        text_of: gives a file's text; without it, layouts that only a marker tells are not seen.
        inside: the paths below the folder, where they are known already.
    """
    tree = paths if isinstance(paths, Tree) else Tree(tuple(paths), text_of)
    within = tree.paths if inside is None else inside
    # Scripts for several databases are of one convention.
    files = {
        dialects.parted(rest).path: path
        for path in within
        if (rest := below(path, folder)) is not None
    }
    looked_at = _Folder(tree, folder, files)
    cases = sorted(
        filter(None, (_case(layout, looked_at) for layout in LAYOUTS)),
        key=lambda case: case.rank,
        reverse=True,
    )
    held = [case for case in cases if _holds(case, files)]
    if held and (held[0] is cases[0] or held[0].strength >= Strength.PAIRS):
        return _taken(held, files)
    if any(is_script(rest) for rest in files):
        return Guess(UNKNOWN, "nothing in the folder or beside it names a convention that is known")
    return Guess(NATIVE, "it holds no scripts yet")


def _holds(case: _Case, files: dict[str, str]) -> bool:
    """Tell whether a layout that only names, or a dependency, speak for holds what lies there.

    It must know most scripts: a folder in two spellings is neither's. A project may depend on a
    tool and have it run other scripts than these.
    """
    if case.strength > Strength.DEPENDENCY:
        return True
    known = case.layout.identify_all(files, "")
    companions = case.layout.companions
    strange = sum(
        rest.endswith(".sql")
        and rest not in known
        and not (companions and re.fullmatch(companions, rest))
        for rest in files
    )
    if case.strength is Strength.DEPENDENCY:
        return 2 * strange <= case.claimed
    return strange <= case.claimed


def _taken(cases: list[_Case], files: dict[str, str]) -> Guess:
    """Take the strongest case; another that is as strong is named."""
    best = cases[0]
    rivals = [
        case
        for case in cases[1:]
        if (case.strength, case.marked) == (best.strength, best.marked)
        and (case.owned == best.owned or best.strength is Strength.MANIFEST)
        and best.strength >= Strength.DEPENDENCY
        and (case.claimed, case.pairs) == (best.claimed, best.pairs)
    ]
    scripts = sum(1 for rest in files if is_script(rest))
    named = f"{best.claimed} of its {scripts} files are named as {best.layout.title}"
    reason = f"{best.said}; {named}" if best.said else named
    confirmed = "" if best.strength <= Strength.SHAPE or rivals else best.said
    said = tuple(f"{case.layout.name} ({case.said})" for case in rivals)
    return Guess(best.layout, reason, confirmed, best.strength, said)


class _Folder(Struct, frozen=True, dict=True):
    """What is looked at: a folder's files by their paths below it, and a sample of their texts."""

    tree: Tree
    path: str
    files: dict[str, str]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Give the texts of a sample of the scripts."""
        text_of = self.tree.text_of
        if text_of is None:
            return ()
        scripts = [p for rest, p in self.files.items() if is_script(rest)]
        step = max(1, len(scripts) // _SAMPLE)
        texts = []
        for path in dict.fromkeys((*scripts[::step], *scripts[-1:])):
            with contextlib.suppress(InputError):  # it is said where the file is read
                texts.append(normalise(text_of(path)))
        return tuple(texts)


def _case(layout: Layout, folder: _Folder) -> _Case | None:
    """Gather what speaks for a layout; None where it is not enough."""
    if layout.least is Strength.SETTING:
        return None
    strength, said, owned = _named_by(layout, folder)
    found = [m[0].strip() for text in folder.texts if (m := _marker(layout, text))]
    if found:
        strength, said = Strength.MARKER, f"'{found[0]}' in its scripts"
    if strength is Strength.NOTHING and layout.shape is None:
        return None
    identities = layout.identify_all(folder.files, "")
    claimed = _claims(layout, identities, strength)
    pairs = _pairs(layout, identities.values()) if claimed else 0
    if layout.shape is not None and strength <= Strength.SHAPE:
        strength = Strength.PAIRS if pairs else Strength.SHAPE
        said = _paired(layout, pairs) if pairs else ""
    if not claimed or strength < layout.least or not _in_place(layout, folder.path, strength):
        return None
    return _Case(layout, strength, said, len(found), pairs, len(claimed), owned)


def _named_by(layout: Layout, folder: _Folder) -> tuple[Strength, str, bool]:
    """Give the strongest manifest of a layout: its strength, its path, and if it lies inside."""
    best = (Strength.NOTHING, "", False)
    for manifest in layout.manifests:
        if manifest.strength > best[0]:
            path = folder.tree.holding(manifest, folder.path, folder.files.values())
            if path is not None:
                best = (manifest.strength, f"'{path}'", manifest.inside)
    return best


def _marker(layout: Layout, text: str) -> re.Match[str] | None:
    return layout.marker.search(text) if layout.marker else None


def _paired(layout: Layout, pairs: int) -> str:
    """Say how many scripts have what goes with them."""
    what = "rollback or notes" if layout is NATIVE else "rollback"
    if pairs == 1:
        return f"1 of its scripts has its {what} beside it"
    return f"{pairs} of its scripts have their {what} beside them"


def _in_place(layout: Layout, folder: str, strength: Strength) -> bool:
    """Tell whether a folder is where the layout has its migrations, if it has such a place."""
    if not layout.folder or strength is Strength.MARKER:
        return True
    return re.fullmatch(layout.folder, folder) is not None


def _claims(layout: Layout, identities: Mapping[str, Identity], named_by: Strength) -> list[str]:
    """List the scripts that a layout knows, by their paths below the folder.

    Where the project names the tool, whatever the tool would run counts; else only names that
    nobody else gives.
    """
    any_shape = layout.shape is None or named_by >= Strength.DEPENDENCY
    return [
        rest
        for rest, identity in identities.items()
        if identity.part in SCRIPTS
        and (any_shape or (layout.shape and layout.shape.fullmatch(identity.migration)))
    ]


def _pairs(layout: Layout, identities: Collection[Identity]) -> int:
    """Count the rollbacks that a layout finds; of our own triples, the notes too."""
    forward = {i.migration for i in identities if i.part in ("forward", "both")}
    paired = {i.migration for i in identities if i.part == "rollback"} & forward
    if layout is NATIVE:
        shape = layout.shape
        described = {i.migration for i in identities if i.part == "notes"}
        paired |= {
            name for name in described if name in forward or (shape and shape.fullmatch(name))
        }
    return len(paired)
