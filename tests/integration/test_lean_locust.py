"""LeanHttpUser in real Locust processes: it says and counts what FastHttpUser does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.heard import Heard
from tests.support.processes import A_FEW, ROOT, Demo, Finished, locust
from tests.support.scripted import READ, Scripted, ok

LOCUSTFILE = ROOT / "tests" / "locustfiles" / "lean.py"


def play(reports: Path, url: str, client: str) -> Finished:
    return locust(reports, "-f", LOCUSTFILE, "-H", url, "-u", 1, "-t", "20s", env={"CLIENT": client})


def said(done: Finished) -> list[Any]:
    lines = [line[6:] for line in done.out.splitlines() if line.startswith("EVENT ")]
    return [json.loads(line) if line.startswith("{") else line for line in lines]


def test_it_tells_locust_what_fasthttpuser_tells(demo: Demo, tmp_path: Path) -> None:
    lean, fast = play(tmp_path / "lean", demo.url, "lean"), play(tmp_path / "fast", demo.url, "fast")
    ours, theirs = said(lean), said(fast)
    assert len(ours) > 20, lean.out + lean.err
    for our, their in zip(ours, theirs, strict=True):
        if isinstance(our, dict) and our["name"] == "no JSON":
            assert our["text"].split("#")[0] == their["text"].split("#")[0]
            our |= {"length": their["length"], "text": their["text"]}  # it quotes the demo's own counters
        assert our == their
    assert lean.run.tally().requests == sum(isinstance(one, dict) for one in ours)
    assert lean.run.tally().failures == fast.run.tally().failures != {}
    assert lean.run.tally().checks == fast.run.tally().checks


NUMBERED = """
import itertools, slo.plugin
from locust import task
from slo.lean import LeanHttpUser

class Guest(LeanHttpUser):
    @task
    def ask(self):
        for number in itertools.count():
            self.client.get(f"/{number}", name="get")
            text, headers = "%d \\xf1" % number, {"X-Number": str(number)}
            self.client.post(f"/{number}?again", name="post", data=text, headers=headers)
"""


@pytest.mark.slow
def test_the_server_hears_what_is_recorded_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "numbered.py"
    file.write_text(NUMBERED, encoding="utf-8")
    with Scripted([READ, ok()] * 50_000) as server:
        done = locust(tmp_path / "reports", "-f", file, "-H", server.url, "-u", 1, "-t", "2s")
        heard = [Heard(request) for request in server.requests]
    assert server.connections == 1
    numbers = range((len(heard) + 1) // 2)  # the last one may be half done
    assert [one.path for one in heard] == [path for n in numbers for path in (f"/{n}", f"/{n}?again")][: len(heard)]
    posts = heard[1::2]
    assert [one.body.decode() for one in posts] == [f"{n} \xf1" for n in range(len(posts))]
    assert [one.headers["X-Number"] for one in posts] == [str(n) for n in range(len(posts))]
    # The task never ends: Locust stops it in the middle of a request, which then is heard and not recorded.
    assert 0 <= len(heard) - done.run.tally().requests <= 1
    assert done.run.tally().failures == {}
    assert len(heard) > 100


@pytest.mark.parametrize(
    ("host", "words"),
    [("ftp://example.com", "The host cannot be used: not a URL"), ("", "You must specify the base host")],
)
def test_a_host_that_cannot_be_used_is_named(host: str, words: str, tmp_path: Path) -> None:
    given = ["-H", host] if host else []
    done = locust(tmp_path / "r", "-f", LOCUSTFILE, *given, "-u", 1, *A_FEW, env={"CLIENT": "lean"})
    assert words in done.out + done.err
    assert done.run.tally().requests == 0


ENGINE = """
import importlib, sys
from pathlib import Path
import slo
root = Path(slo.__path__[0])
for file in sorted(root.rglob("*.py")):
    name = ".".join(("slo", *file.relative_to(root).with_suffix("").parts))
    if not name.startswith("slo.lean") and not name.endswith("__main__"):
        importlib.import_module(name.removesuffix(".__init__"))
print([name for name in sys.modules if name.startswith("slo.lean")], "slo.plugin" in sys.modules)
"""


def test_the_engine_does_not_need_the_client() -> None:
    done = subprocess.run([sys.executable, "-c", ENGINE], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[] True"
