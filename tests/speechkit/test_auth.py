import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.speechkit.auth import find


def test_our_own_variable_comes_first() -> None:
    credential = find({"YC_API_KEY": "theirs", "SKDICTATE_API_KEY": " ours\n"})
    assert credential is not None
    assert credential.metadata() == ("authorization", "Api-Key ours")
    assert credential.origin == "SKDICTATE_API_KEY"


def test_without_a_key_there_is_none() -> None:
    assert find({"YC_API_KEY": "  "}) is None


@pytest.mark.parametrize("key", ["with space", "line\nbreak", "ключ", "bell\x07"])
def test_a_damaged_key_is_said_without_showing_it(key: str) -> None:
    with pytest.raises(ProblemError) as caught:
        find({"YC_API_KEY": key})
    assert caught.value.problem.exit_code is Exit.CREDENTIALS
    assert key not in str(caught.value)


def test_the_secret_shows_in_no_representation() -> None:
    assert "canary" not in repr(find({"YC_API_KEY": "canary"}))
