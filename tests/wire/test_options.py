"""Each option of the command line as Yandex's own stubs read it, in a process of theirs; and what
they send beside the text, as this program prints and keeps it."""

from __future__ import annotations

import asyncio
import io
import json
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from skdictate.app.factory import Factory
from skdictate.audio.pcm import Format
from skdictate.cli import main
from skdictate.core.changes import Change, SessionChanged
from skdictate.core.idle_cost import KEEP_S
from skdictate.core.session_state import SessionState
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.support.number_recogniser import count, write

OFFICIAL = Path(__file__).with_name("official.py")
SOUND = Format(16_000)


def raw(rate_hz: int) -> dict[str, Any]:
    return {
        "raw_audio": {
            "audio_encoding": "LINEAR16_PCM",
            "sample_rate_hertz": str(rate_hz),
            "audio_channel_count": "1",
        }
    }


NORMAL = {"text_normalization": "TEXT_NORMALIZATION_ENABLED", "literature_text": True}
PLAIN = {
    "recognition_model": {
        "audio_format": raw(16_000),
        "text_normalization": NORMAL,
        "audio_processing_type": "REAL_TIME",
    }
}
"""What is sent when nothing is asked for."""


@dataclass
class Official:
    """The process, and what it prints."""

    port: int
    output: IO[str]

    def said(self) -> Any:
        return json.loads(self.output.readline())


@contextmanager
def official(python: Path, *responses: dict[str, Any]) -> Iterator[Official]:
    command = [str(python), str(OFFICIAL), *map(json.dumps, responses)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Official(int(process.stdout.readline()), process.stdout)
        finally:
            process.stdin.close()


@pytest.fixture(scope="module")
def server(yandex_python: Path) -> Iterator[Official]:
    with official(yandex_python) as running:
        yield running


def transcribe(server: Official, folder: Path, *options: str) -> tuple[int, str]:
    """A recording through the whole program; its exit code and what it printed."""
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0.5, run=3)
    path = write(folder / "numbers.wav", pcm, SOUND)
    where = ("--endpoint", f"127.0.0.1:{server.port}", "--plaintext", "--speed", "0")
    with redirect_stdout(io.StringIO()) as out:
        code = main.main(["transcribe", str(path), *where, *options])
    return code, out.getvalue()


def model(**changes: Any) -> dict[str, Any]:
    return {"recognition_model": {**PLAIN["recognition_model"], **changes}}


def normal(**changes: Any) -> dict[str, Any]:
    return model(text_normalization={**NORMAL, **changes})


def languages(*codes: str) -> dict[str, Any]:
    return model(
        language_restriction={"restriction_type": "WHITELIST", "language_code": list(codes)}
    )


def eou(**classifier: Any) -> dict[str, Any]:
    return {**PLAIN, "eou_classifier": {"default_classifier": classifier}}


def classifiers(*wanted: dict[str, Any]) -> dict[str, Any]:
    return {**PLAIN, "recognition_classifier": {"classifiers": list(wanted)}}


PROMPT = "In one sentence, please: what was said?"
URI = "gpt://folder/model"


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("", PLAIN),
        ("--rate 8000", model(audio_format=raw(8_000))),
        ("--language ru-RU", languages("ru-RU")),
        ("--language ru-RU --language en-US", languages("ru-RU", "en-US")),
        ("--language AUTO", languages("auto")),
        ("--model general:rc", model(model="general:rc")),
        (
            "--no-normalize",
            model(text_normalization={"text_normalization": "TEXT_NORMALIZATION_DISABLED"}),
        ),
        ("--normalize", PLAIN),
        (
            "--no-literature-text",
            model(text_normalization={"text_normalization": "TEXT_NORMALIZATION_ENABLED"}),
        ),
        ("--profanity-filter", normal(profanity_filter=True)),
        ("--no-phone-format", normal(phone_formatting_mode="PHONE_FORMATTING_MODE_DISABLED")),
        ("--phone-format", PLAIN),
        ("--patience normal", PLAIN),
        ("--patience short", eou(type="HIGH", max_pause_between_words_hint_ms="500")),
        ("--patience long", eou(type="DEFAULT", max_pause_between_words_hint_ms="4000")),
        ("--eou-sensitivity high", eou(type="HIGH")),
        ("--max-pause-ms 700", eou(max_pause_between_words_hint_ms="700")),
        (
            "--patience short --eou-sensitivity default --max-pause-ms 900",
            eou(type="DEFAULT", max_pause_between_words_hint_ms="900"),
        ),
        ("--eou external", {**PLAIN, "eou_classifier": {"external_classifier": {}}}),
        (
            "--eou external --patience short",
            {**PLAIN, "eou_classifier": {"external_classifier": {}}},
        ),
        (
            "--classifier insult --classifier gender:partial+final",
            classifiers(
                {"classifier": "insult", "triggers": ["ON_UTTERANCE"]},
                {"classifier": "gender", "triggers": ["ON_PARTIAL", "ON_FINAL"]},
            ),
        ),
        (
            "--speech-analysis",
            {
                **PLAIN,
                "speech_analysis": {
                    "enable_speaker_analysis": True,
                    "enable_conversation_analysis": True,
                },
            },
        ),
        (
            "--speaker-labelling",
            {
                **model(audio_processing_type="FULL_DATA"),
                "speaker_labeling": {"speaker_labeling": "SPEAKER_LABELING_ENABLED"},
            },
        ),
        (
            f"--summarize '{PROMPT}'",
            {**PLAIN, "summarization": {"properties": [{"instruction": PROMPT}]}},
        ),
        (
            f"--summarize '{PROMPT}' --summarize-model {URI}",
            {
                **PLAIN,
                "summarization": {"model_uri": URI, "properties": [{"instruction": PROMPT}]},
            },
        ),
    ],
)
def test_an_option_is_what_yandex_reads(
    server: Official, tmp_path: Path, options: str, settings: dict[str, Any]
) -> None:
    transcribe(server, tmp_path, *shlex.split(options))
    said = server.said()["session_options"]
    assert server.said() == ["chunk"]
    assert said == settings


CURSORS = {"received_data_ms": 1250, "partial_time_ms": 1250, "final_time_ms": 900}
RATES = {"min": 1.5, "max": 2.5, "mean": 2, "std": 0.5, "quantiles": [{"level": 0.5, "value": 2}]}
RESPONSES: tuple[dict[str, Any], ...] = (
    {
        "session_uuid": {"uuid": "of yandex"},
        "audio_cursors": CURSORS,
        "channel_tag": "1",
        "final": {
            "alternatives": [
                {
                    "text": "раз two",
                    "start_time_ms": 100,
                    "end_time_ms": 900,
                    "languages": [
                        {"language_code": "en-US", "probability": 0.25},
                        {"language_code": "ru-RU", "probability": 0.75},
                    ],
                }
            ]
        },
    },
    {
        "classifier_update": {
            "window_type": "LAST_FINAL",
            "start_time_ms": 100,
            "end_time_ms": 900,
            "classifier_result": {
                "classifier": "insult",
                "labels": [{"label": "yes", "confidence": 0.875}],
                "highlights": [{"text": "two\u001b[31m", "start_time_ms": 600, "end_time_ms": 900}],
            },
        }
    },
    {
        "speaker_analysis": {
            "speaker_tag": "1",
            "window_type": "TOTAL",
            "speech_boundaries": {"start_time_ms": 100, "end_time_ms": 900},
            "total_speech_ms": 800,
            "speech_ratio": 0.64,
            "total_silence_ms": 450,
            "silence_ratio": 0.36,
            "words_count": 2,
            "letters_count": 6,
            "words_per_second": RATES,
            "utterance_count": 1,
        }
    },
    {
        "conversation_analysis": {
            "conversation_boundaries": {"start_time_ms": 100, "end_time_ms": 900},
            "total_speech_duration_ms": 800,
            "total_speech_ratio": 0.64,
            "total_simultaneous_silence_duration_ms": 450,
            "total_simultaneous_silence_ratio": "NaN",
            "speaker_interrupts": [
                {
                    "speaker_tag": "1",
                    "interrupts_count": 1,
                    "interrupts_duration_ms": 50,
                    "interrupts": [{"start_time_ms": 300, "end_time_ms": 10_000_000}],
                }
            ],
        }
    },
    {
        "summarization": {
            "results": [{"response": "Somebody counted."}],
            "content_usage": {
                "input_text_tokens": 10,
                "completion_tokens": 3,
                "total_tokens": 13,
            },
        }
    },
    {"eou_update": {"time_ms": 1250}, "audio_cursors": CURSORS},
)
NOTHING = {"lowest": 0.0, "highest": 0.0, "mean": 0.0, "deviation": 0.0, "quantiles": []}
FINDINGS = [
    {
        "event": "labels",
        "start_ms": 100,
        "end_ms": 900,
        "speaker": "1",
        "languages": [{"name": "ru-RU", "score": 0.75}, {"name": "en-US", "score": 0.25}],
    },
    {
        "event": "class",
        "start_ms": 100,
        "end_ms": 900,
        "window": "final",
        "classifier": "insult",
        "labels": [{"name": "yes", "score": 0.875}],
        "phrases": [{"text": "two\ufffd[31m", "start_ms": 600, "end_ms": 900}],
    },
    {
        "event": "speaker",
        "start_ms": 100,
        "end_ms": 900,
        "window": "total",
        "speaker": "1",
        "speech_ms": 800,
        "speech_ratio": 0.64,
        "silence_ms": 450,
        "silence_ratio": 0.36,
        "n_words": 2,
        "n_letters": 6,
        "n_utterances": 1,
        "words_per_second": {
            "lowest": 1.5,
            "highest": 2.5,
            "mean": 2.0,
            "deviation": 0.5,
            "quantiles": [{"level": 0.5, "value": 2.0}],
        },
        "letters_per_second": NOTHING,
        "words_per_utterance": NOTHING,
        "letters_per_utterance": NOTHING,
        "utterance_ms": NOTHING,
    },
    {
        "event": "conversation",
        "start_ms": 100,
        "end_ms": 900,
        "speech_ms": 800,
        "speech_ratio": 0.64,
        "both_silent_ms": 450,
        "both_silent_ratio": 0.0,
        "both_speak_ms": 0,
        "both_speak_ratio": 0.0,
        "silence_ms": NOTHING,
        "overlap_ms": NOTHING,
        "interrupted": [
            {
                "speaker": "1",
                "n_interrupts": 1,
                "interrupts_ms": 50,
                "interrupts": [{"start_ms": 300, "end_ms": 1250, "text": ""}],
            }
        ],
    },
    {
        "event": "summary",
        "start_ms": 0,
        "end_ms": 1250,
        "answers": ["Somebody counted."],
        "n_input_tokens": 10,
        "n_output_tokens": 3,
        "n_tokens": 13,
    },
]
LINES = [
    "0:00 speaker 1, ru-RU 75%, en-US 25%",
    "0:00 insult: yes 88% (two\ufffd[31m)",
    "0:00 speaker 1, total: 2 words, 2.0 a second, 64% speech",
    "0:00 conversation: 64% speech, 0% at once, 0% silence, interruptions: 1",
    "0:00 summary: Somebody counted.",
]
ASKING = ("--speaker-labelling", "--language", "auto")


def history(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        assert main.main(["history", *arguments]) == 0
    return out.getvalue()


def test_what_is_found_beside_the_text_is_printed_and_kept(
    yandex_python: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with official(yandex_python, *RESPONSES) as server:
        code, out = transcribe(server, tmp_path, *ASKING, "--format", "json")
    assert code == 0
    kinds = {finding["event"] for finding in FINDINGS}
    said = [json.loads(line) for line in out.splitlines()]
    same = {"v": 1, "link": 1}
    assert [it for it in said if it["event"] in kinds] == [same | it for it in FINDINGS]
    assert [it["text"] for it in said if it["event"] == "final"] == ["раз two"]
    again = [json.loads(line) for line in history("export", "--format", "json").splitlines()]
    by_kind = {it["event"]: it for it in again if it["event"] in kinds}
    assert by_kind == {it["event"]: same | it for it in FINDINGS}
    shown = history("show").splitlines()
    assert sorted(shown[-5:]) == sorted(LINES)
    assert "insult" not in history("export", "--format", "text")


def test_what_was_not_asked_for_is_no_news_and_the_text_stays_clean(
    yandex_python: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with official(yandex_python, *RESPONSES[:2]) as server:
        code, out = transcribe(server, tmp_path, "--language", "ru-RU")
    assert (code, out) == (0, "раз two\n")
    notes = capsys.readouterr().err
    assert f"skdictate: {LINES[1]}\n" in notes
    assert "speaker" not in notes


@pytest.mark.parametrize(
    ("keep_alive", "messages"),
    [("silence", ["chunk", "chunk of silence"]), ("chunk", ["chunk", "silence_chunk 1000"])],
)
async def test_a_session_is_kept_in_a_pause_as_the_user_wants(
    server: Official, tmp_path: Path, paths: Paths, keep_alive: str, messages: list[str]
) -> None:
    # It pauses before the first word: inside a word a session is left, and not kept with silence.
    pcm = bytes(SOUND.size_bytes(SOUND.samples(2.0))) + count(
        1, 8, SOUND, gap_s=0, pause_s=0.5, run=8
    )
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    endpoint = f"127.0.0.1:{server.port}"
    settings = Settings(endpoint=endpoint, plaintext=True, keep_alive=keep_alive)
    factory = Factory(settings, paths, {})
    engine = factory.engine(factory.sound.file(path, 2))
    loop = asyncio.get_running_loop()

    def pause() -> None:
        session = engine.status().session
        if session is None or session.audio_s == 0:
            loop.call_later(0.05, pause)
        else:
            engine.pause()
            loop.call_later(KEEP_S + 0.3, engine.resume)

    loop.call_soon(pause)
    outcome = await engine.run()
    await factory.close()
    server.said()
    assert server.said() == messages
    assert (outcome.n_sessions, outcome.billed_s) == (1, 15)


async def test_the_end_of_a_sentence_that_the_user_says_is_sent(
    server: Official, tmp_path: Path, paths: Paths
) -> None:
    pcm = count(1, 8, SOUND, gap_s=0, pause_s=0.5, run=8)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    endpoint = f"127.0.0.1:{server.port}"
    settings = Settings(endpoint=endpoint, plaintext=True, eou="external", chunk_ms=100)
    factory = Factory(settings, paths, {})
    engine = factory.engine(factory.sound.file(path, 2))

    def say_so(change: Change) -> None:
        if isinstance(change, SessionChanged) and change.state is SessionState.OPEN:
            asyncio.get_running_loop().call_later(0.3, engine.end_utterance)

    engine.on_change = say_so
    await engine.run()
    await factory.close()
    server.said()
    assert server.said() == ["chunk", "eou"]
