"""Secrets are taken out of what is logged."""

from __future__ import annotations

import io
import logging

from locust.env import Environment

from slo.runtime import secret_log_filter
from slo.text.redact import Redactor


def test_every_handler_hides_secrets_once() -> None:
    stream = io.StringIO()
    handler, logger = logging.StreamHandler(stream), logging.getLogger("tests.secrets")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        for _ in range(2):
            secret_log_filter.install(Redactor(["t0ken-of-admin"]))
        assert len(handler.filters) == 1
        logger.warning('"GET %s HTTP/1.1" %d', "/a?access_token=abc&page=2", 200)
        logger.warning("sent t0ken-of-admin\nto %s", "http://me:pw@host/a")
        logger.warning("100 % done")
        logger.warning("%d arguments", 2)
        try:
            raise ValueError("password=hunter2")
        except ValueError:
            logger.exception("it failed")
    finally:
        logger.removeHandler(handler)
    *shown, last = stream.getvalue().splitlines()
    assert last == "ValueError: password=***"
    assert "hunter2" not in "".join(shown[6:]).replace('raise ValueError("password=hunter2")', "")
    assert shown[:6] == [
        '"GET /a?access_token=***&page=2 HTTP/1.1" 200',
        "sent ***",
        "to http://host/a",
        "100 % done",
        "2 arguments",
        "it failed",
    ]


def test_secrets_are_hidden_in_the_exceptions_that_locust_lists() -> None:
    runner = Environment().create_local_runner()
    secret_log_filter.hide_in_exceptions(runner, lambda text: text.replace("t0ken", "***"))
    runner.log_exception("local", "no access with t0ken", "File x: t0ken")
    (listed,) = runner.exceptions.values()
    assert (listed["msg"], listed["traceback"]) == ("no access with ***", "File x: ***")
    runner.quit()
