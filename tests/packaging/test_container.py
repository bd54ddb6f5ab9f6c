"""The container's recipe: good style, and all that it copies is what the package is built of."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from building import ROOT

RECIPE = ROOT / "Containerfile"


def test_the_recipe_is_what_a_linter_wants() -> None:
    """Hadolint knows what goes wrong in such files."""
    linter = Path(sys.executable).with_name("hadolint")
    command = [linter, "--failure-threshold", "warning", RECIPE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs_as_nobody_special_and_copies_what_the_package_is_built_of(tmp_path: Path) -> None:
    """The step that installs works on just the files that were copied."""
    text = RECIPE.read_text(encoding="utf-8")
    assert re.search(r"^USER migdocs$", text, re.MULTILINE)
    kept = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            assert f"!{source}" in kept, source
            place = tmp_path / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, dirs_exist_ok=True)
            else:
                place = place / source if target.endswith("/") else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / source, place)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", tmp_path]
    subprocess.run(command, cwd=tmp_path / "source", check=True, capture_output=True)
    assert list(tmp_path.glob("*.whl"))
