"""How a saved run is judged again: by which objectives, references and policy."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from slo.objectives.objectives import Objectives, load
from slo.record.run import Run
from slo.record.run_record import RunError
from slo.reports import writer
from slo.verdict.policy import Policy


def objectives_of(run: Run, folder: Path, file: Path | None) -> Objectives:
    """Return the objectives of ``file``; without one, those that the run in ``folder`` was judged by.

    A run that was killed before it was judged names its objectives file in its options. Raises ObjectivesError, and
    RunError where the run has no objectives of its own.
    """
    if file is not None:
        return load(file)
    own = writer.judged_by(run, folder)
    if own is not None:
        return own
    named = run.options.get("objectives")
    if not named:
        raise RunError(
            f"{folder}: the run has no objectives of its own ({writer.OBJECTIVES}); name a file with --objectives"
        )
    return load(Path(str(named)))


def judged_objectives(options: argparse.Namespace, run: Run, folder: Path) -> Objectives:
    """Return the objectives to judge by, with the references to compare with, as the command line or the run says."""
    objectives = objectives_of(run, folder, options.objectives)
    baselines = options.baselines or Path(str(run.options.get("baselines") or "baselines"))
    any_baseline = run.options.get("any_baseline") if options.any_baseline is None else options.any_baseline
    return replace(objectives, baselines=baselines, any_baseline=bool(any_baseline))


def policy_of(options: argparse.Namespace, run: Run) -> Policy:
    """Return the policy of the command line, or else of the run's own options."""
    own = Policy.of_options(run.options)
    return Policy(own.allow_incomplete or options.allow_incomplete, options.fail_on or own.fail_on)
