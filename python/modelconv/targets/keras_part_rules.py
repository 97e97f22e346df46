"""Parts of tensors, blocks of images, products with a matrix for each place."""

from __future__ import annotations

from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_network import Tensor
from modelconv.targets.keras_tensor_rules import NUMPY, dense


def slice_(builder: Builder, node: Node) -> None:
    """Slice along axes of known size: the part between two places, or numbered elements where there are steps."""
    x = builder.tensor(node)
    starts, ends = (list(map(int, builder.constant(node, i, "where it cuts"))) for i in (1, 2))
    rank = len(x.shape)
    axes = [int(a) % rank for a in builder.constant(node, 3, "axes")] if builder.has(node, 3) else range(len(starts))
    steps = list(map(int, builder.constant(node, 4, "its steps"))) if builder.has(node, 4) else [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x.shape[axis]
        if size is None:
            node.refuse(f"the size of axis {axis} is not known")
        x = take(builder, node, x, axis, range(size)[slice(*clamped(start, end, step, size))])
    builder.set(node, x)


def clamped(start: int, end: int, step: int, size: int) -> tuple[int, int | None, int]:
    """As Python counts: ONNX's numbers beyond the ends, and an end in front of the first element, are its own."""
    if step < 0 and end < -size:
        return start, None, step
    return start, end, step


def take(builder: Builder, node: Node, x: Tensor, axis: int, places: range) -> Tensor:
    """Some elements along an axis."""
    size = x.shape[axis]
    if places == range(size or 0):
        return x
    shape = [*x.shape[:axis], len(places), *x.shape[axis + 1 :]]
    if places.step != 1 or not places:
        args = [x.reference(), list(places)]
        return builder.add(node, "Take", {"axis": axis}, [x], args=args, module=NUMPY, shape=shape)
    cuts = [place for place in (places.start, places.stop) if 0 < place < (size or 0)]
    config = {"indices_or_sections": cuts, "axis": axis}
    parts = builder.add(node, "Split", config, [x], module=NUMPY, shape=shape)
    return Tensor(parts.layer, int(places.start > 0), shape, parts.dtype)


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
    "Slice": slice_,
    "nhwc.SpaceToDepth": blocks,
    "nhwc.DepthToSpace": blocks,
    "MatMul": product,
}
