"""Subgraphs, loops, variables, tables: resolved when the file is read, as LiteRT runs them."""

from __future__ import annotations

import modelconv as mc
import numpy as np
import pytest
from modelconv import _core
from support.processes import skip_without
from support.tested_module import tflite_from_text
from support.tflite_models import Array, run_litert, run_onnxruntime

BRANCHES = """
graph main(flag: bool[], x: float32[2, 3]) -> (y: float32[2, 3]) {
  y: float32[2, 3] = tflite.IF[then=graph t(a: float32[2, 3]) -> (p: float32[2, 3]) {
    p: float32[2, 3] = tflite.NEG(a)
  }, else=graph e(b: float32[2, 3]) -> (q: float32[2, 3]) {
    s: float32[1] = {0.5}
    q: float32[2, 3] = tflite.MUL(b, s)
  }](flag, x)
}
"""
# x doubled until its counter reaches the limit, which no iteration changes.
LOOP = """
graph main(x: float32[2], limit: int32[]) -> (n: int32[], y: float32[2]) {
  zero: int32[] = {0}
  n: int32[], y: float32[2], same: int32[] = tflite.WHILE[cond=graph c(
      i: int32[], v: float32[2], m: int32[]) -> (less: bool[]) {
    less: bool[] = tflite.LESS(i, m)
  }, body=graph b(j: int32[], w: float32[2], k: int32[]) -> (j1: int32[], w1: float32[2], k: int32[] = k) {
    one: int32[] = {1}
    j1: int32[] = tflite.ADD[fused_activation_function="NONE"](j, one)
    w1: float32[2] = tflite.ADD[fused_activation_function="NONE"](w, w)
  }](zero, x, limit)
}
"""
# A counter that begins at 5 and grows by x in each run.
STATE = """
graph main(x: float32[2]) -> (y: float32[2]) {
  _ = tflite.CALL_ONCE[init=graph init() -> () {
    first: float32[2] = {5, 6}
    h0 = tflite.VAR_HANDLE[container="", shared_name="total"]()
    _ = tflite.ASSIGN_VARIABLE(h0, first)
  }]()
  h = tflite.VAR_HANDLE[container="", shared_name="total"]()
  before: float32[2] = tflite.READ_VARIABLE(h)
  y: float32[2] = tflite.ADD[fused_activation_function="NONE"](before, x)
  _ = tflite.ASSIGN_VARIABLE(h, y)
}
"""


# Names to numbers; what is not there is -1.
TABLE = """
graph main(words: string[3]) -> (y: int64[3], n: int64[1]) {
  _ = tflite.CALL_ONCE[init=graph init() -> () {
    keys: string[2] = {"cat", "dog"}
    values: int64[2] = {7, 8}
    t0 = tflite.HASHTABLE[key_dtype="STRING", table_id=3, value_dtype="INT64"]()
    _ = tflite.HASHTABLE_IMPORT(t0, keys, values)
  }]()
  other: int64[1] = {-1}
  t = tflite.HASHTABLE[key_dtype="STRING", table_id=3, value_dtype="INT64"]()
  y: int64[3] = tflite.HASHTABLE_FIND(t, words, other)
  n: int64[1] = tflite.HASHTABLE_SIZE(t)
}
"""
SPECTRUM = """
graph main(x: float32[4, 6]) -> (size: float32[4, 4], even: float32[4, 4], odd: float32[4, 4]) {
  lengths: int32[2] = {4, 6}
  f: complex64[4, 4] = tflite.RFFT2D(x, lengths)
  size: float32[4, 4] = tflite.COMPLEX_ABS(f)
  even: float32[4, 4] = tflite.REAL(f)
  odd: float32[4, 4] = tflite.IMAG(f)
}
"""


def check(text: str, *inputs: Array) -> None:
    skip_without("ai_edge_litert", "onnxruntime")
    content = tflite_from_text(text)
    model = mc.load(content)
    feeds = dict(zip([spec.name for spec in model.inputs], inputs, strict=True))
    expected = run_litert(content, feeds)
    for results in (list(model.run(feeds).values()), run_onnxruntime(model.to_onnx().SerializeToString(), feeds)):
        for actual, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(actual, wanted)


@pytest.mark.parametrize("flag", [True, False])
def test_branches(flag: bool) -> None:
    check(BRANCHES, np.array(flag), np.arange(6, dtype=np.float32).reshape(2, 3))


@pytest.mark.parametrize("limit", [0, 1, 4])
def test_loop(limit: int) -> None:
    check(LOOP, np.array([1.5, -2], np.float32), np.array(limit, np.int32))


def test_what_a_loop_does_not_change_is_no_variable() -> None:
    core = _core.load_bytes(tflite_from_text(LOOP))
    assert "Loop" in core.text()
    assert core.text().count("limit") >= 3  # used from outside, in the first condition and in the body


def test_variables_begin_anew_in_each_run() -> None:
    x = np.array([1, 2], np.float32)
    check(STATE, x)
    model = mc.load(tflite_from_text(STATE))
    assert [spec.name for spec in model.inputs] == ["x"]
    for _ in range(2):
        np.testing.assert_array_equal(model.run({"x": x})["y"], [6, 8])


def test_variables_as_inputs_and_outputs() -> None:
    """The same sequence of runs as LiteRT with its variables."""
    skip_without("ai_edge_litert")
    from ai_edge_litert.interpreter import Interpreter

    content = tflite_from_text(STATE)
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    model = mc.load(content, options={"state": "inputs"})
    assert [spec.name for spec in model.inputs] == ["x", "total"]
    assert [spec.name for spec in model.outputs] == ["y", "total_next"]
    total = np.array([5, 6], np.float32)
    for step in range(3):
        x = np.array([step, 1], np.float32)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        results = model.run({"x": x, "total": total})
        np.testing.assert_array_equal(
            results["y"], interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        )
        total = results["total_next"]


def test_table() -> None:
    model = mc.load(tflite_from_text(TABLE))
    results = model.run({"words": np.array(["dog", "cow", "cat"], object)})
    np.testing.assert_array_equal(results["y"], [8, -1, 7])
    np.testing.assert_array_equal(results["n"], [2])


def test_spectrum() -> None:
    x = np.random.default_rng(1).random((4, 6)).astype(np.float32)
    expected = np.fft.rfft2(x)
    results = mc.load(tflite_from_text(SPECTRUM)).run({"x": x})
    for name, wanted in (("size", abs(expected)), ("even", expected.real), ("odd", expected.imag)):
        np.testing.assert_allclose(results[name], wanted, atol=1e-5)


def test_an_option_that_is_not_there() -> None:
    content = tflite_from_text(STATE)
    with pytest.raises(mc.ModelConvError, match="'state' is 'initial' or 'inputs'"):
        mc.load(content, options={"state": "kept"})
    with pytest.raises(mc.ModelConvError, match="no option 'layout'"):
        mc.load(content, options={"layout": "nchw"})
