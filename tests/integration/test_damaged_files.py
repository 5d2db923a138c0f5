"""Files that were damaged, by chance or on purpose: a sentence and exit code 3, never a crash or a hang."""

from __future__ import annotations

import copy
import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from slo.baseline import store
from slo.cli import main
from slo.measure.recorder import Recorder
from slo.record import run as runs
from slo.record.journal import FILE_NAME as JOURNAL
from slo.record.journal import Journal
from slo.record.run import Run
from tests.support.made import Clock, made

OBJECTIVES = """\
version: 1
groups: {pages: [home, "basket*"]}
objectives:
  - {name: quick, indicator: latency.p95, target: 900 ms, warning: 500 ms, group: pages, priority: P0}
  - {indicator: errors.ratio, target: 5 %, stage: run, abort: {after: 5 s}}
  - {indicator: latency.p95, target: 2 s}
  - {indicator: throughput.rps, target: 0.1 rps, warmup: 1 s}
regression:
  latency.p95: {target: 20 %}
"""
VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2**31, 10**15, 10**30, 1e308, float("nan"), float("inf"), -0.5, "", "x", "../x"),
    *("half \ud83d", "long" * 2000, [], {}, [1], [[]], {"a": 1}, "1 s"),
)
SOME = 150
"""Mutations of each format in CI; ``make test-long`` tries many more."""
HANG_S = 60


def recorded() -> Run:
    def fill(recorder: Recorder, clock: Clock) -> None:
        for second in range(4):
            for number in range(5):
                recorder.request(("home", "basket_1")[number % 2], 20 + number, 10)
            recorder.failure("home", 30, 5, "HTTP 500")
            recorder.check("home", "body", number % 2 == 0)
            recorder.throttled("basket_1", 5, 0)
            recorder.unanswered("home", 2000.0 + second)
            recorder.code.exceptions.note("KeyError: 'id'")
            recorder.code.tasks.of("Guest.book")[0] += 1
            clock.now += 1

    return made(fill)


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each value in plain data."""
    if path:
        yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from paths(value, (*path, key))


def mutated(data: Any, chance: random.Random) -> Any:
    """Return a copy in which one to three values are removed, replaced, repeated or added."""
    data = copy.deepcopy(data)
    for _ in range(chance.choice([1, 1, 2, 3])):
        *way, last = chance.choice(list(paths(data)))
        place = data
        for key in way:
            place = place[key]
        how = chance.random()
        if how < 0.2:
            del place[last]
        elif how < 0.3 and isinstance(place, dict):
            place["extra"] = chance.choice(VALUES)
        elif how < 0.35 and isinstance(place, list):
            place.append(copy.deepcopy(place[last]))
        else:
            place[last] = copy.deepcopy(chance.choice(VALUES))
        if not data:
            break
    return data


def dumped(data: Any) -> bytes:
    return json.dumps(data).encode()


def cut(raw: bytes, chance: random.Random) -> bytes:
    """Return the bytes shortened, with one bit changed, or with a part twice."""
    place = chance.randrange(len(raw))
    how = chance.random()
    if how < 0.3:
        return raw[:place]
    if how < 0.8:
        return raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :]
    return raw[:place] + raw[max(0, place - chance.randrange(1, 50)) :]


def write_run(folder: Path, chance: random.Random) -> list[str]:
    run = recorded()
    raw = dumped(mutated(run.to_data(), chance))
    (folder / "run.json").write_bytes(cut(raw, chance) if chance.random() < 0.2 else raw)
    return ["validate", str(folder), "--objectives", str(folder / "o.yaml")]


def write_journal(folder: Path, chance: random.Random) -> list[str]:
    run = recorded()
    journal = Journal(folder, run.to_data())
    for interval in run.intervals:
        journal.append(interval)
    journal.close()
    raw = (folder / JOURNAL).read_bytes()
    if chance.random() < 0.5:
        unpacker = msgpack.Unpacker(strict_map_key=False)
        unpacker.feed(raw)
        values = mutated(list(unpacker), chance)
        raw = b"".join(msgpack.packb(encodable(value)) for value in values)
    else:
        raw = cut(raw, chance)
    (folder / JOURNAL).write_bytes(raw)
    return ["validate", str(folder), "--objectives", str(folder / "o.yaml")]


def encodable(value: Any) -> Any:
    """Return a value that msgpack can hold."""
    try:
        msgpack.packb(value)
    except (OverflowError, UnicodeEncodeError):
        return 2**62
    return value


def write_baseline(folder: Path, chance: random.Random) -> list[str]:
    run = recorded()
    runs.write(run, folder)
    path = store.path_of(run, folder / "baselines")
    store.add(run, folder / "baselines")
    raw = dumped(mutated(json.loads(path.read_text(encoding="utf-8")), chance))
    path.write_bytes(cut(raw, chance) if chance.random() < 0.2 else raw)
    words = ["--objectives", str(folder / "o.yaml"), "--baselines", str(folder / "baselines"), "--any-baseline"]
    return ["validate", str(folder), *words] if chance.random() < 0.5 else ["baseline", "list", *words[2:4]]


def write_objectives(folder: Path, chance: random.Random) -> list[str]:
    (folder / "o.yaml").write_bytes(cut(OBJECTIVES.encode(), chance))
    return ["lint", str(folder / "o.yaml")]


@pytest.fixture
def alarm() -> Iterator[None]:
    def hangs(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, hangs)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("count", [SOME, pytest.param(5000, marks=pytest.mark.long)])
@pytest.mark.parametrize("write", [write_run, write_journal, write_baseline, write_objectives])
@pytest.mark.usefixtures("alarm")
def test_a_damaged_file_is_a_sentence(
    write: Callable[[Path, random.Random], list[str]],
    count: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes: dict[int, int] = {}
    for seed in range(count):
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
        words = write(folder, random.Random(seed))
        signal.alarm(HANG_S)
        code = main.main(words)
        signal.alarm(0)
        out, err = capsys.readouterr()
        assert "internal error" not in err, (seed, err)
        assert "Traceback" not in out + err, (seed, err)
        if code == 3:
            assert out or err.count("\n") >= 1, seed
        codes[code] = codes.get(code, 0) + 1
    assert codes.get(3, 0) > count / 10, codes


@pytest.mark.parametrize("name", ["../x", "/abs", "a/b", "..", ".hidden", "new\nline", "long" * 100])
def test_a_baseline_is_written_into_its_folder_only(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    data = {**recorded().to_data(), "scenario": name}
    (folder / "run.json").write_bytes(dumped(data))
    (folder / "o.yaml").write_text(OBJECTIVES, encoding="utf-8")
    words = ["baseline", "add", "--anyway", str(folder), "--objectives", str(folder / "o.yaml")]
    before = sorted(tmp_path.rglob("*"))
    assert main.main(words) == 3
    assert "cannot be the name of a baseline" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["fifo", "device", "large"])
@pytest.mark.usefixtures("alarm")
def test_what_is_no_file_of_ours_is_not_read(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(2**40)
    signal.alarm(HANG_S)
    assert main.main(["validate", str(path)]) == 3
    assert ("is larger than 256 MB" if kind == "large" else "is not a regular file") in capsys.readouterr().err


def test_objectives_of_a_run_that_cannot_be_read_are_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.write(recorded(), tmp_path)
    (tmp_path / "objectives.yaml").write_bytes(b"\xff")
    assert main.main(["validate", str(tmp_path)]) == 3
    assert "objectives.yaml:1:1: is not UTF-8 text" in capsys.readouterr().err
