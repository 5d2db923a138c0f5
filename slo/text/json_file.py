"""Reading a JSON file that anybody may have written: what is wrong with it is a sentence, never a crash."""

from __future__ import annotations

import json
import math
import re
import stat
from pathlib import Path
from typing import Any, NoReturn

MAX_BYTES = 256 * 2**20
MAX_NUMBER = 10.0**18
"""No number in a file of ours is larger."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonFileError(ValueError):
    """A file that cannot be read as JSON; the text says why, without the file's name."""


def read(path: Path, max_bytes: int = MAX_BYTES) -> Any:
    """Return the data in a file; raises FileNotFoundError, or JsonFileError for all else that is wrong with it."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise JsonFileError("is not a regular file")
        if found.st_size > max_bytes:
            raise JsonFileError(f"is larger than {max_bytes // 2**20} MB; is this the right file?")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise JsonFileError(f"cannot be read: {error.strerror}") from None
    return parse(raw)


def parse(raw: bytes) -> Any:
    """Return the data of JSON text; raises JsonFileError, also for numbers and texts that JSON cannot hold."""
    try:
        text = raw.decode("utf-8")
        data = json.loads(text, parse_constant=_refuse_constant, parse_float=_float)
        if _SURROGATE.search(text):
            json.dumps(data, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise JsonFileError("is not UTF-8 text") from None
    except UnicodeEncodeError:
        raise JsonFileError("holds half a character (a lone surrogate)") from None
    except RecursionError:
        raise JsonFileError("is nested too deeply") from None
    except ValueError as error:
        raise JsonFileError(f"is not JSON ({error})") from None
    return data


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise ValueError(f"the number {text[:30]} is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
