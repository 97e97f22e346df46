"""Live modules: what is captured, under which names, with which dimensions, and what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnxruntime
import pytest
import torch
from formats.torch.programs import TwoHeads, examples
from torch import nn


def run_onnx(path: Path, inputs: list[Any]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {spec.name: array.numpy() for spec, array in zip(session.get_inputs(), inputs, strict=True)}
    return dict(zip([spec.name for spec in session.get_outputs()], session.run(None, feeds), strict=True))


def assert_equal(results: dict[str, Any], module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    with torch.no_grad():
        expected = torch.utils._pytree.tree_leaves(module(*inputs))
    assert len(results) == len(expected)
    for value, reference in zip(results.values(), expected, strict=True):
        np.testing.assert_allclose(value, reference.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", examples())
def test_programs(name: str, tmp_path: Path) -> None:
    module, inputs = examples()[name]
    result = mc.convert(module, tmp_path / "m.onnx", example_inputs=inputs, verify=True)
    assert result.verification is not None
    assert result.verification.reference == "torch"
    assert_equal(run_onnx(tmp_path / "m.onnx", list(inputs)), module, inputs)


def test_names_follow_the_parameters_and_the_keys_of_results() -> None:
    module, inputs = examples()["two heads"]
    model = mc.load(module, example_inputs=inputs)
    assert [spec.name for spec in model.inputs] == ["x", "offset"]
    assert [spec.name for spec in model.outputs] == ["logits", "more_0", "more_1"]
    assert {"conv.weight", "head.bias"} <= set(model.weights)
    renamed = mc.load(module, example_inputs=inputs, input_names=["image", "o"], output_names=["a", "b", "c"])
    assert [spec.name for spec in renamed.inputs] == ["image", "o"]
    assert [spec.name for spec in renamed.outputs] == ["a", "b", "c"]


@pytest.mark.parametrize("batch", [1, 2])
def test_dynamic_dimensions_hold_at_other_sizes(batch: int, tmp_path: Path) -> None:
    """Also where the example's batch is 1, which torch.export would take for a constant."""
    module = TwoHeads().eval()
    inputs = (torch.randn(batch, 3, 8, 10), torch.randn(8))
    axes = {"image": {0: "batch", 2: "height", 3: "width"}}
    mc.convert(module, tmp_path / "m.onnx", example_inputs=inputs, dynamic_axes=axes, input_names=["image", "offset"])
    assert mc.load(tmp_path / "m.onnx").inputs[0].shape == ("batch", 3, "height", "width")
    other = (torch.randn(5, 3, 12, 15), inputs[1])
    assert_equal(run_onnx(tmp_path / "m.onnx", list(other)), module, other)


def test_a_dimension_that_the_program_fixes_is_reported() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    result = mc.convert(module, example_inputs=torch.randn(2, 3, 4), dynamic_axes={"input": {0: "batch", 2: "width"}})
    assert result.model.inputs[0].shape == ("batch", 3, 4)
    assert any("dimension 2 of input 'input' is not dynamic" in warning for warning in result.report.warnings)


def test_keyword_inputs_and_numbers() -> None:
    class Scaled(nn.Module):
        def forward(self, x: torch.Tensor, bias: torch.Tensor | None = None, scale: float = 1.0) -> torch.Tensor:
            return x * scale if bias is None else x * scale + bias

    model = mc.load(Scaled(), example_inputs={"x": torch.ones(2), "scale": 3.0})
    assert [spec.name for spec in model.inputs] == ["x"]
    np.testing.assert_array_equal(model.run({"x": np.ones(2, np.float32)})["output"], [3, 3])
    model = mc.load(Scaled(), example_inputs=(torch.ones(2), torch.ones(2)))
    assert [spec.name for spec in model.inputs] == ["x", "bias"]


def test_the_mode_of_the_module_stays() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train()
    mc.load(module, example_inputs=torch.ones(1, 2))
    assert module.training
    assert module[1].training


def test_exported_programs_are_sources(tmp_path: Path) -> None:
    module, inputs = examples()["two heads"]
    mc.convert(torch.export.export(module, inputs), tmp_path / "m.onnx")
    assert_equal(run_onnx(tmp_path / "m.onnx", list(inputs)), module, inputs)


def test_weights_are_views_of_the_module() -> None:
    module = nn.Linear(3, 2).eval()
    model = mc.load(module, example_inputs=torch.ones(1, 3))
    with torch.no_grad():
        module.weight[0, 0] = 42.0
    assert model.weights["weight"][0, 0] == 42.0


def test_bfloat16_weights_keep_their_bits() -> None:
    module = nn.Linear(4, 3).bfloat16().eval()
    model = mc.load(module, example_inputs=torch.ones(2, 4, dtype=torch.bfloat16))
    assert model.inputs[0].dtype == "bfloat16"
    patterns = model.weights["weight"].view(np.uint16)
    np.testing.assert_array_equal(patterns, module.weight.detach().view(torch.int16).numpy().view(np.uint16))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "no example_inputs are given"),
        ({"example_inputs": (torch.ones(2),) * 3}, "3 entries, the model takes 2"),
        ({"example_inputs": {"y": torch.ones(2)}}, "names 'y', which is no parameter"),
        ({"example_inputs": torch.ones(2), "input_shapes": {"z": (1,)}}, "input_shapes names 'z'"),
        ({"example_inputs": torch.ones(2), "input_shapes": {"x": (1, 2)}}, "2 dimensions, its example has 1"),
        ({"example_inputs": torch.ones(2), "dynamic_axes": {"x": [4]}}, "there is no axis 4"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said(arguments: dict[str, Any], says: str) -> None:
    class Sum(nn.Module):
        def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
            return x if other is None else x + other

    with pytest.raises(mc.ModelConvError, match=says):
        mc.load(Sum(), **arguments)


def test_unknown_operators_are_named_and_can_be_given() -> None:
    library = torch.library.Library("modelconv_test", "DEF")
    library.define("twice(Tensor x) -> Tensor")
    library.impl("twice", lambda x: x * 2, "CompositeExplicitAutograd")

    class Twice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.ops.modelconv_test.twice(x) + 1.0

    example = torch.ones(3)
    with pytest.raises(mc.UnsupportedOpError, match=r"modelconv_test\.twice"):
        mc.load(Twice(), example_inputs=example)
    twice = {"modelconv_test.twice": lambda node, build: build.op("Add", node.inputs[0], node.inputs[0])}
    model = mc.load(Twice(), example_inputs=example, custom_ops=twice)
    np.testing.assert_array_equal(model.run({"x": np.ones(3, np.float32)})["output"], [3, 3, 3])


def test_what_torch_export_cannot_capture_is_traced_and_that_is_said() -> None:
    class Decides(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 2.0 if bool(x.sum() > 0) else x - 1.0

    result = mc.convert(Decides(), example_inputs=torch.ones(2, 3))
    assert any("traced instead" in warning for warning in result.report.warnings)
    np.testing.assert_array_equal(
        next(iter(result.model.run({"x": np.ones((2, 3), np.float32)}).values())), np.full((2, 3), 2.0)
    )


def test_a_module_that_does_not_run_is_no_model() -> None:
    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("not today")

    with pytest.raises(mc.ModelConvError, match="not today"):
        mc.load(Fails(), example_inputs=torch.ones(2))
