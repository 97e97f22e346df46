"""custom_ops: a user's function stands for an operator that modelconv does not know."""

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.custom_ops import Builder, Node
from onnx import TensorProto, helper

X = np.array([[-1.0, 2.0, 3.0]], np.float32)


def model_with(*nodes: onnx.NodeProto, outputs: tuple[str, ...] = ("y",)) -> onnx.ModelProto:
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("com.acme", 1)])


def test_a_function_stands_for_an_unknown_operator() -> None:
    def scaled_relu(node: Node, build: Builder) -> object:
        assert (node.op, node.name) == ("com.acme.ScaledRelu", "layer")
        assert node.attributes["scale"] == 2.0
        assert (node.inputs[0].name, node.inputs[0].dtype, node.inputs[0].shape) == ("x", "float32", ("n", 3))  # type: ignore[union-attr]
        return build.op("Mul", build.op("Relu", node.inputs[0]), np.float32(node.attributes["scale"]))

    source = model_with(helper.make_node("ScaledRelu", ["x"], ["y"], "layer", domain="com.acme", scale=2.0))
    model = mc.convert(source, custom_ops={"ScaledRelu": scaled_relu}).model
    assert model.op_counts() == {"Mul": 1, "Relu": 1}
    np.testing.assert_array_equal(model.run({"x": X})["y"], np.maximum(X, 0) * 2)
    assert mc.load(source, custom_ops={"com.acme.ScaledRelu": scaled_relu}).op_counts() == model.op_counts()


def test_several_outputs_weights_and_lists() -> None:
    def both(node: Node, build: Builder) -> object:
        assert node.inputs[1].constant.tolist() == [1.0, 2.0]  # type: ignore[union-attr]
        return tuple(build.op("Split", node.inputs[0], [1, 2], outputs=2, axis=1))

    weight = helper.make_node("Constant", [], ["w"], value_floats=[1.0, 2.0])
    source = model_with(weight, helper.make_node("Both", ["x", "w"], ["y", "z"], domain="com.acme"), outputs=("y", "z"))
    results = mc.load(source, custom_ops={"Both": both}).run({"x": X})
    assert results["y"].tolist() == [[-1.0]]
    assert results["z"].tolist() == [[2.0, 3.0]]


def test_a_known_operator_is_overridden() -> None:
    source = model_with(helper.make_node("Tanh", ["x"], ["y"]))
    model = mc.load(source, custom_ops={"Tanh": lambda node, build: build.op("Relu", node.inputs[0])})
    assert model.op_counts() == {"Relu": 1}


def test_mistakes_of_the_function_are_said() -> None:
    source = model_with(helper.make_node("Both", ["x"], ["y", "z"], "pair", domain="com.acme"), outputs=("y", "z"))
    with pytest.raises(mc.ModelConvError, match=r"pair.*returns 1 values; output 1 is used"):
        mc.load(source, custom_ops={"Both": lambda node, build: node.inputs[0]})
    with pytest.raises(ZeroDivisionError):
        mc.load(source, custom_ops={"Both": lambda node, build: 1 // 0})
    with pytest.raises(mc.ModelConvError, match="attribute 'axis'"):
        mc.load(source, custom_ops={"Both": lambda node, build: build.op("Split", node.inputs[0], axis={})})


def test_what_was_lent_is_given_back() -> None:
    kept: list[Node] = []

    def keep(node: Node, build: Builder) -> object:
        kept.append(node)
        return build.op("Relu", node.inputs[0])

    mc.load(model_with(helper.make_node("Keep", ["x"], ["y"], domain="com.acme")), custom_ops={"Keep": keep})
    with pytest.raises(mc.ModelConvError, match="after its custom_ops function had returned"):
        _ = kept[0].name
