"""Recordings with transcripts, and how far a text is from what was said."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import jiwer

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Sample:
    """A recording and what is said in it; an empty transcript for none."""

    path: Path
    language: str
    transcript: str
    is_official: bool
    """The transcript came with the recording, so that an error rate can be computed."""


def samples(folder: Path = DATA) -> list[Sample]:
    """The recordings of a folder, by its ``MANIFEST.tsv``."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Sample(
            folder / row["filename"],
            row["language"],
            row["transcript"],
            row["transcript_source"] == "source",
        )
        for row in rows
    ]


def words(text: str) -> list[str]:
    """A text as it sounds: lower case, no punctuation."""
    return re.findall(r"[\w']+", text.lower().replace("-", " "))


@dataclass
class Errors:
    """Word errors, summed over recordings."""

    n_errors: int = 0
    n_words: int = 0

    def add(self, spoken: str, heard: str) -> None:
        """Count substitutions, deletions and insertions."""
        reference = words(spoken)
        if not reference:
            self.n_errors += len(words(heard))
            return
        result = jiwer.process_words(" ".join(reference), " ".join(words(heard)))
        self.n_errors += result.substitutions + result.deletions + result.insertions
        self.n_words += len(reference)

    @property
    def rate(self) -> float:
        """Word error rate, from 0."""
        return self.n_errors / max(1, self.n_words)
