"""`weights=`: arrays of a second file, a mapping or a model in the place of a graph's own."""

from __future__ import annotations

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
from onnx import helper, numpy_helper
from support.processes import skip_without

Arrays = dict[str, np.ndarray]
SHAPES = {"fc1.weight": (4, 3), "fc1.bias": (4,), "fc2.weight": (2, 4), "fc2.bias": (2,)}


def arrays(seed: int, names: dict[str, tuple[int, ...]] = SHAPES) -> Arrays:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype("f4") for name, shape in names.items()}


def graph(weights: Arrays, **more: np.ndarray) -> onnx.ModelProto:
    """Two Gemms with a Relu between; `more` initialisers are added to the output one by one."""
    w1, b1, w2, b2 = weights
    nodes = [
        helper.make_node("Gemm", ["x", w1, b1], ["h"], transB=1),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", w2, b2], ["y0"], transB=1),
    ]
    for i, name in enumerate(more):
        nodes.append(helper.make_node("Add", [f"y{i}", name], [f"y{i + 1}"]))
    rows = [numpy_helper.from_array(array, name) for name, array in {**weights, **more}.items()]
    x = helper.make_tensor_value_info("x", 1, ["N", 3])
    y = helper.make_tensor_value_info(f"y{len(more)}", 1, ["N", 2])
    return helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], rows), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )


def expected(weights: Arrays, x: np.ndarray) -> np.ndarray:
    w1, b1, w2, b2 = weights.values()
    return np.maximum(x @ w1.T + b1, 0) @ w2.T + b2


def check(model: mc.Model, weights: Arrays) -> None:
    x = np.random.default_rng(9).standard_normal((5, 3)).astype("f4")
    (y,) = model.run({"x": x}).values()
    np.testing.assert_allclose(y, expected(weights, x), rtol=1e-5, atol=1e-6)


def write(path: Path, weights: Any) -> Path:
    """A file of the format that the suffix names."""
    if path.suffix == ".npz":
        np.savez(path, **weights)
    elif path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file(weights, path)
    elif path.suffix == ".h5":
        import h5py

        with h5py.File(path, "w") as file:
            for name, array in weights.items():
                file.create_dataset(name, data=array)
    else:
        import torch

        torch.save({name: torch.from_numpy(array) for name, array in weights.items()}, path)
    return path


PREFIXES = ["", "state_dict.", "model.", "module.", "state_dict.module.", "model.module.", "_orig_mod."]


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pth", ".h5", ".onnx"])
def test_by_name(tmp_path: Path, suffix: str) -> None:
    skip_without("torch", "safetensors")
    fresh = arrays(1)
    path = tmp_path / f"w{suffix}"
    if suffix == ".onnx":
        onnx.save(graph(fresh), path)
    else:
        write(path, dict(reversed(fresh.items())))
    result = mc.convert(graph(arrays(0)), tmp_path / "m.onnx", weights=path, verify=True)
    assert result.verification
    check(mc.load(tmp_path / "m.onnx"), fresh)
    assert result.report.weights is not None
    assert result.report.weights.how == "name"
    assert len(result.report.weights.replaced) == 4
    assert result.report.weights.unused == []


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(prefix: str) -> None:
    fresh = arrays(2)
    given = {prefix + name: array for name, array in fresh.items()}
    check(mc.load(graph(arrays(0)), weights={**given, "optimizer.state.0.exp_avg": np.ones((4, 3))}), fresh)
    # The graph's own names may have a prefix that the file lacks.
    own = {"module." + name: array for name, array in arrays(0).items()}
    check(mc.load(graph(own), weights=given), fresh)


def test_names_of_tensorflow() -> None:
    own = dict(zip(["a/w", "a/b", "c/w", "c/b"], arrays(0).values(), strict=True))
    fresh = arrays(3)
    given = dict(zip(["a/w:0", "a/b:0", "c.w", "c.b"], fresh.values(), strict=True))
    check(mc.load(graph(own), weights=given), fresh)


def test_by_order(tmp_path: Path) -> None:
    fresh = arrays(4)
    boxes = np.empty(4, object)
    boxes[:] = list(fresh.values())
    np.savez(tmp_path / "w.npz", params=boxes)
    result = mc.convert(graph(arrays(0)), weights=tmp_path / "w.npz")
    check(result.model, fresh)
    assert result.report.weights is not None
    assert result.report.weights.how == "order"
    check(mc.load(graph(arrays(0)), weights=list(fresh.values())), fresh)
    check(mc.load(graph(arrays(0)), weights=dict(zip("wxyz", fresh.values(), strict=True))), fresh)


def test_by_shape() -> None:
    fresh = arrays(5)
    given = dict(zip("wxyz", fresh.values(), strict=True))
    result = mc.convert(graph(arrays(0)), weights=dict(reversed(given.items())))
    check(result.model, fresh)
    assert result.report.weights is not None
    assert result.report.weights.how == "shape"
    assert ("fc2.bias", "z") in result.report.weights.replaced


def test_what_need_not_be_in_the_file() -> None:
    fresh = arrays(6)
    proto = graph(arrays(0), scale=np.float32(0.0))
    report = mc.convert(proto, simplify=False, weights={**fresh, "num_batches_tracked": np.int64(3)}).report.weights
    assert report is not None
    assert report.kept == ["scale"]
    assert report.unused == ["num_batches_tracked"]
    assert report.summary() == "4 arrays replaced, 1 of the file unused (num_batches_tracked), 1 constants kept"


def test_element_types() -> None:
    fresh = arrays(7)
    given = {name: array.astype("f8" if "bias" in name else "f2") for name, array in fresh.items()}
    model = mc.load(graph(arrays(0)), weights=given)
    assert {array.dtype.name for array in model.weights.values()} == {"float32"}
    check(model, {name: array.astype("f4") for name, array in given.items()})
    with pytest.raises(mc.ShapeError, match=r"fc1.bias is float32 in the graph and int64 in the file"):
        mc.load(graph(arrays(0)), weights={**fresh, "fc1.bias": np.arange(4)})


def test_missing_and_unexpected_in_one_error(tmp_path: Path) -> None:
    given = {name: array for name, array in arrays(8).items() if "weight" in name} | {"fc3.bias": np.ones(9)}
    path = write(tmp_path / "w.npz", given)
    with pytest.raises(mc.MalformedModelError) as caught:
        mc.convert(graph(arrays(0)), tmp_path / "m.onnx", weights=path)
    text = str(caught.value)
    assert "lacks 'fc1.bias [4]', 'fc2.bias [2]'" in text
    assert "unused 'fc3.bias [9]'" in text
    assert not (tmp_path / "m.onnx").exists()


def test_wrong_shapes_are_listed() -> None:
    given = {name: array.T if array.ndim == 2 else array for name, array in arrays(8).items()}
    with pytest.raises(mc.ShapeError) as caught:
        mc.load(graph(arrays(0)), weights=given)
    assert "fc1.weight [4, 3] is [3, 4] in the file (fc1.weight)" in str(caught.value)
    assert "fc2.weight [2, 4] is [4, 2] in the file" in str(caught.value)


def test_a_list_that_is_too_short() -> None:
    with pytest.raises(mc.MalformedModelError, match=r"(?s)lacks 'fc2.bias \[2\]'.*matched by order: 3 of 4"):
        mc.load(graph(arrays(0)), weights=list(arrays(1).values())[:3])


def test_a_list_that_is_too_long() -> None:
    given = [*arrays(1).values(), np.ones(3, "f4")]
    with pytest.raises(mc.MalformedModelError, match="a list of 5 arrays, the graph takes 4"):
        mc.load(graph(arrays(0)), weights=given)


def test_nothing_fits() -> None:
    with pytest.raises(mc.MalformedModelError, match=r"(?s)lacks 'fc1.weight.*matched by shape: 0 of 4"):
        mc.load(graph(arrays(0)), weights={"a": np.ones(7)})


def test_the_source_is_not_changed() -> None:
    first, fresh = arrays(0), arrays(1)
    model = mc.load(graph(first))
    changed = mc.load(model, weights=fresh)
    check(changed, fresh)
    check(model, first)
    check(mc.load(changed, weights=model), first)


def test_inside_branches() -> None:
    def branch(name: str) -> onnx.GraphProto:
        rows = [numpy_helper.from_array(np.zeros(2, "f4"), f"{name}.w")]
        node = helper.make_node("Add", ["x", f"{name}.w"], [f"{name}_out"])
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info(f"{name}_out", 1, [2])], rows)

    node = helper.make_node("If", ["c"], ["y"], then_branch=branch("then"), else_branch=branch("other"))
    inputs = [helper.make_tensor_value_info("x", 1, [2]), helper.make_tensor_value_info("c", 9, [])]
    outer = helper.make_graph([node], "g", inputs, [helper.make_tensor_value_info("y", 1, [2])])
    proto = helper.make_model(outer, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = mc.load(proto, weights={"then.w": np.ones(2, "f4"), "other.w": np.full(2, 5, "f4")})
    for condition, value in ((True, 1), (False, 5)):
        y = model.run({"x": np.zeros(2, "f4"), "c": np.array(condition)})["y"]
        assert y.tolist() == [value, value]


def test_keras_and_its_own_files(tmp_path: Path) -> None:
    """A Keras file takes an array file; an architecture alone takes a Keras file, as before."""
    skip_without("tensorflow")
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")])
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    (tmp_path / "m.json").write_text(model.to_json())
    x, kernel = np.ones((1, 3), "f4"), np.arange(6).reshape(3, 2).astype("f4")
    fresh = mc.load(tmp_path / "m.keras", weights={"d/kernel": kernel, "d/bias": np.ones(2)})
    np.testing.assert_allclose(next(iter(fresh.run({fresh.inputs[0].name: x}).values())), x @ kernel + 1)
    own = mc.load(tmp_path / "m.json", weights=tmp_path / "m.weights.h5")
    y = next(iter(own.run({own.inputs[0].name: x}).values()))
    np.testing.assert_allclose(y, model(x).numpy(), rtol=1e-5)


def test_an_architecture_of_keras_takes_arrays(tmp_path: Path) -> None:
    """JSON alone, with its weights from NPZ by name and by order, and what is missing."""
    skip_without("tensorflow")
    import keras

    layers = [keras.Input((6, 6, 3)), keras.layers.Conv2D(4, 3, name="c"), keras.layers.BatchNormalization(name="n")]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(2, name="d")])
    values = [
        np.abs(array) for array in arrays(3, {str(i): w.shape for i, w in enumerate(model.get_weights())}).values()
    ]
    model.set_weights(values)
    (tmp_path / "m.json").write_text(model.to_json())
    x = np.random.default_rng(0).random((2, 6, 6, 3), np.float32)
    expected = model(x, training=False).numpy()
    names = ["c/kernel", "c/bias", "n/gamma", "n/beta", "n/moving_mean", "n/moving_variance", "d/kernel", "d/bias"]
    named = dict(zip((f"model/{name}:0" for name in names), values, strict=True))
    write(tmp_path / "named.npz", dict(reversed(named.items())))
    boxes = np.empty(len(values), object)
    boxes[:] = values
    np.savez(tmp_path / "list.npz", params=boxes)
    for weights in (tmp_path / "named.npz", tmp_path / "list.npz", named, values):
        loaded = mc.load(tmp_path / "m.json", weights=weights)
        (y,) = loaded.run({loaded.inputs[0].name: x}).values()
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(mc.MalformedModelError, match=r"(?s)lacks n/beta, d/bias.*6 of 8"):
        mc.load(tmp_path / "m.json", weights={k: v for k, v in named.items() if "beta" not in k and "d/b" not in k})
    with pytest.raises(mc.MalformedModelError, match="has 7 arrays, the architecture has 8 weights"):
        mc.load(tmp_path / "m.json", weights=values[:-1])


def test_from_the_shell(tmp_path: Path) -> None:
    onnx.save(graph(arrays(0)), tmp_path / "m.onnx")
    fresh = arrays(1)
    write(tmp_path / "w.npz", fresh)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "modelconv", *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = run("convert", "m.onnx", "n.onnx", "--weights", "w.npz")
    assert done.returncode == 0, done.stderr
    assert "weights   by name" in done.stderr
    assert "4 arrays replaced" in done.stderr
    check(mc.load(tmp_path / "n.onnx"), fresh)
    report = json.loads(run("convert", "m.onnx", "n.onnx", "--weights", "w.npz", "--json").stdout)["report"]
    assert report["weights"]["how"] == "name"
    listed = run("inspect", "w.npz", "--tensors").stdout
    assert "fc1.weight: float32[4, 3]" in listed
    np.savez(tmp_path / "w.npz", a=np.ones(3))
    failed = run("convert", "m.onnx", "n.onnx", "--weights", "w.npz")
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: the weight file lacks 'fc1.weight [4, 3]'")


def test_numbers_that_an_exporter_made_are_kept() -> None:
    """Anchors and scales have made-up names and go into arithmetic only; weights are replaced whatever their name."""
    anchors = {"380": np.ones(2, "f4"), "/head/Constant_output_0": np.full(2, -1, "f4")}
    fresh = arrays(1)
    report = mc.convert(graph(arrays(0), **anchors), simplify=False, weights=fresh).report.weights
    assert report is not None
    assert report.kept == ["380", "/head/Constant_output_0"]
    own = dict(zip(["fc1.weight", "fc1.bias", "617", "fc2.bias"], arrays(0).values(), strict=True))
    with pytest.raises(mc.MalformedModelError, match=r"lacks '617 \[2, 4\]'"):
        mc.load(graph(own), weights=fresh)
