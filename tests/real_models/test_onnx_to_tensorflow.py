"""Published ONNX models written for TensorFlow: equal there, and equal again as ONNX."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support import real_models
from support.published_onnx import CASES, Case
from support.tensorflow_runs import assert_equal, run_frozen, run_saved_model

pytestmark = [pytest.mark.real_models, pytest.mark.slow]

CLOSE = 1e-4  # of the largest magnitude of an output
# What TensorFlow cannot say.
REFUSED = {"tashkeel_rawi_int8/rawi.int8.onnx": "DynamicQuantizeLSTM"}


@pytest.mark.parametrize("case", CASES, ids=[Path(case.file).parent.name for case in CASES])
def test_equal_in_tensorflow_and_back(case: Case, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    path = real_models.model_path(f"onnx/{case.file}")
    if case.file in REFUSED:
        with pytest.raises(mc.UnsupportedOpError, match=REFUSED[case.file]):
            mc.convert(path, tmp_path / "model.pb")
        return
    source, feeds = mc.load(path), case.inputs()
    tolerance = max(CLOSE, case.evaluated)
    names = [spec.name for spec in source.outputs]
    results = source.run(feeds)
    expected = [np.asarray(results[name]) for name in names]
    renamed = mc.convert(path, tmp_path / "model.pb").report.renamed
    for got, wanted in zip(run_frozen(tmp_path / "model.pb", feeds, names, renamed), expected, strict=True):
        assert_equal(got, wanted, tolerance)
    spelled = {renamed.get(name, name): value for name, value in feeds.items()}
    ends = [renamed.get(name, name) for name in names]
    mc.convert(path, tmp_path / "saved")
    for got, wanted in zip(run_saved_model(tmp_path / "saved", spelled, ends), expected, strict=True):
        assert_equal(got, wanted, tolerance)
    back = mc.simplify(mc.load(tmp_path / "model.pb", outputs=ends)).run(spelled)
    for name, wanted in zip(ends, expected, strict=True):
        assert_equal(back[name], wanted, tolerance)
