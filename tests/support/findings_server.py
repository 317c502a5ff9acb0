"""A server that recognises as the embedded one does, and also tells of what it finds in the words.

What it tells is counted from the words that it heard: which of them deny something, how many there
are, how fast they came. Every other line is called another speaker's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import grpc

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.events import Final
from skdictate.server import service_v3
from skdictate.server.client_call import Service
from skdictate.server.client_session import SessionOutput
from skdictate.server.recogniser import Recogniser
from skdictate.server.session_rules import SessionRules
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths

DENIALS = {"no", "not", "nothing", "worst", "despair", "darkness", "failed", "fail", "worse"}


class Call(service_v3.Call):
    def __init__(self, service: Service, context: Any) -> None:
        self._finals: list[Final] = []
        super().__init__(service, Tagged(context, self))

    def _settings(self, request: Any) -> Any:
        self._wanted = request.session_options
        settings = super()._settings(request)
        self._warnings = []
        return settings

    async def _send_outputs(self, heard: list[SessionOutput]) -> None:
        for said in heard:
            line = said.event if isinstance(said.event, Final) and said.event.text else None
            if line is not None:
                self._finals.append(line)
            await super()._send_outputs([said])
            if line is not None and self._wanted.recognition_classifier.classifiers:
                await self._write(self._classified(line))

    async def _recognise(self) -> None:
        await super()._recognise()
        for response in self._sums():
            await self._write(response)

    @property
    def speaker(self) -> str:
        return str((len(self._finals) - 1) % 2 + 1)

    def _classified(self, final: Final) -> pb.StreamingResponse:
        words = [word.strip(".,;:") for word in final.text.lower().split()]
        found = [word for word in words if word in DENIALS]
        score = min(0.98, 0.6 + 0.15 * len(found)) if found else 0.08
        update = pb.RecognitionClassifierUpdate(
            window_type=pb.RecognitionClassifierUpdate.LAST_FINAL,
            start_time_ms=final.start_ms,
            end_time_ms=final.end_ms,
        )
        result = update.classifier_result
        result.classifier = self._wanted.recognition_classifier.classifiers[0].classifier
        result.labels.add(label="yes", confidence=score)
        result.labels.add(label="no", confidence=1 - score)
        for word in found:
            result.highlights.add(text=word, start_time_ms=final.start_ms)
        return pb.StreamingResponse(classifier_update=update)

    def _sums(self) -> Iterator[pb.StreamingResponse]:
        total_ms = self._session.cursors.received_ms
        speech_ms = sum(final.end_ms - final.start_ms for final in self._finals)
        if self._wanted.speech_analysis.enable_speaker_analysis:
            for speaker in ("1", "2"):
                finals = self._finals[int(speaker) - 1 :: 2]
                if finals:
                    yield pb.StreamingResponse(speaker_analysis=spoken(speaker, finals, total_ms))
            talk = pb.ConversationAnalysis(
                total_speech_duration_ms=speech_ms,
                total_speech_ratio=speech_ms / max(1, total_ms),
                total_simultaneous_silence_duration_ms=total_ms - speech_ms,
                total_simultaneous_silence_ratio=1 - speech_ms / max(1, total_ms),
            )
            talk.conversation_boundaries.end_time_ms = total_ms
            yield pb.StreamingResponse(conversation_analysis=talk)
        for asked in self._wanted.summarization.properties:
            n_words = sum(len(final.text.split()) for final in self._finals)
            answer = f"{len(self._finals)} sentences of {n_words} words; asked: {asked.instruction}"
            summary = pb.Summarization(results=[pb.SummarizationPropertyResult(response=answer)])
            usage = summary.content_usage
            usage.input_text_tokens, usage.completion_tokens = n_words, len(answer.split())
            usage.total_tokens = usage.input_text_tokens + usage.completion_tokens
            yield pb.StreamingResponse(summarization=summary)


class Tagged:
    """A call whose answers name the speaker of the newest line."""

    def __init__(self, context: Any, call: Call) -> None:
        self._context = context
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def write(self, response: pb.StreamingResponse) -> None:
        response.channel_tag = self._call.speaker
        await self._context.write(response)


def spoken(speaker: str, finals: list[Final], total_ms: int) -> pb.SpeakerAnalysis:
    speech_ms = sum(final.end_ms - final.start_ms for final in finals)
    words = [len(final.text.split()) for final in finals]
    rates = [1000 * n / (f.end_ms - f.start_ms) for n, f in zip(words, finals, strict=True)]
    said = pb.SpeakerAnalysis(
        speaker_tag=speaker,
        window_type=pb.SpeakerAnalysis.TOTAL,
        total_speech_ms=speech_ms,
        speech_ratio=speech_ms / total_ms,
        total_silence_ms=total_ms - speech_ms,
        silence_ratio=1 - speech_ms / total_ms,
        words_count=sum(words),
        letters_count=sum(len(final.text) for final in finals),
        utterance_count=len(finals),
        words_per_second=spread(rates),
        words_per_utterance=spread(words),
        utterance_duration_estimation=spread([f.end_ms - f.start_ms for f in finals]),
    )
    said.speech_boundaries.end_time_ms = total_ms
    return said


def spread(values: list[Any]) -> pb.DescriptiveStatistics:
    mean = sum(values) / len(values)
    return pb.DescriptiveStatistics(min=min(values), max=max(values), mean=mean)


class Telling(service_v3.RecognizerService):
    async def recognize(self, _requests: Any, context: Any) -> None:
        await Call.serve(self._service, context)


@asynccontextmanager
async def telling(paths: Paths, recogniser: Recogniser) -> AsyncIterator[Endpoint]:
    with ThreadPoolExecutor(1) as executor:
        server = grpc.aio.server()
        service = Telling(recogniser, executor, SessionRules())
        server.add_generic_rpc_handlers((service.handler(),))
        target = f"unix:{paths.socket_folder() / 't'}"
        server.add_insecure_port(target)
        await server.start()
        try:
            yield Endpoint(target, is_plaintext=True)
        finally:
            await server.stop(None)
