"""Where a run is shown beside its files: Prometheus, a webhook, the page in Locust's web UI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gevent
from locust.env import Environment

from slo.cluster.process_status import ProcessStatus
from slo.live import web
from slo.prometheus.exporter import Exporter, ExporterError, exporter_for
from slo.reports.notifier import Notifier, NotifierError, notifier_for
from slo.runtime.engine import Engine
from slo.runtime.exit import exit_without_verdict
from slo.runtime.form_check import form_error
from slo.runtime.secret_hosts import note_given_hosts


class Outputs:
    """The outputs that the options select; one that cannot be opened ends the process with 3, before any load."""

    def __init__(
        self, environment: Environment, engine: Engine, processes: Callable[[], Sequence[ProcessStatus]]
    ) -> None:
        parsed: Any = environment.parsed_options
        self._engine = engine
        self._headless = bool(parsed.headless)
        self._notifier: Notifier | None = None
        self._exporter: Exporter | None = None
        try:
            self._notifier = notifier_for(parsed)
            self._exporter = exporter_for(parsed, engine, processes, environment.web_ui is not None)
        except (ExporterError, NotifierError) as error:
            exit_without_verdict(f"{error}; no load was sent")
        # Locust sends all options to workers; these may hold secrets that workers do not need.
        parsed.notify = parsed.prometheus_push = ""
        if environment.web_ui is not None and self._exporter is not None:
            engine.has_viewers = True
            web.guard(
                environment.web_ui,
                lambda: note_given_hosts(environment),
                lambda form: form_error(form, vars(environment.parsed_options)),
            )
            web.register(
                environment.web_ui, lambda: engine.snapshot(processes()), engine.store.folder_of, self._exporter.text
            )

    def publish(self) -> None:
        """Push the metrics and send the verdict of the run that ended; with a web UI the latter is not waited for."""
        if self._exporter is not None:
            self._exporter.push()
        run, verdict = self._engine.store.last or (None, None)
        if self._notifier is None or run is None or verdict is None:
            return
        sending = gevent.spawn(self._notifier.send, run, verdict)
        if self._headless:
            sending.join()
