from skdictate.core.wording import Wording


def test_words_come_to_rest_after_they_were_kept_twice_and_stood_a_while() -> None:
    wording = Wording()
    assert wording.heard("it", 0.0) == ("", "it")
    assert wording.heard("it was", 0.5) == ("", "it was")
    assert wording.heard("It was the", 1.0) == ("It", "was the")
    assert wording.heard("It was, the best", 1.5) == ("It was,", "the best")


def test_a_word_that_changes_starts_anew_and_holds_back_all_after_it() -> None:
    wording = Wording()
    for now_s in (0.0, 1.0, 2.0):
        wording.heard("one two three", now_s)
    assert wording.heard("one too three", 3.0) == ("one", "too three")


def test_an_empty_partial_ends_the_utterance() -> None:
    wording = Wording()
    for now_s in (0.0, 1.0, 2.0):
        wording.heard("one", now_s)
    assert wording.heard("", 3.0) == ("", "")
    assert wording.heard("one", 4.0) == ("", "one")
