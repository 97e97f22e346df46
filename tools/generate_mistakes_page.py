"""Writes docs/mistakes.md: makes the mistakes, one after the other, and notes what modelconv says.

PYTHONPATH=python python tools/generate_mistakes_page.py
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mistakes.md"

HEAD = """# Mistakes, and what modelconv says

<!-- Written by tools/generate_mistakes_page.py, which makes them; a test compares it with what happens. -->

Everybody makes these. Every message says what is wrong, where, why, and what to try; the exit status is 2, nothing is
written, and in Python it is an exception of the same text, a `modelconv.ModelConvError`.
"""


class Mistake(NamedTuple):
    """One command with its message."""

    title: str
    text: str
    command: str
    missing: str = ""
    """A module that is not there."""
    read_only: str = ""
    """A folder into which nobody may write."""


MISTAKES = [
    Mistake(
        "The wrong suffix",
        "The suffix of the target names its format. A source is recognised by its contents.",
        "modelconv convert cnn.onnx cnn.tflit",
    ),
    Mistake(
        "The weights are missing",
        "Caffe and Darknet have a network in two files. One lies beside the other, under the same name.",
        "modelconv convert net.cfg net.onnx",
    ),
    Mistake(
        "A misspelt input",
        "The nearest name is suggested, for outputs, rules, options and formats too.",
        "modelconv convert cnn.onnx out.onnx --input-shape imgae=1,3,16,16",
    ),
    Mistake(
        "The wrong layout",
        "`cnn.onnx` takes its images with the channels first.",
        "modelconv convert cnn.onnx out.onnx --input-shape image=1,16,16,3",
    ),
    Mistake(
        "A package is missing",
        "Frameworks and libraries are asked for when they are needed; here, Pillow is not installed.",
        "modelconv convert cnn.onnx cnn.tflite --quantize int8 --calibration pictures",
        missing="PIL",
    ),
    Mistake(
        "A layer that is not supported",
        "All are named at once. `--plan` says [where to cut](plan.md); or [say what stands for them](custom-ops.md).",
        "modelconv convert odd.prototxt odd.onnx",
    ),
    Mistake(
        "A huge model to `.pb`",
        "A frozen graph is one protobuf message. `huge.onnx` has 2.3 GB of weights in a second file.",
        "modelconv convert huge.onnx huge.pb",
    ),
    Mistake(
        "Calibration data of the wrong shape",
        "`samples.npz` holds four images with the channels last.",
        "modelconv convert cnn.onnx cnn.tflite --quantize int8 --calibration samples.npz",
    ),
    Mistake(
        "A pickle of the whole module",
        "Made by `torch.save(model, 'module.pth')` in place of `torch.save(model.state_dict(), ...)`.",
        "modelconv convert module.pth module.onnx",
    ),
    Mistake(
        "No permission to write",
        "The folder `results` is read-only.",
        "modelconv convert cnn.onnx results/out.onnx",
        read_only="results",
    ),
]

NET = """
name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }
layer { name: "odd" type: "Odd" bottom: "relu" top: "odd" }
"""
CFG = "[net]\nheight=8\nwidth=8\nchannels=3\n[convolutional]\nfilters=2\nsize=3\nactivation=leaky\n"


def write_files(folder: Path) -> None:
    """What the commands read."""
    import numpy as np
    import torch

    write_convolution(folder / "cnn.onnx")
    write_huge(folder)
    (folder / "net.cfg").write_text(CFG)
    (folder / "odd.prototxt").write_text(NET)
    (folder / "pictures").mkdir()
    (folder / "pictures" / "one.png").write_bytes(b"")
    (folder / "results").mkdir()
    np.savez(folder / "samples.npz", image=np.zeros((4, 16, 16, 3), np.float32))
    torch.save(torch.nn.Linear(3, 4), folder / "module.pth")


def write_convolution(path: Path) -> None:
    """One convolution of images with the channels first."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((6, 3, 3, 3), np.float32), "w")
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 16, 16])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node("Conv", ["image", "w"], ["y"], name="conv1")
    graph = helper.make_graph([node], "cnn", [image], [y], [weights])
    save(graph, path)


def write_huge(folder: Path) -> None:
    """A product with a matrix of 24,000 rows, whose file is one hole: it takes no space."""
    from onnx import TensorProto, helper

    rows = 24_000
    size = 4 * rows * rows
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[rows, rows])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "huge.bin"), ("offset", "0"), ("length", str(size))):
        weights.external_data.add(key=key, value=value)
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(size)
    specs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, rows]) for name in "xy"]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    save(helper.make_graph([node], "huge", specs[:1], specs[1:], [weights]), folder / "huge.onnx")


def save(graph: Any, path: Path) -> None:
    """As a model of operator set 17."""
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def without_override() -> None:
    """The superuser's right to write where permissions forbid it is given up: by Linux's prctl(PR_CAPBSET_DROP)."""
    import ctypes

    drop_from_bounding_set, override_permissions = 24, 1
    if ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions, 0, 0, 0):
        raise PermissionError("the right to override permissions cannot be given up")


def message_of(mistake: Mistake, folder: Path) -> str:
    """What the command prints; it has to fail with status 2."""
    hide = "import sys; sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()))"
    program = f"{hide}; from modelconv.cli import main; main()"
    paths = os.pathsep.join(filter(None, sys.path))
    as_somebody: Callable[[], None] | None = None
    if mistake.read_only:
        (folder / mistake.read_only).chmod(0o555)
        as_somebody = without_override if os.geteuid() == 0 else None
    done = subprocess.run(
        [sys.executable, "-c", program, mistake.missing, *shlex.split(mistake.command)[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=as_somebody,
    )
    if done.returncode != 2 or done.stdout:
        raise RuntimeError(f"{mistake.command}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stderr.replace(str(folder), ".").strip()


def make_page() -> str:
    """The text of the page."""
    lines = [HEAD]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write_files(folder)
        before = sorted(folder.rglob("*"))
        for mistake in MISTAKES:
            message = message_of(mistake, folder)
            lines.append(f"\n## {mistake.title}\n\n{mistake.text}\n\n```console\n$ {mistake.command}\n{message}\n```\n")
        if sorted(folder.rglob("*")) != before:
            raise RuntimeError("a command that failed has left a file behind")
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
