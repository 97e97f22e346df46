"""A loop that never ends by itself: evaluation gives up with an error that names it, and nothing unrolls it."""

from __future__ import annotations

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.errors import BadArgumentError
from onnx import TensorProto, helper, numpy_helper

FOREVER = 1 << 62


def counting_loop(trips: int | None, *, body_nodes: int = 1) -> onnx.ModelProto:
    """y = x + 1 + 1 + ..., as often as `trips` says; for ever when it is None."""
    scalar = helper.make_tensor_value_info
    steps = [helper.make_node("Identity", ["going"], ["goes_on"])]
    for i in range(body_nodes):
        steps.append(helper.make_node("Add", ["in" if i == 0 else f"s{i}", "one"], [f"s{i + 1}"]))
    body = helper.make_graph(
        steps,
        "body",
        [
            scalar("trip", TensorProto.INT64, []),
            scalar("going", TensorProto.BOOL, []),
            scalar("in", TensorProto.FLOAT, []),
        ],
        [scalar("goes_on", TensorProto.BOOL, []), scalar(f"s{body_nodes}", TensorProto.FLOAT, [])],
    )
    weights = [numpy_helper.from_array(np.float32(1), "one"), numpy_helper.from_array(np.array(True), "true")]
    if trips is not None:
        weights.append(numpy_helper.from_array(np.int64(trips), "trips"))
    loop = helper.make_node("Loop", ["" if trips is None else "trips", "true", "x"], ["y"], name="counting", body=body)
    whole = helper.make_graph(
        [loop], "g", [scalar("x", TensorProto.FLOAT, [])], [scalar("y", TensorProto.FLOAT, [])], initializer=weights
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


ZERO = {"x": np.float32(0)}


@pytest.mark.parametrize("trips", [None, FOREVER], ids=["no trip count", "a huge one"])
def test_the_limit_ends_it(trips: int | None) -> None:
    model = mc.load(counting_loop(trips))
    with pytest.raises(BadArgumentError, match=r"Loop 'counting'.* has not ended after 1000 iterations") as caught:
        model.run(ZERO, iteration_limit=1000)
    assert "iteration_limit" in caught.value.hint


def test_the_limit_is_of_one_run() -> None:
    model = mc.load(counting_loop(600))
    for _ in range(3):
        assert model.run(ZERO, iteration_limit=1000)["y"] == 600
    with pytest.raises(BadArgumentError, match="599 iterations"):
        model.run(ZERO, iteration_limit=599)
    assert model.run(ZERO)["y"] == 600


# With 3 nodes in the body (4 with the one that each trip adds), 2^62 trips make 2^64 nodes, which is 0 in 64 bits.
@pytest.mark.parametrize("body_nodes", [1, 2, 3])
@pytest.mark.parametrize("trips", [None, FOREVER, (1 << 63) - 1])
def test_nothing_unrolls_it(trips: int | None, body_nodes: int) -> None:
    model = mc.simplify(counting_loop(trips, body_nodes=body_nodes))
    assert model.op_counts()["Loop"] == 1
