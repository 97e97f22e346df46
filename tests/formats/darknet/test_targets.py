"""The families of YOLO as NumPy computes them, in ONNX Runtime, LiteRT and Keras; and cfgs as people write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from support.darknet_cfgs import BY_FORMULA, FAMILIES, V3_TINY
from support.darknet_reference import DarknetReference
from support.litert import run_litert
from support.processes import skip_without
from support.reference import assert_tensor_close, run_onnxruntime

TOLERANCE = 1e-4  # the acceptance criterion
ALL = {**FAMILIES, **BY_FORMULA}


def with_numpy(cfg: str, folder: Path) -> tuple[Path, np.ndarray, list[np.ndarray]]:
    """The two files, an image, and what each section makes of it."""
    net = DarknetReference(cfg)
    size = net.net.integer("width")
    x = np.random.default_rng(5).random((1, 3, size, size), np.float32)
    values = net.run(x)
    return net.write(folder), x, values


def compare(results: dict[str, np.ndarray], values: list[np.ndarray]) -> None:
    assert results
    for name, actual in results.items():
        expected = values[int(name.rpartition("_")[2])]
        assert_tensor_close(name, actual.reshape(expected.shape), expected.astype(np.float32), TOLERANCE)


@pytest.mark.parametrize("name", ALL)
def test_family_by_formula_and_in_litert(name: str, tmp_path: Path) -> None:
    skip_without("ai_edge_litert")
    path, x, values = with_numpy(ALL[name], tmp_path)
    mc.convert(path, tmp_path / "net.onnx", input_shapes={"data": x.shape})
    compare(run_onnxruntime(onnx.load(tmp_path / "net.onnx"), {"data": x}), values)
    mc.convert(path, tmp_path / "net.tflite", input_shapes={"data": x.shape})
    compare(run_litert(tmp_path / "net.tflite", {"data": x}), values)


@pytest.mark.parametrize("name", ALL)
def test_family_in_keras(name: str, tmp_path: Path) -> None:
    skip_without("keras", "tensorflow")
    import keras

    path, x, values = with_numpy(ALL[name], tmp_path)
    written = mc.convert(path, tmp_path / "net.keras", input_shapes={"data": x.shape}).model
    results = keras.models.load_model(tmp_path / "net.keras", compile=False)(x)
    listed = results if isinstance(results, list | tuple) else [results]
    names = [spec.name for spec in written.outputs]
    compare({name: np.asarray(value) for name, value in zip(names, listed, strict=True)}, values)


@pytest.mark.parametrize("name", ["v1", "v2", "v3 tiny", "v4 csp", "p5", "gaussian"])
def test_boxes_in_litert(name: str, tmp_path: Path) -> None:
    """Decoded as modelconv's own evaluator does it, which test_heads.py compares with formulas."""
    skip_without("ai_edge_litert")
    path, x, _ = with_numpy(ALL[name], tmp_path)
    options = {"input_shapes": {"data": x.shape}, "options": {"decode": True}}
    expected = mc.load(path, **options).run({"data": x})
    mc.convert(path, tmp_path / "boxes.tflite", **options)
    actual = run_litert(tmp_path / "boxes.tflite", {"data": x})
    for key in ("boxes", "scores"):
        assert_tensor_close(key, actual[key], expected[key], TOLERANCE)


def spaced(cfg: str) -> str:
    return cfg.replace("=", " =\t").replace("[", " [ ").replace(",", " , ")


def commented(cfg: str) -> str:
    """In lines of their own, and behind numbers."""
    numbers = [line[-1].isdigit() and "=" in line for line in cfg.splitlines()]
    lines = [line + "  # as in the paper" * said for line, said in zip(cfg.splitlines(), numbers, strict=True)]
    return "; YOLO\n#\n" + "\n\n# next\n".join(lines) + "\n#width=1\n;[yolo]\n"


def repeated(cfg: str) -> str:
    """The first of several keys counts."""
    return cfg.replace("filters=16\n", "filters=16\nfilters=99\n").replace("stride=2\n", "stride=2\nstride=7\n")


SPELLINGS: dict[str, Any] = {
    "spaces and tabs": spaced,
    "comments": commented,
    "Windows": lambda cfg: cfg.replace("\n", "\r\n"),
    "no newline at the end": lambda cfg: cfg.rstrip("\n"),
    "empty lines": lambda cfg: "\n\n" + cfg.replace("\n", "\n \n\t\n"),
    "repeated keys": repeated,
    "a byte order mark": lambda cfg: "\ufeff" + cfg,
    "lines without a key": lambda cfg: cfg.replace("[route]\n", "[route]\nhere\n"),
    "other names of sections": lambda cfg: cfg.replace("[convolutional]", "[conv]").replace("[maxpool]", "[max]"),
    "keys of training": lambda cfg: cfg.replace("[net]\n", "[net]\nbatch=64\nmomentum=0.9\nsteps=1,2\n"),
    "numbers with a sign or a point": lambda cfg: cfg.replace("size=3", "size=+3").replace("from=-3", "from= -3"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_spelling(name: str, tmp_path: Path) -> None:
    path, _, _ = with_numpy(V3_TINY, tmp_path)
    expected = mc.load(path).text()
    changed = SPELLINGS[name](V3_TINY)
    assert changed != V3_TINY
    path.write_bytes(changed.encode("utf-8"))
    assert mc.load(path).text() == expected


def test_comments_in_another_encoding(tmp_path: Path) -> None:
    path, _, _ = with_numpy(V3_TINY, tmp_path)
    expected = mc.load(path).text()
    path.write_bytes("# Größe\n".encode("latin-1") + path.read_bytes())
    assert mc.load(path).text() == expected
