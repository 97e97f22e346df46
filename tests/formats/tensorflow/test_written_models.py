"""Whole models written as frozen graphs and SavedModels: names, control flow, training, limits, and back to ONNX."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from conformance.ort_compare import run_ort
from support import tensorflow_signatures
from support.tensorflow_runs import assert_equal, run_frozen, run_saved_model

RNG = np.random.default_rng(3)
CLOSE = 2e-5


def floats(*shape: int) -> np.ndarray:
    return RNG.uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def small_network() -> bytes:
    """A convolution and a dense layer, two outputs, one used further; names that TensorFlow does not take."""
    from onnx import TensorProto, helper, numpy_helper

    weights = {"conv/w:0": floats(4, 3, 3, 3), "b": floats(4), "dense w": floats(4, 5)}
    nodes = [
        helper.make_node("Conv", ["image in", "conv/w:0", "b"], ["feature map"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["feature map"], ["_hidden"]),
        helper.make_node("ReduceMean", ["_hidden"], ["pooled"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["pooled", "dense w"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image in", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("logits", "pooled")],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def test_signatures_are_those_of_tensorflow(tf: Any) -> None:
    if not tf.__version__.startswith("2.21."):
        pytest.skip("the file is of TensorFlow 2.21")
    assert tensorflow_signatures.HEADER.read_text(encoding="utf-8") == tensorflow_signatures.text()


def test_frozen_graph_keeps_names(tf: Any, tmp_path: Path) -> None:
    model, image = small_network(), floats(2, 3, 8, 8)
    result = mc.convert(model, tmp_path / "net.pb")
    assert result.target_format == "tensorflow"
    assert result.report.renamed["image in"] == "image_in"
    names = {node.name: node.op for node in tf.compat.v1.GraphDef.FromString((tmp_path / "net.pb").read_bytes()).node}
    assert names["image_in"] == "Placeholder"
    assert {"logits", "pooled"} <= set(names)
    actual = run_frozen(tmp_path / "net.pb", {"image in": image}, ["logits", "pooled"], result.report.renamed)
    for got, wanted in zip(actual, run_ort(model, {"image in": image}), strict=True):
        assert_equal(got, wanted, CLOSE)


def test_same_model_gives_same_bytes(tmp_path: Path) -> None:
    model = small_network()
    for name in ("a.pb", "b.pb"):
        mc.convert(model, tmp_path / name)
    assert (tmp_path / "a.pb").read_bytes() == (tmp_path / "b.pb").read_bytes()


def test_back_to_onnx(tmp_path: Path) -> None:
    model, image = small_network(), floats(1, 3, 8, 8)
    mc.convert(model, tmp_path / "net.pb")
    mc.convert(tmp_path / "net.pb", tmp_path / "back.onnx", outputs=["logits", "pooled"])
    back = run_ort((tmp_path / "back.onnx").read_bytes(), {"image_in": image})
    for got, wanted in zip(back, run_ort(model, {"image in": image}), strict=True):
        assert_equal(got, wanted, CLOSE)


# --- SavedModel
def test_saved_model_serves_trains_and_lists_its_variables(tf: Any, tmp_path: Path) -> None:
    model, image = small_network(), floats(2, 3, 8, 8)
    mc.convert(model, tmp_path / "saved")
    expected = run_ort(model, {"image in": image})
    for got, wanted in zip(
        run_saved_model(tmp_path / "saved", {"image_in": image}, ["logits", "pooled"]), expected, strict=True
    ):
        assert_equal(got, wanted, CLOSE)
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    assert len(loaded.trainable_variables) == 3
    optimizer = tf.keras.optimizers.SGD(0.1)
    losses = []
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(loaded(tf.constant(image))["logits"] ** 2)
        gradients = tape.gradient(loss, list(loaded.trainable_variables))
        assert all(gradient is not None for gradient in gradients)
        optimizer.apply_gradients(zip(gradients, loaded.trainable_variables, strict=True))
        losses.append(float(loss))
    assert losses[1] < losses[0]
    shapes = {
        tuple(shape) for _, shape in tf.train.list_variables(str(tmp_path / "saved/variables/variables")) if shape
    }
    assert shapes == {(3, 3, 3, 4), (4,), (4, 5)}


def test_saved_model_through_version_1_and_keras(tf: Any, tmp_path: Path) -> None:
    model, image = small_network(), floats(2, 3, 8, 8)
    mc.convert(model, tmp_path / "saved")
    expected = run_ort(model, {"image in": image})[0]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path / "saved"))
        signature = meta.signature_def["serving_default"]
        got = session.run(signature.outputs["logits"].name, {signature.inputs["image_in"].name: image})
    assert_equal(got, expected, CLOSE)
    layer = tf.keras.layers.TFSMLayer(str(tmp_path / "saved"), call_endpoint="serving_default")
    assert_equal(layer(image)["logits"].numpy(), expected, CLOSE)


def test_saved_model_replaces_one_and_nothing_else(tmp_path: Path) -> None:
    model = small_network()
    mc.convert(model, tmp_path / "saved")
    mc.convert(model, tmp_path / "saved")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    with pytest.raises(mc.ModelConvError, match="other"):
        mc.convert(model, tmp_path / "other")
    assert (tmp_path / "other/notes.txt").read_text() == "mine"


def test_verification_runs_tensorflow(tf: Any, tmp_path: Path) -> None:
    result = mc.convert(small_network(), tmp_path / "net.pb", verify=True)
    assert result.verification is not None
    assert result.verification.passed


# --- control flow
def loop_model() -> bytes:
    """Sums of squares until the limit or the number of iterations, each step collected; and a condition."""
    import onnx
    from onnx import parser

    text = """
    <ir_version: 8, opset_import: ["" : 16]>
    agraph (float[N] x, int64 trips, bool up) => (float[N] total, float[T, N] steps, float[N] chosen) {
      start = Constant <value = bool {1}> ()
      total, steps = Loop (trips, start, x) <body = step (int64 i, bool go, float[N] now)
          => (bool goes_on, float[N] next, float[N] step_out) {
        square = Mul (now, x)
        next = Add (square, x)
        step_out = Identity (next)
        one = Constant <value = float {1000.0}> ()
        largest = ReduceMax <keepdims = 0> (next)
        goes_on = Less (largest, one)
      }>
      chosen = If (up) <then_branch = bigger () => (float[N] y) { y = Add (x, total) },
                        else_branch = smaller () => (float[N] z) { z = Sub (x, total) }>
    }
    """
    model = parser.parse_model(text)
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.mark.parametrize("trips", [1, 4, 50])
@pytest.mark.parametrize("kind", ["pb", "saved_model"])
def test_loop_and_condition(tf: Any, tmp_path: Path, trips: int, kind: str) -> None:
    model = loop_model()
    feeds = {"x": np.array([1.5, 0.5, -1], np.float32), "trips": np.array(trips), "up": np.array(trips > 1)}
    expected, names = run_ort(model, feeds), ["total", "steps", "chosen"]
    target = tmp_path / ("loop.pb" if kind == "pb" else "loop")
    mc.convert(model, target)
    run = run_frozen if kind == "pb" else run_saved_model
    for got, wanted in zip(run(target, feeds, names), expected, strict=True):
        assert_equal(got, wanted, CLOSE)


def test_condition_of_one_element(tf: Any, tmp_path: Path) -> None:
    from onnx import parser

    text = """
    <ir_version: 8, opset_import: ["" : 16]>
    agraph (float[1] limit, float[N] x) => (float[N] total, float[T, N] steps) <bool yes = {1}> {
      total, steps = Loop (, yes, x) <body = step (int64 i, bool go, float[N] now)
          => (bool[1] goes_on, float[N] next, float[N] step_out) {
        next = Add (now, now)
        step_out = Identity (now)
        largest = ReduceMax <keepdims = 1> (next)
        goes_on = Less (largest, limit)
      }>
    }
    """
    model = parser.parse_model(text).SerializeToString()
    feeds = {"limit": np.float32([9]), "x": np.float32([1, 0.5])}
    target = tmp_path / "loop.pb"
    mc.convert(model, target)
    for got, wanted in zip(run_frozen(target, feeds, ["total", "steps"]), run_ort(model, feeds), strict=True):
        assert_equal(got, wanted, CLOSE)


# --- refusals
def test_large_frozen_graph_is_refused_at_once(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    data = tmp_path / "weights.bin"
    size = 600_000_000  # floats: 2.4 GB, a hole in the file
    data.touch()
    os.truncate(data, 4 * size)
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[size], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": data.name, "offset": "0", "length": str(4 * size)}.items():
        weight.external_data.add(key=key, value=value)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [size]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "large", [x], [y], [weight])
    (tmp_path / "large.onnx").write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )
    (tmp_path / "large.pb").write_bytes(b"old")
    model = mc.load(tmp_path / "large.onnx")
    begin = time.perf_counter()
    with pytest.raises(mc.ModelConvError, match="SavedModel"):
        model.save(tmp_path / "large.pb")
    assert time.perf_counter() - begin < 1
    assert (tmp_path / "large.pb").read_bytes() == b"old"


def test_all_refused_operators_are_named(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("SequenceConstruct", ["x"], ["s"], name="first"),
        helper.make_node("SequenceAt", ["s", "i"], ["y"], name="second"),
        helper.make_node("TfIdfVectorizer", ["i"], ["z"], name="third", mode="TF", min_gram_length=1, max_gram_length=1,
                         max_skip_count=0, ngram_counts=[0], ngram_indexes=[0], pool_int64s=[3]),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info("i", TensorProto.INT64, [1]),
        ],
        [
            helper.make_tensor_value_info("z", TensorProto.FLOAT, None),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.convert(model, tmp_path / "x.pb", simplify=False)
    assert {op.op for op in caught.value.ops} >= {"SequenceConstruct", "TfIdfVectorizer"}
    assert not (tmp_path / "x.pb").exists()


def test_suffix_and_folder_name_the_format() -> None:
    rows = {row.name: row for row in mc.formats()}
    assert all(rows[name].writes for name in ("tensorflow", "saved_model", "keras", "npz", "safetensors"))
