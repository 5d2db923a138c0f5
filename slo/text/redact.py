"""What may be a secret: it is neither recorded nor shown."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "***"
_WORDS = (
    r"secret|token|passw|passphrase|pwd|api_?key|private_?key|access_?key|signing_?key|"
    r"credential|auth|cookie|bearer|jwt"
)
_NAMES = re.compile(rf"{_WORDS}|(^|[_-])(pass|key|pin|session)([_-]|$)", re.IGNORECASE)
# Up to the last @ before the path: a password may contain one that is not percent-encoded.
_CREDENTIALS = re.compile(r"(?<=//)[^/\s?#]*@|(?<![\w/.@-])[^\s/:@]+:[^\s/@]+@(?=[\w.-]+(?::\d+)?(?:[/\s]|$))")
_QUERY = re.compile(rf"([?&;][^=&#\s]*(?:{_WORDS}|sig)[^=&#\s]*=)[^&#\s]+", re.IGNORECASE)


def is_secret_name(option: str) -> bool:
    """Return whether an option's name says that its value is a secret."""
    return _NAMES.search(option) is not None


def without_credentials(url: str) -> str:
    """Return the URL without user name and password, and without what its query calls a secret."""
    return _QUERY.sub(rf"\g<1>{HIDDEN}", _CREDENTIALS.sub("", url))


def redacted(value: Any) -> Any:
    """Return plain data in which no text holds credentials, and nothing that is named a secret."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, list | tuple):
        return [redacted(one) for one in value]
    if isinstance(value, dict):
        return {name: redacted(one) for name, one in value.items() if not is_secret_name(str(name))}
    return value
