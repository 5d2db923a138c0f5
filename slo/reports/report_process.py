"""``python -m slo.reports.report_process``: makes one report of a judged run in a separate process.

The parent writes the work to standard input, pickled: the report's format, the run's folder, the verdict and the
objectives. An error is the last line on standard error, and the exit code is 1.
"""

from __future__ import annotations

import pickle
import sys

from slo.record import run as records
from slo.reports import writer


def main() -> int:
    """Make the report; returns the exit code."""
    name, folder, verdict, objectives = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by the parent process
    try:
        writer.write(name, records.read(folder), verdict, objectives, folder)
    except Exception as error:  # noqa: BLE001  # the parent prints it, and the verdict is not affected
        sys.stderr.write(f"{error or type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
