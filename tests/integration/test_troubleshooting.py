"""Each message that tells a user what is wrong has its place in the guide."""

from __future__ import annotations

import re

from tests.support.messages import GAP, file_of, sentences

PAGE = file_of("troubleshooting.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`.+?`) \|.+\|.+\|$", PAGE, re.MULTILINE)


def phrases() -> list[list[str]]:
    """Return the pieces, between gaps, of what the page's first columns quote."""
    return [[piece for piece in row[1:-1].replace("``", "`").split(GAP) if piece] for row in ROWS]


def covers(pieces: list[str], sentence: str) -> bool:
    """Return whether the pieces occur in the sentence, one after the other."""
    place = 0
    for piece in pieces:
        place = sentence.find(piece.strip(), place)
        if place < 0:
            return False
        place += len(piece.strip())
    return bool(pieces)


def test_every_message_is_explained() -> None:
    known = phrases()
    found = set(sentences())
    assert len(found) > 90
    assert [one for one in sorted(found) if not any(covers(pieces, one[1]) for pieces in known)] == []


def test_every_message_explained_is_one_that_is_said() -> None:
    said = [sentence for _, sentence in sentences()]
    assert [pieces for pieces in phrases() if not any(covers(pieces, sentence) for sentence in said)] == []
