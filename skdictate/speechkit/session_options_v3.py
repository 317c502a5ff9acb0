"""The settings of a session in API v3: what the user wants, in the service's words."""

from __future__ import annotations

from skdictate._pb import speechkit_stt_v3_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.speechkit.request_options_v3 import RequestOptions

Normal = pb.TextNormalizationOptions
_SENSITIVITIES = {
    "default": pb.DefaultEouClassifier.DEFAULT,
    "high": pb.DefaultEouClassifier.HIGH,
}
_TRIGGERS = {
    "utterance": pb.RecognitionClassifier.ON_UTTERANCE,
    "final": pb.RecognitionClassifier.ON_FINAL,
    "partial": pb.RecognitionClassifier.ON_PARTIAL,
}


def settings(sound: Format, wishes: RequestOptions) -> pb.StreamingRequest:
    """The first message of a session."""
    said = pb.StreamingOptions(recognition_model=_model(sound, wishes))
    if wishes.ends_utterances:
        said.eou_classifier.external_classifier.SetInParent()
    elif wishes.sensitivity or wishes.max_pause_ms is not None:
        classifier = said.eou_classifier.default_classifier
        if wishes.sensitivity:
            classifier.type = _SENSITIVITIES[wishes.sensitivity]
        if wishes.max_pause_ms is not None:
            classifier.max_pause_between_words_hint_ms = wishes.max_pause_ms
    for wanted in wishes.classifiers:
        triggers = [_TRIGGERS[trigger] for trigger in wanted.triggers]
        said.recognition_classifier.classifiers.add(classifier=wanted.name, triggers=triggers)
    if wishes.analyses_speech:
        said.speech_analysis.enable_speaker_analysis = True
        said.speech_analysis.enable_conversation_analysis = True
    if wishes.labels_speakers:
        said.speaker_labeling.speaker_labeling = pb.SpeakerLabelingOptions.SPEAKER_LABELING_ENABLED
    if wishes.summary_prompt:
        said.summarization.model_uri = wishes.summary_model
        said.summarization.properties.add(instruction=wishes.summary_prompt)
    return pb.StreamingRequest(session_options=said)


def _model(sound: Format, wishes: RequestOptions) -> pb.RecognitionModelOptions:
    kind = pb.RecognitionModelOptions
    model = pb.RecognitionModelOptions(
        model=wishes.model,
        audio_format=pb.AudioFormatOptions(
            raw_audio=pb.RawAudio(
                audio_encoding=pb.RawAudio.LINEAR16_PCM,
                sample_rate_hertz=sound.rate_hz,
                audio_channel_count=1,
            )
        ),
        text_normalization=_normalization(wishes),
        # Speakers are told apart in a whole session only, says the documentation.
        audio_processing_type=kind.FULL_DATA if wishes.labels_speakers else kind.REAL_TIME,
    )
    if wishes.languages:
        model.language_restriction.restriction_type = pb.LanguageRestrictionOptions.WHITELIST
        model.language_restriction.language_code.extend(wishes.languages)
    return model


def _normalization(wishes: RequestOptions) -> pb.TextNormalizationOptions:
    """The finer settings need the whole to be enabled."""
    if not wishes.refines:
        return Normal(text_normalization=Normal.TEXT_NORMALIZATION_DISABLED)
    unformatted, unsaid = (
        Normal.PHONE_FORMATTING_MODE_DISABLED,
        Normal.PHONE_FORMATTING_MODE_UNSPECIFIED,
    )
    return Normal(
        text_normalization=Normal.TEXT_NORMALIZATION_ENABLED,
        literature_text=wishes.is_literary,
        profanity_filter=wishes.masks_profanity,
        phone_formatting_mode=unsaid if wishes.formats_phones else unformatted,
    )
