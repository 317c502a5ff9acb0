"""The times of the words of an utterance.

The only place to change for a model with word times: ``Utterance.words`` then holds them, and
nothing is guessed.
"""

from __future__ import annotations

from skdictate.core.events import Word
from skdictate.server.recogniser import Utterance
from skdictate.server.refinement import Form, raw
from skdictate.server.spoken_numbers import spelled


def words_of(utterance: Utterance, form: Form, *, guesses: bool) -> tuple[Word, ...]:
    """The words of an utterance in a form, with times in milliseconds of its stream.

    Args:
        utterance: its ``words`` are used if the model gave any.
        form: how the words are written.
        guesses: guess the times from the letters of the text if the model gave none.
    """
    if not utterance.words:
        text = form.of(utterance.text, utterance.written) if guesses else ""
        return by_place(text, utterance.start_ms, utterance.end_ms)
    if not utterance.written or form is Form.LITERARY:
        return utterance.words
    return tuple(part for word in utterance.words for part in _parts(word, form))


def _parts(word: Word, form: Form) -> tuple[Word, ...]:
    """A word of the model in a form, which may turn a number into several words and a mark into
    none.
    """
    if form is Form.SPELLED:
        return by_place(spelled(word.text), word.start_ms, word.end_ms)
    return by_place(form.of(raw(word.text), word.text), word.start_ms, word.end_ms)


def by_place(text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Spread the words of a text over a stretch of time in proportion to their letters.

    Between two words there is a pause as long as one letter. The first word begins with the
    stretch, the last one ends with it, and they never overlap.
    """
    words = text.split()
    n_parts = sum(len(word) + 1 for word in words) - 1
    length_ms = max(0, end_ms - start_ms)
    placed = []
    n_before = 0
    for word in words:
        first_ms = start_ms + length_ms * n_before // n_parts
        last_ms = start_ms + length_ms * (n_before + len(word)) // n_parts
        placed.append(Word(word, first_ms, last_ms))
        n_before += len(word) + 1
    return tuple(placed)
