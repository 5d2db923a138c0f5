"""What may be a secret: it is neither recorded nor shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self

from slo.text.clean import stored

HIDDEN = "***"
_WORDS = (
    r"secret|token|passw|passphrase|pwd|api_?key|private_?key|access_?key|signing_?key|"
    r"credential|auth|cookie|bearer|jwt"
)
_NAMES = re.compile(rf"{_WORDS}|(^|[_-])(pass|key|pin|session)([_-]|$)", re.IGNORECASE)
# Up to the last @ before the path: a password may contain one that is not percent-encoded.
_CREDENTIALS = re.compile(r"(?<=//)[^/\s?#]*@|(?<![\w/.@-])[^\s/:@]+:[^\s/@]+@(?=[\w.-]+(?::\d+)?(?:[/\s]|$))")
_QUERY = re.compile(rf"([?&;][^=&#\s]*(?:{_WORDS}|sig)[^=&#\s]*=)[^&#\s]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b(bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_ASSIGNED = re.compile(rf"(\b[\w-]*(?:{_WORDS})[\w-]*=)[^\s&;,]+", re.IGNORECASE)
_QUOTED = re.compile(rf"((?<!\\)(\\*[\"'])[\w-]*(?:{_WORDS})[\w-]*\2\s*:\s*(\\*[\"']))(?:(?!\3).)+", re.IGNORECASE)
"""JSON, also within the texts of other JSON."""
NO_SECRETS = ("PWD", "OLDPWD")
"""Variables of every shell that are named like a password: the working directory would disappear from all paths."""
MIN_SECRET = 8
"""Characters of a secret of the environment; shorter ones occur by chance."""


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


def without_secrets(text: str) -> str:
    """Return a text without credentials in its URLs, and without what looks like a token or a password."""
    if not any(sign in text for sign in "@=:") and "earer" not in text and "asic" not in text:
        return text  # most texts: names and short messages
    text = _SCHEME.sub(rf"\g<1>\g<2>{HIDDEN}", without_credentials(text))
    return _QUOTED.sub(rf"\g<1>{HIDDEN}", _ASSIGNED.sub(rf"\g<1>{HIDDEN}", text))


class Redactor:
    """Makes text from outside storable: valid Unicode of bounded length, without secrets.

    ``secrets`` are values that must not appear anywhere, whatever surrounds them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values = frozenset(secrets)
        longest_first = sorted(self._values, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the redactor of a process: the environment's variables that are named like a secret hold secrets.

        A short word of small letters is none: it would disappear from every message.
        """
        values = (value for name, value in environment.items() if is_secret_name(name) and name not in NO_SECRETS)
        return cls(v for v in values if len(v) >= MIN_SECRET and not (len(v) < 12 and v.isalpha() and v.islower()))

    def knowing(self, secrets: Iterable[str]) -> Redactor:
        """Return a redactor that knows these secrets, too; one of fewer than ``MIN_SECRET`` characters is left out."""
        return Redactor({*self._values, *(secret for secret in secrets if len(secret) >= MIN_SECRET)})

    def text(self, value: object) -> str:
        """Return ``value`` as a text that can be stored and shown."""
        return self.hide(stored(value))

    def hide(self, text: str) -> str:
        """Return a text without secrets, and otherwise as it is."""
        text = without_secrets(text)
        return self._secrets.sub(HIDDEN, text) if self._secrets is not None else text


BY_PATTERNS = Redactor()
"""Takes out what looks like a secret; it knows none by its value."""
