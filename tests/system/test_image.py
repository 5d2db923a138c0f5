"""The Dockerfile's steps, run one by one in a folder of their own: no container engine is needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> Iterator[tuple[str, str]]:
    """Yield (instruction, words) of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            name, _, words = line.partition(" ")
            yield name, words


class Image:
    """A folder that stands for the image's root, built by the instructions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = folder
        self.entrypoint: list[str] = []
        self.user = "root"
        python = Path(sys.executable).resolve().parent
        self.env = {"PATH": f"{python}:/usr/bin:/bin", "HOME": str(folder / "home")}
        self.env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        for name in ("home", "tmp"):
            (folder / name).mkdir()
            (folder / name).chmod(0o777)

    def here(self, text: str) -> str:
        """Return a text with the image's paths as ours."""
        return re.sub(r"(?<![\w.])/(opt/venv|app|tmp)\b", rf"{self.folder}/\1", text)

    def follow(self, name: str, words: str) -> None:
        """Do what one instruction says."""
        if name == "COPY" and "--from" not in words:
            self._copy(*words.split())
        elif name == "ENV":
            for variable, value in re.findall(r"(\w+)=(\S+)", words):
                self.env[variable] = self.here(value).replace("$PATH", self.env["PATH"])
        elif name == "WORKDIR":
            self.where = Path(self.here(words))
            self.where.mkdir(parents=True, exist_ok=True)
        elif name == "RUN":
            # Users of this machine are left alone: the number is enough to run as.
            step = self.here(words).replace("useradd --uid 1000 --create-home locust", "true")
            done = subprocess.run(
                ["bash", "-euc", step], cwd=self.where, env=self.env, capture_output=True, text=True, timeout=900
            )
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        elif name == "ENTRYPOINT":
            self.entrypoint = json.loads(words)
        elif name == "USER":
            self.user = words

    def _copy(self, *words: str) -> None:
        *sources, target = words
        for source in sources:
            goal = self.where / (source if target == "./" else target)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, goal, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, goal)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the entrypoint as the image's user."""
        program = str(Path(self.here("/opt/venv/bin")) / self.entrypoint[0])
        # The interpreter that made the environment may lie where nobody else may look.
        reachable = all(parent.stat().st_mode & 0o001 for parent in Path(sys.executable).resolve().parents)
        as_user = int(self.user) if os.getuid() == 0 and reachable else None
        return subprocess.run(
            [program, *words],
            cwd=self.where,
            env=self.env,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            user=as_user,
            group=as_user,
        )


@pytest.mark.long
def test_its_steps_make_an_image_that_runs() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are for their owner alone
        folder = Path(name)
        folder.chmod(0o755)
        image = Image(folder)
        for instruction, words in instructions():
            image.follow(instruction, words)
        assert image.user == "1000"
        run = ("--headless", "--only-summary", "--demo", "--scenario", "smoke", "--time-scale", "0.05")
        done = image.run(*run, "--objectives", "slo/hotel.yaml")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (image.where / "reports" / "latest" / "report.html").exists()
        assert "(exit code 0)" in done.stdout
        for tool in ("xdist", "mypy", "mkdocs", "playwright"):
            assert not list(folder.glob(f"opt/venv/lib/python*/site-packages/{tool}")), tool
