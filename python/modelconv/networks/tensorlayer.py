"""Layers of TensorLayer 2 as descriptions: how their variables are called and ordered, and which nodes they become.

Facts: tensorlayer 2.2.5, layers/core.py (`Layer`, `LayerList`), models/core.py (`Model.all_layers`),
layers/convolution, layers/normalization.py, layers/activation.py. Nodes are those of
the Keras reader, whose layers these resemble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelconv.model import Array
from modelconv.sources.keras_parts import Parts, Tensor

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}),
    "relu6": ("ReLU", {"max_value": 6.0}),
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.1}),
}


@dataclass(eq=False)
class Variable:
    """A weight: what TensorLayer calls it, without `:0`."""

    name: str
    shape: tuple[int, ...]


class Scope:
    """One construction of a network: layers without a name are numbered by their class."""

    def __init__(self, data_format: str) -> None:
        self.data_format = data_format
        self._counts: dict[str, int] = {}

    @property
    def channel_axis(self) -> int:
        """Of images."""
        return 1 if self.data_format == "channels_first" else 3

    def name(self, kind: str, given: str | None) -> str:
        """`conv2d_1`, `conv2d_2`, ...: the number 0 is never seen, because the class itself takes it."""
        if given is not None:
            self._counts.setdefault(given, 0)
            return given
        self._counts[kind] = self._counts.get(kind, 0) + 1
        while f"{kind}_{self._counts[kind]}" in self._counts:
            self._counts[kind] += 1
        return f"{kind}_{self._counts[kind]}"


class Builder:
    """Writes nodes down."""

    def __init__(self, scope: Scope, weights: dict[Variable, Array]) -> None:
        self.scope = scope
        self.parts = Parts()
        self._weights = weights
        self._used: dict[str, int] = {}

    def node(self, op: str, name: str, inputs: dict[str, Tensor], outputs: int = 1, **settings: Any) -> list[Tensor]:
        """A node of the Keras reader; `inputs` by the names of its parameters."""
        self._used[name] = self._used.get(name, 0) + 1
        unique = name if self._used[name] == 1 else f"{name}_{self._used[name]}"
        attributes = {"arguments": list(inputs), **settings}
        return self.parts.add_node(op, unique, list(inputs.values()), attributes, outputs)

    def image_node(self, op: str, name: str, inputs: dict[str, Tensor], **settings: Any) -> Tensor:
        """One of a layer with a data format."""
        return self.node(op, name, inputs, data_format=self.scope.data_format, **settings)[0]

    def weight(self, variable: Variable) -> Tensor:
        """The variable's array as a constant."""
        return self.parts.add_constant(variable.name, self._weights[variable])

    def array(self, variable: Variable) -> Array:
        """The variable's array, for what is computed here."""
        return self._weights[variable]

    def constant(self, name: str, array: Array) -> Tensor:
        """Numbers that the architecture itself brings."""
        return self.parts.add_constant(name, array)

    def activate(self, act: str | None, name: str, x: Tensor) -> Tensor:
        """`relu`, `relu6`, `leaky_relu` (0.1, as HyperPose has it) or nothing."""
        if act is None:
            return x
        op, attributes = ACTIVATIONS[act]
        return self.parts.add_node(op, f"{name}/{act}", [x], {"arguments": ["input"], **attributes})[0]


class Layer:
    """Something with variables, in the order in which `all_weights` has them, that turns a tensor into another."""

    variables: Sequence[Variable] = ()

    def run(self, build: Builder, x: Tensor) -> Any:
        """The nodes."""
        raise NotImplementedError


class Conv(Layer):
    """Conv2d: kernels [height, width, inputs, outputs], padding SAME."""

    def __init__(
        self,
        scope: Scope,
        outputs: int,
        inputs: int,
        size: int = 3,
        stride: int = 1,
        act: str | None = None,
        bias: bool = True,
        dilation: int = 1,
        name: str | None = None,
    ) -> None:
        self.name = scope.name("conv2d", name)
        self.act = act
        self.settings = {"strides": [stride, stride], "dilation_rate": [dilation, dilation], "padding": "same"}
        self.variables = [Variable(f"{self.name}/filters", (size, size, inputs, outputs))]
        if bias:
            self.variables.append(Variable(f"{self.name}/biases", (outputs,)))

    op = "Conv2D"

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Convolution, bias, activation."""
        inputs = dict(zip(("kernel", "bias"), map(build.weight, self.variables), strict=False))
        return build.activate(
            self.act, self.name, build.image_node(self.op, self.name, {"input": x, **inputs}, **self.settings)
        )


class Depthwise(Conv):
    """DepthwiseConv2d with one kernel per channel: [height, width, channels, 1]."""

    op = "DepthwiseConv2D"

    def __init__(
        self,
        scope: Scope,
        inputs: int,
        size: int = 3,
        stride: int = 1,
        bias: bool = True,
        dilation: int = 1,
        name: str | None = None,
    ) -> None:
        name = scope.name("depthwiseconv2d", name)
        super().__init__(scope, 1, inputs, size, stride, None, False, dilation, name)
        if bias:
            self.variables = [*self.variables, Variable(f"{name}/biases", (inputs,))]


class BatchNorm(Layer):
    """BatchNorm2d with its moving statistics."""

    def __init__(
        self, scope: Scope, channels: int, act: str | None = None, epsilon: float = 1e-5, name: str | None = None
    ) -> None:
        self.name = scope.name("batchnorm2d", name)
        self.act, self.epsilon = act, epsilon
        names = ("beta", "gamma", "moving_mean", "moving_var")
        self.variables = [Variable(f"{self.name}/{variable}", (channels,)) for variable in names]

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """Normalisation and activation."""
        names = ("beta", "gamma", "moving_mean", "moving_variance")
        inputs = dict(zip(names, map(build.weight, self.variables), strict=True))
        y = build.node(
            "BatchNormalization",
            self.name,
            {"input": x, **inputs},
            axis=[build.scope.channel_axis],
            epsilon=self.epsilon,
        )
        return build.activate(self.act, self.name, y[0])


class PRelu(Layer):
    """PRelu: the slope is the sigmoid of the variable."""

    def __init__(self, scope: Scope, channels: int) -> None:
        self.name = scope.name("prelu", None)
        self.variables = [Variable(f"{self.name}/alpha", (channels,))]

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """One node; the sigmoid is computed here."""
        alpha = build.array(self.variables[0])
        slope = (1 / (1 + np.exp(-alpha.astype(np.float64)))).astype(alpha.dtype)
        if build.scope.data_format == "channels_first":
            slope = slope.reshape(-1, 1, 1)
        return build.node("PReLU", self.name, {"input": x, "alpha": build.constant(f"{self.name}/slope", slope)})[0]


class MaxPool(Layer):
    """MaxPool2d, padding SAME."""

    def __init__(self, scope: Scope, size: int, stride: int, name: str | None = None) -> None:
        self.name = scope.name("maxpool2d", name)
        self.size, self.stride = size, stride

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """One node."""
        settings = {"pool_size": [self.size, self.size], "strides": [self.stride, self.stride], "padding": "same"}
        return build.image_node("MaxPooling2D", self.name, {"input": x}, **settings)


class Stack(Layer):
    """LayerList: one layer after the other."""

    def __init__(self, scope: Scope, layers: Sequence[Layer]) -> None:
        self.name = scope.name("layerlist", None)
        self.layers = list(layers)
        self.variables = [variable for layer in self.layers for variable in layer.variables]

    def run(self, build: Builder, x: Tensor) -> Tensor:
        """All nodes."""
        for layer in self.layers:
            x = layer.run(build, x)
        return x


class Block(Layer):
    """Model: its layers are its attributes, sorted by name. The members of a list come once again."""

    @property
    def variables(self) -> list[Variable]:  # type: ignore[override]
        """As `all_weights`: a layer that hangs in a list and in a LayerList comes twice."""
        found: list[Variable] = []
        for name in sorted(vars(self)):
            value = getattr(self, name)
            for layer in value if isinstance(value, list) else [value]:
                if isinstance(layer, Layer):
                    found += layer.variables
        return found

    def run(self, build: Builder, x: Tensor) -> Any:
        """The nodes."""
        raise NotImplementedError
