"""Checks the version of Python and the required packages."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import platform
import shlex
import sys

from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState
from skdictate.doctor.import_trial import tried
from skdictate.errors import Exit

OLDEST = (3, 11)
"""Oldest supported version, as in ``pyproject.toml``."""
IMPORT_S = 10.0
"""Time limit of an import; the slowest takes half a second."""
PACKAGES = {
    "textual": "textual.app",
    "rich": "rich.console",
    "grpcio": "grpc.aio",
    "grpcio-health-checking": "grpc_health.v1.health",
    "grpcio-reflection": "grpc_reflection.v1alpha.reflection",
    "av": "av",
    # Generated code refuses an incompatible version of the library.
    "protobuf": "skdictate._pb.speechkit_stt_v3_pb2",
    "numpy": "numpy",
    "soundfile": "soundfile",
    "soxr": "soxr",
    "platformdirs": "platformdirs",
    "cryptography": "cryptography.hazmat.primitives.asymmetric.padding",
    "tomlkit": "tomlkit",
    "websockets": "websockets.asyncio.server",
}
"""Distribution to a module whose import shows that it works. Recording and recognition have their
own checks."""


async def version(_case: CheckContext) -> CheckResult:
    """Check that this Python is new enough."""
    found = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        hint = f"Install skdictate with Python {wanted} or newer."
        return CheckResult("python", CheckState.FAILED, found, hint, Exit.CONFIG)
    return CheckResult("python", CheckState.OK, found)


async def packages(_case: CheckContext) -> CheckResult:
    """Check that all packages are installed and can be imported."""
    async with asyncio.TaskGroup() as group:
        trials = {
            name: group.create_task(tried(module, IMPORT_S)) for name, module in PACKAGES.items()
        }
    found: list[str] = []
    broken: dict[str, str] = {}
    for name, trial in trials.items():
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            broken[name] = "is missing"
            continue
        if error := trial.result().error:
            broken[name] = f"is broken ({error})"
    if broken:
        detail = "; ".join(f"{name} {words}" for name, words in broken.items())
        return CheckResult(
            "packages", CheckState.FAILED, detail, reinstall_hint(list(broken)), Exit.CONFIG
        )
    return CheckResult("packages", CheckState.OK, ", ".join(found))


def reinstall_hint(names: list[str]) -> str:
    """A hint with the command that reinstalls these packages in the required versions."""
    has_pip = importlib.util.find_spec("pip") is not None
    command = [sys.executable, "-m", "pip", "install", "--force-reinstall"]
    if not has_pip:  # an environment made by uv
        command = ["uv", "pip", "install", "--python", sys.executable, "--reinstall"]
    return "Reinstall it:\n" + shlex.join([*command, *map(_requirement, names)])


def _requirement(name: str) -> str:
    """The package with the version range of this program's metadata."""
    try:
        requirements = importlib.metadata.requires("skdictate") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder of sources
        return name
    for requirement in requirements:
        rest = requirement.removeprefix(name)
        if rest != requirement and (not rest or rest[0] in "<>=!~;[ "):
            return requirement.partition(";")[0].strip()
    return name
