"""What may be a secret: it is neither recorded nor shown."""

from __future__ import annotations

import re

_NAMES = re.compile(r"secret|token|password|passwd|api_?key|credential|auth", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@")


def names(option: str) -> bool:
    """Return whether an option's name says that its value is a secret."""
    return _NAMES.search(option) is not None


def without_credentials(url: str) -> str:
    """Return the URL without user name and password."""
    return _CREDENTIALS.sub("", url)
