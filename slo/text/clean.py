"""Cleaning of text from outside for display: one line, bounded length, no invisible or reordering characters."""

from __future__ import annotations

import io
import re

MAX_LENGTH = 160
"""Characters of a name or sentence that are shown."""
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]")
"""Invisible characters that can damage a report: controls, bidirectional and zero-width marks, lone surrogates."""
UNSAFE_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
"""Characters that are not safe in a file name on every system."""
_COMMAND = re.compile(r"^\s*::|##\[")
_INVISIBLE_RUNS = re.compile(f"{INVISIBLE.pattern}+")


def one_line(text: str, replacement: str = " ") -> str:
    """Return ``text`` on one line: each run of invisible characters becomes ``replacement``."""
    return _INVISIBLE_RUNS.sub(replacement, text)


def cleaned(text: object, max_length: int = MAX_LENGTH) -> str:
    """Return ``text`` on one line of at most ``max_length`` characters; control and bidi marks become one sign."""
    shown = one_line(str(text)[: max_length * 4], "\ufffd")
    return shown if len(shown) <= max_length and len(str(text)) <= max_length * 4 else shown[: max_length - 1] + "…"


def file_name(text: str) -> str:
    """Return ``text`` as a part of a file name: unsafe characters as ``-``, none of them or ``.`` at its ends."""
    return UNSAFE_IN_FILE_NAME.sub("-", text).strip("-.")


def for_terminal(text: str, max_length: int = 300) -> str:
    """Return ``text`` as a terminal and the log of a CI can show it: one line of at most ``max_length`` characters.

    No control character reaches the terminal, and nothing that GitHub's runner takes for a command at the beginning of
    a line (``::``) or within it (``##[``).
    """
    text = _COMMAND.sub(lambda found: " ".join(found[0]), INVISIBLE.sub("?", text))
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


MAX_STORED = 2000
"""Characters of a text from outside that are stored."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def stored(text: object) -> str:
    """Return what came from outside as a text that every format can hold: one line of valid Unicode, of bounded length.

    Anything but a text is shown as ``str`` does; an object whose own code fails at that, by its type. Invisible
    characters, and lone surrogates like half an emoji that an API sent, become U+FFFD.
    """
    if not isinstance(text, str):
        try:
            text = str(text)
        except Exception as error:  # noqa: BLE001  # code of the user's: what it belongs to is counted all the same
            return f"{type(text).__name__} ({type(error).__name__} in its text)"
    if len(text) > MAX_STORED:
        text = text[: MAX_STORED - 1] + "\u2026"
    return text if text.isascii() and text.isprintable() else one_line(text, "\ufffd")


def encodable(data: object) -> object:
    """Return plain data in which every text can be encoded as UTF-8: lone surrogates become U+FFFD."""
    if isinstance(data, str):
        return _SURROGATES.sub("\ufffd", data)
    if isinstance(data, dict):
        return {encodable(key): encodable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [encodable(one) for one in data]
    return data


def escape_what_cannot_be_printed(*streams: object) -> None:
    """Make text streams write a character that their encoding lacks as an escape, instead of raising an error."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
