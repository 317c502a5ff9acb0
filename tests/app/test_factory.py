from __future__ import annotations

from pathlib import Path

import pytest

from skdictate.app.factory import Factory
from skdictate.errors import Exit, ProblemError
from skdictate.remote_mic.receiver.remote_source import RemoteSource
from skdictate.settings.config import Settings
from skdictate.settings.remembered import RememberedMicrophone
from skdictate.sources.command_source import CommandSource
from skdictate.sources.file_source import FileSource
from skdictate.sources.microphone_source import MicSource
from skdictate.sources.stdin_source import StdinSource
from skdictate.speechkit import codec_v2
from skdictate.speechkit.channel import CLOUD
from skdictate.system.paths import Paths

KEY = {"SKDICTATE_API_KEY": "key"}
SSH = {"SSH_CONNECTION": "198.51.100.7 50123 203.0.113.9 22"}


def factory(paths: Paths, environ: dict[str, str] | None = None, **settings: object) -> Factory:
    return Factory(Settings(**settings), paths, environ or {})  # type: ignore[arg-type]


def test_without_a_key_the_recogniser_is_here_and_bills_nothing(paths: Paths) -> None:
    it = factory(paths)
    assert it.recogniser.is_local
    assert it.recogniser.languages == ("en-US",)
    assert it.backend.limits.unit_s == 0
    assert it.recogniser.place == "this machine"


def test_with_a_key_it_is_the_cloud_and_bills_in_units(paths: Paths) -> None:
    it = factory(paths, KEY, language=("ru-RU",))
    assert not it.recogniser.is_local
    assert it.recogniser.place == CLOUD
    assert it.recogniser.languages == ("ru-RU",)
    assert it.backend.limits.unit_s == 15
    assert it.backend.limits.catch_up == 2.0
    assert it.server is None


@pytest.mark.parametrize("auth", ["metadata", "yc"])
def test_who_asks_for_a_way_to_sign_in_asks_for_the_cloud(paths: Paths, auth: str) -> None:
    assert not factory(paths, auth=auth).recogniser.is_local
    assert factory(paths, auth=auth, engine="local").recogniser.is_local


def test_a_command_for_the_key_is_a_key(paths: Paths) -> None:
    assert factory(paths, credential_command=("echo", "key")).recogniser.place == CLOUD


def test_standard_input_is_one_thing(paths: Paths) -> None:
    with pytest.raises(ProblemError, match="both key and sound") as caught:
        factory(paths, api_key_file="-", source="stdin")
    assert caught.value.problem.exit_code is Exit.USAGE


def test_the_users_word_beats_the_key(paths: Paths) -> None:
    assert factory(paths, KEY, engine="local").recogniser.is_local
    assert factory(paths, {"YC_API_KEY": "two words"}, engine="local").recogniser.is_local


def test_a_server_of_ones_own_needs_no_key(paths: Paths) -> None:
    it = factory(paths, endpoint="localhost:5000", plaintext=True)
    assert not it.recogniser.is_local
    assert it.recogniser.place == "localhost:5000"
    it = factory(paths, engine="speechkit", endpoint="localhost:5000")
    assert it.recogniser.place == "localhost:5000"


def test_the_servers_limits_are_what_the_user_says(paths: Paths) -> None:
    it = factory(paths, session_seconds=20.0, session_megabytes=1.5, idle_seconds=3.0, speed=10.0)
    limits = it.backend.limits
    assert (limits.session_s, limits.session_bytes, limits.idle_s) == (20, 1_500_000, 3)
    assert factory(paths, KEY, speed=10.0).backend.limits.catch_up == 15.0


def test_every_source_has_its_kind_and_its_name(paths: Paths, tmp_path: Path) -> None:
    for text, kind, name in (
        ("mic", MicSource, "microphone"),
        ("mic:USB", MicSource, "USB"),
        ("stdin", StdinSource, "standard input"),
        ("demo", FileSource, "demo"),
        (f"file:{tmp_path / 'a.wav'}", FileSource, "a.wav"),
    ):
        it = factory(paths, source=text)
        source = it.sound.source()
        assert isinstance(source, kind)
        assert (source.name, it.sound.name) == (name, name)


def test_a_recorder_is_a_source_and_there_is_one_of_them(paths: Paths) -> None:
    it = factory(paths, source_command=("arecord", "-q"))
    source = it.sound.source()
    assert isinstance(source, CommandSource)
    assert (source.name, it.sound.name) == ("arecord -q", "arecord -q")
    it.sound.choose(RememberedMicrophone("usb", "USB"))
    assert isinstance(it.sound.source(), MicSource)
    with pytest.raises(ProblemError, match="Two sources") as caught:
        factory(paths, source="demo", source_command=("arecord",)).sound.source()
    assert caught.value.problem.exit_code is Exit.USAGE


@pytest.mark.parametrize("source", ["nothing", "file:", "file", "mics"])
def test_a_source_that_is_none_is_wrong_usage(paths: Paths, source: str) -> None:
    with pytest.raises(ProblemError, match="no such source") as caught:
        factory(paths, source=source).sound.source()
    assert caught.value.problem.exit_code is Exit.USAGE


async def test_a_microphone_of_elsewhere_has_a_lobby_that_outlives_the_studio(paths: Paths) -> None:
    it = factory(paths, source="remote")
    await it.sound.settle()
    assert it.sound.hub is not None
    assert it.sound.name == "waiting for a microphone"
    assert isinstance(it.sound.source(), RemoteSource)
    assert it.sound.invitation is not None
    again = factory(paths, source="remote")
    await again.sound.settle(it.sound.hub)
    assert again.sound.hub is it.sound.hub
    other = factory(paths, source="remote", rate=8_000)
    await other.sound.settle(it.sound.hub)
    assert other.sound.hub is not None and other.sound.hub is not it.sound.hub
    told = list((paths.state / "run").glob("*.json"))
    assert len(told) == 2
    it.sound.hub.close()
    other.sound.hub.close()
    assert not any(file.exists() for file in told)


async def test_who_goes_to_a_machine_invites_nobody(paths: Paths) -> None:
    it = factory(paths, source="ssh://me@pi")
    await it.sound.settle()
    assert it.sound.hub is not None and it.sound.invitation is None
    assert it.sound.hub.elsewhere.words == "connecting to me@pi"
    it.sound.hub.close()
    with pytest.raises(ProblemError, match="no such host"):
        await factory(paths, source="ssh://-oProxyCommand=x").sound.settle()


async def test_nobody_waits_for_a_microphone_who_does_not_come_over_ssh(paths: Paths) -> None:
    here = factory(paths)
    demo, command = factory(paths, SSH, source="demo"), factory(paths, SSH, source_command=("x",))
    for it in (here, demo, command):
        await it.sound.settle(may_wait=True)
        assert it.sound.hub is None
    it = factory(paths, SSH)
    await it.sound.settle()
    assert it.sound.hub is None, "nobody would see that it waits"


def test_v2_has_backends_of_its_own_here_and_in_the_cloud(paths: Paths) -> None:
    for it in (factory(paths, KEY, api="v2"), factory(paths, api="v2")):
        assert isinstance(it.backend.options, codec_v2.Options)
        assert not it.backend.has_words, "that is learnt from its answers"
        assert not it.backend.refines
    assert factory(paths, KEY).backend.has_words


def test_what_v2_cannot_do_is_said_at_once(paths: Paths) -> None:
    with pytest.raises(ProblemError, match="ru-RU, en-US"):
        factory(paths, KEY, api="v2", language=("ru-RU", "en-US"))


@pytest.mark.parametrize(
    ("environ", "wish", "has_hedges"),
    [(KEY, True, True), (KEY, False, False), ({}, True, False)],
)
def test_a_second_session_is_for_the_cloud_and_for_who_wants_it(
    paths: Paths, *, environ: dict[str, str], wish: bool, has_hedges: bool
) -> None:
    it = factory(paths, environ, second_session=wish, source="demo")
    assert it.policy(it.sound.source()).has_hedges is has_hedges


@pytest.mark.parametrize(
    ("environ", "model", "api", "is_said"),
    [(KEY, "", "v3", True), (KEY, "gpt://folder/name", "v3", False), ({}, "", "v3", False)],
)
def test_a_summary_without_a_model_is_warned_of(
    paths: Paths, *, environ: dict[str, str], model: str, api: str, is_said: bool
) -> None:
    settings = {"summarize": "What was said?", "summarize_model": model, "source": "demo"}
    it = factory(paths, environ, api=api, **settings)
    assert it.recogniser.lacks_model is is_said
    engine = it.engine(it.sound.source())
    said: list[str] = []
    engine.on_change = lambda change: said.append(str(change))
    engine._change_log.close()
    assert ("No model for the summary" in " ".join(said)) is is_said
