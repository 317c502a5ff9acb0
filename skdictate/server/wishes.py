"""What a client may ask for beside the text: what is an error, and what is not done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.server.rules import wrong

MOST_INSTRUCTIONS = 16
"""For one summary; the service's documentation names it, section "Limits"."""


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


def ignored(options: Any) -> Iterator[str]:
    """What was asked for and is not done by this recogniser, in the words of the contract."""
    if options.eou_classifier.HasField("external_classifier"):
        yield "eou_classifier.external_classifier"
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
    if options.recognition_model.text_normalization.profanity_filter:
        yield "profanity_filter"
