"""Published models read and written again: valid, and ONNX Runtime computes the same from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import modelconv
import numpy as np
import pytest
from modelconv import _core

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

FOLDER = (
    Path(os.environ.get("MODELCONV_REAL_MODELS", Path(__file__).resolve().parents[3] / "shared" / "models")) / "onnx"
)
MODELS = sorted(FOLDER.rglob("*.onnx"))
DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
# Sizes of dynamic dimensions that not every number fits.
SHAPES = {"silero_vad.onnx": {"input": [1, 576], "state": [2, 1, 128], "sr": []}}
# Rounding: writing makes initialisers constants that were inputs before, so that ONNX Runtime fuses them into others.
CLOSE = {"rtol": 1e-4, "atol": 5e-5}


def make_feeds(path: Path) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    feeds = {}
    for info in onnxruntime.InferenceSession(path).get_inputs():
        sizes = [d if isinstance(d, int) else 1 if axis == 0 else 64 for axis, d in enumerate(info.shape)]
        shape = SHAPES.get(path.name, {}).get(info.name, sizes)
        numbers = generator.integers(0, 2, shape) if "int" in info.type else generator.standard_normal(shape)
        feeds[info.name] = np.asarray(16000 if info.name == "sr" else numbers, dtype=DTYPES[info.type])
    return feeds


# What older operator sets cannot spell; everything else is written.
REFUSED = {
    ("minilm_l6_int8", 9): {"GatherND", "Range", "Slice"},  # Slice: computed ends
    ("silero_vad", 9): {"If", "Pad", "Slice", "Unsqueeze"},  # computed pads; branches of different shapes
    ("tashkeel_rawi_int8", 9): {"DynamicQuantizeLinear", "MatMulInteger"},
}
NEWEST = 28  # too new for ONNX Runtime: modelconv's evaluator runs the source and what was written


def run(path: Path, opset: int | None, feeds: dict[str, Any]) -> list[Any]:
    if opset == NEWEST:
        return list(modelconv.load(path).run(feeds).values())
    return list(onnxruntime.InferenceSession(path).run(None, feeds))


def refused_ops(model: Any, target: Path, opset: int | None) -> set[str]:
    try:
        model.save(target, opset=opset)
    except modelconv.UnsupportedOpError as error:
        return {op.op for op in error.ops}
    return set()


def check_written(model: Any, path: Path, opset: int | None, target: Path) -> None:
    refused = refused_ops(model, target, opset)
    assert refused <= REFUSED.get((path.parent.name, opset or 0), set())
    if refused:
        return
    onnx.checker.check_model(target, full_check=True)
    feeds = make_feeds(path)
    for got, want in zip(run(target, opset, feeds), run(path, opset, feeds), strict=True):
        np.testing.assert_allclose(got, want, **CLOSE)


@pytest.mark.real_models
@pytest.mark.skipif(not MODELS, reason=f"no models in {FOLDER}; MODELCONV_REAL_MODELS names their folder")
@pytest.mark.parametrize("opset", [None, 9, 11, 13, 17, 21, NEWEST])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_read_and_written(path: Path, opset: int | None, tmp_path: Path) -> None:
    check_written(_core.load(path), path, opset, tmp_path / "written.onnx")


@pytest.mark.real_models
@pytest.mark.skipif(not MODELS, reason=f"no models in {FOLDER}; MODELCONV_REAL_MODELS names their folder")
@pytest.mark.parametrize("opset", [9, 11, 13, 17])
@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_simplified_and_written(path: Path, opset: int, tmp_path: Path) -> None:
    check_written(modelconv.simplify(path), path, opset, tmp_path / "written.onnx")
