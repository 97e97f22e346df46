"""custom_ops: what a user puts in the place of an operator that modelconv does not know.

A function gets the node and a builder, and returns the value that stands for the node's output (a tuple for several):

    def scaled_relu(node, build):
        relu = build.op("Relu", node.inputs[0])
        return build.op("Mul", relu, np.float32(node.attributes["scale"]))

    modelconv.convert("model.pb", "model.onnx", custom_ops={"ScaledRelu": scaled_relu})

Operators are named as the source spells them (`"ScaledRelu"`), or with the domain that `modelconv inspect` shows
(`"tf.ScaledRelu"`). What is built are canonical operators: ONNX operators at the newest operator set. The tensors have
the layout of the source, so a TensorFlow image is NHWC here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelconv._core import CustomOpBuilder as Builder
from modelconv._core import CustomOpNode as Node
from modelconv._core import CustomOpValue as Value

__all__ = ["Builder", "CustomOp", "CustomOps", "Node", "Value"]

CustomOp = Callable[[Node, Builder], Any]
CustomOps = Mapping[str, CustomOp]
