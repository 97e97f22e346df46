"""Writes docs/mistakes.md: makes the mistakes, one after the other, and notes what modelconv says.

PYTHONPATH=python python tools/generate_mistakes_page.py
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from mistakes import CHAPTERS, Mistake

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mistakes.md"

HEAD = """# Mistakes, and what modelconv says

<!-- Written by tools/generate_mistakes_page.py, which makes them; a test compares it with what happens. -->

Everybody makes these. Every message says what is wrong, where, why, and what to try; the exit status is 2, nothing is
written, and in Python it is an exception of the same text, a `modelconv.ModelConvError`. A message that does not lead
to the fix is a bug of ours.
"""


NET = """
name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }
layer { name: "odd" type: "Odd" bottom: "relu" top: "odd" }
"""
FACTORIES = """import torch


def make():
    return torch.nn.Linear(3, 4)


def sized(size):
    return torch.nn.Linear(size, 4)


def broken():
    return torch.nn.Linear(3, undefined)
"""
CFG = "[net]\nheight=8\nwidth=8\nchannels=3\n[convolutional]\nfilters=2\nsize=3\nactivation=leaky\n"


def write_files(folder: Path) -> None:
    """What the commands read."""
    import torch

    write_convolution(folder / "cnn.onnx")
    write_huge(folder)
    (folder / "net.cfg").write_text(CFG)
    (folder / "odd.prototxt").write_text(NET)
    (folder / "pictures").mkdir()
    (folder / "pictures" / "one.png").write_bytes(b"")
    (folder / "results").mkdir()
    (folder / "net.py").write_text(FACTORIES)
    torch.save(torch.nn.Linear(3, 4), folder / "module.pth")
    torch.save(torch.nn.Linear(5, 2).state_dict(), folder / "other.pth")
    torch.save({"epoch": 3}, folder / "epoch.pth")
    write_arrays(folder)
    write_what_is_no_model(folder)


def write_arrays(folder: Path) -> None:
    """Inputs of all kinds."""
    import numpy as np

    images = np.zeros((4, 3, 16, 16), np.float32)
    np.savez(folder / "samples.npz", image=images.transpose(0, 2, 3, 1))
    np.savez(folder / "images.npz", image=images)
    np.savez(folder / "nan.npz", image=np.where(np.arange(16) == 3, np.nan, images))
    np.savez(folder / "text.npz", image=np.array(["cat.png", "dog.png"]))
    np.savez(folder / "none.npz", image=images[:0])
    np.savez(folder / "two.npz", left=images, right=images)
    np.save(folder / "objects.npy", np.array([{"image": 1}], dtype=object), allow_pickle=True)
    np.save(folder / "whole.npy", images[:1].astype(np.int64))
    np.save(folder / "flat.npy", images[0, 0])


def write_what_is_no_model(folder: Path) -> None:
    """Files that downloads, clones and copies leave."""
    import modelconv

    (folder / "pointer.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n")
    (folder / "page.onnx").write_text("\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n")
    (folder / "answer.onnx").write_text('{"error": "Repository not found"}\n')
    (folder / "notes").write_text("to do\n")
    (folder / "empty.onnx").touch()
    whole = (folder / "cnn.onnx").read_bytes()
    (folder / "short.onnx").write_bytes(whole[: len(whole) // 2])
    (folder / "models").mkdir()
    (folder / "models" / "cnn.onnx").write_bytes(whole)
    modelconv.convert(folder / "cnn.onnx", folder / "weights.safetensors")
    huge = (folder / "huge.onnx").read_bytes()
    (folder / "split.onnx").write_bytes(huge.replace(b"huge.bin", b"gone.bin"))
    modelconv.convert(folder / "cnn.onnx", folder / "saved")
    (folder / "graph_of_saved_model.pb").write_bytes((folder / "saved" / "saved_model.pb").read_bytes())
    shutil.make_archive(str(folder / "saved"), "zip", folder, "saved")


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
    words = shlex.split(mistake.command)[1:]
    apart = mistake.missing or mistake.read_only
    status, output, messages = run_apart(mistake, words, folder) if apart else run_here(words, folder)
    if status != 2 or output:
        raise RuntimeError(f"{mistake.command}: status {status}\n{output}{messages}")
    return messages.replace(str(folder), ".").strip()


def run_here(words: list[str], folder: Path) -> tuple[Any, str, str]:
    """In this process, which has loaded everything."""
    from modelconv.cli import main

    output, messages = io.StringIO(), io.StringIO()
    before, path = Path.cwd(), list(sys.path)
    os.chdir(folder)
    try:
        with redirect_stdout(output), redirect_stderr(messages):
            main(words)
    except SystemExit as stopped:
        return stopped.code, output.getvalue(), messages.getvalue()
    finally:
        os.chdir(before)
        sys.path[:] = path
    raise RuntimeError("the command never ends by itself")


def run_apart(mistake: Mistake, words: list[str], folder: Path) -> tuple[Any, str, str]:
    """In a process that lacks a module or a right."""
    hide = "import sys; sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()))"
    program = f"{hide}; from modelconv.cli import main; main()"
    paths = os.pathsep.join(filter(None, sys.path))
    as_somebody: Callable[[], None] | None = None
    if mistake.read_only:
        (folder / mistake.read_only).chmod(0o555)
        as_somebody = without_override if os.geteuid() == 0 else None
    done = subprocess.run(
        [sys.executable, "-c", program, mistake.missing, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=as_somebody,
    )
    return done.returncode, done.stdout, done.stderr


def make_page() -> str:
    """The text of the page."""
    lines = [HEAD]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        write_files(folder)
        before = sorted(folder.rglob("*"))
        for chapter in CHAPTERS:
            lines.append(f"\n## {chapter.title}\n")
            for mistake in chapter.mistakes:
                text = f"{mistake.text}\n\n" if mistake.text else ""
                shown = f"$ {mistake.command}\n{message_of(mistake, folder)}"
                lines.append(f"\n### {mistake.title}\n\n{text}```console\n{shown}\n```\n")
        if sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts) != before:
            raise RuntimeError("a command that failed has left a file behind")
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
