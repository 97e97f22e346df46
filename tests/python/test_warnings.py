"""What a conversion could not do as well as one might expect."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import onnx
import pytest
from support import onnx_models


def unknown_rank() -> onnx.ModelProto:
    """y = Relu(x), and nothing says how many axes x has."""
    values = [onnx_models.tensor_info(name, None) for name in "xy"]
    return onnx_models.make_model([onnx.helper.make_node("Relu", ["x"], ["y"])], values[:1], values[1:], check=False)


def test_an_input_of_unknown_rank_is_named(tmp_path: Path) -> None:
    conversion = mc.convert(unknown_rank(), tmp_path / "m.onnx")
    text = "\n".join(conversion.report.warnings)
    assert "input 'x' has an unknown rank" in text
    assert "output 'y'" in text
    assert "input_shapes" in text
    with pytest.raises(onnx.checker.ValidationError, match="shape"):
        onnx.checker.check_model(str(tmp_path / "m.onnx"))


def test_with_its_dimensions_named_the_checker_takes_it(tmp_path: Path) -> None:
    conversion = mc.convert(unknown_rank(), tmp_path / "m.onnx", input_shapes={"x": ("N", None)})
    assert conversion.report.warnings == []
    onnx.checker.check_model(str(tmp_path / "m.onnx"), full_check=True)
