"""Passes that run on request only, against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from support.reference import assert_close, run_onnxruntime

PYRAMID = """<ir_version: 10, opset_import: ["" : 17]>
g (float[1,4,16,16] p, float[1,4,8,8] q, float[N,4] rois, int64[N] batch, int64[N] level) => (float[N,4,3,2] y) {
  zero = Constant<value = int64 {0}>()
  one = Constant<value = int64 {1}>()
  axes = Constant<value = int64[3] {1, 2, 3}>()
  e0 = Equal(level, zero)
  e1 = Equal(level, one)
  f0 = Cast<to = 1>(e0)
  f1 = Cast<to = 1>(e1)
  m0 = Unsqueeze(f0, axes)
  m1 = Unsqueeze(f1, axes)
  r0 = RoiAlign<output_height = 3, output_width = 2, sampling_ratio = 2>(p, rois, batch)
  r1 = RoiAlign<output_height = 3, output_width = 2, sampling_ratio = 2, spatial_scale = 0.5>(q, rois, batch)
  s0 = Mul(r0, m0)
  s1 = Mul(r1, m1)
  y = Add(s0, s1)
}"""


def pyramid_inputs(levels: list[int]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    corners = random.uniform(0, 8, (len(levels), 2))
    return {
        "p": random.normal(size=(1, 4, 16, 16)).astype(np.float32),
        "q": random.normal(size=(1, 4, 8, 8)).astype(np.float32),
        "rois": np.concatenate([corners, corners + 5], axis=1).astype(np.float32),
        "batch": np.zeros(len(levels), np.int64),
        "level": np.array(levels, np.int64),
    }


@pytest.mark.parametrize("levels", [[0, 1, 1, 0, 2], [1, 1], [2]], ids=["both", "one", "none"])
def test_sparse_roi_and_back(levels: list[int], tmp_path: Path) -> None:
    source = onnx.parser.parse_model(PYRAMID)
    sparse = mc.simplify(source, tmp_path / "sparse.onnx", enable=("sparse-roi",))
    assert sparse.op_counts()["NonZero"] == 2
    assert sparse.op_counts()["ScatterND"] == 2
    masked = mc.simplify(tmp_path / "sparse.onnx", tmp_path / "masked.onnx", enable=("masked-roi",))
    assert "NonZero" not in masked.op_counts()
    inputs = pyramid_inputs(levels)
    expected = run_onnxruntime(source, inputs)
    assert_close(run_onnxruntime(tmp_path / "sparse.onnx", inputs), expected)
    assert_close(run_onnxruntime(tmp_path / "masked.onnx", inputs), expected)
    assert_close(sparse.run(inputs), expected)


def test_unasked_they_stay() -> None:
    assert "NonZero" not in mc.simplify(onnx.parser.parse_model(PYRAMID)).op_counts()


@pytest.mark.parametrize("names", [("sparse_roi",), ("fuse",), ("sparse-roi", "masked-roi")])
def test_wrong_requests_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(mc.ModelConvError):
        mc.simplify(onnx.parser.parse_model(PYRAMID), enable=names)
