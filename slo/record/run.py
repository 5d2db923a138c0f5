"""A run: its record, and the sums that everything else is computed from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from slo.load.plan import Stage
from slo.metrics.arrivals import Arrivals
from slo.metrics.endpoint import EndpointNames, method_and_name
from slo.metrics.tally import Tally
from slo.metrics.tally_table import TallyTable
from slo.record.interval import Interval, arrivals_of, total_of
from slo.record.process_stats import ProcessStats
from slo.record.run_counts import LiveCounts, RunCounts
from slo.record.run_record import RunError, RunRecord
from slo.text import atomic, json_file

FILE_NAME = "run.json"


@dataclass(frozen=True)
class Run(RunRecord):
    """A run and the sums of its counts.

    ``live`` are the counts of a running run, which has no intervals yet; None for a finished run. ``since_s`` is the
    second from which on it is judged (see ``after``), ``names`` how its endpoints are shown, where more of the run is
    known than its intervals. A record contains the whole run; none of these fields is written.
    """

    live: LiveCounts | None = None
    since_s: float = 0.0
    names: EndpointNames | None = None

    @cached_property
    def endpoint_names(self) -> EndpointNames:
        """How the endpoints are shown."""
        return self.names or EndpointNames(endpoint for one in self.intervals for endpoint in one.packed)

    @cached_property
    def tallies(self) -> TallyTable:
        """Counts by (endpoint as it is shown, stage)."""
        return self.live.whole.tallies if self.live else self.shown(self.intervals)

    def shown(self, intervals: Iterable[Interval]) -> TallyTable:
        """Return the sum of some of the run's intervals by (endpoint as it is shown, stage)."""
        return total_of(intervals).shown(self.endpoint_names)

    @cached_property
    def arrivals(self) -> Mapping[str, Arrivals]:
        """Arrivals of an open model, by stage."""
        return self.live.whole.arrivals if self.live else arrivals_of(self.intervals)

    @cached_property
    def step_tallies(self) -> list[TallyTable]:
        """Counts of the held time of each step of a search: of the intervals wholly within it."""
        if self.live:
            return list(self.live.steps)
        return [
            self.shown(one for one in self.intervals if step.hold_ms <= one.start_ms and one.end_ms <= step.end_ms)
            for step in (self.search.items if self.search else ())
        ]

    @cached_property
    def process_stats(self) -> dict[str, ProcessStats]:
        """Statistics of the processes that sent the load, by name; empty for a record without them."""
        processes = self.generator.get("processes", ())
        return {
            process["name"]: ProcessStats.from_data({"stages": process["stages"], "busy": process["busy"]})
            for process in processes
            if process["sends"]
        }

    @property
    def endpoints(self) -> list[str]:
        """All endpoints that received requests, as they are shown, sorted by name and method."""
        return sorted({endpoint for endpoint, _ in self.tallies}, key=lambda one: (method_and_name(one)[::-1], one))

    @property
    def stages(self) -> list[str]:
        """Names of the stages in the order of the plan, or of their first request."""
        if self.plan:
            return list(dict.fromkeys(stage.name for stage in self.plan.stages))
        return list(dict.fromkeys(stage for _, stage in self.tallies))

    def after(self, warmup_ms: int) -> Run:
        """Return this run without its first milliseconds: an interval that begins in them is left out as a whole.

        Raises KeyError for a running run whose counts from that time on are not kept.
        """
        if not warmup_ms:
            return self
        if warmup_ms not in self._after:
            self._after[warmup_ms] = self._without(warmup_ms)
        return self._after[warmup_ms]

    @cached_property
    def _after(self) -> dict[int, Run]:
        return {}

    def _without(self, warmup_ms: int) -> Run:
        if self.live is None:
            ends_ms = (interval.end_ms for interval in self.intervals if interval.start_ms < warmup_ms)
            kept = tuple(interval for interval in self.intervals if interval.start_ms >= warmup_ms)
            return replace(self._since(max((warmup_ms, *ends_ms))), intervals=kept)
        if warmup_ms not in self.live.after_warmup:
            raise KeyError(f"the counts after {warmup_ms} ms are not kept")
        counts: RunCounts = self.live.after_warmup[warmup_ms]
        return replace(self._since(counts.since_ms), live=LiveCounts(counts))

    def _since(self, since_ms: int) -> Run:
        users = tuple(sample for sample in self.users if sample.at_ms >= since_ms)
        return replace(self, users=users, since_s=since_ms / 1000, names=self.endpoint_names)

    def tally(
        self,
        endpoint: Callable[[str], bool] = lambda _: True,
        stage: Callable[[str], bool] = lambda _: True,
    ) -> Tally:
        """Return the sum of the counts of the endpoints and stages that the predicates accept."""
        return Tally.merged(t for (e, s), t in sorted(self.tallies.items()) if endpoint(e) and stage(s))

    def seconds(self, stage: Callable[[str], bool] = lambda _: True) -> float:
        """Return for how many seconds of the run the accepted stages lasted."""
        if not self.plan or not self.plan.stages:
            return max(0.0, self.duration_s - self.since_s) if any(stage(name) for name in self.stages) else 0.0
        spans = ((max(start_s, self.since_s), stop_s) for part, start_s, stop_s in self.spans() if stage(part.name))
        return sum((max(0.0, stop_s - start_s) for start_s, stop_s in spans), 0.0)

    def spans(self) -> list[tuple[Stage, float, float]]:
        """Return each stage that began with its start and end in seconds; the plan's last lasts to the run's end."""
        spans: list[tuple[Stage, float, float]] = []
        start_s = 0.0
        stages, ends = (self.plan.stages, self.plan.ends()) if self.plan else ((), [])
        for number, (stage, end_s) in enumerate(zip(stages, ends, strict=True)):
            stop_s = self.duration_s if number == len(ends) - 1 else min(end_s, self.duration_s)
            if stop_s > start_s:
                spans.append((stage, start_s, stop_s))
            start_s = end_s
        return spans


def write(run: RunRecord, folder: Path) -> Path:
    """Write ``run.json`` into ``folder`` atomically and return its path."""
    path = folder / FILE_NAME
    atomic.write(path, json.dumps(run.to_data(), separators=(",", ":"), ensure_ascii=False) + "\n")
    return path


def read(path: Path) -> Run:
    """Return the run saved at ``path``, a ``run.json`` or its folder; raises RunError with a sentence."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        data = json_file.read(file)
    except FileNotFoundError:
        raise RunError(f"{file}: there is no such run record; give a folder under reports/ or its run.json") from None
    except json_file.JsonFileError as error:
        raise RunError(f"{file}: {error}; a run record is written by a Locust run") from None
    try:
        return Run.from_data(data)
    except RunError as error:
        raise RunError(f"{file}: {error}") from None
