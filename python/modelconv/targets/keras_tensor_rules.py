"""Layers and operations of tensors of any rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelconv.model import Array
from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_network import Shape, Tensor
from modelconv.targets.keras_operation_rules import LINALG, MATH, NN, NUMPY, call, operands, take


# --- activations
def activation(name: str) -> Rule:
    """A layer `Activation`."""

    def rule(builder: Builder, node: Node) -> None:
        builder.set(node, builder.add(node, "Activation", {"activation": name}, [builder.tensor(node)]))

    return rule


def relu(builder: Builder, node: Node) -> None:
    """Relu; with bounds 0 and something, Clip too."""
    config: dict[str, Any] = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
    if node.op == "Clip":
        low, high = builder.optional_constant(node, 1), builder.optional_constant(node, 2)
        if low is None or float(low) != 0:
            clip(builder, node)
            return
        config["max_value"] = None if high is None else float(high)
    builder.set(node, builder.add(node, "ReLU", config, [builder.tensor(node)]))


def clip(builder: Builder, node: Node) -> None:
    """Clip as minimum and maximum."""
    x = builder.tensor(node)
    for index, class_name in ((1, "Maximum"), (2, "Minimum")):
        if builder.has(node, index):
            limit = float(builder.constant(node, index, "its bound"))
            x = builder.add(node, class_name, {}, [x], args=[x.reference(), limit], module=NUMPY)
    builder.set(node, x)


def leaky_relu(builder: Builder, node: Node) -> None:
    """LeakyRelu."""
    config = {"negative_slope": node.attrs.get("alpha", 0.01)}
    builder.set(node, builder.add(node, "LeakyReLU", config, [builder.tensor(node)]))


def elu(builder: Builder, node: Node) -> None:
    """Elu."""
    config = {"alpha": node.attrs.get("alpha", 1.0)}
    builder.set(node, builder.add(node, "ELU", config, [builder.tensor(node)]))


def prelu(builder: Builder, node: Node) -> None:
    """PRelu: a slope per element, or shared along the axes of size 1."""
    x, slope = builder.tensor(node), builder.constant(node, 1, "its slope")
    rank = len(x.shape) - 1
    slope = slope.reshape((1,) * (rank - slope.ndim) + slope.shape) if slope.ndim <= rank else slope[0]
    shared = [axis + 1 for axis in range(rank) if slope.shape[axis] == 1]
    builder.set(node, builder.add(node, "PReLU", {"shared_axes": shared}, [x], weights=[("alpha", slope)]))


def softmax(builder: Builder, node: Node) -> None:
    """Softmax along an axis."""
    builder.set(node, builder.add(node, "Softmax", {"axis": node.attrs.get("axis", -1)}, [builder.tensor(node)]))


def gelu(builder: Builder, node: Node) -> None:
    """Gelu; the layer knows the exact one only."""
    if node.attrs.get("approximate", "none") == "none":
        return activation("gelu")(builder, node)
    config = {"approximate": True}
    return builder.set(node, builder.add(node, "Gelu", config, [builder.tensor(node)], module=NN))


def hard_sigmoid(builder: Builder, node: Node) -> None:
    """HardSigmoid with the numbers that Keras has."""
    if abs(node.attrs.get("alpha", 0.2) - 1 / 6) > 1e-6 or node.attrs.get("beta", 0.5) != 0.5:
        node.refuse("its slope is not 1/6")
    activation("hard_sigmoid")(builder, node)


def swish(builder: Builder, node: Node) -> None:
    """Swish with the slope 1."""
    if node.attrs.get("alpha", 1.0) != 1.0:
        node.refuse("its alpha is not 1")
    activation("silu")(builder, node)


# --- arithmetic
def binary(layer: str, operation: str) -> Rule:
    """A merging layer for tensors of one shape, else an operation, which also takes constants."""

    def rule(builder: Builder, node: Node) -> None:
        tensors, args = operands(builder, node, range(len(node.inputs)))
        if node.op == "Div" and "int" in node.output.dtype:
            node.refuse("it divides integers")
        same = len(tensors) == len(args) and all(tensor.shape == tensors[0].shape for tensor in tensors)
        if same and layer and (layer != "Subtract" or len(tensors) == 2):
            return builder.set(node, builder.add(node, layer, {}, tensors, args=[args]))
        if builder.layers_only and rescaled(builder, node, tensors):
            return None
        result = builder.add(node, operation, {}, tensors, args=args[:2], module=NUMPY)
        for argument in args[2:]:
            result = builder.add(node, operation, {}, [result], args=[result.reference(), argument], module=NUMPY)
        return builder.set(node, result)

    return rule


def rescaled(builder: Builder, node: Node, tensors: list[Tensor]) -> bool:
    """A number added or multiplied is a layer Rescaling."""
    constants = [array for index in (0, 1) if (array := builder.optional_constant(node, index)) is not None]
    if (
        len(tensors) != 1
        or len(constants) != 1
        or constants[0].size != 1
        or node.op not in ("Add", "Mul", "Sub", "Div")
    ):
        return False
    number, first = float(constants[0].reshape(())), builder.optional_constant(node, 0) is not None
    if first and node.op in ("Sub", "Div"):
        return False
    scale = {"Mul": number, "Div": 1 / number if number else 0.0}.get(node.op, 1.0)
    offset = {"Add": number, "Sub": -number}.get(node.op, 0.0)
    builder.set(node, builder.add(node, "Rescaling", {"scale": scale, "offset": offset}, tensors))
    return True


# --- products
def dense(builder: Builder, node: Node) -> None:
    """Gemm and MatMul with constant weights: a layer Dense; of two tensors an operation."""
    weights = builder.optional_constant(node, 1)
    if weights is None or weights.ndim != 2 or builder.optional_constant(node, 0) is not None:
        if node.op == "Gemm":
            node.refuse("its weights are not constant")
        return call(builder, node, "Matmul", {}, [0, 1])
    bias = builder.optional_constant(node, 2)
    result = node
    if node.op == "Gemm":
        if node.attrs.get("transA") or node.attrs.get("alpha", 1.0) != 1.0:
            node.refuse("it transposes or scales its input")
        weights = weights.T if node.attrs.get("transB") else weights
        if builder.has(node, 2) and (bias is None or node.attrs.get("beta", 1.0) != 1.0):
            node.refuse("its bias is scaled or not constant")
        if bias is not None:
            bias = spread_bias(node, bias, weights.shape[1])
    else:
        follower = builder.only_use(node)
        addend = added_bias(builder, follower, node, weights.shape[1]) if follower else None
        if follower is not None and addend is not None:
            bias, result = addend, follower
            builder.done.add(id(follower))
    config = {"units": weights.shape[1], "activation": "linear", "use_bias": bias is not None}
    variables = [("kernel", weights), *([("bias", bias)] if bias is not None else [])]
    return builder.set(result, builder.add(result, "Dense", config, [builder.tensor(node)], weights=variables))


def spread_bias(node: Node, bias: Array, units: int) -> Array:
    """One number per unit."""
    import numpy as np

    if bias.ndim > 1 and bias.shape[0] != 1:
        node.refuse("its bias differs from row to row")
    return np.broadcast_to(bias.reshape(-1), (units,))


def added_bias(builder: Builder, follower: Node, node: Node, units: int) -> Array | None:
    """The constant that a following Add gives to each unit."""
    if follower.op != "Add":
        return None
    for index in (0, 1):
        array, other = builder.optional_constant(follower, index), follower.inputs[1 - index]
        if array is not None and other is not None and other.name == node.output.name and array.shape == (units,):
            return array
    return None


def gather(builder: Builder, node: Node) -> None:
    """Gather of rows of a constant table is a layer, any other an operation."""
    table = builder.optional_constant(node, 0)
    if table is None or table.ndim != 2 or node.attrs.get("axis", 0) != 0:
        return take(builder, node)
    config = {"input_dim": table.shape[0], "output_dim": table.shape[1], "mask_zero": False}
    indices = builder.tensor(node, 1)
    return builder.set(node, builder.add(node, "Embedding", config, [indices], weights=[("embeddings", table)]))


def layer_normalization(builder: Builder, node: Node) -> None:
    """LayerNormalization over the last axis."""
    x = builder.tensor(node)
    if node.attrs.get("axis", -1) not in (-1, len(x.shape) - 1):
        node.refuse("it covers several axes")
    if any(value is not None and value.name in builder.uses for value in node.outputs[1:]):
        node.refuse("its mean is used")
    config = {"axis": -1, "epsilon": node.attrs.get("epsilon", 1e-5), "center": builder.has(node, 2), "scale": True}
    variables = [("gamma", builder.constant(node, 1, "its scale"))]
    if builder.has(node, 2):
        variables.append(("beta", builder.constant(node, 2, "its bias")))
    builder.set(node, builder.add(node, "LayerNormalization", config, [x], weights=variables))


def rms_normalization(builder: Builder, node: Node) -> None:
    """RMSNormalization over the last axis."""
    x = builder.tensor(node)
    if node.attrs.get("axis", -1) not in (-1, len(x.shape) - 1):
        node.refuse("it covers several axes")
    config = {"axis": -1, "epsilon": node.attrs.get("epsilon", 1e-5)}
    variables = [("scale", builder.constant(node, 1, "its scale"))]
    builder.set(node, builder.add(node, "RMSNormalization", config, [x], weights=variables))


# --- shapes
def reshape(builder: Builder, node: Node) -> None:
    """Reshape, Flatten, Squeeze, Unsqueeze: a layer where the batch stays, else an operation."""
    x, shape = builder.tensor(node), node.output.shape
    if shape is None:
        node.refuse("the rank of its result is not known")
    target = [-1 if size is None else size for size in shape]
    keeps_batch = bool(shape) and shape[0] == x.shape[0] and target[1:].count(-1) < 2 and same_rest(x.shape, shape)
    if keeps_batch:
        return builder.set(node, builder.add(node, "Reshape", {"target_shape": target[1:]}, [x]))
    if target.count(-1) > 1:
        return one_axis(builder, node)
    return builder.set(node, builder.add(node, "Reshape", {"newshape": target}, [x], module=NUMPY))


def one_axis(builder: Builder, node: Node) -> None:
    """Squeeze and Unsqueeze of one axis, whatever the sizes of the others."""
    class_name = {"Squeeze": "Squeeze", "Unsqueeze": "ExpandDims"}.get(node.op, "")
    axes = [int(axis) for axis in builder.constant(node, 1, "axes")] if class_name and builder.has(node, 1) else []
    if len(axes) != 1:
        node.refuse("several sizes of its result are not known")
    builder.set(node, builder.add(node, class_name, {"axis": axes[0]}, [builder.tensor(node)], module=NUMPY))


def same_rest(old: Shape, new: Shape) -> bool:
    """The sizes behind the batch hold as many elements, as far as it is known."""
    if None in old[1:] or None in new[1:]:
        return True
    products = [1, 1]
    for index, shape in enumerate((old, new)):
        for size in shape[1:]:
            products[index] *= size or 0
    return products[0] == products[1]


def transpose(builder: Builder, node: Node) -> None:
    """Transpose: a layer Permute where the batch stays; a weight that another node shares is transposed now."""
    weights = builder.optional_constant(node, 0)
    if weights is not None:
        builder.weights[node.output.name] = weights.transpose(node.attrs.get("perm"))
        return None
    x = builder.tensor(node)
    perm = list(node.attrs.get("perm") or range(len(x.shape) - 1, -1, -1))
    if perm[0] == 0 and len(perm) > 1:
        return builder.set(node, builder.add(node, "Permute", {"dims": perm[1:]}, [x]))
    return builder.set(node, builder.add(node, "Transpose", {"axes": perm}, [x], module=NUMPY))


def concatenate(builder: Builder, node: Node) -> None:
    """Concat: a layer for computed tensors, an operation where some are constant."""
    tensors, arguments = operands(builder, node, range(len(node.inputs)))
    if len(arguments) == 1:
        return builder.set(node, builder.tensor(node))
    module = "keras.layers" if len(tensors) == len(arguments) else NUMPY
    config = {"axis": node.attrs["axis"]}
    return builder.set(node, builder.add(node, "Concatenate", config, tensors, args=[arguments], module=module))


def split(builder: Builder, node: Node) -> None:
    """Split: an operation with several results."""
    x = builder.tensor(node)
    axis = node.attrs.get("axis", 0)
    sizes = [value.shape[axis] if value and value.shape else None for value in node.outputs]
    if any(size is None for size in sizes):
        node.refuse("the sizes of its parts are not known")
    places, end = [], 0
    for size in sizes[:-1]:
        end += size or 0
        places.append(end)
    config = {"indices_or_sections": places, "axis": axis}
    first = builder.add(node, "Split", config, [x], module=NUMPY)
    for index, value in enumerate(node.outputs):
        if value is not None and value.shape is not None:
            builder.set(node, Tensor(first.layer, index, value.shape, value.dtype), index)


def pad(builder: Builder, node: Node) -> None:
    """Pad with a constant; zeros around an image are a layer."""
    x = builder.tensor(node)
    amounts = [int(amount) for amount in builder.constant(node, 1, "its pads")]
    rank = len(x.shape)
    mode = node.attrs.get("mode", "constant")
    if mode not in ("constant", "reflect") or builder.has(node, 3) or min(amounts) < 0:
        node.refuse("it pads some axes only, takes away, or pads otherwise than with a constant")
    width = [[amounts[axis], amounts[rank + axis]] for axis in range(rank)]
    array = builder.optional_constant(node, 2)
    value = 0.0 if array is None else float(array)
    if mode == "constant" and value == 0 and rank in (3, 4, 5) and not any(width[0]) and not any(width[-1]):
        middle: Any = width[1] if rank == 3 else width[1:-1]
        return builder.set(node, builder.add(node, f"ZeroPadding{rank - 2}D", {"padding": middle}, [x]))
    kwargs: Mapping[str, Any] = {"constant_values": value} if mode == "constant" else {}
    config = {"pad_width": width, "mode": mode}
    return builder.set(node, builder.add(node, "Pad", config, [x], kwargs=kwargs, module=NUMPY))


def reduction(class_name: str, module: str = NUMPY) -> Rule:
    """A mean, sum or extreme over constant axes; over all of an image it is a layer."""

    def rule(builder: Builder, node: Node) -> None:
        axes = [int(axis) for axis in builder.constant(node, 1, "axes")] if builder.has(node, 1) else None
        config: dict[str, Any] = {"axis": axes or None, "keepdims": bool(node.attrs.get("keepdims", 1))}
        x = builder.tensor(node)
        rank = len(x.shape)
        layer = {"Mean": "Average", "Max": "Max"}.get(class_name)
        if layer and rank in (3, 4, 5) and sorted(axis % rank for axis in axes or ()) == list(range(1, rank - 1)):
            pooling = {"data_format": "channels_last", "keepdims": config["keepdims"]}
            builder.set(node, builder.add(node, f"Global{layer}Pooling{rank - 2}D", pooling, [x]))
            return
        builder.set(node, builder.add(node, class_name, config, [builder.tensor(node)], module=module))

    return rule


def euclidean_norm(builder: Builder, node: Node) -> None:
    """ReduceL2 over one axis."""
    axes = [int(axis) for axis in builder.constant(node, 1, "axes")] if builder.has(node, 1) else []
    if len(axes) != 1:
        node.refuse("it covers several axes")
    config = {"ord": 2, "axis": axes[0], "keepdims": bool(node.attrs.get("keepdims", 1))}
    call(builder, node, "Norm", config, [0], LINALG)


def identity(builder: Builder, node: Node) -> None:
    """Identity, Dropout in inference: what stands in front is handed on."""
    builder.set(node, builder.tensor(node))


TENSOR_RULES: dict[str, Rule] = {
    "Relu": relu,
    "Clip": relu,
    "LeakyRelu": leaky_relu,
    "Elu": elu,
    "PRelu": prelu,
    "Softmax": softmax,
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "Swish": swish,
    "Sigmoid": activation("sigmoid"),
    "Tanh": activation("tanh"),
    "Softplus": activation("softplus"),
    "Softsign": activation("softsign"),
    "Selu": activation("selu"),
    "HardSwish": activation("hard_silu"),
    "Mish": activation("mish"),
    "Exp": activation("exponential"),
    "Add": binary("Add", "Add"),
    "Sub": binary("Subtract", "Subtract"),
    "Mul": binary("Multiply", "Multiply"),
    "Div": binary("", "TrueDivide"),
    "Max": binary("Maximum", "Maximum"),
    "Min": binary("Minimum", "Minimum"),
    "Sum": binary("Add", "Add"),
    "Pow": binary("", "Power"),
    "Gemm": dense,
    "Gather": gather,
    "LayerNormalization": layer_normalization,
    "RMSNormalization": rms_normalization,
    "Reshape": reshape,
    "Flatten": reshape,
    "Squeeze": reshape,
    "Unsqueeze": reshape,
    "Transpose": transpose,
    "Concat": concatenate,
    "Split": split,
    "Pad": pad,
    "ReduceMean": reduction("Mean"),
    "ReduceSum": reduction("Sum"),
    "ReduceMax": reduction("Max"),
    "ReduceMin": reduction("Min"),
    "ReduceL2": euclidean_norm,
    "ReduceProd": reduction("Prod"),
    "ReduceLogSumExp": reduction("Logsumexp", MATH),
    "Identity": identity,
    "Dropout": identity,
}
