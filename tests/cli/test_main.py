"""The command line as other programs use it: help, mistakes, what it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.support.command import run


def test_help_is_short_and_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from skdictate.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "transcribe" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    heavy = (
        "textual",
        "rich",
        "grpc",
        "google.protobuf",
        "numpy",
        "sounddevice",
        "asyncio",
        "sqlite3",
    )
    loaded = [name for name in heavy if f"'{name}'" in done.stderr]
    assert loaded == []


def test_no_core_dump_holds_speech_or_keys() -> None:
    code = (
        "import resource\n"
        "from skdictate.cli.main import main\n"
        "core = resource.RLIMIT_CORE\n"
        "resource.setrlimit(core, (resource.getrlimit(core)[1],) * 2)\n"
        "main(['history', 'list'])\n"
        "print(resource.getrlimit(core)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has a word for it")
def test_no_other_program_looks_into_the_memory() -> None:
    code = (
        "import ctypes\n"
        "from skdictate.cli.main import main\n"
        "is_dumpable = lambda: ctypes.CDLL(None).prctl(3)\n"
        "print(is_dumpable())\n"
        "main(['history', 'list'])\n"
        "print(is_dumpable())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n0\n"


async def test_sound_on_standard_input(beckett: Path) -> None:
    sound, _ = soundfile.read(beckett, dtype="int16")
    for given in (sound.tobytes(), beckett.read_bytes()):
        done = await run("listen", "--source", "stdin", given=given)
        assert done.code == 0
        assert "ever tried" in done.out.lower()


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "said"),
    [
        (["--nonsense"], {}, 2, "unrecognized arguments"),
        (["listen", "--rate", "5"], {}, 2, "Use one of: 8000, 16000, 48000."),
        (["listen", "--source", "nonsense"], {}, 2, "no such source"),
        (["transcribe", "/nowhere.wav"], {}, 2, "There is no file /nowhere.wav"),
        (["history"], {}, 2, "required"),
        (["listen"], {"SKDICTATE_RAET": "8000"}, 3, "SKDICTATE_RATE"),
        (["listen"], {"SKDICTATE_RATE": "7"}, 3, "SKDICTATE_RATE"),
        (["listen", "--endpoint", "x:1", "--plaintext"], {}, 3, "unencrypted"),
        (["listen", "--endpoint", "x:1", "--engine", "local"], {}, 3, "Two recognisers"),
        (["listen", "--language", "ru-RU"], {}, 3, "English only"),
        (["listen", "--engine", "speechkit"], {}, 4, "SKDICTATE_API_KEY"),
        (["listen", "--demo"], {"YC_API_KEY": "two words"}, 4, "damaged"),
    ],
)
async def test_what_is_wrong_is_one_sentence_and_an_exit_code(
    arguments: list[str], environ: dict[str, str], code: int, said: str
) -> None:
    done = await run(*arguments, environ=environ)
    assert done.code == code
    assert said in done.err
    assert done.out == ""
    assert "Traceback" not in done.err
