"""A model with gigabytes of weights beside it, for benchmarks of memory: a chain of dense layers.

Between the layers lies what simplifiers remove: Identity, Dropout, a Transpose there and back, shapes computed from
shapes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

WIDTH = 4096
LAYER_BYTES = 4 * WIDTH * (WIDTH + 1)


def layer_nodes(index: int, source: str) -> tuple[list[onnx.NodeProto], str]:
    """One layer and what a simplifier should take away from it; every second one as MatMul and Add."""
    name = f"layer{index}"
    shape, size, target = f"{name}_shape", f"{name}_size", f"{name}_target"
    nodes = [
        helper.make_node("Identity", [source], [f"{name}_in"]),
        helper.make_node("Dropout", [f"{name}_in"], [f"{name}_kept"]),
        helper.make_node("Transpose", [f"{name}_kept"], [f"{name}_t"], perm=[1, 0]),
        helper.make_node("Transpose", [f"{name}_t"], [f"{name}_tt"], perm=[1, 0]),
        helper.make_node("Shape", [f"{name}_tt"], [shape]),
        helper.make_node("Gather", [shape, "zero"], [size]),
        helper.make_node("Concat", [size, "minus_one"], [target], axis=0),
        helper.make_node("Reshape", [f"{name}_tt", target], [f"{name}_x"]),
    ]
    if index % 2:
        nodes.append(helper.make_node("Gemm", [f"{name}_x", f"{name}_w", f"{name}_b"], [f"{name}_y"]))
    else:
        nodes.append(helper.make_node("MatMul", [f"{name}_x", f"{name}_w"], [f"{name}_m"]))
        nodes.append(helper.make_node("Add", [f"{name}_m", f"{name}_b"], [f"{name}_y"]))
    nodes.append(helper.make_node("Relu", [f"{name}_y"], [f"{name}_out"]))
    return nodes, f"{name}_out"


def external(name: str, dims: list[int], offset: int) -> onnx.TensorProto:
    """A float32 tensor whose values lie in weights.bin."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    entries = {"location": "weights.bin", "offset": str(offset), "length": str(4 * int(np.prod(dims)))}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def write_model(folder: Path, layers: int) -> Path:
    """The model, made once; the weights are written layer by layer."""
    path = folder / "model.onnx"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    generator = np.random.default_rng(0)
    value = "x"
    with (folder / "weights.bin").open("wb") as file:
        for index in range(layers):
            for name, dims in ((f"layer{index}_w", [WIDTH, WIDTH]), (f"layer{index}_b", [WIDTH])):
                tensors.append(external(name, dims, file.tell()))
                file.write(((generator.random(dims, np.float32) - 0.5) / np.float32(32)).tobytes())
            made, value = layer_nodes(index, value)
            nodes += made
    nodes.append(helper.make_node("Identity", [value], ["y"]))
    tensors += [
        helper.make_tensor("zero", TensorProto.INT64, [1], [0]),
        helper.make_tensor("minus_one", TensorProto.INT64, [1], [-1]),
    ]
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", WIDTH])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    unfinished = path.with_suffix(".unfinished")
    onnx.save(model, unfinished)
    unfinished.rename(path)  # so that an interrupted run starts again
    return path
