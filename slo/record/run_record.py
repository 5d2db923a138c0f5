"""The record of a run: immutable, serialisable, versioned JSON (``run.json``).

What is computed from it is in ``slo.record.run`` (sums) and ``slo.analysis`` (answers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from jsonschema import Draft202012Validator

from slo.load.plan import Plan
from slo.load.requested_load import RequestedLoad
from slo.load.search_record import SearchRecord
from slo.metrics.histogram import Histogram
from slo.record import version_1
from slo.record.code_counts import CodeCounts
from slo.record.ending import Ending
from slo.record.interval import Interval
from slo.record.samples import Scrape, UserSample
from slo.record.slowest import SlowRequest
from slo.record.target import Target
from slo.record.worker import Worker
from slo.text import schemas

VERSION = 2


class RunError(Exception):
    """A file that is not a run record this version can read; the message says why and what to do."""


@dataclass(frozen=True)
class RunRecord:
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
    search: SearchRecord | None = None
    requested_load: RequestedLoad | None = None
    slowest: tuple[SlowRequest, ...] = ()
    """The slowest requests of each endpoint with their traces, the slowest first; empty where nothing was traced."""
    code: CodeCounts = field(default_factory=CodeCounts)

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON, valid by ``run.schema.json``."""
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
        if self.requested_load:
            data["asked"] = self.requested_load.to_data()
        if self.scrapes:
            data["scrapes"] = [[scrape.at_ms, dict(scrape.values)] for scrape in self.scrapes]
        if self.search is not None:
            data["search"] = self.search.to_data()
        data.update(self.code.to_data())
        if self.slowest:
            data["slowest"] = [one.to_data() for one in self.slowest]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the run that ``to_data`` described; raises RunError where it is damaged."""
        if isinstance(data, Mapping) and data.get("version") == 1:
            data = version_1.upgraded(data)
        _check_schema(data)
        try:
            _check_processes(data["generator"].get("processes", ()))
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
                search=SearchRecord.from_data(data["search"]) if "search" in data else None,
                requested_load=RequestedLoad(**data["asked"]) if "asked" in data else None,
                code=CodeCounts.from_data(data),
                slowest=tuple(SlowRequest.from_data(one) for one in data.get("slowest", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunError(f"the record is damaged: {type(error).__name__} {error}") from None


def _check_processes(processes: Iterable[Mapping[str, Any]]) -> None:
    """Raise ValueError for statistics of our processes that cannot be any; an empty histogram is none."""
    for process in processes:
        for stats in process["stages"].values():
            if stats["lag"]["buckets"]:
                Histogram.checked(stats["lag"])


def _check_schema(data: Any) -> None:
    if not isinstance(data, Mapping) or data.get("schema") != "locust-slo/run":
        raise RunError('this is not a run record (its "schema" is not "locust-slo/run")')
    if data.get("version") != VERSION:
        raise RunError(
            f"the record has version {data.get('version')!r}; this locust-slo reads versions 1 and {VERSION}: "
            "judge it with the version that wrote it, named under environment.locust_slo"
        )
    # The intervals are most of the file and are checked as they are read: a schema takes seconds for them.
    head = {**data, "intervals": []} if isinstance(data.get("intervals"), list) else data
    error = next(Draft202012Validator(schemas.load("run")).iter_errors(head), None)
    if error is not None:
        raise RunError(f"the record is damaged at {error.json_path}: {error.message[:200]}")
