"""What speaks for a convention: files of its runner's, dependencies, markers, names."""

from __future__ import annotations

import re
from bisect import bisect_left
from enum import IntEnum
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.errors import InputError, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Strength(IntEnum):
    """How much a piece of evidence says."""

    NOTHING = 0
    SHAPE = 1
    PAIRS = 2
    DEPENDENCY = 3
    MANIFEST = 4
    MARKER = 5
    SETTING = 6


class Manifest(Struct, frozen=True):
    """A file that a runner keeps, or that names it.

    Attributes:
        path: a regular expression: of the file's name, or of ``folder/name``.
        holds: what its text must hold; empty takes any.
        inside: whether it lies in the migrations folder, its path counted from there; otherwise
            it lies in a folder above, or in that of the project.
        strength: a dependency's say is weaker than that of a runner's own file.
    """

    path: str
    holds: str = ""
    inside: bool = False
    strength: Strength = Strength.MANIFEST


def _depends(path: str, holds: str) -> Manifest:
    return Manifest(path, holds, strength=Strength.DEPENDENCY)


def npm(package: str) -> Manifest:
    """Expect a package in ``package.json``."""
    return _depends(r"package\.json", rf'"{re.escape(package)}"\s*:')


def go(module: str) -> Manifest:
    """Expect a module in ``go.mod``."""
    return _depends(
        r"go\.mod", rf"(?m)^(?:require[ \t]+|[ \t]+)?{re.escape(module)}(?:/v[0-9]+)?\s"
    )


def cargo(crate: str) -> Manifest:
    """Expect a crate in ``Cargo.toml``."""
    name = re.escape(crate)
    return _depends(
        r"Cargo\.toml", rf"(?m)^[ \t]*\"?{name}\"?[ \t]*(?:=|\.)|^\[.*dependencies\.{name}\]"
    )


def python(package: str) -> Manifest:
    """Expect a package in ``pyproject.toml`` or a list of requirements."""
    name = re.escape(package)
    files = r"pyproject\.toml|setup\.(?:py|cfg)|Pipfile|requirements[\w.-]*\.(?:txt|in)"
    return _depends(files, rf"(?mi)(?:^|[\"'\s]){name}(?![\w-])")


def jvm(artifact: str) -> Manifest:
    """Expect an artifact in Maven's, Gradle's or sbt's files."""
    files = r"pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml|build\.sbt|plugins\.sbt"
    return _depends(files, rf"{artifact}")


def dotnet(package: str) -> Manifest:
    """Expect a package in a project file of .NET's."""
    files = r"[^/]+\.(?:cs|fs|vb)proj|Directory\.Packages\.props|dotnet-tools\.json"
    return _depends(files, rf"(?i)\"{package}")


def gem(name: str) -> Manifest:
    """Expect a gem in a ``Gemfile``."""
    return _depends(r"Gemfile|gems\.rb", rf"gem\s*+(?:\(\s*+)?[\"']{re.escape(name)}[\"']")


def mix(name: str) -> Manifest:
    """Expect a library in ``mix.exs``."""
    return _depends(r"mix\.exs", rf"\{{\s*:{re.escape(name)}\b")


def composer(package: str) -> Manifest:
    """Expect a package in ``composer.json``."""
    return _depends(r"composer\.json", rf'"{re.escape(package)}"\s*:')


_FOREIGN = {"node_modules", "vendor", "third_party", ".git", ".venv", "venv", "target", "dist"}


def is_foreign(folder: str) -> bool:
    """Tell whether a folder holds what others wrote, or what a build leaves."""
    return not _FOREIGN.isdisjoint(folder.split("/"))


# Of files whose text tells, as many are read as show what a folder is.
_LOOKED_AT = 20


class Tree(Struct, frozen=True, dict=True):
    """A project's files, by folder; texts are asked for as they are needed.

    Attributes:
        text_of: gives a text; None where only names are at hand.
    """

    paths: tuple[str, ...]
    text_of: Callable[[str], str] | None = None

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.paths)

    def below(self, folder: str) -> list[str]:
        """List the files in a folder and in those below it."""
        prefix = f"{folder.strip('/')}/" if folder.strip("./") else ""
        first = bisect_left(self._sorted, prefix)
        after = bisect_left(self._sorted, f"{prefix[:-1]}0") if prefix else len(self._sorted)
        return self._sorted[first:after]

    @cached_property
    def folders(self) -> dict[str, list[str]]:
        """Give the paths of the files in each folder."""
        found: dict[str, list[str]] = {}
        for path in self.paths:
            found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    @cached_property
    def manifests(self) -> dict[str, list[str]]:
        """Give the files in each folder that may be about it: scripts are not."""
        return {
            folder: [path for path in paths if not path.endswith((".sql", ".md"))]
            for folder, paths in self.folders.items()
        }

    def holding(self, manifest: Manifest, folder: str, inside: Iterable[str]) -> str | None:
        """Give the nearest file that is such a manifest of a folder; None where there is none.

        Args:
            manifest: what is looked for.
            folder: of the migrations.
            inside: the paths below it.
        """
        candidates = inside if manifest.inside else self._above(folder)
        prefix = f"{folder.strip('/')}/" if manifest.inside and folder.strip("./") else ""
        pattern = re.compile(manifest.path)
        named = (
            path
            for path in candidates
            if _is_named(pattern, path.removeprefix(prefix), whole=manifest.inside)
        )
        return next(
            (path for path in islice(named, _LOOKED_AT) if self.holds(manifest, path)), None
        )

    def home(self, manifests: Iterable[Manifest], folder: str) -> str | None:
        """Give the nearest folder, at or above one, that holds the first of some manifests.

        Args:
            manifests: the surest first; a path's last piece is a regular expression.
            folder: of the migrations.
        """
        for manifest in manifests:
            beneath, _, name = manifest.path.rpartition("/")
            pattern = re.compile(name)
            for home in upwards(folder):
                there = self.folders.get("/".join(filter(None, (home, beneath))), ())
                if any(
                    pattern.fullmatch(path.rpartition("/")[2]) and self.holds(manifest, path)
                    for path in there
                ):
                    return home
        return None

    def _above(self, folder: str) -> Iterator[str]:
        """Yield files of a folder and those above it, the nearest first, then of other parts."""
        homes = upwards(folder)
        for home in homes:
            yield from self.manifests.get(home, ())
        # A part of the repository may use what another part keeps: db/ beside backend/go.mod.
        for home, paths in self.manifests.items():
            if home and "/" not in home and home not in homes:
                yield from paths

    def holds(self, manifest: Manifest, path: str) -> bool:
        """Tell whether a file has the text that a manifest must have."""
        if not manifest.holds:
            return True
        if self.text_of is None:
            return False
        try:
            return re.search(manifest.holds, self.text_of(path)) is not None
        except (InputError, MachineError):  # what cannot be read speaks for nothing
            return False


def upwards(folder: str) -> list[str]:
    """List a folder and those above it, the root last, as ``Tree.folders`` calls them."""
    pieces = folder.strip("/").split("/") if folder.strip("./") else []
    return ["/".join(pieces[:end]) for end in range(len(pieces), -1, -1)]


def _is_named(pattern: re.Pattern[str], path: str, *, whole: bool) -> bool:
    """Tell whether a path, its name, or its name behind its folder's, fits a pattern."""
    if whole:
        return pattern.fullmatch(path) is not None
    pieces = path.rsplit("/", 2)
    return any(pattern.fullmatch("/".join(pieces[-count:])) for count in (1, 2))
