"""Fresh Python processes that use the package under test."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

SECONDS = 300


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code with this interpreter and this sys.path; standard output and error are kept apart."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=SECONDS,
        check=False,
    )


def output_of(code: str, *arguments: str) -> str:
    """Standard output of code that has to succeed."""
    result = run_python(code, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def run_command(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The `modelconv` command as a process of its own."""
    return run_python("from modelconv.cli import main; main()", *arguments)


def skip_without(*modules: str) -> None:
    """Skip the calling test unless the modules are installed; they are not imported for it."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
