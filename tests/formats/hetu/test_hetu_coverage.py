"""What Hetu's own exporter handles has a row in the table of operators."""

from __future__ import annotations

from modelconv import _core

# The operators that Hetu's own exporter handles (python/hetu/onnx/onnx_opset).
EXPORTED = [
    "AddByConst",
    "Add",
    "Array_Reshape",
    "Avg_Pool2d",
    "Batch_Normalization",
    "Concat",
    "Conv2d",
    "DivConst",
    "Div",
    "Dropout",
    "Identity",
    "MatMul",
    "Max_Pool2d",
    "MulByConst",
    "OneHot",
    "Opposite",
    "Pad",
    "ReciprocalSqrt",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Slice",
    "Softmax",
    "Sqrt",
    "Tanh",
    "Transpose",
    "Where",
]


def test_what_hetu_exports_is_read() -> None:
    rows = {name.removeprefix("hetu.") for name, canonical, *_ in _core.operators("hetu") if canonical}
    assert set(EXPORTED) <= rows
