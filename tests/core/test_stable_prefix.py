from skdictate.core.stable_prefix import StablePrefix


def test_words_come_to_rest_after_they_were_kept_twice_and_stood_a_while() -> None:
    stable_prefix = StablePrefix()
    assert stable_prefix.split("it", 0.0) == ("", "it")
    assert stable_prefix.split("it was", 0.5) == ("", "it was")
    assert stable_prefix.split("It was the", 1.0) == ("It", "was the")
    assert stable_prefix.split("It was, the best", 1.5) == ("It was,", "the best")


def test_a_word_that_changes_starts_anew_and_holds_back_all_after_it() -> None:
    stable_prefix = StablePrefix()
    for now_s in (0.0, 1.0, 2.0):
        stable_prefix.split("one two three", now_s)
    assert stable_prefix.split("one too three", 3.0) == ("one", "too three")


def test_an_empty_partial_ends_the_utterance() -> None:
    stable_prefix = StablePrefix()
    for now_s in (0.0, 1.0, 2.0):
        stable_prefix.split("one", now_s)
    assert stable_prefix.split("", 3.0) == ("", "")
    assert stable_prefix.split("one", 4.0) == ("", "one")
