"""Layers of images: (batch, spatial..., channels)."""

from __future__ import annotations

from typing import Any

from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_network import Shape, Tensor

Pads = list[tuple[int, int]]


def spatial_rank(node: Node) -> int:
    """1, 2 or 3."""
    shape = node.inputs[0].shape if node.inputs[0] else None
    if shape is None or not 3 <= len(shape) <= 5:
        node.refuse("the rank of its image is not known, or none that Keras has")
    return len(shape) - 2


class Window:
    """Kernel, strides, dilations, and how the border is treated."""

    def __init__(self, node: Node, kernel: list[int]) -> None:
        rank = len(kernel)
        self.kernel = kernel
        self.strides: list[int] = list(node.attrs.get("strides") or [1] * rank)
        self.dilations: list[int] = list(node.attrs.get("dilations") or [1] * rank)
        pads = list(node.attrs.get("pads") or [0] * (2 * rank))
        self.pads: Pads = list(zip(pads[:rank], pads[rank:], strict=True))
        self.mode = node.attrs.get("auto_pad") or "NOTSET"
        if self.mode == "SAME_LOWER":
            node.refuse("auto_pad is SAME_LOWER")
        if node.attrs.get("ceil_mode") and any(stride > 1 for stride in self.strides):
            self.pads = ceil_pads(node, self)

    def extent(self, axis: int) -> int:
        """Places that the window covers, dilation included."""
        return (self.kernel[axis] - 1) * self.dilations[axis] + 1

    def padding(self) -> str:
        """`same`, `valid`, or an empty string where the pads have to be spelled out."""
        if self.mode == "SAME_UPPER":
            return "same"
        if self.mode == "VALID" or not any(sum(pair) for pair in self.pads):
            return "valid"
        total = [(size - 1) * dilation for size, dilation in zip(self.kernel, self.dilations, strict=True)]
        is_same = all(
            stride == 1 and pair == (whole // 2, whole - whole // 2)
            for stride, pair, whole in zip(self.strides, self.pads, total, strict=True)
        )
        return "same" if is_same else ""


def ceil_pads(node: Node, window: Window) -> Pads:
    """The pads that make rounding down reach the size that the node has."""
    source, result = node.inputs[0].shape if node.inputs[0] else None, node.output.shape
    pads = []
    for axis, (begin, end) in enumerate(window.pads):
        size, wanted = (source[axis + 1], result[axis + 1]) if source and result else (None, None)
        if size is None or wanted is None:
            node.refuse("it rounds up, and the size of its image is not known")
        needed = (wanted - 1) * window.strides[axis] + window.extent(axis) - size - begin
        pads.append((begin, max(end, needed)))
    return pads


def whole_pads(node: Node, window: Window) -> Pads:
    """The pads, and what a pool's only window lacks: ONNX lets it reach over the border."""
    source = node.inputs[0].shape if node.inputs[0] else None
    sizes = source[1:-1] if source else [None] * len(window.kernel)
    return [
        (begin, end if size is None else max(end, window.extent(axis) - size - begin))
        for axis, ((begin, end), size) in enumerate(zip(window.pads, sizes, strict=True))
    ]


def padded_shape(shape: Shape, pads: Pads) -> Shape:
    """The image's shape with its border."""
    middle = [
        None if size is None else size + begin + end for size, (begin, end) in zip(shape[1:-1], pads, strict=True)
    ]
    return [shape[0], *middle, shape[-1]]


def with_border(builder: Builder, node: Node, x: Tensor, pads: Pads) -> Tensor:
    """A layer of zeros around the image."""
    rank = len(pads)
    amounts: Any = list(pads[0]) if rank == 1 else [list(pair) for pair in pads]
    config = {"padding": amounts, "data_format": "channels_last"}
    return builder.add(
        node, f"ZeroPadding{rank}D", config, [x], shape=padded_shape(x.shape, pads), name=f"{node.output.name}_pad"
    )


def convolution(builder: Builder, node: Node) -> None:
    """Conv: an ordinary, grouped or depthwise layer."""
    rank = spatial_rank(node)
    weights = builder.constant(node, 1, "its kernel")
    window = Window(node, list(weights.shape[2:]))
    groups = int(node.attrs.get("group", 1))
    bias = builder.optional_constant(node, 2)
    if builder.has(node, 2) and bias is None:
        node.refuse("its bias is not constant")
    x = builder.tensor(node)
    padding = window.padding()
    if not padding:
        x = with_border(builder, node, x, window.pads)
        padding = "valid"
    config: dict[str, Any] = {
        "kernel_size": window.kernel,
        "strides": window.strides,
        "padding": padding,
        "data_format": "channels_last",
        "dilation_rate": window.dilations,
        "activation": "linear",
        "use_bias": bias is not None,
    }
    spatial = tuple(range(2, 2 + rank))
    if groups > 1 and weights.shape[1] == 1 and groups == x.shape[-1] and rank < 3:
        multiplier = weights.shape[0] // groups
        kernel = weights.reshape(groups, multiplier, *weights.shape[2:]).transpose(*spatial, 0, 1)
        class_name = f"DepthwiseConv{rank}D"
        config["depth_multiplier"] = multiplier
    else:
        kernel = weights.transpose(*spatial, 1, 0)
        class_name = f"Conv{rank}D"
        config |= {"filters": weights.shape[0], "groups": groups}
    variables = [("kernel", kernel), *([("bias", bias)] if bias is not None else [])]
    builder.set(node, builder.add(node, class_name, config, [x], weights=variables))


def transposed_convolution(builder: Builder, node: Node) -> None:
    """ConvTranspose without a border, cut afterwards."""
    rank = spatial_rank(node)
    weights = builder.constant(node, 1, "its kernel")
    window = Window(node, list(weights.shape[2:]))
    if node.attrs.get("group", 1) != 1 or node.attrs.get("output_shape") or window.mode not in ("NOTSET", "VALID"):
        node.refuse("it is grouped, or says the size of its result")
    more = list(node.attrs.get("output_padding") or [0] * rank)
    bias = builder.optional_constant(node, 2)
    x = builder.tensor(node)
    config = {
        "filters": weights.shape[1],
        "kernel_size": window.kernel,
        "strides": window.strides,
        "padding": "valid",
        "output_padding": more if any(more) else None,
        "data_format": "channels_last",
        "dilation_rate": window.dilations,
        "activation": "linear",
        "use_bias": bias is not None,
    }
    kernel = weights.transpose(*range(2, 2 + rank), 1, 0)
    variables = [("kernel", kernel), *([("bias", bias)] if bias is not None else [])]
    shape = node.output.shape
    whole = padded_shape(shape, window.pads) if shape else None
    y = builder.add(node, f"Conv{rank}DTranspose", config, [x], weights=variables, shape=whole)
    if any(sum(pair) for pair in window.pads):
        amounts: Any = list(window.pads[0]) if rank == 1 else [list(pair) for pair in window.pads]
        y = builder.add(node, f"Cropping{rank}D", {"cropping": amounts}, [y], name=f"{node.output.name}_crop")
    builder.set(node, y)


def batch_normalization(builder: Builder, node: Node) -> None:
    """BatchNormalization in inference; the layer trains on."""
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    variables = [(name, builder.constant(node, index + 1, name)) for index, name in enumerate(names)]
    config = {"axis": -1, "momentum": 0.99, "epsilon": node.attrs.get("epsilon", 1e-5), "center": True, "scale": True}
    builder.set(node, builder.add(node, "BatchNormalization", config, [builder.tensor(node)], weights=variables))


def pool(builder: Builder, node: Node) -> None:
    """MaxPool, AveragePool."""
    rank = spatial_rank(node)
    is_max = node.op.endswith("MaxPool")
    window = Window(node, list(node.attrs["kernel_shape"]))
    window.pads = whole_pads(node, window)
    if any(dilation != 1 for dilation in window.dilations):
        node.refuse("it is dilated")
    if is_max and len(node.outputs) > 1 and node.outputs[1] is not None and node.outputs[1].name in builder.uses:
        node.refuse("its positions are used")
    x = builder.tensor(node)
    padding = window.padding()
    if padding == "same" and node.attrs.get("count_include_pad"):
        padding = ""
    if not padding:
        if is_max:
            x = lowest_border(builder, node, x, window.pads)
        elif node.attrs.get("count_include_pad") and not node.attrs.get("ceil_mode"):
            x = with_border(builder, node, x, window.pads)
        else:
            node.refuse("its pads are not counted")
        padding = "valid"
    config = {
        "pool_size": window.kernel,
        "strides": window.strides,
        "padding": padding,
        "data_format": "channels_last",
    }
    class_name = f"{'Max' if is_max else 'Average'}Pooling{rank}D"
    builder.set(node, builder.add(node, class_name, config, [x]))


def lowest_border(builder: Builder, node: Node, x: Tensor, pads: Pads) -> Tensor:
    """What a maximum does not see. Behind a rectifier zeros will do, which a layer says."""
    producer = builder.network.layers[x.layer]
    is_rectified = producer.class_name == "ReLU" or producer.config.get("activation") in ("relu", "sigmoid")
    if is_rectified:
        return with_border(builder, node, x, pads)
    width = [[0, 0], *([begin, end] for begin, end in pads), [0, 0]]
    return builder.add(
        node,
        "Pad",
        {"pad_width": width, "mode": "constant"},
        [x],
        kwargs={"constant_values": -3.4028234663852886e38},
        module="keras.src.ops.numpy",
        shape=padded_shape(x.shape, pads),
        name=f"{node.output.name}_pad",
    )


def global_pool(builder: Builder, node: Node) -> None:
    """GlobalAveragePool, GlobalMaxPool."""
    kind = "Average" if "Average" in node.op else "Max"
    config = {"data_format": "channels_last", "keepdims": True}
    class_name = f"Global{kind}Pooling{spatial_rank(node)}D"
    builder.set(node, builder.add(node, class_name, config, [builder.tensor(node)]))


def resize(builder: Builder, node: Node) -> None:
    """Resize by whole factors, nearest or linear."""
    x, result = builder.tensor(node), node.output.shape
    if len(x.shape) != 4 or result is None:
        node.refuse("it is no image of two spatial axes")
    way = (node.attrs.get("mode", "nearest"), node.attrs.get("coordinate_transformation_mode", "half_pixel"))
    rounding = node.attrs.get("nearest_mode", "round_prefer_floor")
    if way == ("nearest", "asymmetric") and rounding == "floor":
        interpolation = "nearest"
    elif way == ("linear", "half_pixel"):
        interpolation = "bilinear"
    else:
        node.refuse(f"it resizes by {way[0]}, {way[1]}")
    factors = []
    for size, wanted in zip(x.shape[1:3], result[1:3], strict=True):
        if not size or not wanted or wanted % size:
            node.refuse("its factors are not whole numbers, or not known")
        factors.append(wanted // size)
    config = {"size": factors, "data_format": "channels_last", "interpolation": interpolation}
    builder.set(node, builder.add(node, "UpSampling2D", config, [x]))


def instance_normalization(builder: Builder, node: Node) -> None:
    """InstanceNormalization: a GroupNormalization of one channel each."""
    normalization(builder, node, builder.constant(node, 1, "its scale").size)


def group_normalization(builder: Builder, node: Node) -> None:
    """GroupNormalization with a number per channel."""
    normalization(builder, node, node.attrs["num_groups"])


def normalization(builder: Builder, node: Node, groups: int) -> None:
    """A layer GroupNormalization."""
    variables = [("gamma", builder.constant(node, 1, "its scale")), ("beta", builder.constant(node, 2, "its bias"))]
    config = {"groups": groups, "axis": -1, "epsilon": node.attrs.get("epsilon", 1e-5), "center": True, "scale": True}
    builder.set(node, builder.add(node, "GroupNormalization", config, [builder.tensor(node)], weights=variables))


IMAGE_RULES: dict[str, Rule] = {
    "nhwc.Conv": convolution,
    "nhwc.ConvTranspose": transposed_convolution,
    "nhwc.BatchNormalization": batch_normalization,
    "nhwc.MaxPool": pool,
    "nhwc.AveragePool": pool,
    "nhwc.GlobalAveragePool": global_pool,
    "nhwc.GlobalMaxPool": global_pool,
    "nhwc.Resize": resize,
    "nhwc.InstanceNormalization": instance_normalization,
    "nhwc.GroupNormalization": group_normalization,
}
