"""A disk that is full: what was written is said, and no verdict stands on less than it needs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import BASIC, Demo, Finished, locust

PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a file system of its own, of a size that ``resize`` sets."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def run_on(disk: Path, pages: int, demo: Demo, folder: Path) -> Finished:
    objectives = folder / "o.yaml"
    objectives.write_text("version: 1\nobjectives:\n  - {indicator: requests.count, target: 1}\n", encoding="utf-8")
    subprocess.run(["mount", "-o", f"remount,size={pages * PAGE}", disk], check=True)
    words = ("-f", BASIC, "-H", demo.url, "-t", "2s", "--objectives", objectives, "--reports-dir", disk)
    return locust(folder / "out", *words)


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 5, 6, 8, 200])
def test_the_exit_code_is_that_of_the_verdict_on_disk(pages: int, disk: Path, demo: Demo, tmp_path: Path) -> None:
    done = run_on(disk, pages, demo, tmp_path)
    verdicts = [json.loads(path.read_text(encoding="utf-8")) for path in disk.glob("basic-*/verdict.json")]
    records = list(disk.glob("basic-*/run.json"))
    assert done.code in (0, 3), done.out + done.err
    assert [verdict["exit_code"] for verdict in verdicts] == ([0] if done.code == 0 else [])
    assert "Traceback" not in done.err
    assert "recorded without objectives" not in done.out
    if done.code == 0:
        assert records
    else:
        assert "No space left on device" in done.out + done.err
        assert ("there is no record" in done.out or not list(disk.glob("basic-*"))) == (not records)
