"""HyperPose's networks: variables as HyperPose lists them, results as TensorFlow computes them, both kinds of NPZ."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.networks.hyperpose import NETWORKS
from modelconv.networks.names import parse_name
from modelconv.networks.tensorlayer import Scope, Variable
from support.processes import skip_without
from support.reference import run_onnxruntime

# Made by running hyperpose 2.2.0 on tensorlayer 2.2.5: for each network and backbone the number of entries in
# `all_weights`, that of different variables, the first and the last, and a digest of all names and shapes in order.
LISTED = json.loads((Path(__file__).parent / "hyperpose_variables.json").read_text())

# What the documentation of TensorRT 8 to 10 lists as supported, of what could stand here.
OPERATORS_OF_TENSORRT = {"Add", "BatchNormalization", "Concat", "Conv", "LeakyRelu", "MaxPool", "Mul", "PRelu", "Clip",
                         "Relu", "Reshape", "Sigmoid", "Softplus", "Split", "Squeeze", "Sub", "Transpose"}  # fmt: skip


def variables_of(name: str) -> list[Variable]:
    network, backbone = parse_name(name)
    description = NETWORKS[network]
    return list(description.build(Scope(description.data_format), description.setting, backbone).variables)


def lines_of(variables: list[Variable]) -> list[str]:
    return [f"{variable.name} {list(variable.shape)}" for variable in variables]


@pytest.mark.parametrize("name", LISTED)
def test_variables_are_those_of_hyperpose(name: str) -> None:
    lines = lines_of(variables_of(name))
    expected = LISTED[name]
    assert (lines[0], lines[-1]) == (expected["first"], expected["last"])
    assert (len(lines), len(set(lines))) == (expected["listed"], expected["variables"])
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == expected["sha256"]


def test_weights_are_listed() -> None:
    name = "hyperpose/lightweight_openpose:vggtiny"
    rows = mc.architecture_weights(name)
    assert rows[0] == ("block_1_1_conv1/filters", (3, 3, 3, 32))
    assert len(rows) == LISTED[name]["variables"]
    assert mc.architecture_weights(name, limbs=15)[-1] == ("conv2d_31/biases", (30,))


def random_weights(name: str, seed: int = 0) -> dict[Variable, np.ndarray]:
    """Sizes that keep the activations near 1."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for variable in dict.fromkeys(variables_of(name)):
        array = rng.standard_normal(variable.shape, np.float32)
        kind = variable.name.rpartition("/")[2]
        if kind == "filters":
            fan = np.prod(variable.shape[:2]) * (1 if variable.shape[3] == 1 else variable.shape[2])
            array *= np.float32(1.4 / np.sqrt(fan))
        elif kind == "moving_var":
            array = np.abs(array) + np.float32(0.5)
        else:
            array = np.float32(1 if kind == "gamma" else 0) + np.float32(0.1) * array
        arrays[variable] = array
    return arrays


def write_dict(path: Path, arrays: dict[Variable, np.ndarray]) -> Path:
    """As TensorLayer's save_npz_dict."""
    np.savez(path, **{f"{variable.name}:0": array for variable, array in arrays.items()})
    return path


def write_list(path: Path, arrays: dict[Variable, np.ndarray], name: str) -> Path:
    """As TensorLayer's save_npz of `all_weights`, with what it lists twice."""
    by_name = {variable.name: array for variable, array in arrays.items()}
    listed = [by_name[variable.name] for variable in variables_of(name)]
    boxes = np.empty(len(listed), object)
    boxes[:] = listed
    np.savez(path, params=boxes)
    return path


def shape_of(name: str, height: int, width: int, batch: Any = "batch") -> tuple[Any, ...]:
    last = NETWORKS[parse_name(name)[0]].data_format == "channels_last"
    return (batch, height, width, 3) if last else (batch, 3, height, width)


PAIRS = ["lightweight_openpose:vggtiny", "openpose:mobilenetv1", "pose_proposal", "pose_proposal:mobilenetv2", "pifpaf"]


@pytest.mark.parametrize("pair", PAIRS)
def test_both_kinds_of_npz_give_the_same_model(tmp_path: Path, pair: str) -> None:
    name = f"hyperpose/{pair}"
    arrays = random_weights(name)
    shape = shape_of(name, 64, 96)
    write_dict(tmp_path / "d.npz", arrays)
    write_list(tmp_path / "l.npz", arrays, name)
    for kind in ("d", "l"):
        result = mc.convert(
            tmp_path / f"{kind}.npz", tmp_path / f"{kind}.onnx", architecture=name, input_shapes={"x": shape}
        )
        word = "name" if kind == "d" else "order"
        assert result.report.warnings == [f"{len(arrays)} weights by {word}"]
    assert (tmp_path / "d.onnx").read_bytes() == (tmp_path / "l.onnx").read_bytes()
    model = onnx.load(tmp_path / "d.onnx")
    assert {node.op_type for node in model.graph.node} <= OPERATORS_OF_TENSORRT
    x = np.random.default_rng(1).random((2, *shape[1:]), np.float32)
    ours = mc.load(tmp_path / "d.onnx").run({"x": x})
    for key, array in run_onnxruntime(model, {"x": x}).items():
        np.testing.assert_allclose(ours[key], array, rtol=1e-4, atol=1e-4 * np.abs(array).max())


@pytest.mark.parametrize("pair", PAIRS)
def test_a_static_batch_for_tensorrt(tmp_path: Path, pair: str) -> None:
    """No size is left open, of inputs, outputs or anything between."""
    name = f"hyperpose/{pair}"
    weights = {variable.name: array for variable, array in random_weights(name).items()}
    shape = shape_of(name, 64, 96, batch=4)
    mc.load(weights, architecture=name, input_shapes={"x": shape}).save(tmp_path / "m.onnx")
    model = onnx.shape_inference.infer_shapes(onnx.load(tmp_path / "m.onnx"), strict_mode=True)
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    assert len(values) > 30
    for value in values:
        sizes = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        assert 0 not in sizes, value.name
        assert sizes[0] == 4 or value.name not in {output.name for output in model.graph.output}
    assert {node.op_type for node in model.graph.node} <= OPERATORS_OF_TENSORRT


def tensorflow_networks() -> Any:
    spec = importlib.util.spec_from_file_location(
        "tensorflow_networks", Path(__file__).with_name("tensorflow_networks.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# 40 layers of float32, in other orders of summation.
TOLERANCE = 2e-5


def assert_near(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= TOLERANCE * max(1.0, np.abs(expected).max())


def test_lightweight_openpose_against_tensorflow(tmp_path: Path) -> None:
    skip_without("tensorflow")
    name = "hyperpose/lightweight_openpose:vggtiny"
    arrays = random_weights(name)
    path = write_dict(tmp_path / "lopps.npz", arrays)
    mc.convert(path, tmp_path / "lopps.onnx", architecture=name, input_shapes={"x": (1, 3, 72, 104)}, verify=True)
    x = np.random.default_rng(1).random((1, 3, 72, 104), np.float32)
    weights = {variable.name: array for variable, array in arrays.items()}
    expected = tensorflow_networks().lightweight_openpose_vggtiny(weights, x.transpose(0, 2, 3, 1))
    outputs = run_onnxruntime(onnx.load(tmp_path / "lopps.onnx"), {"x": x})
    assert list(outputs) == ["conf_map", "paf_map"]
    for key, array in expected.items():
        assert_near(outputs[key], array.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_pose_proposal_against_tensorflow(tmp_path: Path, data_format: str) -> None:
    skip_without("tensorflow")
    name = "hyperpose/pose_proposal"
    arrays = random_weights(name)
    first = data_format == "channels_first"
    shape = (2, 3, 64, 96) if first else (2, 64, 96, 3)
    model = mc.load(
        {variable.name: array for variable, array in arrays.items()},
        architecture=name,
        input_shapes={"x": shape},
        options={"data_format": data_format},
    )
    model.save(tmp_path / "p.onnx")
    picture = np.random.default_rng(1).random((2, 64, 96, 3), np.float32)
    weights = {variable.name: array for variable, array in arrays.items()}
    expected = tensorflow_networks().pose_proposal_resnet18(weights, picture)
    outputs = run_onnxruntime(
        onnx.load(tmp_path / "p.onnx"), {"x": picture.transpose(0, 3, 1, 2) if first else picture}
    )
    edges = expected.pop("edges")
    for key, array in expected.items():
        assert_near(outputs[key], array.transpose(0, 3, 1, 2) if first else array)
    # HyperPose reshapes the maps as they lie in memory, with columns before rows.
    if first:
        assert_near(outputs["pe"], edges.transpose(0, 3, 1, 2).reshape(2, 17, 9, 9, 3, 2))
    else:
        assert_near(outputs["pe"], edges.reshape(2, 9, 9, 3, 2, 17))


def test_names_of_tensorlayers_hdf5(tmp_path: Path) -> None:
    """save_weights puts a layer's variables below groups of its list's and its own name."""
    import h5py

    name = "hyperpose/lightweight_openpose:vggtiny"
    arrays = random_weights(name)
    with h5py.File(tmp_path / "w.hdf5", "w") as file:
        for variable, array in arrays.items():
            layer = variable.name.partition("/")[0]
            file.create_dataset(f"block/{layer}/{variable.name}:0", data=array)
    path = write_dict(tmp_path / "d.npz", arrays)
    models = [mc.load(source, architecture=name) for source in (tmp_path / "w.hdf5", path)]
    for key, array in models[0].weights.items():
        np.testing.assert_array_equal(array, models[1].weights[key])


def test_numbers_of_another_process_are_matched_by_order(tmp_path: Path) -> None:
    """TensorLayer goes on counting when a program builds a second network."""
    name = "hyperpose/lightweight_openpose:vggtiny"
    arrays = random_weights(name)
    shifted = {
        Variable(v.name.replace("conv2d_", "conv2d_9").replace("batchnorm2d_", "batchnorm2d_9"), v.shape): array
        for v, array in arrays.items()
    }
    model = mc.load(write_dict(tmp_path / "s.npz", shifted), architecture=name)
    plain = mc.load(write_dict(tmp_path / "d.npz", arrays), architecture=name)
    for key, array in plain.weights.items():
        np.testing.assert_array_equal(array, model.weights[key])


def test_other_numbers_of_parts(tmp_path: Path) -> None:
    name = "hyperpose/lightweight_openpose:vggtiny"
    arrays = random_weights(name)
    # conv2d_10, 12, 29 and 31 give the maps; 13 takes them.
    changed = {}
    for variable, array in arrays.items():
        shape = tuple({19: 16, 38: 30, 185: 174}.get(size, size) for size in variable.shape)
        changed[Variable(variable.name, shape)] = np.resize(array, shape)
    path = write_dict(tmp_path / "w.npz", changed)
    model = mc.load(path, architecture=name, options={"parts": 16, "limbs": 15})
    assert [spec.shape for spec in model.outputs] == [("batch", 16, 46, 54), ("batch", 30, 46, 54)]
    with pytest.raises(mc.ShapeError, match=r"(?s)'conv2d_10/filters' wants \[1, 1, 512, 19\] and gets.*parts="):
        mc.load(path, architecture=name)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    name = "hyperpose/lightweight_openpose:vggtiny"
    arrays = dict(list(random_weights(name).items())[:-2])
    arrays[Variable("stranger/w", (1,))] = np.ones(1, np.float32)
    path = write_dict(tmp_path / "w.npz", arrays)
    with pytest.raises(mc.MalformedModelError) as caught:
        mc.convert(path, tmp_path / "m.onnx", architecture=name)
    text = str(caught.value)
    assert "'conv2d_31/filters' [1, 1, 512, 38], 'conv2d_31/biases' [38]" in text
    assert "has 168 weights (222 in a list of TensorLayer's), the file 167" in text
    assert "unused 'stranger/w:0'" in text
    assert not (tmp_path / "m.onnx").exists()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hyperpose/lightweight_openpose:vgg-tiny", "hyperpose/lightweight_openpose:vggtiny"),
        ("hyperpose/open_pose", "hyperpose/openpose"),
        ("openpose:vgg19", "hyperpose/openpose:vgg19"),
    ],
)
def test_unknown_names(name: str, near: str) -> None:
    with pytest.raises(mc.ModelConvError, match="there is no architecture") as caught:
        mc.convert("absent.npz", architecture=name)
    assert near in str(caught.value)


def test_sizes_that_do_not_fit() -> None:
    with pytest.raises(mc.ModelConvError, match="numbers, multiples of 32"):
        mc.load({}, architecture="hyperpose/pose_proposal", input_shapes={"x": (1, 3, 70, 64)})
    with pytest.raises(mc.ModelConvError, match="data_format is 'channels_last'"):
        mc.load({}, architecture="hyperpose/pifpaf", options={"data_format": "channels_last"})
    with pytest.raises(mc.ModelConvError, match="no option 'stages'"):
        mc.load({}, architecture="hyperpose/openpose", options={"stages": 3})


def test_from_the_shell_without_tensorflow(tmp_path: Path) -> None:
    name = "hyperpose/lightweight_openpose:vggtiny"
    write_dict(tmp_path / "lopps.npz", random_weights(name))
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'tensorlayer', 'torch', 'keras', 'onnx'): sys.modules[name] = None\n"
        "from modelconv.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = ["convert", "lopps.npz", "lopps.onnx", "--architecture", name, "--input-shape", "x=1,3,64,64"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "168 weights by name" in done.stderr
    (x,) = mc.load(tmp_path / "lopps.onnx").inputs
    assert x.shape == (1, 3, 64, 64)
    assert name in mc.architectures()
