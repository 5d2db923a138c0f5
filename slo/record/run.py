"""The record of one finished run: immutable, serialisable, versioned JSON (``run.json``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from jsonschema import Draft202012Validator

from slo.load import schedule
from slo.load.plan import Plan, Stage
from slo.load.requested_load import Ask
from slo.load.search_record import Steps
from slo.metrics.arrivals import NO_ARRIVALS, Arrivals
from slo.metrics.tally import Tally
from slo.record.interval import Counts, Interval
from slo.record.process_stats import Vitals
from slo.record.slowest import Slow
from slo.text import atomic, schemas

VERSION = 1
FILE_NAME = "run.json"

SHORT = 0.1
"""Share of a leg's user-seconds that may be missing ..."""
FEW_USER_SECONDS = 5.0
FEW_ARRIVALS = 5.0
"""... or so many, in a leg of a moment ..."""
LATE_S = 2.0
"""... or what is missing when all users come so late."""
LATE_LOOKS = 50

How = Literal["completed", "stopped", "interrupted", "refused", "incomplete", "crashed", "aborted"]


class RunError(Exception):
    """A file that is no run record this version can read; the text says why and what to do."""


@dataclass(frozen=True)
class Target:
    """What received the load: its base URL, and whether it is the embedded demo API."""

    url: str
    embedded: bool = False

    def headline(self) -> str:
        """Return the target as every output shows it."""
        where = self.url or "(no host given)"
        return f"the embedded demo API at {where}" if self.embedded else where

    def place(self) -> str:
        """Return what tells one target from another; the embedded API has another port each time."""
        return "the embedded demo API" if self.embedded else self.url.rstrip("/")


@dataclass(frozen=True)
class Ending:
    """How the run ended.

    ``completed`` its plan; ``stopped`` by the user in good order; ``interrupted`` by a signal; ``refused``
    before the load started; ``incomplete`` because a part of the counts is missing; ``crashed``; ``aborted`` because
    ``objective`` was past its target for too long: ``value`` over the last seconds, ``at_s`` seconds into the run.
    """

    how: How
    reason: str = ""
    objective: str | None = None
    value: float | None = None
    at_s: float | None = None

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON; what only an aborted run has is left out of others."""
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class UserSample:
    """Users wanted by the plan (None without a plan) and running, ``at_ms`` after the run's start."""

    at_ms: int
    planned: float | None
    achieved: int


@dataclass(frozen=True)
class Offered:
    """The load of one leg: user-seconds that the plan wanted (None without a plan) and that there were.

    ``slack`` is how many of them may be missing before the load was not what was asked for. Of an open model
    arrivals are counted instead: the ``unit`` says so. ``ask`` is what was asked for in a run without a plan.
    """

    stage: str
    planned: float | None
    achieved: float
    slack: float = 0.0
    unit: str = "user-seconds"
    ask: Ask | None = None

    @property
    def short(self) -> bool:
        """Whether much less load was offered than planned."""
        return self.planned is not None and self.planned - self.achieved > self.slack

    def words(self) -> str:
        """Return planned against achieved, in a sentence."""
        who = f"the run (asked for {self.ask.words()})" if self.ask else f"stage '{self.stage}'"
        return f"{who} offered {self.sum()}"

    def sum(self) -> str:
        """Return the two numbers, and the one as a share of the other."""
        planned = self.planned or 0.0
        share = f"{self.achieved / planned * 100:.0f} %" if planned else "-"
        return f"{self.achieved:,.0f} of {planned:,.0f} {self.unit} ({share})"


@dataclass(frozen=True)
class Scrape:
    """The target's own figures by name, as its metrics said them ``at_ms`` after the run's start."""

    at_ms: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Worker:
    """One generator process: what it says it counted, and what of that arrived here.

    ``joined_s`` is when it began, ``absences`` when it was not heard of (None: never again), in seconds since the
    run's start.
    """

    name: str
    requests_sent: int
    requests_received: int
    finished: bool
    joined_s: float = 0.0
    absences: tuple[tuple[float, float | None], ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {**vars(self), "absences": [list(absence) for absence in self.absences]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Worker:
        """Return the worker that ``to_data`` described."""
        return cls(**{**data, "absences": tuple((start, end) for start, end in data.get("absences", ()))})


@dataclass(frozen=True)
class Run:
    """All that was measured in one run. Times are relative to ``started_at`` (UTC, ISO 8601)."""

    id: str
    scenario: str | None
    target: Target
    started_at: str
    duration_s: float
    ended: Ending
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    generator: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    users: tuple[UserSample, ...] = ()
    workers: tuple[Worker, ...] = ()
    notes: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    scrapes: tuple[Scrape, ...] = ()
    search: Steps | None = None
    ask: Ask | None = None
    slowest: tuple[Slow, ...] = ()
    """The slowest requests of each endpoint with their traces, the slowest first; none where nothing was traced."""
    since_s: float = 0.0
    """From when on it is looked at, see ``after``; a record holds all of a run."""

    @cached_property
    def cells(self) -> dict[tuple[str, str], Tally]:
        """Counts by (endpoint, stage): the sum over the intervals."""
        return _summed(self.intervals)

    @cached_property
    def arrivals(self) -> dict[str, Arrivals]:
        """Arrivals of an open model, by stage."""
        found: dict[str, Arrivals] = {}
        for interval in self.intervals:
            found[interval.stage] = found.get(interval.stage, NO_ARRIVALS).plus(interval.arrivals)
        return found

    @cached_property
    def step_cells(self) -> list[dict[tuple[str, str], Tally]]:
        """Counts by (endpoint, stage) of the held time of each step of a search; of intervals wholly within it."""
        return [
            _summed(one for one in self.intervals if step.hold_ms <= one.start_ms and one.end_ms <= step.end_ms)
            for step in (self.search.items if self.search else ())
        ]

    @cached_property
    def vitals(self) -> dict[str, Vitals]:
        """How the processes that sent the load were, by name; none in a record that does not say."""
        processes = self.generator.get("processes", ())
        return {
            process["name"]: Vitals.from_data({"stages": process["stages"], "busy": process["busy"]})
            for process in processes
            if process["sends"]
        }

    @property
    def endpoints(self) -> list[str]:
        """Names of all endpoints that received requests, sorted."""
        return sorted({endpoint for endpoint, _ in self.cells})

    @property
    def stages(self) -> list[str]:
        """Names of the stages in the order of the plan, or of their first request."""
        if self.plan:
            return list(dict.fromkeys(stage.name for stage in self.plan.stages))
        return list(dict.fromkeys(stage for _, stage in self.cells))

    def counting(
        self,
        counts: Counts,
        later: Mapping[int, Counts] = MappingProxyType({}),
        steps: Sequence[Mapping[tuple[str, str], Tally]] = (),
    ) -> Run:
        """Return this run with these counts: one still under way, whose intervals are elsewhere.

        ``later`` are those after the ends of warm-ups, by milliseconds, ``steps`` those of a search's steps.
        """
        run = replace(self, intervals=())
        # What the cached properties would hold.
        run.__dict__.update(cells=counts.cells, arrivals=counts.arrivals, step_cells=[dict(one) for one in steps])
        run.__dict__["_later"] = {cut_ms: run._since(more) for cut_ms, more in later.items()}
        return run

    def after(self, warmup_ms: int) -> Run:
        """Return this run without its first milliseconds: an interval that begins in them is left out as a whole.

        Raises KeyError for a run under way whose counts after this time were not kept.
        """
        if not warmup_ms:
            return self
        if warmup_ms not in self._later:
            if not self.intervals and self.cells:
                raise KeyError(f"the counts after {warmup_ms} ms are not kept")
            early = (interval.end_ms for interval in self.intervals if interval.start_ms < warmup_ms)
            late = tuple(interval for interval in self.intervals if interval.start_ms >= warmup_ms)
            counts = Counts({}, {}, max((warmup_ms, *early)))
            self._later[warmup_ms] = replace(self._since(counts), intervals=late)
        return self._later[warmup_ms]

    @cached_property
    def _later(self) -> dict[int, Run]:
        return {}

    def _since(self, counts: Counts) -> Run:
        """Return this run with the counts since a time, and the looks at its users since then."""
        users = tuple(sample for sample in self.users if sample.at_ms >= counts.since_ms)
        run = replace(self, intervals=(), users=users, since_s=counts.since_ms / 1000)
        run.__dict__.update(cells=counts.cells, arrivals=counts.arrivals)
        return run

    def tally(
        self,
        endpoint: Callable[[str], bool] = lambda _: True,
        stage: Callable[[str], bool] = lambda _: True,
    ) -> Tally:
        """Return the sum of the counts of the endpoints and stages that the predicates accept."""
        return Tally.merged(t for (e, s), t in sorted(self.cells.items()) if endpoint(e) and stage(s))

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

    def offered(self) -> list[Offered]:
        """Return what each leg that began was to offer, and what was offered, up to the run's end.

        Without a look at the number of users there is nothing to say.
        """
        if self.plan and self.plan.open:
            return [self._arrived(stage, stop_s - start_s) for stage, start_s, stop_s in self.spans()]
        if not self.users:
            return []
        if not self.plan:
            achieved = self._user_seconds(0.0, self.duration_s)
            return [self._asked(name, achieved) for name in self.stages[:1]]
        found, start_s = [], 0.0
        for stage, end_s in zip(self.plan.stages, self.plan.ends(), strict=True):
            stop_s = min(end_s, self.duration_s)
            if stop_s > start_s:
                planned = (stage.users_from + stage.users_at(stop_s - start_s)) / 2 * (stop_s - start_s)
                slack = max(SHORT * planned, FEW_USER_SECONDS, _lost_by_delay(self.plan.users_at, start_s, stop_s))
                # The end of the plan is no users, however steep the way there.
                ends_the_plan = stage is self.plan.stages[-1] and stage.users_to == 0
                achieved = self._user_seconds(start_s, stop_s)
                found.append(Offered(stage.name, planned, achieved, planned if ends_the_plan else slack))
            start_s = end_s
        return found

    def _asked(self, name: str, achieved: float) -> Offered:
        """Return what a run without a plan offered, against what was asked for if that is known."""
        if self.ask is None:
            return Offered(name, None, achieved)
        planned = self.ask.user_seconds(self.duration_s)
        slack = max(SHORT * planned, FEW_USER_SECONDS, _lost_by_delay(self.ask.users_at, 0.0, self.duration_s))
        return Offered(name, planned, achieved, slack, ask=self.ask)

    def _arrived(self, stage: Stage, seconds: float) -> Offered:
        """Return how many arrivals a leg was to bring in so many seconds, and how many of them were started."""
        planned = schedule.arrived(stage, seconds)
        started = self.arrivals.get(stage.name, NO_ARRIVALS).started
        return Offered(stage.name, planned, started, max(SHORT * planned, FEW_ARRIVALS), "arrivals")

    def _user_seconds(self, start_s: float, stop_s: float) -> float:
        """Return the user-seconds of a time, by straight lines between the samples of the user count."""
        whole = 0.0
        for one, other in zip(self.users, self.users[1:], strict=False):
            from_s, to_s = max(start_s, one.at_ms / 1000), min(stop_s, other.at_ms / 1000)
            if to_s > from_s:
                rise = (other.achieved - one.achieved) / (other.at_ms - one.at_ms) * 1000
                middle = one.achieved + rise * ((from_s + to_s) / 2 - one.at_ms / 1000)
                whole += middle * (to_s - from_s)
        if self.users and self.users[-1].at_ms / 1000 < stop_s:
            whole += self.users[-1].achieved * (stop_s - max(start_s, self.users[-1].at_ms / 1000))
        return whole

    def unreached(self) -> list[str]:
        """Return a sentence for each stage that began and never came near its number of users."""
        if not self.plan or self.plan.open:
            return []
        sentences = []
        start_s = 0.0
        for stage, end_s in zip(self.plan.stages, self.plan.ends(), strict=True):
            # The end of the plan is no users, however steep the way there: nobody looks after it.
            ends_the_plan = stage is self.plan.stages[-1] and stage.users_to == 0
            if start_s < self.duration_s and end_s > self.since_s and not ends_the_plan:
                sentence = self._unreached(stage, start_s, end_s)
                sentences += [sentence] if sentence else []
            start_s = end_s
        return sentences

    def _unreached(self, stage: Stage, start_s: float, end_s: float) -> str | None:
        name, wanted = stage.name, stage.users_to
        # The sampler looks once a second (ten times as often where the time is compressed): allow one look.
        grace_ms = 1500
        inside = [s.achieved for s in self.users if start_s * 1000 <= s.at_ms <= end_s * 1000 + grace_ms]
        if not inside:
            return f"stage '{name}' was never seen running: it should have reached {wanted} users"
        nearest = min(inside, key=lambda achieved: abs(achieved - wanted))
        between_looks = (
            abs(stage.users_to - stage.users_from) / stage.duration_s * (self.plan.step_s if self.plan else 1)
        )
        if abs(nearest - wanted) <= max(1, 0.02 * wanted, between_looks):
            return None
        return f"stage '{name}' should have reached {wanted} users and came no nearer than {nearest}"

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON, valid by ``schemas/run.schema.json``."""
        data: dict[str, Any] = {
            "schema": "locust-slo/run",
            "version": VERSION,
            "id": self.id,
            "scenario": self.scenario,
            "target": {"url": self.target.url, "embedded": self.target.embedded},
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "ended": self.ended.to_data(),
            "options": dict(self.options),
            "environment": dict(self.environment),
            "generator": dict(self.generator),
            "plan": self.plan.to_data() if self.plan else None,
            "users": [[sample.at_ms, sample.planned, sample.achieved] for sample in self.users],
            "workers": [worker.to_data() for worker in self.workers],
            "notes": list(self.notes),
            "intervals": [interval.to_data() for interval in self.intervals],
        }
        if self.ask:
            data["asked"] = self.ask.to_data()
        if self.scrapes:
            data["scrapes"] = [[scrape.at_ms, dict(scrape.values)] for scrape in self.scrapes]
        if self.search is not None:
            data["search"] = self.search.to_data()
        if self.slowest:
            data["slowest"] = [one.to_data() for one in self.slowest]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Run:
        """Return the run that ``to_data`` described; raises RunError where it is damaged."""
        _check_schema(data)
        try:
            return cls(
                id=data["id"],
                scenario=data["scenario"],
                target=Target(**data["target"]),
                started_at=data["started_at"],
                duration_s=data["duration_s"],
                ended=Ending(**data["ended"]),
                options=data["options"],
                environment=data["environment"],
                generator=data["generator"],
                plan=Plan.from_data(data["plan"]) if data["plan"] else None,
                users=tuple(UserSample(*sample) for sample in data["users"]),
                workers=tuple(Worker.from_data(worker) for worker in data["workers"]),
                notes=tuple(data["notes"]),
                intervals=tuple(Interval.from_data(interval) for interval in data["intervals"]),
                scrapes=tuple(Scrape(*scrape) for scrape in data.get("scrapes", ())),
                search=Steps.from_data(data["search"]) if "search" in data else None,
                ask=Ask(**data["asked"]) if "asked" in data else None,
                slowest=tuple(Slow.from_data(one) for one in data.get("slowest", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(f"the record is damaged: {type(error).__name__} {error}") from None


def _summed(intervals: Iterable[Interval]) -> dict[tuple[str, str], Tally]:
    cells: dict[tuple[str, str], Tally] = {}
    for interval in intervals:
        for endpoint, tally in interval.tallies():
            cells.setdefault((endpoint, interval.stage), Tally()).add(tally)
    return cells


def _lost_by_delay(users_at: Callable[[float], float], start_s: float, stop_s: float) -> float:
    """Return how many user-seconds of a time are missing when all that is wanted comes ``LATE_S`` late."""
    step_s = (stop_s - start_s) / LATE_LOOKS
    middles = [start_s + (number + 0.5) * step_s for number in range(LATE_LOOKS)]
    late = [users_at(at_s - LATE_S) if at_s >= LATE_S else 0.0 for at_s in middles]
    return sum(max(0.0, users_at(at_s) - then) for at_s, then in zip(middles, late, strict=True)) * step_s


def write(run: Run, folder: Path) -> Path:
    """Write ``run.json`` into ``folder`` atomically and return its path."""
    path = folder / FILE_NAME
    atomic.write(path, json.dumps(run.to_data(), separators=(",", ":"), ensure_ascii=False) + "\n")
    return path


def read(path: Path) -> Run:
    """Return the run saved at ``path``, a ``run.json`` or its folder; raises RunError with a sentence."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{file}: there is no such run record; give a folder under reports/ or its run.json") from None
    except OSError as error:
        raise RunError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{file}: is not JSON ({error}); a run record is written by a Locust run") from None
    try:
        return Run.from_data(data)
    except RunError as error:
        raise RunError(f"{file}: {error}") from None


def _check_schema(data: Any) -> None:
    if not isinstance(data, Mapping) or data.get("schema") != "locust-slo/run":
        raise RunError('this is not a run record (its "schema" is not "locust-slo/run")')
    if data.get("version") != VERSION:
        raise RunError(
            f"the record has version {data.get('version')!r}; this locust-slo reads version {VERSION}: "
            "judge it with the version that wrote it, named under environment.locust_slo"
        )
    # The intervals are most of the file and are checked as they are read: a schema takes seconds for them.
    head = {**data, "intervals": []} if isinstance(data.get("intervals"), list) else data
    error = next(Draft202012Validator(schemas.load("run")).iter_errors(head), None)
    if error is not None:
        raise RunError(f"the record is damaged at {error.json_path}: {error.message[:200]}")
