"""The runs that this process finished."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from slo.record.run import Run
from slo.reports import writer
from slo.runtime.run_store import RunStore
from slo.text import atomic
from tests.support.made import demanding, requests

OBJECTIVES = demanding("name: mine, indicator: latency.p95, target: 1 s")


def saved(store: RunStore, folder: Path, judged: bool = True) -> tuple[Run, list[str]]:
    events: list[str] = []
    run = replace(requests(5), id=folder.name)
    store.save(
        run,
        OBJECTIVES if judged else None,
        folder,
        lambda: events.append("written"),
        lambda error: events.append(str(error)),
    )
    return run, events


def test_a_run_is_written_judged_and_listed(tmp_path: Path) -> None:
    store = RunStore(tmp_path, ("markdown",))
    folder = store.begin("shop")
    run, events = saved(store, folder)
    assert events == ["written"]
    assert {"run.json", "verdict.json", "report.md"} <= {path.name for path in folder.iterdir()}
    assert (tmp_path / "latest").resolve() == folder.resolve()
    assert store.last is not None
    assert store.last[0] is run
    assert [one["id"] for one in store.entries] == [folder.name]
    assert store.folder_of(folder.name) == folder
    assert store.folder_of("another") is None


def test_the_report_for_the_console_is_given_once(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.console_text(False) == ""
    folder = store.begin("shop")
    saved(store, folder)
    text = store.console_text(False)
    assert "mine" in text
    assert text.endswith(f"record: {folder}")
    assert store.console_text(False) == ""


def test_without_objectives_a_run_is_recorded(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    folder = store.begin("shop")
    saved(store, folder, judged=False)
    assert "recorded without objectives" in store.console_text(False)
    assert not (folder / "verdict.json").exists()


def test_an_error_in_judging_keeps_the_record_and_gives_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(writer, "publish", fail)
    store = RunStore(tmp_path)
    folder = store.begin("shop")
    _, events = saved(store, folder)
    assert events == ["written", "a defect"]
    assert (folder / "run.json").exists()
    assert store.last is not None
    assert store.last[1] is None
    assert store.console_text(False) == f"\nno verdict: RuntimeError: a defect; record: {folder}"
    assert store.entries[0]["reason"] == "RuntimeError: a defect"


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("run.json", []),
        ("objectives.yaml", ["run.json"]),
        ("verdict.json", ["objectives.yaml", "run.json"]),
        ("report.md", ["objectives.yaml", "run.json", "verdict.json"]),
    ],
)
def test_what_a_full_disk_prevents_is_named_and_no_verdict_is_there_without_all_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, written: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write = atomic.write

    def full(path: Path, text: str) -> None:
        if path.name == file:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, text)

    monkeypatch.setattr(atomic, "write", full)
    store = RunStore(tmp_path, ("markdown",))
    folder = store.begin("shop")
    saved(store, folder)
    assert sorted(path.name for path in folder.iterdir()) == written
    assert store.last is not None
    assert (store.last[1] is None) == ("verdict.json" not in written)
    text = store.console_text(False)
    if "verdict.json" in written:
        assert "report.md was not written: " in capsys.readouterr().err
    else:
        assert f"no verdict: {folder / file} could not be written: No space left on device" in text
        assert ("there is no record" in text) == (not written)


def test_latest_points_to_a_run_from_its_start(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for _ in range(2):
        folder = store.begin("shop")
        assert (tmp_path / "latest").resolve() == folder.resolve()
