"""Calls that cannot be converted: the error says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import modelconv as mc
import pytest
from modelconv.sources.torch_load import load_program
from modelconv.sources.torch_program import DType, Program
from support.aten import floats, ints
from support.torch_calls import lstm_weights, substitute

IMAGE, LINE, STATE = floats(2, 4, 7, 8), floats(5, 3, 4), floats(1, 3, 6)
QUERY = KEY = VALUE = floats(2, 4, 5, 8)


def refusal(op: str, *args: Any, results: int = 1, used: Sequence[int] = (0,)) -> str:
    """What the error says when the results `used` are outputs."""
    program = Program()
    inputs = substitute(args, lambda array: program.input("x", str(array.dtype), list(array.shape)))
    variables = program.call(op, inputs, names=[f"y{i}" for i in range(results)])
    for i in used:
        program.output(f"y{i}", variables[i])
    with pytest.raises(mc.UnsupportedOpError) as error:
        load_program(program, "call")
    return str(error.value)


REFUSALS = [
    ("training mode", "aten.dropout", [IMAGE, 0.5, True], {}),
    ("training mode", "aten.rrelu", [IMAGE, 0.1, 0.3, True], {}),
    ("training mode", "aten.scaled_dot_product_attention", [QUERY, KEY, VALUE, None, 0.1], {}),
    (
        "only gradients need",
        "aten._scaled_dot_product_flash_attention_for_cpu",
        [QUERY, KEY, VALUE],
        {"results": 2, "used": (1,)},
    ),
    ("only gradients need", "aten.log_sigmoid_forward", [IMAGE], {"results": 2, "used": (0, 1)}),
    (
        "proj_size",
        "aten.lstm",
        [LINE, [STATE, STATE], lstm_weights(1, 1, 4)[:3], True, 1, 0.0, False, False, True],
        {"results": 3},
    ),
    ("in fixed point", "aten.upsample_bilinear2d", [ints(1, 2, 4, 4, low=0, dtype="uint8"), [8, 8], False], {}),
    ("drawn at random", "aten.fractional_max_pool2d", [IMAGE, [2, 2], [3, 3], floats(2, 4, 2)], {"results": 2}),
    ("does not fit", "aten.hardtanh", [IMAGE, "low"], {}),
    ("no formula of its operators is exact", "aten.i0", [IMAGE], {}),
    ("no decompositions of matrices", "aten.linalg_svd", [LINE], {"results": 3}),
    ("needs singular values", "aten.linalg_norm", [LINE, "nuc", [0, 1]], {}),
    ("memory is laid out", "aten.as_strided_scatter", [LINE, LINE, [2], [1]], {}),
    ("at most 32 are written out", "aten.linalg_inv", [floats(40, 40)], {}),
    ("to the left of the matrix", "aten.linalg_solve", [floats(2, 2), floats(2, 2), False], {}),
    ("averages pixels with align_corners", "aten._upsample_bilinear2d_aa", [IMAGE, [3, 3], True], {}),
    ("a tensor says where it splits", "aten.tensor_split", [LINE, ints(2, low=1, high=3)], {}),
    ("its degree is a tensor", "aten.special_legendre_polynomial_p", [LINE, LINE], {}),
    ("of another width", "aten.view", [LINE, DType("int16")], {}),
    ("works on complex numbers", "aten.exp", [floats(2).astype("complex64")], {}),
    ("bool cannot be subtracted", "aten.sub", [LINE > 0, LINE > 1], {}),
]


@pytest.mark.parametrize(("reason", "op", "args", "settings"), REFUSALS, ids=lambda value: str(value)[:40])
def test_refusal(reason: str, op: str, args: list[Any], settings: dict[str, Any]) -> None:
    assert reason in refusal(op, *args, **settings)


def test_element_types_are_arguments() -> None:
    program = Program()
    x = program.input("x", "float32", [2, 3])
    program.output("y", program.call("aten.softmax", [x, 1, DType("float64")], names=["y"])[0])
    assert mc.Model(load_program(program, "call")).outputs[0].dtype == "float64"
