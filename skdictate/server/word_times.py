"""Where the words of an utterance are.

The one place to change when a model tells better: ``Utterance.words`` then has its times, and
nothing is guessed any more.
"""

from __future__ import annotations

from skdictate.core.events import Word
from skdictate.server.recogniser import Utterance
from skdictate.server.refinement import Form, raw
from skdictate.server.spoken_numbers import spelled


def words_of(utterance: Utterance, form: Form, *, guesses: bool) -> tuple[Word, ...]:
    """The words of an utterance in a form, with times in milliseconds of its stream.

    Args:
        utterance: one whose model may tell where its words are.
        form: how they are written.
        guesses: where the model does not tell, times by the place of a word are better than none.
    """
    if not utterance.words:
        text = form.of(utterance.text, utterance.written) if guesses else ""
        return by_place(text, utterance.start_ms, utterance.end_ms)
    if not utterance.written or form is Form.LITERARY:
        return utterance.words
    return tuple(part for word in utterance.words for part in _parts(word, form))


def _parts(word: Word, form: Form) -> tuple[Word, ...]:
    """A word of the model in a form; a number may be several words there, a mark none."""
    if form is Form.SPELLED:
        return by_place(spelled(word.text), word.start_ms, word.end_ms)
    return by_place(form.of(raw(word.text), word.text), word.start_ms, word.end_ms)


def by_place(text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words of a text, spread over a stretch in proportion to their letters.

    Between two words there is a pause as long as one letter. The first begins with the stretch and
    the last ends with it; they never overlap.
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
