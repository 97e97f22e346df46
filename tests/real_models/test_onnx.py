"""Published ONNX models: read, simplified, evaluated, written again; ONNX Runtime on the original is the judge."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import onnx
import pytest
from support import real_models
from support.published_onnx import CASES, Case
from support.reference import CLOSE, assert_close, run_onnxruntime

pytestmark = [pytest.mark.real_models, pytest.mark.slow]

each_case = pytest.mark.parametrize("case", CASES, ids=[Path(case.file).parent.name for case in CASES])


def test_every_model_of_the_folder_has_a_case() -> None:
    found = {
        str(path.relative_to(real_models.folder() / "onnx")) for path in real_models.folder().glob("onnx/*/*.onnx")
    }
    assert found == {case.file for case in CASES}


@each_case
def test_evaluates_like_onnxruntime(case: Case) -> None:
    path, inputs = real_models.model_path(f"onnx/{case.file}"), case.inputs()
    assert_close(mc.load(path).run(inputs), run_onnxruntime(path, inputs), case.evaluated)


@each_case
def test_simplified_evaluates_like_onnxruntime(case: Case) -> None:
    path, inputs = real_models.model_path(f"onnx/{case.file}"), case.inputs()
    model = mc.load(path)
    simplified = mc.simplify(model)
    assert simplified.node_count <= model.node_count
    assert_close(simplified.run(inputs), run_onnxruntime(path, inputs), case.evaluated)


@each_case
@pytest.mark.parametrize("simplify", [False, True], ids=["as it is", "simplified"])
def test_written_again_runs_in_onnxruntime(case: Case, simplify: bool, tmp_path: Path) -> None:
    path, inputs = real_models.model_path(f"onnx/{case.file}"), case.inputs()
    target = tmp_path / "out.onnx"
    mc.convert(path, target, simplify=simplify)
    onnx.checker.check_model(target, full_check=True)
    source, written = onnx.load(path).graph, onnx.load(target).graph
    initialisers = {tensor.name for tensor in source.initializer}  # old exporters list weights as inputs too
    assert [value.name for value in written.input] == [
        value.name for value in source.input if value.name not in initialisers
    ]
    assert [value.name for value in written.output] == [value.name for value in source.output]
    tolerance = case.rewritten if simplify else CLOSE
    assert_close(run_onnxruntime(target, inputs), run_onnxruntime(path, inputs), tolerance)


@each_case
def test_simplified_file_is_no_larger(case: Case, tmp_path: Path) -> None:
    path = real_models.model_path(f"onnx/{case.file}")
    mc.simplify(path, tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").stat().st_size <= path.stat().st_size
