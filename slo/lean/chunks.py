"""The pieces of a body, as text and as lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator


def decoded(chunks: Iterable[bytes]) -> Iterator[str | bytes]:
    """Yield pieces of a body as text where they are UTF-8; from the first that is not, as bytes."""
    decoder, is_text = codecs.getincrementaldecoder("utf-8")(), True
    for chunk in chunks:
        waiting = decoder.getstate()[0]
        if not is_text:
            yield chunk
            continue
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:
            is_text = False
            decoder.reset()
            yield waiting + chunk
            continue
        if text:
            yield text
    if rest := decoder.getstate()[0]:
        yield rest


def lines_of(chunks: Iterable[str | bytes]) -> Iterator[str]:
    """Yield the lines of a body, without their ends; bytes that are not UTF-8 are replaced."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    waiting = ""
    for chunk in chunks:
        waiting += chunk if isinstance(chunk, str) else decoder.decode(chunk)
        *lines, waiting = waiting.split("\n")
        yield from (line.removesuffix("\r") for line in lines)
    waiting += decoder.decode(b"", True)
    if waiting:
        yield waiting
