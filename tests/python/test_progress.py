"""progress=True: bars on a terminal, nothing anywhere else."""

from __future__ import annotations

import os
import pty
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.cli import main
from support import onnx_models


def test_nothing_is_printed_without_a_terminal(
    cnn_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mc.convert(cnn_path, tmp_path / "out.onnx", progress=True)
    assert capfd.readouterr() == ("", "")


class Terminal:
    """What a command writes to standard error where that is a terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._master, slave = pty.openpty()
        self._slave = os.fdopen(slave, "w")
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._read)  # a terminal's buffer is small: writing would wait for us
        self._reader.start()
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setattr(sys, "stderr", self._slave)

    def _read(self) -> None:
        try:
            while part := os.read(self._master, 1 << 16):
                self._parts.append(part)
        except OSError:
            pass  # Linux says so when the other side has closed

    def shown(self) -> str:
        self._slave.close()
        self._reader.join()
        os.close(self._master)
        return b"".join(self._parts).decode()


COLOUR = re.compile("\x1b\\[[0-9;]*m")


def test_a_terminal_shows_the_stages(cnn_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch)
    mc.convert(cnn_path, tmp_path / "out.onnx", progress=True)
    shown = terminal.shown()
    for stage in ("read", "simplify", "write", "kB of"):
        assert stage in shown
    assert COLOUR.search(shown)


def test_no_color(cnn_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    mc.convert(cnn_path, tmp_path / "out.onnx", progress=True)
    shown = terminal.shown()
    assert "write" in shown
    assert not COLOUR.search(shown)


def stages_of(work: Callable[[Callable[[str, int, int], None]], object]) -> dict[str, list[tuple[int, int]]]:
    heard: dict[str, list[tuple[int, int]]] = {}
    work(lambda stage, done, total: heard.setdefault(stage, []).append((done, total)))
    return heard


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_stages_of_a_conversion(suffix: str, cnn_path: Path, tmp_path: Path) -> None:
    target = tmp_path / f"out.{suffix}"
    quantize = mc.Int8(calibration=np.zeros((20, 3, 16, 16), np.float32))
    heard = stages_of(lambda sink: mc.convert(cnn_path, target, quantize=quantize, progress=sink))
    assert list(heard) == ["read", "simplify", "calibrate", "compare", "write"]
    assert [done for done, _ in heard["calibrate"]] == [0, 1, 2], "two batches, 16 samples and 4"
    assert heard["write"][-1] == (target.stat().st_size,) * 2


def test_bytes_are_counted_while_they_are_written(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Add", ["x", "w"], ["y"])
    model = onnx_models.make_model(
        [node],
        [onnx_models.tensor_info("x", [10 << 20])],
        [onnx_models.tensor_info("y", [10 << 20])],
        {"w": np.zeros(10 << 20, np.float32)},
    )
    heard = stages_of(lambda sink: mc.convert(model, tmp_path / "out.onnx", progress=sink))
    assert len(heard["write"]) > 2
    assert [done for done, _ in heard["write"]] == sorted(done for done, _ in heard["write"])
    assert all(done <= total for done, total in heard["write"])


def test_stages_of_simplify_and_verify(cnn_path: Path, tmp_path: Path) -> None:
    heard = stages_of(lambda sink: mc.simplify(cnn_path, tmp_path / "out.onnx", check=1, progress=sink))
    assert list(heard) == ["read", "check", "simplify", "write"]
    heard = stages_of(lambda sink: mc.verify_against(cnn_path, cnn_path, samples=3, progress=sink))
    assert heard == {"verify": [(0, 3), (1, 3), (2, 3)]}


QUANTIZED = ["read", "simplify", "calibrate", "compare", "write"]
STAGES = {
    "out.onnx": QUANTIZED,
    "out.tflite": QUANTIZED,
    "saved": ["write"],
    "out.keras": ["write"],
    "out.npz": ["write"],
}
INTERRUPTIONS = [(target, stage) for target, stages in STAGES.items() for stage in stages]


@pytest.fixture
def _heeding_interrupts() -> Iterator[None]:
    """Python's own handler: a shell that starts the tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeding_interrupts")
@pytest.mark.parametrize(("target", "stage"), INTERRUPTIONS)
def test_an_interrupted_conversion_leaves_nothing_behind(
    target: str, stage: str, cnn_path: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    calibration = np.zeros((4, 3, 16, 16), np.float32)

    def interrupt(reached: str, *_: int) -> None:
        if reached == stage:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        mc.convert(
            cnn_path,
            tmp_path / target,
            target_format="saved_model" if target == "saved" else None,
            quantize=mc.Int8(calibration=calibration) if stage != "write" else None,
            progress=interrupt,
        )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("_heeding_interrupts")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_command(
    number: signal.Signals,
    status: int,
    cnn_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "out.onnx").write_bytes(b"as it was")
    before = sorted(tmp_path.iterdir())

    @contextmanager
    def interrupting() -> Iterator[Callable[[str, int, int], None]]:
        yield lambda stage, *_: signal.raise_signal(number) if stage == "write" else None

    monkeypatch.setattr("modelconv.progress._bar", interrupting)
    with pytest.raises(SystemExit) as stopped:
        main(["convert", str(cnn_path), str(tmp_path / "out.onnx")])
    assert stopped.value.code == status
    assert capsys.readouterr().err == ("error: interrupted\n" if number == signal.SIGINT else "")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "out.onnx").read_bytes() == b"as it was"
