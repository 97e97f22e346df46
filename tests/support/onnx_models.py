"""Small ONNX models, built with the onnx package, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray
Dims = Sequence[int | str | None]

# What ONNX Runtime's oldest supported releases read; the checks of the onnx package accept it too.
IR_VERSION = 8
OPSET = 17


def tensor_info(name: str, dims: Dims | None, dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, dims)


def make_model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    weights: Mapping[str, Array] | None = None,
    *,
    opset: int = OPSET,
    imports: Mapping[str, int] | None = None,
    check: bool = True,
) -> onnx.ModelProto:
    """A checked model; `imports` adds operator sets of other domains."""
    initializers = [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()]
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), initializers)
    opsets = [helper.make_opsetid(domain, version) for domain, version in {"": opset, **(imports or {})}.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="test")
    if check:
        onnx.checker.check_model(model, full_check=True)
    return model


def random_array(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def mlp(seed: int = 0, batch: int | str = "N") -> onnx.ModelProto:
    """x [batch, 4] -> fc1 (Gemm 4x8, Relu) -> fc2 (Gemm 8x3) -> Softmax -> y."""
    return make_model(
        [
            helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="fc1"),
            helper.make_node("Relu", ["h"], ["r"], name="act"),
            helper.make_node("Gemm", ["r", "w2", "b2"], ["logits"], name="fc2"),
            helper.make_node("Softmax", ["logits"], ["y"], name="probabilities", axis=-1),
        ],
        [tensor_info("x", [batch, 4])],
        [tensor_info("y", [batch, 3])],
        {
            "w1": random_array(4, 8, seed=seed),
            "b1": random_array(8, seed=seed + 1),
            "w2": random_array(8, 3, seed=seed + 2),
            "b2": random_array(3, seed=seed + 3),
        },
    )


def cnn(seed: int = 0) -> onnx.ModelProto:
    """image [N, 3, 16, 16] -> Conv, BatchNormalization, Relu -> Conv -> GlobalAveragePool, Flatten -> scores [N, 5]."""
    positive = np.abs(random_array(6, seed=seed + 4)) + np.float32(0.5)
    return make_model(
        [
            helper.make_node("Conv", ["image", "k1"], ["c1"], name="conv1", pads=[1, 1, 1, 1]),
            helper.make_node("BatchNormalization", ["c1", "scale", "shift", "mean", "var"], ["n1"], name="norm1"),
            helper.make_node("Relu", ["n1"], ["a1"], name="act1"),
            helper.make_node("Conv", ["a1", "k2", "b2"], ["c2"], name="conv2", strides=[2, 2]),
            helper.make_node("GlobalAveragePool", ["c2"], ["p"], name="pool"),
            helper.make_node("Flatten", ["p"], ["scores"], name="flat"),
        ],
        [tensor_info("image", ["N", 3, 16, 16])],
        [tensor_info("scores", ["N", 5])],
        {
            "k1": random_array(6, 3, 3, 3, seed=seed),
            "scale": positive,
            "shift": random_array(6, seed=seed + 1),
            "mean": random_array(6, seed=seed + 2),
            "var": positive,
            "k2": random_array(5, 6, 3, 3, seed=seed + 3),
            "b2": random_array(5, seed=seed + 5),
        },
    )


def redundant() -> onnx.ModelProto:
    """What simplifiers remove: Identity, Dropout, a double Transpose, a constant subgraph, an unused initializer."""
    return make_model(
        [
            helper.make_node("Identity", ["x"], ["i"], name="identity"),
            helper.make_node("Dropout", ["i"], ["d"], name="dropout"),
            helper.make_node("Transpose", ["d"], ["t1"], name="there", perm=[1, 0]),
            helper.make_node("Transpose", ["t1"], ["t2"], name="back", perm=[1, 0]),
            helper.make_node("Add", ["a", "b"], ["c"], name="constant_sum"),
            helper.make_node("Mul", ["t2", "c"], ["y"], name="mul"),
        ],
        [tensor_info("x", ["N", 4])],
        [tensor_info("y", ["N", 4])],
        {
            "a": random_array(4, seed=1),
            "b": random_array(4, seed=2),
            "unused": random_array(64, seed=3),
        },
    )


def computed_reshape() -> onnx.ModelProto:
    """Flattens [N, 2, 3] as exporters do it: Shape, Gather, Unsqueeze, Concat, Reshape."""
    return make_model(
        [
            helper.make_node("Shape", ["x"], ["s"], name="shape"),
            helper.make_node("Gather", ["s", "zero"], ["n"], name="gather"),
            helper.make_node("Unsqueeze", ["n", "axes"], ["n1"], name="unsqueeze"),
            helper.make_node("Concat", ["n1", "rest"], ["target"], name="concat", axis=0),
            helper.make_node("Reshape", ["x", "target"], ["y"], name="reshape"),
        ],
        [tensor_info("x", ["N", 2, 3])],
        [tensor_info("y", ["N", 6])],
        {
            "zero": np.array(0, np.int64),
            "axes": np.array([0], np.int64),
            "rest": np.array([-1], np.int64),
        },
    )


def integers() -> onnx.ModelProto:
    """int64 [4] -> 2 x + 1, exact."""
    return make_model(
        [
            helper.make_node("Mul", ["x", "two"], ["m"], name="double"),
            helper.make_node("Add", ["m", "one"], ["y"], name="increment"),
        ],
        [tensor_info("x", [4], TensorProto.INT64)],
        [tensor_info("y", [4], TensorProto.INT64)],
        {"two": np.array(2, np.int64), "one": np.array(1, np.int64)},
    )


def branches() -> onnx.ModelProto:
    """h = exp(x); y = h + 1 where c, else another If, of c too, with Relu and Neg of h."""
    inner = [
        helper.make_graph([helper.make_node(op, ["h"], [f"inner_{op}"])], op, [], [tensor_info(f"inner_{op}", [2])])
        for op in ("Relu", "Neg")
    ]
    one = numpy_helper.from_array(np.ones(2, np.float32), "one")
    then = helper.make_graph([helper.make_node("Add", ["h", "one"], ["t"])], "then", [], [tensor_info("t", [2])], [one])
    nested = helper.make_node("If", ["c"], ["e"], name="inner_if", then_branch=inner[0], else_branch=inner[1])
    otherwise = helper.make_graph([nested], "otherwise", [], [tensor_info("e", [2])])
    return make_model(
        [
            helper.make_node("Exp", ["x"], ["h"]),
            helper.make_node("If", ["c"], ["y"], name="outer_if", then_branch=then, else_branch=otherwise),
        ],
        [tensor_info("x", [2]), tensor_info("c", [], TensorProto.BOOL)],
        [tensor_info("y", [2])],
    )


def unknown_ops() -> onnx.ModelProto:
    """Two operators of a domain that nobody knows, one of them twice."""
    return make_model(
        [
            helper.make_node("Whirl", ["x"], ["a"], name="first_whirl", domain="com.example"),
            helper.make_node("Whirl", ["a"], ["b"], name="second_whirl", domain="com.example"),
            helper.make_node("Twist", ["b"], ["y"], name="twist", domain="com.example"),
        ],
        [tensor_info("x", [2])],
        [tensor_info("y", [2])],
        imports={"com.example": 1},
        check=False,
    )


def choice() -> onnx.ModelProto:
    """If(flag) x + 1 else x - 1: a model with subgraphs."""

    def branch(name: str, op: str) -> onnx.GraphProto:
        return helper.make_graph(
            [helper.make_node(op, ["x", "one"], [f"{name}_y"], name=name)], name, [], [tensor_info(f"{name}_y", [3])]
        )

    node = helper.make_node(
        "If", ["flag"], ["y"], name="if", then_branch=branch("more", "Add"), else_branch=branch("less", "Sub")
    )
    return make_model(
        [node],
        [tensor_info("x", [3]), tensor_info("flag", [], TensorProto.BOOL)],
        [tensor_info("y", [3])],
        {"one": np.array([1], np.float32)},
    )


def with_weight(model: onnx.ModelProto, name: str, value: Array) -> onnx.ModelProto:
    """A copy of the model in which one initializer has another value."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for initializer in changed.graph.initializer:
        if initializer.name == name:
            initializer.CopyFrom(numpy_helper.from_array(value, name))
            return changed
    raise KeyError(name)


def weight(model: onnx.ModelProto, name: str) -> Array:
    return next(numpy_helper.to_array(tensor) for tensor in model.graph.initializer if tensor.name == name)
