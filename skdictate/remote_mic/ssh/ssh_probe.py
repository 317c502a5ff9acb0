"""A shell script that finds a recorder on a machine with a microphone, for any POSIX shell.

Its arguments are data: the sample rate, the device, and the id of the call to continue. Where
skdictate is installed, the script runs ``mic out``, which sends frames. Elsewhere it prints
``RAW``, waits for a line, and runs the first program that records, which prints raw s16le mono. On
standard error, a line that begins with ``TRIED`` names each program, followed by what the program
printed.
"""

from __future__ import annotations

from collections.abc import Iterable

from skdictate.errors import Kind, Problem
from skdictate.remote_mic.ssh.ssh_command_line import ELSEWHERE, script
from skdictate.text.clean_text import clean

RAW = b"SKRAW1\n"
TRIED = "skdictate tries "
MISSING = " which is missing"
NOTHING = 69
"""The exit code if nothing records there (EX_UNAVAILABLE of sysexits.h)."""
PROGRAMS = ("skdictate", "parec", "pw-record", "arecord", "ffmpeg", "sox")

SCRIPT = (
    ELSEWHERE
    + """
rate=$1 device=$2 call=$3 system=$(uname -s)
try() {
  if ! command -v "$1" >/dev/null 2>&1; then
    echo "skdictate tries $1 which is missing" >&2
    return
  fi
  echo "skdictate tries $1" >&2
  began=$(date +%s)
  "$@" </dev/null
  code=$?
  if [ $code -gt 128 ] || [ $(($(date +%s) - began)) -ge 3 ]; then exit $code; fi
}
if command -v skdictate >/dev/null 2>&1; then
  echo "skdictate tries skdictate" >&2
  skdictate mic out --rate "$rate" --device "$device" --call "$call"
  code=$?
  if [ $code -ne 2 ]; then exit $code; fi
else
  echo "skdictate tries skdictate which is missing" >&2
fi
echo SKRAW1
read -r go || exit 0
alsa=$device pulse=$device target=$device
case $device in
  hw:*) alsa=plug$device pulse= target= ;;
  plughw:*|sysdefault*|dsnoop*|*:CARD=*) pulse= target= ;;
  "") alsa=default pulse=@DEFAULT_SOURCE@ target=auto ;;
  *) if ! pw-cli ls Node 2>/dev/null | grep -F "\\"$device\\"" >/dev/null; then target=; fi ;;
esac
if [ -n "$pulse" ]; then
  try parec --raw --format=s16le --channels=1 --rate="$rate" --latency-msec=40 --device="$pulse"
fi
if [ -n "$target" ]; then
  try pw-record --format=s16 --channels=1 --rate="$rate" --target="$target" -
fi
try arecord -q -t raw -f S16_LE -c 1 -r "$rate" --period-time=20000 -D "$alsa"
raw="-ac 1 -ar $rate -f s16le -flush_packets 1 -"
quiet="-nostdin -hide_banner -loglevel error -fflags nobuffer"
if [ "$system" = Darwin ]; then
  try ffmpeg $quiet -f avfoundation -i ":${device:-default}" $raw
else
  try ffmpeg $quiet -f alsa -i "$alsa" $raw
  if [ -n "$pulse" ]; then
    try ffmpeg $quiet -f pulse -fragment_size 640 -i "${device:-default}" $raw
  fi
fi
case $system in Darwin) driver=coreaudio ;; *) driver=alsa ;; esac
case $alsa in -*) alsa=./$alsa ;; esac
try sox -q --buffer 1024 -t $driver "$alsa" -t raw -r "$rate" -e signed -b 16 -c 1 -
exit 69
"""
)


def words(rate_hz: int, device: str, call: str) -> tuple[str, ...]:
    """The script with its arguments, for ``ssh_command_line.command``."""
    return script(SCRIPT, str(rate_hz), device, call)


def tried(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The programs that were tried, from the lines of standard error, and the last line of each."""
    found: list[tuple[str, str]] = []
    for line in map(clean, lines):
        if line.startswith(TRIED):
            name = line.removeprefix(TRIED)
            is_missing = name.endswith(MISSING)
            name = name.removesuffix(MISSING)
            if name in PROGRAMS:
                found.append((name, "not installed" if is_missing else ""))
        elif line and found:
            found[-1] = (found[-1][0], line)
    return found


def nothing_records(host: str, lines: Iterable[str]) -> Problem:
    """The problem to report if nothing on the host recorded, from the lines of standard error."""
    reasons: dict[str, str] = {}
    for name, words in tried(lines):
        reasons[name] = words or reasons.get(name, "") or "no sound"
    told = "; ".join(f"{name}: {words[:80]}" for name, words in reasons.items())
    return Problem(
        Kind.MICROPHONE,
        f"Nothing on {host} records",
        f"Tried there: {told}" if told else "There is no shell that could look for a recorder",
        "Install one of them there (Debian: sudo apt install alsa-utils), or see: arecord -l",
    )
