from skdictate.audio.loudness import Loudness
from skdictate.audio.pcm import Format, Level

SPEECH = Level(-25, -15)
QUIET = Level(-60, -50)


def test_a_pause_is_told_from_speech_by_how_far_it_lies_below() -> None:
    loudness = Loudness(Format(1000))
    loudness.add_level(SPEECH, 0, 100)
    assert loudness.is_audible
    assert not loudness.is_pause(100)
    loudness.add_level(QUIET, 100, 100)
    assert not loudness.is_audible
    assert not loudness.is_pause(200), "a consonant is not a pause"
    loudness.add_level(QUIET, 200, 100)
    assert loudness.is_pause(300)
    assert not loudness.is_pause(100), "that was speech"
    loudness.add_level(SPEECH, 300, 100)
    assert not loudness.is_pause(400)


def test_loud_speech_is_forgotten_in_time() -> None:
    loudness = Loudness(Format(1000))
    loudness.add_level(Level(-5, 0), 0, 100)
    loudness.add_level(Level(-30, -20), 100, 100)
    assert loudness.quiet_from == 100
    loudness.add_level(Level(-30, -20), 200, 60_000)
    assert loudness.quiet_from is None


def test_who_is_sent_the_past_finds_its_pauses_too() -> None:
    loudness = Loudness(Format(1000))
    for start, level in enumerate([SPEECH, QUIET, QUIET, QUIET, SPEECH, QUIET, SPEECH, QUIET]):
        loudness.add_level(level, 100 * start, 100)
    assert [at for at in range(0, 801, 50) if loudness.is_pause(at)] == [250, 300, 350, 400]


def test_how_long_the_silence_is_that_something_begins_with() -> None:
    loudness = Loudness(Format(1000))
    for start in range(0, 6000, 100):
        loudness.add_level(QUIET if 1000 <= start < 3000 or start >= 5000 else SPEECH, start, 100)
    assert loudness.quiet_samples(900, 6000) == 2100
    assert loudness.quiet_samples(500, 6000) == 0
    assert loudness.quiet_samples(3500, 6000) == 0
    assert loudness.quiet_samples(5000, 6000) == 1000
    assert loudness.quiet_samples(1500, 2000) == 500


def test_the_last_long_pause_is_told_by_its_middle_or_else_the_longest() -> None:
    loudness = Loudness(Format(1000))
    assert loudness.last_pause(0, 10_000) is None
    at = 0
    for n_speech, n_quiet in ((500, 300), (500, 400), (500, 800), (500, 700), (500, 300), (500, 0)):
        for level, n_samples in ((SPEECH, n_speech), (QUIET, n_quiet)):
            if n_samples:
                loudness.add_level(level, at, n_samples)
                at += n_samples
    assert loudness.last_pause(0, at) == 3_850
    assert loudness.last_pause(0, 3_500) == 2_600, "later ones are not over by then"
    assert loudness.last_pause(2_700, 3_500) == 2_700, "what is before has its text"
    assert loudness.last_pause(4_200, at) == 4_850
    assert loudness.last_pause(0, 2_000) == 1_500, "the longest, where none is long"
    assert loudness.last_pause(5_000, at) is None
