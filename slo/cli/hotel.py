"""``locust-slo hotel``: copy the hotel's suite, the reference user of this package, into a folder."""

from __future__ import annotations

import argparse
import errno
import shutil
from importlib.resources import files
from pathlib import Path

from slo.cli.arguments import Commands, print_lines

PACKAGES = ("locustfiles", "demo")
"""The users with their shapes, and the embedded API that ``--demo`` starts."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("hotel", help="copy the example suite: a hotel's API, its users and objectives")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to copy it to; made if it does not exist")
    parser.set_defaults(do=_copy)


def _copy(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    existing = [name for name in PACKAGES if (folder / name).exists()]
    if existing:
        raise FileExistsError(
            errno.EEXIST, "exists already; nothing was copied, name another folder", str(folder / existing[0])
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        shutil.copytree(_source() / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    print_lines(
        f"{folder}: the hotel's suite; its objectives are {files('slo') / 'hotel.yaml'}. Try it:",
        f"  cd {folder} && locust -f locustfiles/hotel.py --headless --scenario smoke --demo",
    )
    return 0


def _source() -> Path:
    """Return the folder with the suite: within an installed package, or the top of a checkout."""
    package = Path(str(files("slo")))
    installed = package / "hotel"
    return installed if installed.is_dir() else package.parent
