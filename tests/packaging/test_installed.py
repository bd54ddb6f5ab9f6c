"""The wheel on a clean machine: nothing but a PATH, a home of its own, git and a Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
SUPPORTED = (11, 12, 13, 14)  # minor versions of Python 3


def interpreters() -> dict[str, Path]:
    """Find a Python of each supported version on this machine; the one that runs this always."""
    here = f"3.{sys.version_info.minor}"
    found = {here: Path(getattr(sys, "_base_executable", sys.executable))}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in (f"3.{minor}" for minor in SUPPORTED):
        beside = [path / "bin" / f"python{name}" for path in sorted(pyenv.glob(f"{name}.*"))]
        on_path = shutil.which(f"python{name}")
        for path in (*beside, *((Path(on_path),) if on_path else ())):
            if name not in found and works(path):
                found[name] = path
    return found


def works(path: Path) -> bool:
    """Tell whether a file is a Python that starts; a shim of pyenv's may lead to none."""
    return path.exists() and subprocess.run([path, "-c", ""], check=False).returncode == 0


PYTHONS = interpreters()
# Interpreter and which of the allowed dependencies are taken.
CLEAN = [(name, "highest") for name in PYTHONS] + [(min(PYTHONS), "lowest-direct")]


@dataclass(frozen=True)
class Machine:
    """A place where migdocs is installed and nothing else is known."""

    folder: Path
    environment: dict[str, str]

    def run(
        self, *command: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> set[str]:
        """Name every file of the environment, compiled ones left out."""
        inner = (path for path in (self.folder / "venv").rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.folder)) for path in inner if "__pycache__" not in path.parts
        }


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one folder of downloads for all machines."""
    return tmp_path_factory.mktemp("uv")


@pytest.fixture
def machine(
    request: pytest.FixtureRequest, packages: tuple[Path, Path], cache: Path, tmp_path: Path
) -> Iterator[Machine]:
    """Give a clean machine with the wheel installed; the parameter says with what."""
    name, resolution = request.param
    venv, home = tmp_path / "venv", tmp_path / "home"
    home.mkdir()
    outside = {**os.environ, "UV_CACHE_DIR": str(cache), "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(
        [UV, "venv", "--quiet", "--python", PYTHONS[name], venv], env=outside, check=True
    )
    install = [UV, "pip", "install", "--quiet", "--python", venv / "bin" / "python"]
    subprocess.run(
        [*install, "--resolution", resolution, f"migdocs @ {packages[0].as_uri()}"],
        env=outside,
        check=True,
    )
    clean = {
        "HOME": str(home),
        "PATH": f"{venv / 'bin'}:/usr/bin:/bin",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    }
    yield Machine(tmp_path, clean)
    shutil.rmtree(venv)


def quick_start() -> list[list[str]]:
    """Give the commands of the README's section for users, without those that install."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## Use it in your project\n.*?```sh\n(.*?)```", text, re.DOTALL)
    assert block
    lines = (line.partition("#")[0].split() for line in block[1].splitlines())
    return [words for words in lines if words[:1] == ["migdocs"]]


def named(parameter: object) -> str:
    """Give a parameter's name in the report."""
    return "-".join(parameter) if isinstance(parameter, tuple) else str(parameter)


@pytest.mark.parametrize("machine", CLEAN, indirect=True, ids=named)
def test_the_wheel_shows_the_demo_on_a_clean_machine(machine: Machine) -> None:
    """Every supported Python that is here, and the oldest dependencies that are allowed."""
    shown = machine.run("migdocs", "--version")
    assert shown.returncode == 0, shown.stderr
    demo = machine.run("migdocs", "demo", "--quiet", "--directory", machine.folder / "demo")
    assert demo.returncode == 0, demo.stderr
    assert "Traceback" not in demo.stderr
    assert (machine.folder / "demo" / "UPGRADE_GUIDE.md").exists()


@pytest.mark.parametrize("machine", [(min(PYTHONS), "highest")], indirect=True, ids=named)
def test_the_quick_start_of_the_readme_works_on_a_real_project(
    machine: Machine, corpus: Callable[[str], Path]
) -> None:
    """The README's own commands, on a real project, from the wheel: documents and a site."""
    project = machine.folder / "project"
    shutil.copytree(corpus("pocketid"), project)
    for words in quick_start():
        # It has a change log of its own, which stays; and findings, as every real project.
        option, answers = {"init": ("--yes", {0}), "generate": ("--adopt", {0})}.get(
            words[1], ("--quiet", {0, 1})
        )
        done = machine.run(*words, option, cwd=project)
        assert done.returncode in answers, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    fresh = machine.run("migdocs", "generate", "--check", cwd=project)
    assert fresh.returncode == 0, fresh.stdout
    built = machine.run("migdocs", "build", cwd=project)
    assert built.returncode == 0, built.stderr + built.stdout


@pytest.mark.parametrize("machine", [(min(PYTHONS), "highest")], indirect=True, ids=named)
def test_uninstalling_leaves_nothing(machine: Machine) -> None:
    """Manual page and completions go with the package."""
    before = machine.files()
    assert "venv/share/man/man1/migdocs.1" in before
    python = machine.folder / "venv" / "bin" / "python"
    done = machine.run(UV, "pip", "uninstall", "--quiet", "--python", python, "migdocs")
    assert done.returncode == 0, done.stderr
    assert not [name for name in machine.files() if "migdocs" in name]
