"""The commands of ``locust-slo`` on many runs: baseline, compare, trend, backtest, calibrate."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

from slo.baseline import store, wording
from slo.baseline.changepoint import changes
from slo.baseline.compare import NotComparable
from slo.baseline.store import KEEP, BaselineError
from slo.metrics.indicator import Indicator, parse
from slo.metrics.quantity import show
from slo.objectives.objectives import load
from slo.record import load_run
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports.console import table
from slo.reports.rows import COMPARE_HEAD, compared
from slo.verdict import calibration, saved_runs
from slo.verdict.judge import judge
from slo.verdict.result import EXIT_CODES
from slo.verdict.saved_runs import Row, compared_indicator

Commands: TypeAlias = "argparse._SubParsersAction[Any]"
TREND = ("latency.p50", "latency.p95", "latency.p99", "errors.ratio", "throughput.rps")


def add(commands: Commands, objectives_option: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser's."""
    _add_baseline(commands.add_parser("baseline", help="keep reference runs"), objectives_option)
    compare = commands.add_parser("compare", help="two saved runs side by side")
    compare.add_argument("before", type=Path, metavar="A", help="a run's folder, or its run.json")
    compare.add_argument("after", type=Path, metavar="B", help="the run that is compared with it")
    compare.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curves of both, too")
    compare.set_defaults(do=_compare)
    trend = commands.add_parser("trend", help="every saved run of a scenario over time, with change points")
    trend.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds the runs, like reports")
    trend.add_argument("--scenario", help="default: the scenario of the newest run")
    trend.add_argument("--html", type=Path, metavar="FILE", help="write a page with the curves, too")
    trend.set_defaults(do=_trend)
    backtest = commands.add_parser("backtest", help="judge all saved runs by an edited objectives file")
    backtest.add_argument("objectives", type=Path, metavar="OBJECTIVES")
    backtest.add_argument("folder", type=Path, metavar="DIR", help="the folder that holds the runs, like reports")
    backtest.add_argument("--scenario", help="only runs of this scenario")
    backtest.add_argument("--last", type=_whole, metavar="N", help="only the newest N runs")
    backtest.set_defaults(do=_backtest)
    calibrate = commands.add_parser(
        "calibrate",
        help="run the same again and again: what change can be seen here at all",
        epilog="Example: locust-slo calibrate --runs 5 -- -f locustfiles/hotel.py --scenario smoke --demo",
    )
    objectives_option(calibrate)
    calibrate.add_argument("--runs", type=_several, default=KEEP, metavar="N", help=f"how many runs; default: {KEEP}")
    calibrate.add_argument("--saved", type=Path, metavar="DIR", help="take the runs saved there instead of new ones")
    calibrate.add_argument("--scenario", help="with --saved: only runs of this scenario")
    calibrate.add_argument("words", nargs="*", metavar="LOCUST OPTION", help="after --: what Locust is started with")
    calibrate.set_defaults(do=_calibrate)


def _add_baseline(keep: argparse.ArgumentParser, objectives_option: Callable[[argparse.ArgumentParser], None]) -> None:
    actions = keep.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a run to the references of its scenario")
    add.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its run.json")
    add.add_argument("--keep", type=_whole, default=KEEP, metavar="N", help=f"references kept; default: {KEEP}")
    add.add_argument("--anyway", action="store_true", help="keep a run that did not pass, too")
    objectives_option(add)
    add.set_defaults(do=_baseline_add)
    show_one = actions.add_parser("show", help="what a scenario's references measured")
    show_one.add_argument("scenario", metavar="SCENARIO")
    show_one.set_defaults(do=_baseline_show)
    listed = actions.add_parser("list", help="all references, by scenario")
    listed.set_defaults(do=_baseline_list)
    drop = actions.add_parser("drop", help="take references out")
    drop.add_argument("scenario", metavar="SCENARIO")
    drop.add_argument("ids", nargs="+", metavar="ID", help="as `baseline list` shows them")
    drop.set_defaults(do=_baseline_drop)
    for action in (add, show_one, listed, drop):
        action.add_argument(
            "--baselines", type=Path, default=Path("baselines"), metavar="DIR", help="default: baselines"
        )


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1, not '{text}'")
    return int(text)


def _several(text: str) -> int:
    if _whole(text) < 2:
        raise argparse.ArgumentTypeError("at least 2 runs: each is compared with the others")
    return int(text)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _baseline_add(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    one, _ = load_run.read(options.run)
    # Whether it regressed is no question here: a reference may be the first of a new level.
    absolute = [objective for objective in objectives.items if objective.against == "target"]
    verdict = judge(one, replace(objectives, items=tuple(absolute)))
    if EXIT_CODES[verdict.status] != 0 and not options.anyway:
        raise BaselineError(
            f"{one.id}: is {verdict.status}; only a run that passed is a reference (--anyway keeps it all the same)"
        )
    stopped_freely = one.ended.how == "stopped" and one.plan is None
    if one.ended.how != "completed" and not stopped_freely and not options.anyway:
        raise BaselineError(
            f"{one.id}: was {one.ended.how}; only a whole run is a reference (--anyway keeps it all the same)"
        )
    path = store.add(one, options.baselines, options.keep)
    _say(f"{path}: added {one.id} ({verdict.status}); it holds {len(store.read(path))} of {options.keep}")
    return 0


def _file(options: argparse.Namespace) -> Path:
    path: Path = options.baselines / f"{options.scenario}.json"
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in options.baselines.glob("*.json"))) or "none"
        raise BaselineError(f"{path}: there is no baseline of this scenario; there is: {there}")
    return path


def _baseline_show(options: argparse.Namespace) -> int:
    path = _file(options)
    references = store.read(path)
    indicators = [parse(name) for name in saved_runs.INDICATORS]
    rows = []
    for one in references:
        tally = one.tally()
        values = [compared_indicator(indicator).value(tally, one.duration_s) for indicator in indicators]
        cells = [
            "-" if value is None else show(value, what.unit) for value, what in zip(values, indicators, strict=True)
        ]
        rows.append((one.id, show(Fraction(tally.requests), "count"), *cells))
    _say(f"{path}: {len(references)} references, {path.stat().st_size:,} bytes", "")
    _say(table(("reference", "requests", *saved_runs.INDICATORS), rows), "")
    last = references[-1]
    known = [f"{name} {value}" for name, value in sorted(last.environment.items()) if value is not None]
    _say(f"newest: {last.target.headline()}; {', '.join(known)}")
    return 0


def _baseline_list(options: argparse.Namespace) -> int:
    rows = []
    for file in sorted(options.baselines.glob("*.json")):
        for one in store.read(file):
            commit = str(one.environment.get("commit") or "-")[:12]
            rows.append((file.stem, one.id, one.started_at, f"{one.duration_s:.1f} s", one.target.place(), commit))
    if not rows:
        _say(f"{options.baselines}: holds no baseline; `locust-slo baseline add RUN` makes one")
        return 0
    _say(table(("scenario", "reference", "started at", "duration", "target", "commit"), rows))
    return 0


def _baseline_drop(options: argparse.Namespace) -> int:
    path = _file(options)
    left = store.drop(path, options.ids)
    _say(f"{path}: dropped {', '.join(options.ids)}; " + (f"it holds {', '.join(left)}" if left else "it is gone"))
    return 0


def _compare(options: argparse.Namespace) -> int:
    before, after = load_run.read(options.before)[0], load_run.read(options.after)[0]
    if before.id == after.id:
        raise RunError(f"{after.id}: is compared with itself; give two runs")
    for one in (before, after):
        if not one.tallies:
            raise RunError(f"{one.id}: made no request; there is nothing to compare")
    rows = saved_runs.side_by_side(before, after)
    _say(*_headlines(before, after))
    _say(table(COMPARE_HEAD, [compared(row) for row in rows]), "")
    _say(*[f"{what} of {row.endpoint}: {words}" for row in rows for what, words in [_outcome(row)] if words])
    if options.html:
        from slo.reports import side_by_side  # matplotlib is loaded only for a picture

        side_by_side.write_compare(options.html, before, after, rows)
        _say(str(options.html))
    return 0


def _headlines(before: Run, after: Run) -> list[str]:
    lines = [
        f"{letter}: {one.id}, scenario {one.scenario or '-'}, {one.target.headline()}, {one.ended.how}"
        for letter, one in (("A", before), ("B", after))
    ]
    apart = store.differences(before, after)
    apart += [f"scenario: {before.scenario} there, {after.scenario} here"] if before.scenario != after.scenario else []
    return [*lines, *([f"They differ: {'; '.join(apart)}"] if apart else []), ""]


def _outcome(row: Row) -> tuple[str, str]:
    if isinstance(row.change, NotComparable) or not row.change.is_real:
        return row.indicator.name, ""
    way = "worse" if row.change.worse > 0 else "better"
    return row.indicator.name, f"{wording.share(abs(row.change.worse), row.indicator)} {way}"


def _trend(options: argparse.Namespace) -> int:
    everything = saved_runs.read(options.folder)
    scenario = options.scenario or everything.runs[-1].scenario
    runs, left = saved_runs.comparable_runs([one for one in everything.runs if one.scenario == scenario])
    if not runs:
        raise RunError(f"{options.folder}: holds no run of scenario {scenario} with a request")
    columns = {name: _values(runs, parse(name)) for name in TREND}
    points = {name: _change_points(values, parse(name)) for name, values in columns.items()}
    rows = []
    for place, one in enumerate(runs):
        cells = [_marked(columns[name][place], parse(name), place in points[name]) for name in TREND]
        rows.append((one.id, one.started_at, str(one.environment.get("commit") or "-")[:12], *cells))
    _say(f"{len(runs)} runs of {scenario or 'no scenario'}", "")
    _say(table(("run", "started at", "commit", *TREND), rows), "")
    found = [(place, name) for name, places in points.items() for place in places]
    for place, name in sorted(found):
        _say(f"{name} changed with {runs[place].id}: {_levels(columns[name], points[name], place, parse(name))}")
    if not found:
        _say("no change point")
    _say("(change points by optimal partitioning, Jackson et al. 2005; marked *)", *left, *everything.unreadable)
    if options.html:
        from slo.reports import side_by_side  # matplotlib is loaded only for a picture

        side_by_side.write_trend(options.html, runs, columns, points)
        _say(str(options.html))
    return 0


def _values(runs: Sequence[Run], indicator: Indicator) -> list[float | None]:
    question = compared_indicator(indicator)
    return [question.value(one.tally(), one.duration_s) for one in runs]


def _change_points(values: Sequence[float | None], indicator: Indicator) -> list[int]:
    """Return the places at which a level begins; runs without a value are passed over."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    relative = indicator.unit != "ratio" and all(value > 0 for _, value in known)
    return [known[found][0] for found in changes([value for _, value in known], relative)]


def _marked(value: float | None, indicator: Indicator, marked: bool) -> str:
    return "-" if value is None else show(value, indicator.unit) + (" *" if marked else "")


def _levels(values: Sequence[float | None], places: Sequence[int], place: int, indicator: Indicator) -> str:
    cuts = [0, *places, len(values)]
    number = cuts.index(place, 1)
    middles = []
    for start, end in ((cuts[number - 1], place), (place, cuts[number + 1])):
        known = [value for value in values[start:end] if value is not None]
        middles.append(show(statistics.median(known), indicator.unit))
    return f"{middles[0]} before, {middles[1]} since (medians of the runs)"


def _backtest(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    everything = saved_runs.read(options.folder, options.scenario)
    runs = everything.runs[-options.last :] if options.last else everything.runs
    verdicts = saved_runs.backtest(runs, objectives)
    failed = [verdict for verdict in verdicts if verdict.status in ("FAIL", "CRITICAL")]
    blind = [verdict for verdict in verdicts if verdict.exit_code == 3]
    _say(f"would have failed {len(failed)} of the last {len(runs)} runs ({len(blind)} without a verdict)")
    for verdict in (*failed, *blind):
        _say(f"  {verdict.run_id}: {verdict.status}")
        bad = [result for result in verdict.results if result.status in ("FAIL", "CRITICAL", "NO DATA")]
        _say(*(f"    {result.status} {result.objective.name}: {result.reason}" for result in bad)) if bad else _say(
            f"    {verdict.reason}"
        )
    for objective in objectives.items:
        missed = sum(
            result.objective.name == objective.name and result.status in ("FAIL", "CRITICAL")
            for verdict in verdicts
            for result in verdict.results
        )
        if missed:
            _say(f"{objective.name}: missed by {missed} of {len(runs)}")
    _say(*everything.unreadable) if everything.unreadable else None
    return 0


def _calibrate(options: argparse.Namespace) -> int:
    objectives = load(options.objectives)
    left: list[str] = []
    if options.saved:
        runs, left = saved_runs.comparable_runs(saved_runs.read(options.saved, options.scenario).runs)
    else:
        with tempfile.TemporaryDirectory(prefix="locust-slo-") as folder:
            runs = calibration.repeat(options.words, options.runs, Path(folder), _say)
    if len(runs) < 2:
        raise RunError("\n".join(["calibrating needs at least two runs of the same kind", *left]))
    floors = saved_runs.noise_floors(runs, {name: compared_indicator(parse(name)) for name in saved_runs.INDICATORS})
    rows = [(name, wording.share(floor, parse(name))) for name, floor in floors.items()]
    _say(f"{len(runs)} runs of the same, each compared with the others:", "")
    _say(table(("indicator", "smallest change that can be seen"), rows), "")
    _say(*calibration.warnings(objectives, runs), *left)
    return 0
