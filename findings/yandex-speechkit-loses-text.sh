#!/usr/bin/env bash
# yandex-speechkit (the former official client): whether a recognised text is returned depends on what comes around it.
#
# The client gathers finals and refinements per channel and makes an utterance of them when `eou_update` comes. In the documented order
# (final, final_refinement, eou_update) all is well. The contract matches a refinement to its final by `final_index`,
# which the client never reads: a refinement after the end of the utterance becomes the text of the next one, and the last
# is dropped. A final after which the stream ends well is dropped; so is one without word times, which the
# contract leaves optional. Two finals in an utterance, or words after a final that had none, end in an AssertionError
# without a message, and all that was recognised before is lost with it. A server that wants such clients served must keep
# the order, give word times and close every final; a client must use `final_index`.
#
# Version: yandex-speechkit 1.7.0 (deprecated in favour of yandex-ai-studio-sdk), before CPython 3.13 (its pydub needs
# audioop). The server below is a stand-in on loopback; nothing is sent to the service.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq yandex-speechkit==1.7.0 ||
    { echo "yandex-speechkit 1.7.0 cannot be installed here"; exit 2; }
"$work/venv/bin/python" -c "import audioop" 2>/dev/null || { echo "a CPython before 3.13 is needed"; exit 2; }

GRPC_VERBOSITY=NONE "$work/venv/bin/python" -W ignore - <<'PY'
import contextlib
import io
import sys
from concurrent import futures
from importlib.metadata import version

import grpc
from pydub import AudioSegment
from speechkit import configure_credentials, creds, model_repository
from yandex.cloud.ai.stt.v3 import stt_pb2, stt_service_pb2_grpc


def update(text, start_ms, has_words=True):
    times = {"start_time_ms": start_ms, "end_time_ms": start_ms + 500}
    words = [stt_pb2.Word(text=text, **times)] if has_words else []
    return stt_pb2.AlternativeUpdate(alternatives=[stt_pb2.Alternative(text=text, words=words, **times)])


def said(**event):
    return stt_pb2.StreamingResponse(channel_tag="0", **event)


def refined(index, text):
    return said(final_refinement=stt_pb2.FinalRefinement(final_index=index, normalized_text=update(text, index * 1000)))


ONE, TWO = said(final=update("раз", 0)), said(final=update("два", 1000))
ONE_WITHOUT_TIMES = said(final=update("раз", 0, has_words=False))
FINE_ONE, FINE_TWO = refined(0, "Раз."), refined(1, "Два.")
END_ONE, END_TWO = said(eou_update=stt_pb2.EouUpdate(time_ms=900)), said(eou_update=stt_pb2.EouUpdate(time_ms=1900))
CASES = {
    "documented order": ([ONE, FINE_ONE, END_ONE, TWO, FINE_TWO, END_TWO], ("раз два", "Раз. Два.")),
    "refinement after the end": ([ONE, END_ONE, FINE_ONE, TWO, END_TWO, FINE_TWO], ("раз два", " Раз.")),
    "no end after the last": ([ONE, FINE_ONE, END_ONE, TWO, FINE_TWO], ("раз", "Раз.")),
    "no word times": ([ONE_WITHOUT_TIMES, FINE_ONE, END_ONE], (" ", " ")),
    "no word times, then some": ([ONE_WITHOUT_TIMES, FINE_ONE, END_ONE, TWO, FINE_TWO, END_TWO], "AssertionError: ''"),
    "two finals before an end": ([ONE, FINE_ONE, TWO, FINE_TWO, END_TWO], "AssertionError: ''"),
}


class Recognizer(stt_service_pb2_grpc.RecognizerServicer):
    answers = ()

    def RecognizeStreaming(self, requests, context):
        for _ in requests:
            pass
        yield from self.answers


recognizer = Recognizer()
server = grpc.server(futures.ThreadPoolExecutor(1))
stt_service_pb2_grpc.add_RecognizerServicer_to_server(recognizer, server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
configure_credentials(yandex_credentials=creds.YandexCredentials(api_key="none"))
model = model_repository.recognition_model(custom_endpoint=(f"127.0.0.1:{port}", False))

print("yandex-speechkit", version("yandex-speechkit"))
changed = []
for name, (recognizer.answers, expected) in CASES.items():
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            (channel,) = model.transcribe(AudioSegment.silent(2000, 16_000))
        seen = (channel.raw_text, channel.normalized_text)
    except AssertionError as error:
        seen = f"AssertionError: {str(error)!r}"
    print(f"  {name}: {seen}")
    if seen != expected:
        changed.append(f"{name}: expected {expected}, saw {seen}")
server.stop(None)
if changed:
    sys.exit("changed: " + "; ".join(changed))
PY
