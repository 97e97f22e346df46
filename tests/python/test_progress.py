"""progress=True: bars on a terminal, nothing anywhere else."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import modelconv as mc
import pytest


def test_nothing_is_printed_without_a_terminal(
    cnn_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mc.convert(cnn_path, tmp_path / "out.onnx", progress=True)
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_the_stages(cnn_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        mc.convert(cnn_path, tmp_path / "out.onnx", progress=True)
        terminal.flush()
        shown = os.read(master, 1 << 16).decode()
    os.close(master)
    assert "%" in shown
