"""Builds the first message of an API v3 session from the user's options."""

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


def settings(sound: Format, options: RequestOptions) -> pb.StreamingRequest:
    """The first message of a session."""
    options_pb = pb.StreamingOptions(recognition_model=_model(sound, options))
    if options.ends_utterances:
        options_pb.eou_classifier.external_classifier.SetInParent()
    elif options.sensitivity or options.max_pause_ms is not None:
        classifier = options_pb.eou_classifier.default_classifier
        if options.sensitivity:
            classifier.type = _SENSITIVITIES[options.sensitivity]
        if options.max_pause_ms is not None:
            classifier.max_pause_between_words_hint_ms = options.max_pause_ms
    for wanted in options.classifiers:
        triggers = [_TRIGGERS[trigger] for trigger in wanted.triggers]
        options_pb.recognition_classifier.classifiers.add(classifier=wanted.name, triggers=triggers)
    if options.analyses_speech:
        options_pb.speech_analysis.enable_speaker_analysis = True
        options_pb.speech_analysis.enable_conversation_analysis = True
    if options.labels_speakers:
        options_pb.speaker_labeling.speaker_labeling = (
            pb.SpeakerLabelingOptions.SPEAKER_LABELING_ENABLED
        )
    if options.summary_prompt:
        options_pb.summarization.model_uri = options.summary_model
        options_pb.summarization.properties.add(instruction=options.summary_prompt)
    return pb.StreamingRequest(session_options=options_pb)


def _model(sound: Format, options: RequestOptions) -> pb.RecognitionModelOptions:
    kind = pb.RecognitionModelOptions
    model = pb.RecognitionModelOptions(
        model=options.model,
        audio_format=pb.AudioFormatOptions(
            raw_audio=pb.RawAudio(
                audio_encoding=pb.RawAudio.LINEAR16_PCM,
                sample_rate_hertz=sound.rate_hz,
                audio_channel_count=1,
            )
        ),
        text_normalization=_normalization(options),
        # According to the documentation, speakers are told apart only in a whole session.
        audio_processing_type=kind.FULL_DATA if options.labels_speakers else kind.REAL_TIME,
    )
    if options.languages:
        model.language_restriction.restriction_type = pb.LanguageRestrictionOptions.WHITELIST
        model.language_restriction.language_code.extend(options.languages)
    return model


def _normalization(options: RequestOptions) -> pb.TextNormalizationOptions:
    """The normalisation options; the detailed ones need the whole to be enabled."""
    if not options.refines:
        return Normal(text_normalization=Normal.TEXT_NORMALIZATION_DISABLED)
    unformatted, unsaid = (
        Normal.PHONE_FORMATTING_MODE_DISABLED,
        Normal.PHONE_FORMATTING_MODE_UNSPECIFIED,
    )
    return Normal(
        text_normalization=Normal.TEXT_NORMALIZATION_ENABLED,
        literature_text=options.is_literary,
        profanity_filter=options.masks_profanity,
        phone_formatting_mode=unsaid if options.formats_phones else unformatted,
    )
