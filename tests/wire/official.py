"""A server made of Yandex's own stubs; runs in the environment that has them, as its own process.

Prints its port, and then the settings of each session as a line of JSON. It answers every session
with what it was given on its command line: responses in JSON, one an argument.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, Parse

messages: Any = import_module("yandex.cloud.ai.stt.v3.stt_pb2")
services: Any = import_module("yandex.cloud.ai.stt.v3.stt_service_pb2_grpc")


SECOND = bytes(32_000)


def kind(request: Any) -> str:
    """What a message is; of one that stands for silence, or is a second of it, also that."""
    event = str(request.WhichOneof("Event"))
    if event == "silence_chunk":
        return f"{event} {request.silence_chunk.duration_ms}"
    return f"{event} of silence" if request.chunk.data == SECOND else event


class Recognizer:
    def RecognizeStreaming(self, requests: Iterator[Any], _context: Any) -> Iterator[Any]:  # noqa: N802
        first = next(requests)
        said = MessageToDict(first, preserving_proto_field_name=True)
        print(json.dumps(said), flush=True)
        print(json.dumps(sorted(set(map(kind, requests)))), flush=True)
        for response in sys.argv[1:]:
            yield Parse(response, messages.StreamingResponse())


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    services.add_RecognizerServicer_to_server(Recognizer(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
