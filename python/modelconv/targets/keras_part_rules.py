"""Blocks of images, products with a matrix for each place."""

from __future__ import annotations

from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_tensor_rules import dense


def blocks(builder: Builder, node: Node) -> None:
    """SpaceToDepth and DepthToSpace: squares of pixels become channels, or come of them."""
    x, size = builder.tensor(node), int(node.attrs["blocksize"])
    _, height, width, channels = x.shape
    if height is None or width is None or channels is None:
        node.refuse("the size of its image is not known")
    if node.op == "nhwc.SpaceToDepth":
        split, perm = [height // size, size, width // size, size, channels], [1, 3, 2, 4, 5]
        joined = [height // size, width // size, size * size * channels]
    else:
        is_dcr = node.attrs.get("mode", "DCR") == "DCR"
        own = channels // (size * size)
        split = [height, width, *([size, size, own] if is_dcr else [own, size, size])]
        perm = [1, 3, 2, 4, 5] if is_dcr else [1, 4, 2, 5, 3]
        joined = [height * size, width * size, own]
    batch = x.shape[0]
    x = builder.add(node, "Reshape", {"target_shape": split}, [x], shape=[batch, *split])
    turned = [batch, *(split[axis - 1] for axis in perm)]
    x = builder.add(node, "Permute", {"dims": perm}, [x], shape=turned)
    builder.set(node, builder.add(node, "Reshape", {"target_shape": joined}, [x]))


def product(builder: Builder, node: Node) -> None:
    """MatMul; with a constant matrix for each place of the third axis from the end, EinsumDense."""
    weights, shape = builder.optional_constant(node, 1), node.output.shape
    if weights is None or weights.ndim != 3 or shape is None or len(shape) < 4 or None in shape[1:]:
        dense(builder, node)
        return
    x = builder.tensor(node)
    front = "abcdef"[: len(shape) - 3]
    config = {"equation": f"{front}pik,pkm->{front}pim", "output_shape": list(shape[1:]), "bias_axes": None}
    builder.set(node, builder.add(node, "EinsumDense", config, [x], weights=[("kernel", weights)]))


PART_RULES: dict[str, Rule] = {
    "nhwc.SpaceToDepth": blocks,
    "nhwc.DepthToSpace": blocks,
    "MatMul": product,
}
