"""convert(plan=True): coverage, what is missing, size, cuts and the command, with nothing written."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.cli import main
from modelconv.command_line import convert_command
from support import onnx_models
from support.processes import skip_without

# x -> Relu a, Tanh b -> MyOp -> Neg y; Exp z of a alone.
GRAPH = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { dim { size: 2 } dim { size: 3 } } } } }
node { name: "a" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "b" op: "Tanh" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "my" op: "MyOp" input: "a" input: "b" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "y" op: "Neg" input: "my" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "z" op: "Exp" input: "a" attr { key: "T" value { type: DT_FLOAT } } }
"""

NET = """
name: "net"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" }
layer { name: "odd" type: "Odd" bottom: "relu" top: "odd" }
layer { name: "tanh" type: "TanH" bottom: "odd" top: "tanh" }
"""


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    (tmp_path / "net.pbtxt").write_text(GRAPH)
    return tmp_path / "net.pbtxt"


@pytest.fixture
def caffe_net(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path / "net.prototxt"


def test_a_plan_writes_and_returns_nothing_else(tmp_path: Path) -> None:
    onnx.save(onnx_models.cnn(), tmp_path / "in.onnx")
    result = mc.convert(tmp_path / "in.onnx", tmp_path / "out.tflite", plan=True)
    assert (result.model, result.path) == (None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["in.onnx"]
    assert (result.source_format, result.target_format) == ("onnx", "tflite")


def test_a_model_without_obstacles(tmp_path: Path) -> None:
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    onnx.save(onnx_models.cnn(), source)
    plan = mc.convert(source, target, plan=True).plan
    assert plan is not None
    assert plan.convertible
    assert {row.op: row.nodes for row in plan.read}["Conv"] == 2
    assert [spec.name for spec in plan.inputs] == ["image"]
    assert plan.command == f"modelconv convert {source} {target}"
    mc.convert(source, target)
    assert plan.size is not None
    assert abs(plan.size - target.stat().st_size) < 1000


def test_refused_operators_come_with_their_nodes_and_a_cut(graph: Path, tmp_path: Path) -> None:
    plan = mc.convert(graph, tmp_path / "out.onnx", outputs=["y", "z"], plan=True).plan
    assert plan is not None
    assert not plan.convertible
    assert {row.op: row.nodes for row in plan.read} == {f"tf.{op}": 1 for op in ("Exp", "MyOp", "Neg", "Relu", "Tanh")}
    assert [(row.op, row.refused) for row in plan.refused] == [("tf.MyOp", ("my",))]
    assert plan.cuts == ["a:0", "b:0", "z"]
    assert "modelconv has no rule for it" in plan.to_text()


def test_the_suggested_command_works(graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = mc.convert(graph, tmp_path / "out.onnx", outputs=["y", "z"], plan=True).plan
    assert plan is not None
    with pytest.raises(SystemExit) as done:
        main(shlex.split(plan.command)[1:])
    assert done.value.code == 0, capsys.readouterr().err
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    outputs = mc.load(tmp_path / "out.onnx").run({"x": x})
    np.testing.assert_allclose(list(outputs.values())[2], np.exp(np.maximum(x, 0)), rtol=1e-6)


def run_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(shlex.split(command)[1:])
    assert done.value.code == 0, capsys.readouterr().err


def test_the_part_behind_what_is_refused_can_be_converted_too(
    graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = mc.convert(graph, tmp_path / "out.onnx", outputs=["y", "z"], plan=True).plan
    assert plan is not None
    assert plan.begins == ["x", "my:0"], "z needs x"
    assert f"inputs={plan.begins}: all behind these" in plan.to_text()
    run_command(plan.command_behind, capsys)
    model = mc.load(tmp_path / "out-behind.onnx")
    x, my = (np.linspace(low, 1, 6, dtype=np.float32).reshape(2, 3) for low in (-1, -3))
    y, z = model.run(dict(zip([spec.name for spec in model.inputs], (x, my), strict=True))).values()
    np.testing.assert_array_equal(y, -my)
    np.testing.assert_allclose(z, np.exp(np.maximum(x, 0)), rtol=1e-6)


def test_both_parts_together_compute_what_the_model_does(graph: Path) -> None:
    """With something for the operator in the middle, once by custom_ops and once between the two parts."""
    plan = mc.convert(graph, plan=True).plan
    assert plan is not None
    whole = mc.load(graph, custom_ops={"MyOp": lambda node, build: build.op("Mul", *node.inputs)})
    front, behind = mc.load(graph, outputs=plan.cuts), mc.load(graph, inputs=plan.begins)
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    given = {"x": x}
    made = front.run(given)
    given[behind.inputs[-1].name] = made["a:0"] * made["b:0"]
    wanted = {spec.name for spec in behind.inputs}
    results = behind.run({name: value for name, value in given.items() if name in wanted})
    for name, value in whole.run({"x": x}).items():
        found = results[name] if name in results else made[name]
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_nothing_lies_behind_the_last_operator(tmp_path: Path) -> None:
    (tmp_path / "net.pbtxt").write_text(GRAPH)
    plan = mc.convert(tmp_path / "net.pbtxt", outputs=["my"], plan=True).plan
    assert plan is not None
    assert (plan.cuts, plan.begins, plan.command_behind) == (["a:0", "b:0"], [], "")


def test_formats_that_are_cut_after_reading_can_be_cut_behind_what_is_refused(caffe_net: Path) -> None:
    plan = mc.convert(caffe_net, plan=True).plan
    assert plan is not None
    assert plan.begins == ["odd"]
    part = mc.load(caffe_net, inputs=plan.begins)
    assert part.op_counts() == {"Tanh": 1}
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(1, 3, 2, 4)
    np.testing.assert_allclose(part.run({"odd": x})["tanh"], np.tanh(x), rtol=1e-6)
    with pytest.raises(mc.UnsupportedOpError, match=r"caffe\.Odd"):
        mc.load(caffe_net, inputs=["relu"])
    with pytest.raises(mc.UnsupportedOpError, match=r"caffe\.Odd"):
        mc.load(caffe_net, inputs=["no such tensor"])


def test_formats_that_are_cut_after_reading_can_be_cut_before_what_is_refused(caffe_net: Path) -> None:
    with pytest.raises(mc.UnsupportedOpError, match=r"caffe\.Odd"):
        mc.load(caffe_net)
    with pytest.raises(mc.UnsupportedOpError, match=r"caffe\.Odd"):
        mc.load(caffe_net, outputs=["tanh"])
    plan = mc.convert(caffe_net, plan=True).plan
    assert plan is not None
    assert plan.cuts == ["relu"]
    part = mc.load(caffe_net, outputs=plan.cuts)
    assert part.op_counts() == {"Relu": 1}
    with pytest.raises(mc.UnsupportedOpError, match=r"caffe\.Odd"):
        mc.load(caffe_net, outputs=["relu", "no such tensor"])


def test_nothing_worth_keeping(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(NET.replace('"ReLU"', '"Odder"'))
    plan = mc.convert(tmp_path / "net.prototxt", plan=True).plan
    assert plan is not None
    assert plan.cuts == []
    assert plan.size is None
    assert {row.op for row in plan.refused} == {"caffe.Odder", "caffe.Odd"}


def test_what_the_target_lacks(tmp_path: Path) -> None:
    node = onnx.helper.make_node("MaxRoiPool", ["x", "rois"], ["y"], name="pool", pooled_shape=[2, 2])
    inputs = [
        onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 2, 8, 8]),
        onnx.helper.make_tensor_value_info("rois", onnx.TensorProto.FLOAT, [3, 5]),
    ]
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [3, 2, 2, 2])
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", inputs, [output])), tmp_path / "in.onnx")
    for target in ("out.tflite", "out.pb", "out.keras"):
        plan = mc.convert(tmp_path / "in.onnx", tmp_path / target, plan=True).plan
        assert plan is not None
        assert [(row.op, row.nodes, row.refused) for row in plan.lacking] == [("MaxRoiPool", 1, ("pool",))], target
        with pytest.raises(mc.ModelConvError, match="MaxRoiPool"):
            mc.convert(tmp_path / "in.onnx", tmp_path / target)
    plan = mc.convert(tmp_path / "in.onnx", tmp_path / "out.onnx", plan=True).plan
    assert plan is not None
    assert plan.lacking == []


def test_sizes_of_quantized_targets(tmp_path: Path) -> None:
    onnx.save(onnx_models.mlp(), tmp_path / "in.onnx")
    sizes = []
    for how in (None, "float16", "dynamic"):
        plan = mc.convert(tmp_path / "in.onnx", tmp_path / "out.onnx", quantize=how, plan=True).plan
        assert plan is not None
        sizes.append(plan.size or 0)
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_traced_pytorch_module() -> None:
    skip_without("torch")
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()).eval()
    plan = mc.convert(module, example_inputs=torch.zeros(2, 3), plan=True).plan
    assert plan is not None
    assert plan.convertible
    assert plan.source_format == "torch"
    assert any(row.op.startswith("aten.") for row in plan.read)
    assert plan.command == "modelconv convert SRC DST"


def test_errors_stay_errors(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(mc.UnknownFormatError):
        mc.convert(tmp_path / "notes.txt", plan=True)
    onnx.save(onnx_models.mlp(), tmp_path / "in.onnx")
    with pytest.raises(mc.UnknownFormatError, match="xyz"):
        mc.convert(tmp_path / "in.onnx", tmp_path / "out.xyz", plan=True)


def test_the_command(graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flags in ([], ["--json"]):
        with pytest.raises(SystemExit) as done:
            main(["convert", str(graph), str(tmp_path / "out.onnx"), "--plan", *flags])
        assert done.value.code == 3, "the plan is made, the model cannot be converted"
        output = capsys.readouterr().out
        assert "tf.MyOp" in output
        assert not (tmp_path / "out.onnx").exists()
    assert json.loads(output)["convertible"] is False


def test_every_argument_that_a_shell_can_say() -> None:
    command = convert_command(
        "my net.pb",
        "out.tflite",
        {
            "outputs": ["a", "b:1"],
            "input_shapes": {"x": (1, None, "n")},
            "dynamic_axes": {"x": {0: "batch"}},
            "input_layout": {"x": "nhwc"},
            "weights": "w.npz",
            "opset": 17,
            "options": {"nms": True},
            "quantize": mc.Int8(calibration="pictures", io_type="uint8"),
            "simplify": False,
            "verify": True,
        },
    )
    assert command == (
        "modelconv convert 'my net.pb' out.tflite --outputs a,b:1 --input-shape 'x=1,?,n' --dynamic x:0=batch "
        "--input-layout x=nhwc --opset 17 --weights w.npz --option nms=True --quantize int8 --calibration pictures "
        "--io-type uint8 --no-simplify --verify"
    )
