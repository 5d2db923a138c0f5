"""By which objectives a saved run is judged again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slo.cli import main
from tests.support.made import requests
from tests.support.saved_run import save


@pytest.mark.parametrize(
    "words", [("report",), ("validate",), ("baseline", "add")], ids=["report", "validate", "baseline add"]
)
def test_a_run_without_objectives_of_its_own_asks_for_a_file(
    saved: Path, objectives: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    (saved / "objectives.yaml").unlink()
    assert main.main([*words, str(saved)]) == 3
    assert "has no objectives of its own (objectives.yaml); name a file with --objectives" in capsys.readouterr().err
    # The record of a run that was killed names the file it was started with.
    options = {"objectives": str(objectives)}
    killed = save(tmp_path / "reports" / "load-2", replace(requests(400), id="load-2", options=options))
    main.main([*words, str(killed), *(["--anyway", "--baselines", str(tmp_path)] if words[0] == "baseline" else [])])
    assert "objectives of its own" not in capsys.readouterr().err
