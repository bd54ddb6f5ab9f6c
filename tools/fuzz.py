"""Give every reader texts that a fuzzer makes of what the reader did with those before.

Usage: ``python tools/fuzz.py [SECONDS]``, that many for each reader. It needs ``atheris``, which
has no build for some systems; ``make fuzz`` passes over it where it is not installed. A text that
is found belongs into ``tests/core/test_fuzz.py``.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

SECONDS = 5
SLOWEST = 10  # seconds for one text
TESTS = Path(__file__).parents[1] / "tests" / "core"


def main(arguments: list[str]) -> int:
    """Fuzz each reader in a process of its own; the exit code says whether one failed."""
    try:
        import atheris  # noqa: F401
    except ImportError:
        sys.stderr.write("atheris is not installed: only random texts were tried\n")
        return 0
    sys.path.insert(0, str(TESTS))
    from test_linear import READERS

    seconds = arguments[0] if arguments else str(SECONDS)
    bad = 0
    for name in READERS:
        command = [sys.executable, __file__, "--reader", name, seconds]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        sys.stdout.write(f"{name}: {'failed' if done.returncode else 'nothing found'}\n")
        sys.stdout.write(done.stderr[-4000:] if done.returncode else "")
        bad += done.returncode != 0
    return 1 if bad else 0


def fuzz(name: str, seconds: str) -> None:
    """Fuzz one reader; the process ends with it."""
    import atheris

    with atheris.instrument_imports(include=["migdocs", "yaml", "tomllib"]):
        sys.path.insert(0, str(TESTS))
        from test_linear import READERS

        from migdocs.core.errors import MigdocsError

    def one(data: bytes) -> None:
        """Read one text: an answer or an error of ours."""
        with contextlib.suppress(MigdocsError):
            READERS[name](data.decode(errors="replace"))

    limits = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *limits, "-artifact_prefix=/dev/null"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        fuzz(sys.argv[2], sys.argv[3])
    sys.exit(main(sys.argv[1:]))
