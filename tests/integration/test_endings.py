"""Runs that do not end as planned: interrupted, terminated, killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from slo.record import run
from tests.support.commands import validate
from tests.support.processes import HOTEL, Demo, Locust, demos_of, hotel


def start(demo: Demo, reports: Path) -> Locust:
    words = ("-f", HOTEL, "-H", demo.url, "--scenario", "load", "--think-time", "0.1", "--time-scale", "0.2")
    return Locust(reports, *words)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_record_marked_interrupted(
    demo: Demo, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = start(demo, tmp_path / "reports")
    process.await_journal()
    process.process.send_signal(number)
    done = process.wait(20)
    assert done.code == code, done.out + done.err
    assert done.run.ended.how == "interrupted"
    assert done.run.ended.reason == number.name
    assert done.run.tally().requests > 0
    assert done.verdict["status"] == "NO DATA"
    assert not list(done.folder.glob("journal*"))
    assert "Traceback" not in done.err
    assert f"the run was interrupted: {number.name}" in done.out


def test_a_killed_run_is_recovered_from_its_journal(demo: Demo, tmp_path: Path) -> None:
    process = start(demo, tmp_path / "reports")
    folder = process.await_journal()
    process.process.kill()
    process.process.wait()
    assert not (folder / "run.json").exists()
    judged = validate(folder)
    assert judged.returncode == 3, judged.stderr
    assert "the process ended without a result" in judged.stdout
    recovered = run.read(folder)
    assert recovered.ended.how == "crashed"
    assert recovered.tally().requests > 0


def test_validating_again_gives_the_same_bytes_and_code(demo: Demo, tmp_path: Path) -> None:
    demo.faults(error_ratio=0.1)
    done = hotel(tmp_path / "reports", demo.url, "smoke")
    before = (done.folder / "verdict.json").read_bytes()
    copy = tmp_path / "copy"
    shutil.copytree(done.folder, copy)
    (copy / "verdict.json").unlink()
    judged = validate(copy)
    assert judged.returncode == done.code
    assert (copy / "verdict.json").read_bytes() == before
    assert (copy / "report.md").read_bytes() == (done.folder / "report.md").read_bytes()
    console = done.out[done.out.index("scenario smoke") : done.out.index("record:")]
    assert console.strip() == judged.stdout.strip()


def test_a_demo_started_by_locust_ends_with_it(tmp_path: Path) -> None:
    process = Locust(tmp_path / "reports", "-f", HOTEL, "--demo", "--scenario", "load", "--time-scale", "0.2")
    process.await_journal()
    children = demos_of(process.process.pid)
    assert len(children) == 1
    process.process.kill()
    process.process.wait()
    for _ in range(100):
        if not any(Path(f"/proc/{child}/cmdline").exists() for child in children):
            break
        subprocess.run(["sleep", "0.1"], check=True)
    else:
        raise AssertionError("the demo outlived the Locust that started it")
