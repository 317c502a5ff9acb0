"""Runs ``skdictate doctor``: all checks of this machine, and the report."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import FrameType
from typing import Any

from skdictate.doctor import (
    disk_check,
    python_check,
    recogniser_check,
    service_check,
    settings_check,
    sound_check,
    terminal_check,
)
from skdictate.doctor.check_report import CheckReport, JsonReport, TextReport
from skdictate.doctor.check_result import Check, CheckContext, CheckResult, CheckState, failed
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.system.daemon_call import DaemonCall
from skdictate.system.paths import Paths
from skdictate.system.signals import CODES

SETTINGS_S = 5.0
"""Time limit for reading the settings."""
CHECKS = (
    Check("python", python_check.version, 2.0),
    Check("packages", python_check.packages, 20.0),
    Check("folders", disk_check.folders, 5.0, exit_code=Exit.DISK),
    Check("disk", disk_check.space, 5.0, exit_code=Exit.DISK),
    Check("settings", settings_check.settings, 10.0),
    Check("terminal", terminal_check.terminal, 3.0),
    Check("portaudio", sound_check.portaudio, 10.0, exit_code=Exit.MICROPHONE),
    Check("sound server", sound_check.server, 10.0, exit_code=Exit.MICROPHONE),
    Check("microphone", sound_check.microphone, 15.0, "say something", exit_code=Exit.MICROPHONE),
    Check("recogniser", recogniser_check.recogniser, 60.0, exit_code=Exit.NETWORK),
    Check("service", service_check.service, 15.0, exit_code=Exit.NETWORK),
    Check("key", service_check.key, 15.0, exit_code=Exit.NETWORK),
)
"""Ordered by dependency, so that the first check that fails is the one to repair."""


def examine(flags: Mapping[str, Any], *, form: str, is_online: bool) -> int:
    """Run all checks and write a report to standard output.

    Args:
        flags: parsed flags by setting name.
        form: ``text`` or ``json``.
        is_online: also run checks that are billed.

    Returns:
        The exit code of the first check that failed, else ``DONE``.

    Raises:
        ProblemError: a flag is invalid.
    """
    for name, code in CODES.items():
        if number := getattr(signal, name, None):
            signal.signal(number, _leaving(code))
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    is_terminal = sys.stdout.isatty() and sys.stdin.isatty()
    case = CheckContext(Paths.of(), os.environ, is_online=is_online, is_on_terminal=is_terminal)
    report: CheckReport = JsonReport(sys.stdout) if form == "json" else TextReport(sys.stdout)
    try:
        code = run(CHECKS, _settled(case, flags), report)
    except _LeaveError as leave:
        code = leave.code
    if any(isinstance(thread, DaemonCall) for thread in threading.enumerate()):
        os._exit(code)  # a normal exit would wait for a thread that hangs
    return code


def _settled(case: CheckContext, flags: Mapping[str, Any]) -> CheckContext:
    """The context with its settings, see ``settings_check.settle``; with a time limit."""
    try:
        return DaemonCall(lambda: settings_check.settle(case, flags)).result(SETTINGS_S)
    except TimeoutError:
        title = "The settings cannot be read"
        detail = f"{case.paths.config_file}: no answer from the disk"
        return replace(case, problem=Problem(Kind.CONFIG, title, detail))


class _LeaveError(BaseException):
    """Raised when a signal ends the command."""

    def __init__(self, code: Exit) -> None:
        self.code = code


def _leaving(code: Exit) -> Callable[[int, FrameType | None], None]:
    """A signal handler that ends the command with this exit code."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise _LeaveError(code)

    return leave


def run(checks: Iterable[Check], case: CheckContext, report: CheckReport) -> Exit:
    """Run the checks one after the other, so that they do not disturb each other.

    Returns:
        The exit code of the first check that failed, else ``DONE``.
    """
    counts: Counter[CheckState] = Counter()
    code = Exit.DONE
    for check in checks:
        report.begin(check)
        try:
            finding = _made(check, case)
        finally:
            report.clear()
        report.add(finding)
        counts[finding.state] += 1
        if finding.state is CheckState.FAILED:
            code = code or finding.exit_code
    report.end(counts)
    return code


def _made(check: Check, case: CheckContext) -> CheckResult:
    """The result of a check; a timeout or an exception is a failed result."""
    try:
        return DaemonCall(lambda: check.run(case)).result(check.bound_s)
    except TimeoutError:
        detail = f"no answer within {check.bound_s:g} s"
        return CheckResult(check.name, CheckState.FAILED, detail, exit_code=check.exit_code)
    except ProblemError as error:
        return failed(check.name, error.problem)
    except Exception as error:  # noqa: BLE001 - what is broken in one must not end the others
        detail = f"the check crashed: {type(error).__name__}: {error}"
        return CheckResult(check.name, CheckState.FAILED, detail, exit_code=check.exit_code)
