"""What migrations are written in, by the ends of their files' names."""

from __future__ import annotations

# What else than SQL a migration is written in, by the end of its file's name.
LANGUAGES = {
    "sql": "sql",
    "cs": "csharp",
    "ex": "elixir",
    "exs": "elixir",
    "fizz": "fizz",
    "go": "go",
    "groovy": "groovy",
    "java": "java",
    "js": "javascript",
    "cjs": "javascript",
    "mjs": "javascript",
    "json": "json",
    "kt": "kotlin",
    "php": "php",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "scala": "scala",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "xml": "xml",
    "yaml": "yaml",
    "yml": "yaml",
}
# Of these, what a program is written in; the others are data that only some runners read.
_PROGRAMS = [end for end in LANGUAGES if end not in {"fizz", "json", "xml", "yaml", "yml"}]
ANY_LANGUAGE = f"(?:{'|'.join(_PROGRAMS)})"


def is_script(path: str) -> bool:
    """Tell whether a file may hold a migration, by the end of its name."""
    return path.rpartition(".")[2].lower() in LANGUAGES


def language(path: str) -> str:
    """Name the language of a script by the end of its name; ``sql`` where it is unknown."""
    return LANGUAGES.get(path.rpartition(".")[2].lower(), "sql")
