"""What a client of API v3 asks for: what is done, what is an error, and what is not done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.server.endpointing import AT_ONCE, EXTERNAL, Endpoint
from skdictate.server.refinement import Form
from skdictate.server.session_rules import wrong

MOST_INSTRUCTIONS = 16
"""For one summary; the service's documentation names it, section "Limits"."""
MODELS = ("", "general", "general:rc", "general:deprecated")
"""Those that the service has for streams; here they are all one."""
LONGEST_NAME = 100
"""Of what a client wrote, in a warning."""
Normal = pb.TextNormalizationOptions


def check(options: Any) -> None:
    """Hold a client's wishes to the contract.

    Raises:
        RefusedError: it asks for what the service does not take either.
    """
    levels = options.speech_analysis.descriptive_statistics_quantiles
    if not all(0 < level < 1 for level in levels):
        raise wrong("descriptive_statistics_quantiles have to be between 0 and 1")
    if len(options.summarization.properties) > MOST_INSTRUCTIONS:
        raise wrong(f"summarization takes {MOST_INSTRUCTIONS} instructions at most")
    if options.eou_classifier.default_classifier.max_pause_between_words_hint_ms < 0:
        raise wrong("max_pause_between_words_hint_ms cannot be negative")


def is_external(options: Any) -> bool:
    """The client says where utterances end, and nobody else."""
    return bool(options.eou_classifier.HasField("external_classifier"))


def endpoint(options: Any, *, is_eager: bool) -> Endpoint:
    """When an utterance is over.

    Args:
        options: the client's.
        is_eager: it wants its finals as soon as can be, unless it asks for patience.
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
    """How refinements are written; None for no refinements."""
    wanted = options.recognition_model.text_normalization
    if wanted.text_normalization != Normal.TEXT_NORMALIZATION_ENABLED:
        return None
    return Form.LITERARY if wanted.literature_text else Form.NORMALIZED


def warnings(options: Any, language: str) -> Iterator[str]:
    """What a client has to know before it relies on the answers.

    Args:
        options: the client's.
        language: the code of the only one that the recogniser knows.
    """
    restriction = options.recognition_model.language_restriction
    codes = [code.lower() for code in restriction.language_code]
    is_excluding = restriction.restriction_type == pb.LanguageRestrictionOptions.BLACKLIST
    if is_excluding == is_among(codes, language) and codes:
        yield f"This recogniser knows {language} only"
    if options.recognition_model.model not in MODELS:
        yield "This recogniser has one model, whatever recognition_model.model is"
    if names := list(ignored(options)):
        yield f"This recogniser ignores {', '.join(names)}"


def is_among(codes: list[str], language: str) -> bool:
    """Whether a language is one of these codes, as far as its country does not matter."""
    return "auto" in codes or any(code[:2] == language[:2].lower() for code in codes)


def ignored(options: Any) -> Iterator[str]:
    """What was asked for and is not done by this recogniser, in the words of the contract."""
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
        yield "audio_processing_type"  # what is said is told at once all the same
