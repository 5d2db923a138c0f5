"""Reference runs: ``baselines/<name>.json`` keeps the last runs of a scenario or suite, cut in blocks of time.

A block has each endpoint's full counts, so that any indicator can be computed from a reference later, and its
variation within the run can be estimated by resampling blocks (see ``slo.baseline.compare``).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgpack
from jsonschema import Draft202012Validator

from slo.baseline.blocks import BLOCKS, Block, blocks_of, pack, unpack, whole_block
from slo.metrics.tally import Tally
from slo.record.run import Run
from slo.record.suite import Suite
from slo.record.target import Target
from slo.text import atomic, json_file, schemas
from slo.text.clean import cleaned
from slo.text.folder_lock import locked
from slo.text.option import flag

VERSION = 3
VERSION_WITHOUT_METHODS = 2
"""Is still read: what a request's method was is not known there."""
KEEP = 5
"""Reference runs kept by default; adding one more drops the oldest."""
MIN_BLOCKS = 10
"""Fewer blocks than this say little of the noise within the run: the whole run is then one block."""
MAX_BYTES = 90_000
"""Largest packed reference; a file of one reference stays under 100 kB with its head."""

FINGERPRINT = ("cpu", "cpus")
"""Environment fields that must be equal for two runs to be compared by default."""
LOAD_OPTIONS = ("tags", "exclude_tags", "user_classes")
"""Locust's options that change the load of a scenario; a suite declares its own (``slo.plugin.declare_suite``)."""


class BaselineError(Exception):
    """A baseline that cannot be read or a run that cannot become one; the message says why and what to do."""


MAX_NAME = 100
"""Characters of the name of a baseline, which is the name of its file."""
UNSAFE_IN_PATH = frozenset("/\\\x7f").union(map(chr, range(32)))


@dataclass(frozen=True)
class Reference:
    """One reference run."""

    id: str
    started_at: str
    duration_s: float
    target: Target
    options: Mapping[str, Any]
    environment: Mapping[str, Any]
    load: str
    blocks: tuple[Block, ...]

    def tally(self, endpoint: Callable[[str], bool] = lambda _: True) -> Tally:
        """Return the sum of the counts of the endpoints that the predicate accepts."""
        return Tally.merged(t for block in self.blocks for name, t in sorted(block.cells.items()) if endpoint(name))

    @classmethod
    def of(cls, run: Run, blocks: int = BLOCKS) -> Reference:
        """Return the reference for a run."""
        return cls(
            run.id,
            run.started_at,
            run.duration_s,
            run.target,
            run.options,
            run.environment,
            load_of(run),
            blocks_of(run, blocks),
        )

    def to_data(self) -> dict[str, Any]:
        """Return plain data for JSON, its blocks packed."""
        return {
            "id": self.id,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "target": {"url": self.target.url, "embedded": self.target.embedded},
            "options": dict(self.options),
            "environment": dict(self.environment),
            "load": self.load,
            "blocks": pack(self.blocks),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], has_methods: bool = True) -> Reference:
        """Return the reference that ``to_data`` described; raises ValueError when its blocks are damaged.

        ``has_methods``: its endpoints have methods, since version 3.
        """
        blocks = unpack(data["blocks"], has_methods)
        return cls(**{**data, "target": Target(**data["target"]), "blocks": blocks})


def differences(before: Run | Reference, after: Run) -> list[str]:
    """Return how two runs differ in target, machine and load, as ``name: there, here`` texts."""
    load = before.load if isinstance(before, Reference) else load_of(before)
    pairs: list[tuple[str, Any, Any]] = [("target", before.target.identity(), after.target.identity())]
    pairs += [(name, before.environment.get(name), after.environment.get(name)) for name in FINGERPRINT]
    pairs.append(("load", load, load_of(after)))
    names = dict.fromkeys((*_suite_options(before), *_suite_options(after), *LOAD_OPTIONS))
    pairs += [(flag(name), before.options.get(name), after.options.get(name)) for name in names]
    return [f"{name}: {there} there, {here} here" for name, there, here in pairs if there != here]


def _suite_options(run: Run | Reference) -> tuple[str, ...]:
    return Suite.of_options(run.options).all_load_options


def load_of(run: Run) -> str:
    """Return the requested load in one line: its stages or its users, and the number of generator processes."""
    if run.plan:
        unit = "/s" if run.plan.is_open else ""
        stages = [f"{s.load_from:g}-{s.load_to:g}{unit} in {s.duration_s:g} s" for s in run.plan.stages]
        load = ", ".join(stages) if len(stages) <= 12 else hashlib.sha256("".join(stages).encode()).hexdigest()[:12]
    else:
        load = f"{run.options.get('num_users', '?')} users for {run.options.get('run_time', '?')} s"
    return f"{load} by {max(1, len(run.workers))}"


def name_of(run: Run) -> str:
    """Return the name of a run's baseline: its scenario, or the name of a suite that has no scenarios.

    It is empty for runs that were recorded without a scenario before suites had names.
    """
    return run.scenario or Suite.of_options(run.options).name


def path_of(run: Run, folder: Path) -> Path:
    """Return the file that keeps the references of runs like this one; raises BaselineError for one without a name."""
    name = name_of(run)
    if not name:
        raise BaselineError(
            f"{run.id}: has neither a scenario nor the name of its suite, so its baseline has no name; record it again"
        )
    if name.startswith(".") or not UNSAFE_IN_PATH.isdisjoint(name) or len(name) > MAX_NAME:
        raise BaselineError(
            f"{run.id}: '{cleaned(name, 60)}' cannot be the name of a baseline: it is at most {MAX_NAME} characters "
            "long, begins with no dot, and has no slash, backslash or control character"
        )
    return folder / f"{name}.json"


def read(path: Path) -> list[Reference]:
    """Return the reference runs at ``path``, oldest first; none when there is no file yet.

    Raises BaselineError for a file that is damaged or of another version: it is never overwritten.
    """
    try:
        data = json_file.read(path)
    except FileNotFoundError:
        return []
    except json_file.JsonFileError as error:
        raise BaselineError(f"{path}: {error}; restore it from git or delete it") from None
    version = data.get("version") if isinstance(data, dict) else None
    if version not in (VERSION_WITHOUT_METHODS, VERSION) and isinstance(version, int):
        raise BaselineError(
            f"{path}: is a baseline of version {version}, this locust-slo reads versions "
            f"{VERSION_WITHOUT_METHODS} and {VERSION}; restore it from git or delete it"
        )
    wrong = next(Draft202012Validator(schemas.load("baseline")).iter_errors(data), None)
    if wrong is not None:
        raise BaselineError(
            f"{path}: is no baseline of version {VERSION} ({wrong.json_path}: {wrong.message[:120]}); "
            "restore it from git or delete it"
        )
    if data["scenario"] != path.stem:
        raise BaselineError(
            f"{path}: is the baseline of scenario {data['scenario'][:60]}; restore it from git or delete it"
        )
    try:
        return [Reference.from_data(one, has_methods=version == VERSION) for one in data["runs"]]
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error, msgpack.UnpackException) as error:
        raise BaselineError(f"{path}: its counts are damaged ({error}); restore it from git or delete it") from None


def add(run: Run, folder: Path, keep: int = KEEP) -> Path:
    """Add ``run`` to its scenario's references, atomically; returns the file. Raises BaselineError or OSError."""
    if run.search is not None:
        raise BaselineError(f"{run.id}: searched for the limit; a reference is a run whose load was planned")
    path = path_of(run, folder)
    if not run.tallies:
        raise BaselineError(f"{run.id}: holds not one request")
    new = _sized_reference(run)
    with locked(folder):
        references = read(path)
        if any(reference.id == run.id for reference in references):
            raise BaselineError(f"{path}: holds {run.id} already")
        _write(path, path.stem, [*references, new][-keep:])
    return path


def drop(path: Path, ids: Sequence[str]) -> list[str]:
    """Remove the references called ``ids`` from the file, which is deleted with its last one; returns those left."""
    with locked(path.parent):
        references = read(path)
        known = [reference.id for reference in references]
        strange = [one for one in ids if one not in known]
        if strange:
            raise BaselineError(f"{path}: holds no {', '.join(strange)}; it holds {', '.join(known) or 'nothing'}")
        left = [reference for reference in references if reference.id not in ids]
        _write(path, path.stem, left) if left else path.unlink(missing_ok=True)
    return [reference.id for reference in left]


def _sized_reference(run: Run) -> Reference:
    """Return the run as a reference of at most ``MAX_BYTES``, with fewer blocks if necessary, or one for all."""
    blocks = BLOCKS
    while blocks >= MIN_BLOCKS:
        reference = Reference.of(run, blocks)
        if len(pack(reference.blocks)) <= MAX_BYTES:
            return reference
        blocks //= 2
    reference = replace(Reference.of(run, 1), blocks=(whole_block(run),))
    if len(pack(reference.blocks)) > MAX_BYTES:
        raise BaselineError(
            f"{run.id}: has too many endpoints for a baseline ({len(run.endpoints)}); "
            "let requests to one page share a name (Locust's `name=`)"
        )
    return reference


def _write(path: Path, scenario: str, references: Iterable[Reference]) -> None:
    runs = [reference.to_data() for reference in references]
    data = {"schema": "locust-slo/baseline", "version": VERSION, "scenario": scenario, "runs": runs}
    atomic.write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
