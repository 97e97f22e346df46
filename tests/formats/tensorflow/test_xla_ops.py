"""Operators of TensorFlow's compiler: only compiled graphs run them, so the reference is NumPy or a plain operator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_formula_cases import DOTS, WINDOWS

RANDOM = np.random.default_rng(8)


def build(tf: Any, op: str, arrays: dict[str, np.ndarray], constants: list[Any], attrs: dict[str, Any]) -> bytes:
    graph = tf.compat.v1.GraphDef()
    for name, array in arrays.items():
        node = graph.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    names = list(arrays)
    for index, value in enumerate(constants):
        node = graph.node.add(name=f"c{index}", op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.asarray(value, np.int32)))
        names.append(node.name)
    result = graph.node.add(name="y", op=op, input=names)
    result.attr["LhsT"].type = result.attr["RhsT"].type = 1
    for name, value in attrs.items():
        result.attr[name].CopyFrom(value)
    return bytes(graph.SerializeToString())


def text(tf: Any, value: bytes) -> Any:
    return tf.compat.v1.AttrValue(s=value)


def encode(fields: list[tuple[int, list[int]]]) -> bytes:
    """Packed lists of small numbers."""
    return b"".join(bytes([number << 3 | 2, len(values), *values]) for number, values in fields if values)


@pytest.mark.parametrize("op", ["XlaDot", "XlaDotV2"])
@pytest.mark.parametrize(("equation", "left", "right", "axes"), DOTS, ids=[row[0] for row in DOTS])
def test_dot(
    op: str,
    equation: str,
    left: tuple[int, ...],
    right: tuple[int, ...],
    axes: dict[str, list[int]],
    tf: Any,
    tmp_path: Path,
    assert_close: Callable[..., None],
    run_onnxruntime: Callable[..., Any],
) -> None:
    names = ["lhs_contracting", "rhs_contracting", "lhs_batch", "rhs_batch"]
    numbers = encode([(index + 1, axes.get(name, [])) for index, name in enumerate(names)])
    arrays = {name: RANDOM.standard_normal(shape).astype(np.float32) for name, shape in (("a", left), ("b", right))}
    path = tmp_path / "graph.pb"
    path.write_bytes(build(tf, op, arrays, [], {"dimension_numbers": text(tf, numbers)}))
    model = mc.load(path)
    expected = np.einsum(equation, *arrays.values())
    assert_close(model.run(arrays)["y"], expected)
    assert_close(run_onnxruntime(model, arrays)[0], expected)


@pytest.mark.parametrize("op", ["XlaConv", "XlaConvV2"])
@pytest.mark.parametrize(("stride", "dilation", "groups"), WINDOWS)
def test_convolution(
    op: str,
    stride: int,
    dilation: int,
    groups: int,
    tf: Any,
    tmp_path: Path,
    assert_close: Callable[..., None],
    run_onnxruntime: Callable[..., Any],
) -> None:
    image = RANDOM.standard_normal((2, 7, 8, 4)).astype(np.float32)
    kernel = RANDOM.standard_normal((3, 3, 4 // groups, 6)).astype(np.float32)
    # NHWC, kernels HWIO: field numbers of ConvolutionDimensionNumbers
    single = {3: 2, 4: 3, 7: 0, 8: 3, 9: 0, 10: 3}
    lists = [(6, [0, 1]), (11, [1, 2]), (12, [1, 2])]
    numbers = b"".join(bytes([number << 3, value]) for number, value in single.items()) + encode(lists)
    window = [[stride] * 2, [[1, 1], [0, 2]], [1, 1], [dilation] * 2, groups]
    path = tmp_path / "graph.pb"
    arrays = {"image": image, "kernel": kernel}
    path.write_bytes(build(tf, op, arrays, window, {"dimension_numbers": text(tf, numbers)}))
    model = mc.load(path)
    expected = tf.nn.conv2d(
        np.pad(image, [(0, 0), (1, 1), (0, 2), (0, 0)]), kernel, stride, "VALID", dilations=dilation
    ).numpy()
    assert_close(model.run(arrays)["y"], expected)
    assert_close(run_onnxruntime(model, arrays)[0], expected)
