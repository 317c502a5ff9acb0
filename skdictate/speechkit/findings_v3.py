"""Converts the further findings of API v3: classifications, speech statistics, summaries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.core.findings import (
    Classified,
    Conversed,
    FindingRange,
    Interrupted,
    Label,
    Quantile,
    Spoken,
    Statistics,
    Summarised,
    Window,
)
from skdictate.speechkit.codec import LONGEST_TEXT
from skdictate.text.clean_text import clean

MOST = 1_000
"""The most that is taken of any repeated item; a session holds far fewer."""
MOST_TEXTS = 100
"""The most texts that are taken."""
LONGEST = 2_000
"""Characters of such a text."""
LONGEST_NAME = 100
_CLASSIFIED = {
    pb.RecognitionClassifierUpdate.LAST_UTTERANCE: Window.UTTERANCE,
    pb.RecognitionClassifierUpdate.LAST_FINAL: Window.FINAL,
    pb.RecognitionClassifierUpdate.LAST_PARTIAL: Window.PARTIAL,
}
_SPOKEN = {
    pb.SpeakerAnalysis.TOTAL: Window.TOTAL,
    pb.SpeakerAnalysis.LAST_UTTERANCE: Window.UTTERANCE,
}


def found(response: pb.StreamingResponse) -> Iterator[Classified | Conversed | Spoken | Summarised]:
    """The finding in an answer, if it is one."""
    match response.WhichOneof("Event"):
        case "classifier_update":
            yield _classified(response.classifier_update)
        case "speaker_analysis":
            yield _spoken(response.speaker_analysis)
        case "conversation_analysis":
            yield _conversed(response.conversation_analysis)
        case "summarization":
            yield _summarised(response.summarization)


def _classified(update: pb.RecognitionClassifierUpdate) -> Classified:
    result = update.classifier_result
    return Classified(
        update.start_time_ms,
        update.end_time_ms,
        _CLASSIFIED.get(update.window_type, Window.UNKNOWN),
        _name(result.classifier),
        tuple(Label(_name(it.label), _real(it.confidence)) for it in result.labels[:MOST_TEXTS]),
        tuple(
            FindingRange(it.start_time_ms, it.end_time_ms, clean(it.text, LONGEST))
            for it in result.highlights[:MOST_TEXTS]
        ),
    )


def _spoken(analysis: pb.SpeakerAnalysis) -> Spoken:
    return Spoken(
        analysis.speech_boundaries.start_time_ms,
        analysis.speech_boundaries.end_time_ms,
        _SPOKEN.get(analysis.window_type, Window.UNKNOWN),
        _name(analysis.speaker_tag),
        analysis.total_speech_ms,
        _real(analysis.speech_ratio),
        analysis.total_silence_ms,
        _real(analysis.silence_ratio),
        analysis.words_count,
        analysis.letters_count,
        analysis.utterance_count,
        _statistics(analysis.words_per_second),
        _statistics(analysis.letters_per_second),
        _statistics(analysis.words_per_utterance),
        _statistics(analysis.letters_per_utterance),
        _statistics(analysis.utterance_duration_estimation),
    )


def _conversed(analysis: pb.ConversationAnalysis) -> Conversed:
    return Conversed(
        analysis.conversation_boundaries.start_time_ms,
        analysis.conversation_boundaries.end_time_ms,
        analysis.total_speech_duration_ms,
        _real(analysis.total_speech_ratio),
        analysis.total_simultaneous_silence_duration_ms,
        _real(analysis.total_simultaneous_silence_ratio),
        analysis.total_simultaneous_speech_duration_ms,
        _real(analysis.total_simultaneous_speech_ratio),
        _statistics(analysis.simultaneous_silence_duration_estimation),
        _statistics(analysis.simultaneous_speech_duration_estimation),
        tuple(
            Interrupted(
                _name(who.speaker_tag),
                who.interrupts_count,
                who.interrupts_duration_ms,
                tuple(
                    FindingRange(it.start_time_ms, it.end_time_ms) for it in who.interrupts[:MOST]
                ),
            )
            for who in analysis.speaker_interrupts[:MOST_TEXTS]
        ),
    )


def _summarised(summary: pb.Summarization) -> Summarised:
    return Summarised(
        tuple(clean(result.response, LONGEST_TEXT) for result in summary.results[:MOST_TEXTS]),
        summary.content_usage.input_text_tokens,
        summary.content_usage.completion_tokens,
        summary.content_usage.total_tokens,
    )


def languages(estimates: Iterable[pb.LanguageEstimation]) -> tuple[Label, ...]:
    """The estimated languages, the likeliest first."""
    found = [Label(_name(it.language_code), _real(it.probability)) for it in estimates]
    return tuple(sorted(found[:MOST_TEXTS], key=lambda label: -label.score))


def _statistics(statistics: pb.DescriptiveStatistics) -> Statistics:
    quantiles = (Quantile(_real(it.level), _real(it.value)) for it in statistics.quantiles[:MOST])
    return Statistics(
        _real(statistics.min),
        _real(statistics.max),
        _real(statistics.mean),
        _real(statistics.std),
        tuple(quantiles),
    )


def _name(text: str) -> str:
    return clean(text, LONGEST_NAME)


def _real(value: float) -> float:
    """A finite number, because JSON has no others."""
    return value if math.isfinite(value) else 0.0
