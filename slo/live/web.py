"""The SLO page in Locust's web UI: a tab, a page at ``/slo/``, and its JSON at ``/slo/verdict``.

Everything is served behind Locust's own login if that is on. No part of a URL reaches the file system:
a report is served if its run and its name are in our own lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, abort, jsonify, redirect, request

from slo.live import snapshot as live
from slo.live.cross_site import REFUSAL, is_cross_site

ASSETS = {"slo.css": "text/css", "slo.js": "text/javascript", "tab.js": "text/javascript"}
_KINDS = {
    ".html": "text/html",
    ".md": "text/plain",
    ".json": "application/json",
    ".xml": "application/xml",
}
REPORTS = {name: _KINDS[Path(name).suffix] for name in live.FILES}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
_COLUMNS = (
    ("name", "Objective"),
    ("status", "Status"),
    ("value", "Value"),
    ("target", "Target"),
    ("priority", "Priority"),
    ("trend", "Over the run"),
)
_TAB = {
    "extended_tabs": [{"title": "SLO", "key": "slo"}],
    "extended_tables": [{"key": "slo", "structure": [{"key": key, "title": title} for key, title in _COLUMNS]}],
}
_BARS = "▁▂▃▄▅▆▇█"


class WebUI(Protocol):
    """What is used of Locust's web UI. Locust patches the standard library when it is imported: not needed here."""

    app: Flask | None
    template_args: dict[str, Any]

    def auth_required_if_enabled(self, view_func: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a view so that it requires a login where Locust's own pages do."""


def register(
    web_ui: WebUI,
    snapshot: Callable[[], dict[str, Any]],
    folder: Callable[[str], Path | None],
    metrics: Callable[[str], tuple[bytes, str]],
) -> None:
    """Add the tab and the page to ``web_ui``, and the metrics for Prometheus.

    ``snapshot`` returns what the page shows now (see ``slo.live.snapshot``); ``folder`` the folder of a finished run by
    its id, or None for a run that is not known; ``metrics`` the metrics for an Accept header, and their content type.
    """
    app = web_ui.app
    assert app is not None
    base = app.blueprints["locust"].url_prefix or ""
    page = Blueprint("slo", __name__, url_prefix=f"{base}/slo")
    _page_routes(page, web_ui, snapshot)
    _report_routes(page, web_ui, folder)
    app.register_blueprint(page)
    app.register_blueprint(_metrics_page(web_ui, metrics, base))
    web_ui.template_args = {**web_ui.template_args, **_TAB}
    app.after_request(lambda response: _extend(response, snapshot))


def guard(web_ui: WebUI, before: Callable[[], None], form_error: Callable[[Mapping[str, str]], str]) -> None:
    """Refuse what a page of another site asks of any of Locust's own pages, and a start form with a wrong value.

    ``before`` is called at each request; ``form_error`` returns what is wrong with a form, which Locust's page shows.
    """
    assert web_ui.app is not None

    @web_ui.app.before_request
    def check() -> Response | None:
        before()
        if is_cross_site(request.method, dict(request.headers), request.host):
            return Response(f"{REFUSAL}\n", status=403, content_type="text/plain")
        if request.method == "POST" and request.path.endswith("/swarm"):
            wrong = form_error(request.form)
            if wrong:
                return jsonify({"success": False, "message": wrong, "host": request.form.get("host", "")})
        return None


def _metrics_page(web_ui: WebUI, metrics: Callable[[str], tuple[bytes, str]], base: str) -> Blueprint:
    page = Blueprint("slo_metrics", __name__, url_prefix=base or None)

    @page.route("/metrics")
    @web_ui.auth_required_if_enabled
    def exposed() -> Response:
        text, content_type = metrics(request.headers.get("Accept", ""))
        return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})

    return page


def _page_routes(page: Blueprint, web_ui: WebUI, snapshot: Callable[[], dict[str, Any]]) -> None:
    @page.route("")
    @web_ui.auth_required_if_enabled
    def without_slash() -> Any:
        return redirect(f"{request.path}/")

    @page.route("/")
    @web_ui.auth_required_if_enabled
    def index() -> Response:
        return _answer(_asset("slo.html"), "text/html")

    @page.route("/assets/<name>")
    @web_ui.auth_required_if_enabled
    def asset(name: str) -> Response:
        if name not in ASSETS:
            abort(404)
        return _answer(_asset(name), ASSETS[name])

    @page.route("/verdict")
    @web_ui.auth_required_if_enabled
    def verdict() -> Response:
        return _answer(json.dumps(snapshot(), ensure_ascii=False), "application/json")


def _report_routes(page: Blueprint, web_ui: WebUI, folder: Callable[[str], Path | None]) -> None:
    @page.route("/runs/<run_id>/<name>")
    @web_ui.auth_required_if_enabled
    def report(run_id: str, name: str) -> Response:
        known = folder(run_id) if name in REPORTS else None
        if known is None:
            abort(404)
        try:
            text = (known / name).read_text(encoding="utf-8")
        except OSError:
            abort(404)
        response = _answer(text, REPORTS[name])
        # A report needs nothing else: its style and script are inline, and it may load nothing.
        response.headers["Content-Security-Policy"] = _REPORT_POLICY
        return response


def _extend(response: Response, snapshot: Callable[[], dict[str, Any]]) -> Response:
    """Add our rows to the statistics that Locust's page requests, and our script to the page."""
    if response.status_code != 200:
        return response
    if request.endpoint == "locust.request_stats":
        data = response.get_json()
        others = [one for one in data.get("extended_stats", []) if one.get("key") != "slo"]
        data["extended_stats"] = [*others, {"key": "slo", "data": rows(snapshot())}]
        response.set_data(json.dumps(data))
    elif request.endpoint == "locust.index" and not response.direct_passthrough:
        script = '<script src="./slo/assets/tab.js" defer></script></body>'
        response.set_data(response.get_data(as_text=True).replace("</body>", script, 1))
    return response


def rows(snapshot: dict[str, Any]) -> list[dict[str, str]]:
    """Return the rows of the tab's table as plain text, which is all that Locust's table displays."""
    overall = {
        "name": " Overall",  # a blank first: the table sorts by name
        "status": snapshot["status"],
        "value": snapshot["reason"],
        "target": "",
        "priority": "",
        "trend": "",
    }
    found = [overall]
    for one in snapshot["objectives"]:
        few = " (low confidence)" if one["low_confidence"] else ""
        found.append(
            {
                "name": one["name"],
                "status": one["status"],
                "value": one["shown"] + few,
                "target": one["target_shown"],
                "priority": one["priority"],
                "trend": sparkline(one["trend"]),
            }
        )
    return found


def sparkline(points: list[float | None], width: int = 30) -> str:
    """Return the newest ``width`` points as bars of text; a gap where nothing was measured."""
    shown = points[-width:]
    known = [point for point in shown if point is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    step = (high - low) / (len(_BARS) - 1) or 1.0
    return "".join(" " if point is None else _BARS[round((point - low) / step)] for point in shown)


def _asset(name: str) -> str:
    return (files("slo.live") / "assets" / name).read_text(encoding="utf-8")


def _answer(text: str, kind: str) -> Response:
    return Response(text, content_type=f"{kind}; charset=utf-8", headers=_HEADERS)
