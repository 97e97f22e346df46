"""If, Loop, Scan and recurrent operators written to TFLite and run in LiteRT, against ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import helper, numpy_helper
from support.litert import operators_of, run_litert
from support.processes import skip_without
from support.reference import assert_close, run_onnxruntime

skip_without("ai_edge_litert")

Array = np.ndarray[Any, Any]
HEADER = '<ir_version: 9, opset_import: ["" : 17]>\n'

# What branches and bodies use from outside is computed, constant, or an input; some results are inputs as they are.
CHOICE = """
g (bool flag, float[N, 3] x) => (float[N, 3] y, float[N, 3] z)
<float[3] w = {1, 2, 3}> {
  s = Add(x, w)
  y, z = If (flag) <
    then_branch = t () => (float[N, 3] a, float[N, 3] b) { a = Mul(s, w)  b = Identity(s) },
    else_branch = e () => (float[N, 3] c, float[N, 3] d) { c = Neg(s)  d = Identity(x) }
  >
}
"""
# The number of trips is known beforehand: slices have their places. The variables change places.
COUNTED = """
g (int64 trips, float[N, 2] x, float[N, 2] v) => (float[N, 2] p, float[N, 2] q, float[M, N, 2] all, int64[M] numbers)
<float[2] w = {0.5, 2}> {
  s = Exp(x)
  p, q, all, numbers = Loop (trips, , x, v) <
    body = b (int64 i, bool c, float[N, 2] a, float[N, 2] b)
      => (bool c1, float[N, 2] b1, float[N, 2] a1, float[N, 2] slice, int64 number) {
      c1 = Identity(c)  t = Mul(a, w)  a1 = Add(t, s)  b1 = Identity(b)  slice = Sub(a, b)  number = Identity(i)
    }
  >
}
"""
# Data decide when it ends: what is collected grows.
UNTIL = """
g (float limit, float[2] x) => (float[2] last, float[M, 2] all)
<int64 most = {9}, bool yes = {1}> {
  last, all = Loop (most, yes, x) <
    body = b (int64 i, bool c, float[2] a) => (bool c1, float[2] a1, float[2] slice) {
      a1 = Add(a, a)  slice = Identity(a)  sum = ReduceSum<keepdims = 0>(a1)  c1 = Less(sum, limit)
    }
  >
}
"""
# A condition inside a loop that uses what is outside of both.
NESTED = """
g (int64 trips, float[2] x, float[2] u) => (float[2] y)
<int64 two = {2}, int64 zero = {0}> {
  s = Sin(u)
  y = Loop (trips, , x) <
    body = b (int64 i, bool c, float[2] a) => (bool c1, float[2] a1) {
      c1 = Identity(c)  rest = Mod(i, two)  even = Equal(rest, zero)
      a1 = If (even) <
        then_branch = t () => (float[2] p) { p = Add(a, s) },
        else_branch = e () => (float[2] q) { q = Mul(a, u) }
      >
    }
  >
}
"""
SCANNED = """
g (float[N, T] x, float[T, 3, N] v) => (float[N] total, float[N, T] all)
<float[3] ones = {1, 1, 1}, int64[1] zero = {0}> {
  first = ReduceMin<axes = [1], keepdims = 0>(x)
  total, all = Scan <num_scan_inputs = 2, scan_input_axes = [1, 0], scan_input_directions = [1, 0],
                     scan_output_axes = [1], scan_output_directions = [1],
    body = b (float[N] sum, float[N] now, float[3, N] also) => (float[N] sum1, float[N] slice) {
      part = ReduceSum<keepdims = 0>(also, zero)  more = Add(now, part)  sum1 = Add(sum, more)  slice = Mul(sum, now)
    }
  > (first, x, v)
}
"""


def random(*shape: int) -> Array:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


CASES: dict[str, tuple[str, list[dict[str, Array]], str]] = {
    "choice": (CHOICE, [{"flag": np.array(flag), "x": random(2, 3)} for flag in (True, False)], "IF"),
    "counted": (
        COUNTED,
        [{"trips": np.array(trips), "x": random(n, 2), "v": -random(n, 2)} for trips, n in ((3, 2), (1, 4), (5, 1))],
        "WHILE",
    ),
    "until": (
        UNTIL,
        [{"limit": np.array(limit, np.float32), "x": np.float32([1, 0.5])} for limit in (20, 3, 1e9)],
        "WHILE",
    ),
    "nested": (NESTED, [{"trips": np.array(4), "x": random(2), "u": -random(2)}], "WHILE"),
    "scanned": (SCANNED, [{"x": random(2, 4), "v": random(4, 3, 2)}], "WHILE"),
}


def check(model: onnx.ModelProto, runs: list[dict[str, Array]], folder: Path) -> list[str]:
    target = folder / "model.tflite"
    mc.convert(model.SerializeToString(), target)
    for inputs in runs:
        feeds = {name: np.asarray(value) for name, value in inputs.items()}
        expected = run_onnxruntime(model, feeds)  # LiteRT lists a signature's outputs by the alphabet
        assert_close(run_litert(target, feeds), dict(sorted(expected.items())))
    back = folder / "back.onnx"
    mc.convert(target, back)
    assert_close(run_onnxruntime(back, runs[0]), run_onnxruntime(model, runs[0]))
    return operators_of(target)


@pytest.mark.parametrize("name", CASES)
def test_control_flow(name: str, tmp_path: Path) -> None:
    text, runs, written = CASES[name]
    assert written in check(onnx.parser.parse_model(HEADER + text), runs, tmp_path)


def test_image_operators_in_branches_are_channels_last(tmp_path: Path) -> None:
    text = """
    g (bool flag, float[N, 2, 5, 5] x) => (float[N, 2, 5, 5] y)
    <float[2, 2, 1, 1] w = {1, 2, 3, 4}> {
      y = If (flag) <
        then_branch = t () => (float[N, 2, 5, 5] a) { a = Conv(x, w) },
        else_branch = e () => (float[N, 2, 5, 5] c) { c = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 1]>(x) }
      >
    }
    """
    runs = [{"flag": np.array(flag), "x": random(2, 2, 5, 5)} for flag in (True, False)]
    check(onnx.parser.parse_model(HEADER + text), runs, tmp_path)


LENGTHS = numpy_helper.from_array(np.array([3, 1], np.int32), "lengths")
RECURRENT: dict[str, tuple[str, dict[str, Any], str]] = {
    "rnn": ("RNN", {"activations": ["Relu"]}, "xwrb"),
    "rnn, both directions": ("RNN", {"direction": "bidirectional"}, "xwrb.h"),
    "gru": ("GRU", {"linear_before_reset": 1}, "xwrb"),
    "gru, backwards": ("GRU", {"direction": "reverse", "clip": 0.4}, "xwrb.h"),
    "lstm": ("LSTM", {}, "xwr"),
    "lstm, lengths": ("LSTM", {"direction": "bidirectional"}, "xwrblhc"),
    "lstm, peepholes": ("LSTM", {"clip": 0.7}, "xwrb.hcp"),
    "lstm, functions": (
        "LSTM",
        {"activations": ["HardSigmoid", "Softsign", "Elu"], "activation_alpha": [0.3, 0.5]},
        "xwrb",
    ),
}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
HIDDEN, INPUT = 4, 3


def recurrent(op: str, attributes: Mapping[str, Any], inputs: str) -> onnx.ModelProto:
    """`inputs`: which of the operator's inputs there are, in order; batch and length are dynamic."""
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    width = GATES[op] * HIDDEN
    shapes = {"w": (width, INPUT), "r": (width, HIDDEN), "b": (2 * width,), "p": (3 * HIDDEN,)}
    weights = [numpy_helper.from_array(0.3 * random(directions, *shape), key) for key, shape in shapes.items()]
    results = ["y", "last_h", "last_c"][: 3 if op == "LSTM" else 2]
    names = ["lengths" if key == "l" else key.replace(".", "") for key in inputs]
    node = helper.make_node(op, names, results, hidden_size=HIDDEN, **attributes)
    sizes = {"x": ["T", "N", INPUT], "h": [directions, "N", HIDDEN], "c": [directions, "N", HIDDEN]}
    infos = [helper.make_tensor_value_info(key, 1, shape) for key, shape in sizes.items() if key in inputs]
    outputs = [helper.make_tensor_value_info(key, 1, None) for key in results]
    graph = helper.make_graph([node], "g", infos, outputs, [*weights, LENGTHS])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent(name: str, tmp_path: Path) -> None:
    op, attributes, inputs = RECURRENT[name]
    model = recurrent(op, attributes, inputs)
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    runs = []
    for length, batch in ((3, 2),) if "l" in inputs else ((3, 2), (5, 1)):
        feeds = {"x": random(length, batch, INPUT), "h": random(directions, batch, HIDDEN)}
        feeds["c"] = 0.5 * random(directions, batch, HIDDEN)
        runs.append({key: value for key, value in feeds.items() if key in inputs})
    assert "WHILE" in check(model, [*runs, runs[0]], tmp_path)


def test_each_run_begins_anew(tmp_path: Path) -> None:
    """The fused operators keep their state from run to run, which ONNX's do not."""
    from ai_edge_litert.interpreter import Interpreter

    target = tmp_path / "model.tflite"
    mc.convert(recurrent("LSTM", {}, "xwr").SerializeToString(), target)
    runner = Interpreter(model_path=str(target)).get_signature_runner()
    first, second = (runner(x=random(3, 2, INPUT))["y"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_slices_of_unknown_size_are_refused(tmp_path: Path) -> None:
    text = """
    g (int64 trips, float[4] x) => (float[M, K] all)
    <bool yes = {1}> {
      all = Loop (trips, yes) <
        body = b (int64 i, bool c) => (bool c1, float[K] slice) {
          c1 = Identity(c)  places = NonZero(x)  flat = Squeeze(places)  slice = Cast<to = 1>(flat)
        }
      >
    }
    """
    model = onnx.parser.parse_model(HEADER + text)
    with pytest.raises(mc.UnsupportedOpError, match="not known in front of it"):
        mc.convert(model.SerializeToString(), tmp_path / "model.tflite")
