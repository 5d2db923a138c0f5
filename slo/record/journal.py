"""What is on disk while a run is under way, so that even a killed process leaves what it measured.

The journal is a stream of msgpack values beside the future ``run.json``: first the record's head, then each
interval as it closes, and the slowest traced requests in between. It is deleted once ``run.json`` is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgpack

from slo.record.history import History
from slo.record.interval import Interval
from slo.record.run import Run
from slo.record.run_record import VERSION, RunError
from slo.record.slowest import SlowestRequests, SlowRequest

FILE_NAME = "journal.msgpack"


class Journal:
    """Appends a run's intervals to ``folder``; a disk that is full costs the journal, never the run."""

    def __init__(self, folder: Path, head: dict[str, Any]) -> None:
        self._path = folder / FILE_NAME
        self._file: BinaryIO | None = self._path.open("wb")
        self._append(head)

    def append(self, interval: Interval) -> None:
        """Append one interval; it survives this process's death, if not the machine's."""
        self._append(interval.to_wire())

    def append_slow(self, slow: Sequence[SlowRequest]) -> None:
        """Append requests that became some of the slowest."""
        if slow:
            self._append({"slowest": [one.to_data() for one in slow]})

    def discard(self) -> None:
        """Delete the journal: the run record is written."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop appending and keep what is there."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, value: Any) -> None:
        if self._file is None:
            return
        try:
            self._file.write(msgpack.packb(value))
            self._file.flush()
        except OSError:
            self.close()


def recover(folder: Path) -> Run:
    """Return the run from the journal in ``folder``, marked as crashed; raises RunError without one."""
    path = folder / FILE_NAME
    history = History()
    slowest = SlowestRequests()
    head: dict[str, Any] | None = None
    end_ms = 0
    try:
        with path.open("rb") as file:
            for value in msgpack.Unpacker(file, strict_map_key=False):
                if head is None:
                    head = value
                    continue
                if isinstance(value, dict):
                    slowest.update(map(SlowRequest.from_data, value["slowest"]))
                    continue
                interval = Interval.from_wire(value)
                end_ms = max(end_ms, interval.end_ms)
                history.add(interval)
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, msgpack.UnpackException):
        pass  # the process died while it wrote: everything before this line counts
    if not isinstance(head, dict):
        raise RunError(f"{path}: the journal holds no run")
    reason = "the process ended without a result (killed?); this is the content of its journal"
    intervals = [interval.to_data() for interval in history.intervals()]
    rest = {"duration_s": end_ms / 1000, "ended": {"how": "crashed", "reason": reason}, "intervals": intervals}
    slow = [one.to_data() for one in slowest.items()]
    return Run.from_data({**head, "version": VERSION, **rest, **({"slowest": slow} if slow else {})})
