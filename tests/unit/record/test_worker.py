"""A worker in the record."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from slo.record.worker import Worker

TIMES = st.floats(0, 1e6)


@given(
    st.builds(
        Worker,
        st.text(),
        st.integers(0),
        st.integers(0),
        st.booleans(),
        TIMES,
        st.lists(st.tuples(TIMES, st.none() | TIMES)).map(tuple),
    )
)
def test_it_is_read_back_as_it_was_written(worker: Worker) -> None:
    assert Worker.from_data(json.loads(json.dumps(worker.to_data()))) == worker


def test_a_record_of_an_older_version_has_no_absences() -> None:
    data = {"name": "one", "requests_sent": 5, "requests_received": 5, "finished": True}
    assert Worker.from_data(data).absences == ()
