"""Checks the options of an API v3 client: what is honoured, refused, or ignored with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.server.endpointing import AT_ONCE, EXTERNAL, Endpoint
from skdictate.server.refinement import Form
from skdictate.server.session_rules import invalid_request

MOST_INSTRUCTIONS = 16
"""For one summary; from section "Limits" of SpeechKit's documentation."""
MODELS = ("", "general", "general:rc", "general:deprecated")
"""The models that SpeechKit has for streams; this server has one for all of them."""
LONGEST_NAME = 100
"""Longest name of a client's model that a warning repeats, in characters."""
Normal = pb.TextNormalizationOptions


def check(options: Any) -> None:
    """Check the options against the contract.

    Raises:
        RefusedError: they hold a value that SpeechKit refuses too.
    """
    levels = options.speech_analysis.descriptive_statistics_quantiles
    if not all(0 < level < 1 for level in levels):
        raise invalid_request("descriptive_statistics_quantiles have to be between 0 and 1")
    if len(options.summarization.properties) > MOST_INSTRUCTIONS:
        raise invalid_request(f"summarization takes {MOST_INSTRUCTIONS} instructions at most")
    if options.eou_classifier.default_classifier.max_pause_between_words_hint_ms < 0:
        raise invalid_request("max_pause_between_words_hint_ms cannot be negative")


def is_external(options: Any) -> bool:
    """Whether the client chose the external classifier, so that only it ends utterances."""
    return bool(options.eou_classifier.HasField("external_classifier"))


def endpoint(options: Any, *, is_eager: bool) -> Endpoint:
    """The rule by which utterances end.

    Args:
        options: the session options of the client.
        is_eager: end utterances at the first pause, unless the options ask for patience.
    """
    if is_external(options):
        return EXTERNAL
    classifier = options.eou_classifier.default_classifier
    is_sensitive = classifier.type == pb.DefaultEouClassifier.HIGH
    hint_ms = classifier.max_pause_between_words_hint_ms
    if is_eager and (is_sensitive or not hint_ms):
        return AT_ONCE
    return Endpoint.default(is_sensitive=is_sensitive, hint_ms=hint_ms)


def refinements(options: Any) -> Form | None:
    """The form of refinements; None if the client wants none."""
    wanted = options.recognition_model.text_normalization
    if wanted.text_normalization != Normal.TEXT_NORMALIZATION_ENABLED:
        return None
    return Form.LITERARY if wanted.literature_text else Form.NORMALIZED


def warnings(options: Any, language: str) -> Iterator[str]:
    """Yield warnings about options that are not honoured, for the client to read before any result.

    Args:
        options: the session options of the client.
        language: the code of the only language that the recogniser knows.
    """
    restriction = options.recognition_model.language_restriction
    codes = [code.lower() for code in restriction.language_code]
    is_excluding = restriction.restriction_type == pb.LanguageRestrictionOptions.BLACKLIST
    if is_excluding == is_among(codes, language) and codes:
        yield f"This server recognises only {language}"
    if options.recognition_model.model not in MODELS:
        yield "This server has one model; recognition_model.model has no effect"
    if names := list(ignored(options)):
        yield f"This server ignores {', '.join(names)}"


def is_among(codes: list[str], language: str) -> bool:
    """Whether a language is among these codes; the country part is ignored."""
    return "auto" in codes or any(code[:2] == language[:2].lower() for code in codes)


def ignored(options: Any) -> Iterator[str]:
    """Yield the names of the requested features that this recogniser does not have."""
    model = options.recognition_model
    if options.recognition_classifier.classifiers:
        yield "recognition_classifier"
    analysis = options.speech_analysis
    if analysis.enable_speaker_analysis or analysis.enable_conversation_analysis:
        yield "speech_analysis"
    if (
        options.speaker_labeling.speaker_labeling
        == pb.SpeakerLabelingOptions.SPEAKER_LABELING_ENABLED
    ):
        yield "speaker_labeling"
    if options.summarization.properties:
        yield "summarization"
    if model.text_normalization.profanity_filter:
        yield "profanity_filter"
    if model.audio_processing_type == pb.RecognitionModelOptions.FULL_DATA:
        yield "audio_processing_type"  # results are sent as they come, whatever this asks for
