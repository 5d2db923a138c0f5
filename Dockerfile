# One image for all roles: the embedded hotel API, its PMS, Locust's master and its workers. Without further words
# it is `locust` with the hotel suite; docker-compose.yml says what each service runs instead. Secrets come from the
# environment of a container, never from here.

# The full image has the compiler that a locked package needs where it publishes no wheel, as on arm64.
FROM python:3.12 AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# The lock by itself, before the sources: a change of theirs does not install everything again. There is one lock; the
# tools of development that it holds, a browser's driver among them, are of no use here.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock \
    && pip uninstall --yes axe-playwright-python check-jsonschema hdrhistogram hypothesis import-linter junitparser lxml mkdocs mkdocstrings mypy playwright pytest-cov pytest-xdist ruff types-PyYAML types-jsonschema backports.zstd zstandard
COPY pyproject.toml README.md ./
COPY slo ./slo
COPY locustfiles ./locustfiles
COPY demo ./demo
# Editable, so that there is one copy of each module: `locust -f locustfiles/hotel.py` and `python -m demo` find the same.
RUN pip install --no-deps --no-build-isolation -e . && pip check

FROM python:3.12-slim

# 1000 is the first user of most Linux desktops and servers: such a user owns the reports in a mounted folder.
RUN useradd --uid 1000 --create-home locust \
    && install --directory --owner=1000 --group=1000 /app /app/reports
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    LOCUST_LOCUSTFILE=/app/locustfiles/hotel.py
WORKDIR /app
USER 1000
# Exec form: Locust gets SIGTERM itself, and leaves the record of what was measured.
ENTRYPOINT ["locust"]
