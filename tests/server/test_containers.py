"""Sound in containers: real speech in real files, and what is broken in all the ways there are."""

from __future__ import annotations

import asyncio
import random
import struct
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import soundfile
import soxr

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3
from skdictate.errors import ProblemError
from skdictate.server.decoder import DECODED_HZ, Decoder
from skdictate.server.mp3 import Mp3
from skdictate.server.ogg_opus import OggOpus
from skdictate.server.recogniser import Moonshine
from skdictate.server.session_rules import RefusedError
from skdictate.server.wav import Wav
from tests.conftest import Serving
from tests.server.test_service_v3 import chunks, talk
from tests.support.speech import words

DECODERS: dict[str, type[Decoder]] = {"WAV": Wav, "OGG_OPUS": OggOpus, "MP3": Mp3}
SUBTYPES = {"WAV": ("WAV", "PCM_16"), "OGG_OPUS": ("OGG", "OPUS"), "MP3": ("MP3", "MPEG_LAYER_III")}
RATES_HZ = {"WAV": 22_050, "OGG_OPUS": 48_000, "MP3": 16_000}
NAMES = list(DECODERS)
SAID = {"ever", "tried", "failed", "matter", "try", "again", "better"}


def contained(
    name: str, path: Path, folder: Path, n_channels: int = 1, rate_hz: int | None = None
) -> bytes:
    """A recording in a container."""
    sound, from_hz = soundfile.read(path, dtype="float32")
    rate_hz = rate_hz or RATES_HZ[name]
    sound = np.column_stack([soxr.resample(sound, from_hz, rate_hz)] * n_channels)
    form, subtype = SUBTYPES[name]
    file = folder / f"sound.{name.lower()}"
    soundfile.write(file, sound, rate_hz, format=form, subtype=subtype)
    return file.read_bytes()


@pytest.fixture(scope="module")
def files(beckett: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("contained")
    return {name: contained(name, beckett, folder) for name in NAMES}


def decoded(name: str, data: bytes, step_bytes: int = 4_000) -> bytes:
    """What comes out."""
    decoder = DECODERS[name]()
    pieces = [data[i : i + step_bytes] for i in range(0, len(data), step_bytes)]
    pcm = [piece for data in pieces for piece in decoder.decode(data)]
    return b"".join([*pcm, *decoder.finish()])


def settings(name: str) -> v3.StreamingRequest:
    request = v3.StreamingRequest()
    options = request.session_options.recognition_model.audio_format.container_audio
    options.container_audio_type = getattr(v3.ContainerAudio, name)
    return request


def finals(responses: list[Any]) -> set[str]:
    texts = [r.final.alternatives[0].text for r in responses if r.HasField("final")]
    return set(words(" ".join(texts)))


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_said_in_it_is_recognised(
    serving: Serving, files: dict[str, bytes], name: str
) -> None:
    async with serving(Moonshine()) as endpoint:
        responses = await talk(endpoint, [settings(name), *chunks(files[name], 1_000)])
    assert finals(responses) >= SAID
    assert responses[-1].audio_cursors.received_data_ms == pytest.approx(10_000, abs=300)


async def test_opus_is_recognised_in_v2_too(serving: Serving, files: dict[str, bytes]) -> None:
    specification = v2.RecognitionSpec(audio_encoding=v2.RecognitionSpec.OGG_OPUS)
    specification.language_code = "en-US"
    config = v2.RecognitionConfig(specification=specification)
    data = files["OGG_OPUS"]
    requests = [v2.StreamingRecognitionRequest(config=config)]
    for start in range(0, len(data), 4_000):
        audio = data[start : start + 4_000]
        requests.append(v2.StreamingRecognitionRequest(audio_content=audio))
    async with serving(Moonshine()) as endpoint, endpoint.channel() as channel:
        call = channel.stream_stream(
            "/yandex.cloud.ai.stt.v2.SttService/StreamingRecognize",
            request_serializer=v2.StreamingRecognitionRequest.SerializeToString,
            response_deserializer=v2.StreamingRecognitionResponse.FromString,
        )(iter(requests))
        said = [c.alternatives[0].text async for r in call for c in r.chunks if c.final]
    assert set(words(" ".join(said))) >= SAID


@pytest.mark.parametrize("name", NAMES)
def test_it_may_come_in_any_pieces(files: dict[str, bytes], name: str) -> None:
    data = files[name][:30_000]
    whole = decoded(name, data, len(data))
    assert len(whole) > DECODED_HZ
    assert decoded(name, data, 1) == whole
    assert decoded(name, data, 777) == whole


@pytest.mark.parametrize("name", NAMES)
def test_sound_comes_out_before_everything_is_in(files: dict[str, bytes], name: str) -> None:
    decoder = DECODERS[name]()
    data = files[name]
    early = b"".join(decoder.decode(data[: len(data) // 4]))
    assert len(early) > 2 * DECODED_HZ


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_no_container_is_refused_in_words(serving: Serving, name: str) -> None:
    noise = random.Random(5).randbytes(200_000)
    async with serving() as endpoint:
        for data in (b"", b"x", noise, b"OggS" + noise, b"RIFF" + noise):
            with pytest.raises(ProblemError, match=f"INVALID_ARGUMENT: .*{name[:3]}"):
                await talk(endpoint, [settings(name), *chunks(data)])
        responses = await talk(endpoint, [_raw()])
    assert responses, "the server is well"


def _raw() -> v3.StreamingRequest:
    request = v3.StreamingRequest()
    raw = request.session_options.recognition_model.audio_format.raw_audio
    raw.audio_encoding, raw.sample_rate_hertz = v3.RawAudio.LINEAR16_PCM, 16_000
    return request


@pytest.mark.parametrize("name", NAMES)
def test_damage_gives_sound_or_a_refusal_and_nothing_else(
    files: dict[str, bytes], name: str
) -> None:
    n_refused = 0
    for seed in range(150):
        chance = random.Random(seed)
        data = bytearray(files[name][:40_000])
        for _ in range(chance.choice((1, 20, 2_000))):
            place = chance.randrange(len(data) if seed % 2 else 300)
            data[place] = chance.randrange(256)
        try:
            decoded(name, bytes(data[: chance.randrange(len(data))]))
        except RefusedError as error:
            assert error.code is grpc.StatusCode.INVALID_ARGUMENT
            n_refused += 1
    assert n_refused > 10


@pytest.mark.parametrize("name", NAMES)
def test_one_that_breaks_off_gives_what_there_was(files: dict[str, bytes], name: str) -> None:
    data = files[name]
    assert len(decoded(name, data[: len(data) // 2])) > 4 * DECODED_HZ


@pytest.mark.parametrize("name", NAMES)
def test_two_channels_are_refused(beckett: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="Only one channel"):
        decoded(name, contained(name, beckett, tmp_path, n_channels=2))


def test_rates_and_samples_of_other_kinds_are_refused(beckett: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="from 8000 to 48000, not 96000"):
        decoded("WAV", contained("WAV", beckett, tmp_path, rate_hz=96_000))
    soundfile.write(tmp_path / "float.wav", np.zeros(100), 16_000, subtype="FLOAT")
    with pytest.raises(RefusedError, match="PCM of 16 bits"):
        decoded("WAV", (tmp_path / "float.wav").read_bytes())


def test_a_wav_may_have_other_chunks_and_no_length(files: dict[str, bytes]) -> None:
    data = files["WAV"]
    start = data.index(b"data")
    list_chunk = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    endless = data[:start] + list_chunk + b"data\xff\xff\xff\xff" + data[start + 8 :]
    assert decoded("WAV", endless, 7) == decoded("WAV", data)
    assert decoded("WAV", data + list_chunk) == decoded("WAV", data)


def test_an_mp3_may_begin_with_a_tag_that_holds_a_picture(files: dict[str, bytes]) -> None:
    tag = b"ID3\x04\x00\x00" + bytes((0, 3, 13, 32)) + bytes(3 * 16_384 + 13 * 128 + 32)
    assert decoded("MP3", tag + files["MP3"], 100) == decoded("MP3", files["MP3"])


async def test_a_few_bytes_that_are_hours_are_held_to_the_limit(
    serving: Serving, tmp_path: Path
) -> None:
    path = tmp_path / "silence.ogg"
    soundfile.write(path, np.zeros(48_000 * 60), 48_000, format="OGG", subtype="OPUS")
    data = path.read_bytes()
    assert len(data) < 100_000, "a minute in less than that"
    async with serving() as endpoint:
        with pytest.raises(ProblemError, match=r"OUT_OF_RANGE: .*duration"):
            await talk(endpoint, [settings("OGG_OPUS"), *chunks(data * 6, 1_000_000)])


async def test_bytes_count_even_if_they_are_no_sound(serving: Serving) -> None:
    tag = b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(200_000)
    async with serving(session_bytes=100_000) as endpoint:
        with pytest.raises(ProblemError, match=r"OUT_OF_RANGE: .*size"):
            await talk(endpoint, [settings("MP3"), *chunks(tag)])


@pytest.mark.parametrize("name", NAMES)
async def test_a_client_that_vanishes_in_the_middle_is_no_trouble(
    serving: Serving, files: dict[str, bytes], name: str
) -> None:
    async with serving() as endpoint:
        for _ in range(5):
            requests = [settings(name), *chunks(files[name][:20_000])]
            task = asyncio.ensure_future(talk(endpoint, requests, wait_s=5))
            await asyncio.sleep(0.05)
            task.cancel()
        assert await talk(endpoint, [_raw()])
