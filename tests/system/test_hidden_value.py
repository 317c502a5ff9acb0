"""What is hidden stays hidden, whatever is made of it, and is there for whom it is meant."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.pretty import Pretty

from skdictate.speechkit.auth.credential import API_KEY, Credential, of_text
from skdictate.system.hidden_value import TELLTALES, HiddenValue, forget_telltales, seen

SECRET = "AQVN-secret-5521-abcdefghij-ABCD"
PART = "secret-5521"


@pytest.mark.parametrize(
    "make",
    [
        lambda it: it,
        lambda it: it + "x",
        lambda it: "x" + it,
        lambda it: "Api-Key " + it + "!",
        lambda it: it + it,
        lambda it: it[2:],
        lambda it: it[:20][4:] + it[20],
        lambda it: it * 2,
        lambda it: 2 * it,
        lambda it: it % (),
        lambda it: it.strip().removeprefix("AQ").removesuffix("D"),
        lambda it: it.replace("AQVN", ""),
        lambda it: it.casefold(),
        lambda it: it.ljust(80).expandtabs(),
        lambda it: it.translate({45: "-"}),
        lambda it: it.format(),
        lambda it: HiddenValue("").join([it, "x"]),
        lambda it: it.partition("N"),
        lambda it: it.rsplit("N", 1),
        lambda it: it.splitlines(),
        lambda it: [it],
        lambda it: {"key": it},
    ],
)
def test_nothing_that_is_made_of_it_shows_it(make: Callable[[HiddenValue], object]) -> None:
    made = make(HiddenValue(SECRET))
    out = io.StringIO()
    Console(file=out, width=200).print(Pretty(made, max_string=8), Pretty(made))
    old = "%s %r" % (made, made)  # noqa: UP031 - the old way to format, too
    for shown in (str(made), repr(made), f"{made} {made!s:>80} {made!r}", old):
        assert PART not in shown.casefold()
    for shown in (ascii(made), out.getvalue()):
        assert PART not in shown.casefold()


def test_f_strings_and_widths_show_nothing_either() -> None:
    it = HiddenValue(SECRET)
    assert f"{it} {it:>99} {it!s} {it!a}" == "<unseen> <unseen> <unseen> <unseen>"


def test_who_needs_the_characters_has_them() -> None:
    it = HiddenValue("AQVN") + SECRET[4:]
    assert seen(it) == it == SECRET
    assert type(seen(it)) is str
    assert seen(HiddenValue(it)) == seen(it.partition("!")[0]) == SECRET
    assert hash(it) == hash(SECRET)
    assert it.encode() == SECRET.encode()
    assert json.loads(json.dumps({"key": it})) == {"key": SECRET}
    assert it.startswith("AQVN") and it.isascii() and len(it) == len(SECRET)
    file = io.StringIO()
    file.write(it)
    assert file.getvalue() == SECRET


@pytest.mark.parametrize("text", [SECRET, HiddenValue(SECRET)])
def test_a_credential_tells_the_service_and_shows_its_end(text: str) -> None:
    credential = of_text(text, "somewhere")
    name, value = credential.metadata()
    assert (name, seen(value)) == ("authorization", f"{API_KEY} {SECRET}")
    assert PART not in f"{value}{credential!r}"
    assert credential.last == "ABCD"
    assert f"…{credential.last}" == "…ABCD"
    assert credential.hidden_in(f"no: {SECRET}") == "no: [the key]"
    assert isinstance(credential, Credential)


def test_variables_that_have_libraries_tell_secrets_are_taken_away_and_named() -> None:
    environ = {"HOME": "/", "GRPC_TRACE": "all", "TEXTUAL_LOG": "log", "TEXTUAL": ""}
    said = forget_telltales(environ)
    assert environ == {"HOME": "/"}
    assert [it.split()[0] for it in said] == ["GRPC_TRACE", "TEXTUAL_LOG"]
    assert forget_telltales(dict.fromkeys(TELLTALES, "1"))[0].endswith(".")
