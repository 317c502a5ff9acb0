#!/usr/bin/env bash
# grpcio (asyncio): `await call.write()` goes on for more than a minute of speech although the server reads nothing any more.
#
# The wait in write() is the only sign of back pressure that a client of a streaming call has, and HTTP/2 starts with a window
# of 64 KiB, two seconds of 16 kHz speech. But gRPC's probe of the bandwidth-delay product widens the windows as bytes
# arrive at the transport, whether or not the handler takes a message: some 4 MB and more are accepted, over two minutes
# of speech. A dictation that takes "written" for "on its way to text" sees a stalled recogniser minutes too late and
# has as much to send again. Without the probe at both ends it is three seconds, which an ordinary client cannot ask
# of a foreign server. That the window grows is documented; that a handler which reads nothing does not hold it back is not.
#
# Version: grpcio 1.85.3. Only loopback is used.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: grpcio==1.85.3 ||
    { echo "grpcio 1.85.3 cannot be installed here"; exit 2; }

GRPC_VERBOSITY=NONE "$work/venv/bin/python" - <<'PY'
import asyncio
import sys
from collections.abc import AsyncIterator

import grpc

CHUNK = bytes(3200)  # 100 ms of 16-bit speech at 16 kHz
BLOCKED_AFTER_S = 3  # a write that takes this long is waiting for the reader
PAUSE_S = 0.002  # between writes: 50 times the speed of speech, far below what loopback carries
LIMIT = 6000  # ten minutes of speech


class ReadsOnce(grpc.GenericRpcHandler):
    """A method whose handler takes the first message and then none until it is released."""

    def __init__(self):
        self.release = asyncio.Event()

    def service(self, _details):
        return grpc.stream_stream_rpc_method_handler(self.handle)

    async def handle(self, requests, _context) -> AsyncIterator[bytes]:
        await anext(aiter(requests))
        await self.release.wait()
        yield b""


async def seconds_ahead(options):
    """Return how many seconds of speech are accepted beyond the one message that was read."""
    handler = ReadsOnce()
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    written = 0
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call = channel.stream_stream("/a/b")()
        try:
            while written < LIMIT:
                await asyncio.wait_for(call.write(CHUNK), BLOCKED_AFTER_S)
                written += 1
                await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            pass
        handler.release.set()
        call.cancel()
    await server.stop(0)
    return (written - 1) * 0.1


print("grpcio", grpc.__version__)
with_probe = asyncio.run(seconds_ahead([]))
without_probe = asyncio.run(seconds_ahead([("grpc.http2.bdp_probe", 0)]))
print(f"  default options: {with_probe:.0f} s of speech accepted that nobody read")
print(f"  grpc.http2.bdp_probe=0 at both ends: {without_probe:.0f} s")
if not (with_probe > 60 and without_probe < 10):
    sys.exit("changed: expected more than 60 s by default and less than 10 s without the probe")
PY
