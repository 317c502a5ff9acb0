from __future__ import annotations

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.speechkit.auth.credential import IAM_TOKEN, Credential, of_text

KEY = "AQVN-0123456789-abcdefghijklmnop-qrstuvw"


def test_the_form_tells_what_it_is() -> None:
    key = of_text(f" {KEY}\n", "here", folder_id="b1g")
    assert key.metadata() == ("authorization", f"Api-Key {KEY}")
    assert (key.kind, key.folder_id) == ("api-key", ""), "a service account has its own folder"
    token = of_text("t1.abc-_=.def", "here", folder_id="b1g")
    assert token.metadata() == ("authorization", "Bearer t1.abc-_=.def")
    assert (token.kind, token.folder_id) == ("iam-token", "b1g")
    assert of_text("whatever", "here", IAM_TOKEN).scheme == "Bearer"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("with space", "a space or a control character"),
        ("line\nbreak", "a space or a control character"),
        ("ключ", "a space or a control character"),
        ("bell\x07", "a space or a control character"),
        (f"Api-Key {KEY}", "a space or a control character"),
        (" \n", "is empty"),
        ("y0_AgAAAAA", "OAuth token"),
        ("aje6o61dvog2h6g9a33s", "the id of a key"),
    ],
)
def test_what_is_no_key_is_said_without_showing_it(secret: str, said: str) -> None:
    with pytest.raises(ProblemError) as caught:
        of_text(secret, "YC_API_KEY")
    assert said in str(caught.value)
    assert "YC_API_KEY" in str(caught.value)
    assert caught.value.problem.exit_code is Exit.CREDENTIALS
    assert secret.strip() == "" or secret not in str(caught.value)


def test_of_the_secret_the_last_characters_show_if_it_is_long() -> None:
    assert repr(of_text(KEY, "here")) == "<api-key …tuvw>"
    assert repr([Credential("Bearer", "canary", "here")]) == "[<iam-token …>]"


def test_who_repeats_the_secret_is_not_repeated() -> None:
    assert of_text(KEY, "here").hidden_in(f"no {KEY}!") == "no [the key]!"
