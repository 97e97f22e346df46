"""Published ONNX models written for TensorFlow, equal there, and equal again as ONNX."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_runs import assert_equal, run_frozen, run_saved_model

pytestmark = pytest.mark.real_models

FOLDER = Path(os.environ.get("MODELCONV_REAL_MODELS", "")) / "onnx"
MODELS = sorted(FOLDER.rglob("*.onnx")) if "MODELCONV_REAL_MODELS" in os.environ else []
CLOSE = 1e-4  # of the largest magnitude of an output

# What TensorFlow cannot say, or what has no sizes that fit at random.
REFUSED = {"rawi.int8.onnx": "DynamicQuantizeLSTM"}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_equal_in_tensorflow_and_back(path: Path, tmp_path: Path, record_property: Any) -> None:
    pytest.importorskip("tensorflow")
    if path.name in REFUSED:
        with pytest.raises(mc.UnsupportedOpError, match=REFUSED[path.name]):
            mc.convert(path, tmp_path / "model.pb")
        return
    source = mc.load(path)
    feeds = source._core.make_inputs(seed=1, length=64)
    names = [spec.name for spec in source.outputs]
    expected = [np.asarray(source.run(feeds)[name]) for name in names]
    result = mc.convert(path, tmp_path / "model.pb")
    renamed = result.report.renamed
    for got, wanted in zip(run_frozen(tmp_path / "model.pb", feeds, names, renamed), expected, strict=True):
        assert_equal(got, wanted, CLOSE)
    spelled = {renamed.get(name, name): value for name, value in feeds.items()}
    ends = [renamed.get(name, name) for name in names]
    mc.convert(path, tmp_path / "saved")
    for got, wanted in zip(run_saved_model(tmp_path / "saved", spelled, ends), expected, strict=True):
        assert_equal(got, wanted, CLOSE)
    back = mc.simplify(mc.load(tmp_path / "model.pb", outputs=ends))
    record_property("nodes", f"{result.model.node_count} in ONNX, {back.node_count} after TensorFlow")
    results = back.run(spelled)
    for name, wanted in zip(ends, expected, strict=True):
        assert_equal(results[name], wanted, CLOSE)
