"""Answers that no recogniser gives, by seed: bytes, fields, texts and times that mean harm."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from skdictate._pb import speechkit_stt_v2_pb2 as v2
from skdictate._pb import speechkit_stt_v3_pb2 as v3

ESC, BEL, ST, CSI, OSC, DCS = "\x1b", "\x07", "\x1b\\", "\x9b", "\x9d", "\x90"
MARK = "pwned"
"""In every text that would act on a terminal."""
TEXTS = (
    f"{ESC}]0;{MARK}{BEL}title",
    f"{ESC}]8;;http://evil.example/{MARK}{ST}link{ESC}]8;;{ST}",
    f"{ESC}]52;c;cHduZWQ={BEL}clipboard {MARK}",
    f"{ESC}]52;c;cHduZWQ={ST}",
    f"{ESC}]777;notify;{MARK};{MARK}{ST}",
    f"{ESC}]1337;File=name={MARK};inline=1:AAAA{BEL}",
    f"{ESC}P+q544e{ST}{ESC}_G{MARK}{ST}{ESC}^{MARK}{ST}{ESC}X{MARK}{ST}",
    f"{ESC}[2J{ESC}[H{ESC}[31mred{ESC}[0m{MARK}",
    f"{ESC}[6n{ESC}[21t{ESC}[c{ESC}[?1049l{ESC}[?1000h{ESC}c",
    f"{CSI}2J{CSI}31m{MARK}{OSC}52;c;cHduZWQ=\x9c{DCS}q\x9c\x84\x85\x8d",
    f"split{ESC}",
    f"[2J{MARK}]52;c;cHduZWQ={BEL}",
    "one\rtwo\vthree\ffour\bfive\x00six\x7fseven",
    "one\ntwo\r\nthree\u2028four\u2029five\x85six",
    "\u202etfel ot thgir\u202c \u2066in\u2069 \u200emark\u200f \u061c",
    "zero\u200bwidth\u2060joiner\ufeff\u00ad and \U000e0041\U000e0042 tags",
    "private \ue000\uf8ff\U000f0000\U0010fffd use \ufff9a\ufffab\ufffb",
    "[/] [/b] [bold red]loud[/bold red] [link=file:///etc/passwd]x[/link]",
    "[@click=app.quit]press[/] [@click='app.bell']x[/]",
    "[type=x, v={'a[0]'}] [on $error] [[ ]] [/ \\[b] {markup} $var",
    "a" + "\u0301" * 10_000,
    "\u0baa\u0bcd" * 50 + "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 40,
    "ﷺ𒐫⸻" * 200,
    "```\n# head\n| a | b |\n<script>alert(1)</script> --> \n\n2\n00:00:00,000 --> 00:00:01,000",
    "\"; DROP TABLE line; -- ' %s %n ${IFS} `reboot` $(reboot) ../../etc/passwd",
    "",
    " ",
    "привет, мир",
)
NUMBERS = (0, 1, -1, 7, 99, 1000, 60_000, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**62, 4_711)
REALS = (0.0, -1.0, 0.5, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
DEEPEST = 8
_INTS = {
    FieldDescriptor.CPPTYPE_INT32: 32,
    FieldDescriptor.CPPTYPE_INT64: 64,
    FieldDescriptor.CPPTYPE_UINT32: -32,
    FieldDescriptor.CPPTYPE_UINT64: -64,
}
ANSWERS: dict[str, type[Message]] = {
    "v3": v3.StreamingResponse,
    "v2": v2.StreamingRecognitionResponse,
}
REQUESTS: dict[str, type[Message]] = {
    "v3": v3.StreamingRequest,
    "v2": v2.StreamingRecognitionRequest,
}


class Fuzz:
    """Messages of one kind, one after the other."""

    def __init__(self, kind: type[Message], rng: random.Random, *, garbled: float = 0.02) -> None:
        self._kind = kind
        self._rng = rng
        self._garbled = garbled
        """How many are no messages at all."""

    def next(self) -> bytes:
        """The next one, as it travels."""
        if self._rng.random() < self._garbled:
            return self._rng.randbytes(self._rng.choice((1, 3, 40, 1000)))
        message = self._kind()
        if isinstance(message, v3.StreamingResponse) and self._rng.random() < 0.6:
            self._likely(message)
        else:
            self._fill(message, 0)
        data = message.SerializeToString()
        return self._bent(data) if self._rng.random() < self._garbled else data

    def text(self) -> str:
        """Some text; now and then a very long one."""
        text = self._rng.choice(TEXTS)
        if self._rng.random() < 0.002:
            return (text or "word ") * (300_000 // max(5, len(text)))
        return text + self._rng.choice(TEXTS) if self._rng.random() < 0.3 else text

    def number(self, bits: int = 64) -> int:
        """Some whole number of that many bits; negative for unsigned ones."""
        number = self._rng.choice((*NUMBERS, self._rng.getrandbits(40), self._rng.randint(0, 9000)))
        if bits < 0:
            return number % (1 << -bits)
        half = 1 << (bits - 1)
        return (number + half) % (2 * half) - half

    def _bent(self, data: bytes) -> bytes:
        """The same with some bits turned, or without its end."""
        bent = bytearray(data)
        for _ in range(self._rng.randint(1, 4) if bent else 0):
            bent[self._rng.randrange(len(bent))] ^= 1 << self._rng.randrange(8)
        return bytes(bent[: self._rng.randint(0, len(bent))] if self._rng.random() < 0.3 else bent)

    def _likely(self, response: v3.StreamingResponse) -> None:
        """What looks like an answer to what was said, but for its texts and times."""
        what = self._rng.choice(("partial", "final", "final_refinement", "eou_update"))
        if what == "eou_update":
            response.eou_update.time_ms = self.number()
        elif what == "final_refinement":
            response.final_refinement.final_index = self._rng.choice((0, 1, 2, self.number()))
            response.final_refinement.normalized_text.alternatives.add(text=self.text())
        else:
            best = getattr(response, what).alternatives.add(text=self.text())
            best.start_time_ms, best.end_time_ms = self.number(), self.number()
            for _ in range(self._rng.choice((0, 0, 1, 3, 30))):
                word = best.words.add(text=self.text()[:200])
                word.start_time_ms, word.end_time_ms = self.number(), self.number()
        if self._rng.random() < 0.5:
            response.audio_cursors.final_time_ms = self.number()
            response.audio_cursors.partial_time_ms = self.number()
            response.audio_cursors.final_index = self._rng.choice((0, 1, self.number()))

    def _fill(self, message: Message, depth: int) -> None:
        """Any fields with any values."""
        for field in message.DESCRIPTOR.fields:
            kind: Any = field.message_type
            if depth > DEEPEST or (kind is not None and kind.GetOptions().map_entry):
                continue
            if self._rng.random() < (0.3 if depth else 0.4):
                self._set(message, field, depth)

    def _set(self, message: Message, field: Any, depth: int) -> None:
        if field.is_repeated:
            n = self._rng.choice((0, 1, 1, 2, 3))
            n = 300 if depth == 0 and self._rng.random() < 0.01 else n
            for _ in range(n):
                if field.message_type is not None:
                    self._fill(getattr(message, field.name).add(), depth + 1)
                else:
                    getattr(message, field.name).append(self._value(field))
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self._fill(inner, depth + 1)
        else:
            setattr(message, field.name, self._value(field))

    def _value(self, field: Any) -> Any:
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return self._rng.randbytes(self._rng.choice((0, 1, 33, 3200)))
            case FieldDescriptor.CPPTYPE_STRING:
                return self.text()
            case FieldDescriptor.CPPTYPE_BOOL:
                return self._rng.random() < 0.5
            case FieldDescriptor.CPPTYPE_ENUM:
                return self._rng.choice((0, 1, 2, 3, 77, -1))
            case FieldDescriptor.CPPTYPE_DOUBLE:
                return self._rng.choice(REALS)
            case FieldDescriptor.CPPTYPE_FLOAT:
                return self._rng.choice([real for real in REALS if abs(real) != 1e308])
            case kind:
                return self.number(_INTS[kind])
