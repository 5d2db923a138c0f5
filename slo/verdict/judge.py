"""Judging: a run and the objectives give a verdict. Pure: no clock, no files, no Locust."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slo.analysis import findings, generator_health, outcome, silence
from slo.analysis.offered import short_stages, unreached_stages, users_never_reached
from slo.analysis.outcome import Outcome
from slo.analysis.timeline import Point
from slo.metrics.tally_table import Tallies
from slo.objectives.objectives import Objectives
from slo.record.run import Run
from slo.verdict.objective_judge import ObjectiveJudge
from slo.verdict.overall import after_load_notes, late_arrival_notes, overall, unreported_note
from slo.verdict.policy import Policy
from slo.verdict.regression import NOT_YET, References
from slo.verdict.verdict import Verdict


def judge(
    run: Run,
    objectives: Objectives,
    references: References = NOT_YET,
    points: Sequence[Point] | None = None,
    policy: Policy | None = None,
) -> Verdict:
    """Return the verdict on ``run`` by ``objectives``; all of them are judged, not only the first missed.

    ``references`` are the scenario's reference runs, or why there are none. ``points`` are the timeline of a running
    run; that of a finished one is computed from its intervals. Without a ``policy`` the run's own options decide.
    """
    policy = policy or Policy.of_options(run.options)
    found, silent = findings.find(run, objectives, points), silence.find(run)
    judge_of_objectives = ObjectiveJudge(run, objectives, references, found, policy)
    results = tuple(judge_of_objectives.judge(objective) for objective in objectives.items)
    status, reason = overall(run, results, found, silent, policy)
    return Verdict(
        run_id=run.id,
        scenario=run.scenario,
        target=run.target,
        status=status,
        reason=reason,
        results=results,
        notes=(
            *filter(None, [run.code.exceptions.sentence(), unreported_note(run), users_never_reached(run)]),
            *after_load_notes(run),
            *silent.notes,
            *run.notes,
            *unreached_stages(run),
            *short_stages(run),
            *generator_health.notes(run),
            *late_arrival_notes(run),
        ),
        requests=run.tally().requests,
        duration_s=run.duration_s,
        objectives_source=objectives.source,
        objectives_sha256=objectives.sha256,
        fail_on=policy.fail_on,
        references=judge_of_objectives.references,
        findings=found,
    )


def step_judge(scenario: str | None, objectives: Objectives) -> Callable[[Tallies, float], Outcome]:
    """Return a function that returns the outcome of a step of a search, from its counts and its seconds."""
    chosen = findings.window_objectives(scenario, objectives)
    return lambda tallies, seconds: outcome.outcome_of(tallies, seconds, chosen, objectives.groups)
