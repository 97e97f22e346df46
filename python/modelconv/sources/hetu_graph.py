"""Live graphs of Hetu (version 1): nodes with `inputs` and `op_type`, told by their attributes.

Facts: python/hetu/gpu_ops of Hsword/Hetu: Node.py (`Op`), Variable.py (`PlaceholderOp`), executor.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from modelconv import _core
from modelconv.custom_ops import CustomOps
from modelconv.errors import BadArgumentError, ModelConvError
from modelconv.model import Array
from modelconv.sources.keras_parts import Parts
from modelconv.sources.live import Shapes

# Nodes that are fed with every run: they become inputs, or have a value.
FED = {"PlaceholderOp", "DataloaderOp", "GNNDataloaderOp"}
# What an executor notes in its nodes, of no meaning to the result.
NOTES = {"id", "name", "desc", "op_type", "inputs", "ctx", "raw_ctx", "event", "dtype", "on_gpu", "on_cpu", "seed"}


def load_hetu(
    executor: Any,
    shapes: Shapes,
    *,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    options: dict[str, str] | None = None,
    custom_ops: CustomOps | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    **unused: Any,
) -> _core.Model:
    """The part of a graph between some nodes.

    Args:
        executor: Holds the values of the variables and the shapes of its last run; None where the nodes do.
        shapes: Sizes of inputs by name, for an executor that has not run.
        inputs: Nodes that become inputs; usually placeholders.
        outputs: Nodes that become outputs.
        options: There are none.
        custom_ops: See `load`.
        progress: See `load`.
        unused: Options of files.
    """
    for option in options or {}:
        raise BadArgumentError(f"the Hetu reader has no option '{option}'")
    from modelconv.sources import is_node

    for role, nodes in (("inputs", inputs), ("outputs", outputs)):
        for node in nodes:
            if not is_node(node):
                raise BadArgumentError(f"{role}= names {node!r}, which is no node of Hetu, beside nodes that are")
    reader = GraphReader(executor, shapes, list(inputs))
    parts = reader.read(list(outputs))
    return _core.load_graph(
        parts.inputs,
        parts.constants,
        parts.nodes,
        parts.outputs,
        source_format="hetu",
        where="graph of Hetu",
        notes=parts.notes,
        custom_ops=dict(custom_ops or {}),
        progress=progress,
    )


class GraphReader:
    """Writes nodes down as the core takes them."""

    def __init__(self, executor: Any, shapes: Shapes, inputs: list[Any]) -> None:
        self.executor = executor
        self.shapes = shapes
        self.inputs = inputs
        self.parts = Parts()
        self._handles: dict[int, int] = {}

    def read(self, outputs: list[Any]) -> Parts:
        """All nodes that the outputs need, inputs first and in the order given."""
        for node in self.inputs:
            shape = self.shape_of(node)
            self.keep(node, self.parts.add_input(node.name, element_type(node), shape).handle)
        for node in in_order(outputs, {id(node) for node in self.inputs}):
            if id(node) not in self._handles:
                self.add(node)
        for node in outputs:
            self.parts.outputs.append((self._handles[id(node)], node.name))
        return self.parts

    def keep(self, node: Any, handle: int) -> None:
        """The value that stands for a node."""
        self._handles[id(node)] = handle

    def add(self, node: Any) -> None:
        """A variable's value, or an operator."""
        if not node.inputs and (hasattr(node, "tensor_value") or node.op_type in FED):
            value = self.value_of(node)
            if value is None:
                cure = "run the executor once" if getattr(node, "initializer", None) else "name it in inputs="
                raise BadArgumentError(f"placeholder '{node.name}' has no value\n  try:   {cure}")
            self.keep(node, self.parts.add_constant(node.name, value).handle)
            return
        handles = [self._handles[id(source)] for source in node.inputs]
        handles += [self.parts.add_constant(f"{node.name}.{name}", array).handle for name, array in statistics_of(node)]
        handle = self.parts.new_tensor().handle
        op = f"hetu.{node.op_type.removesuffix('Op')}"
        self.parts.nodes.append((op, node.name, handles, [(handle, node.name)], attributes_of(node)))
        self.keep(node, handle)

    def value_of(self, node: Any) -> Array | None:
        """What the executor trains, or what the variable began with."""
        held = getattr(getattr(self.executor, "config", None), "placeholder_to_arr_map", None)
        value = held.get(node) if isinstance(held, dict) else None
        return as_array(value if value is not None else getattr(node, "tensor_value", None))

    def shape_of(self, node: Any) -> list[int | str | None] | None:
        """As the user says, as in the executor's last run, or as the variable says."""
        wanted = self.shapes.input_shapes.get(node.name)
        if wanted is not None:
            return [None if size == -1 else size for size in wanted]
        for holder in executors_of(self.executor):
            known = getattr(holder, "node_to_shape_map", None)
            if isinstance(known, dict) and known.get(node) is not None:
                return [int(size) for size in known[node]]
        shape = getattr(node, "shape", None)
        return None if shape is None else [int(size) for size in shape]


def executors_of(executor: Any) -> Iterator[Any]:
    """Later versions have one executor inside for each list of nodes that is evaluated."""
    if executor is not None:
        yield executor
        inner = getattr(executor, "subexecutor", None)
        yield from inner.values() if isinstance(inner, dict) else ()


def in_order(outputs: list[Any], known: set[int]) -> Iterator[Any]:
    """Each node behind those that it needs; what is known is not looked into."""
    done = set(known)
    waiting: list[tuple[Any, bool]] = [(node, False) for node in reversed(outputs)]
    while waiting:
        node, is_ready = waiting.pop()
        if id(node) in done:
            continue
        if is_ready:
            done.add(id(node))
            yield node
            continue
        waiting.append((node, True))
        waiting += [(source, False) for source in reversed(node.inputs) if id(source) not in done]


def statistics_of(node: Any) -> list[tuple[str, Array]]:
    """Mean and variance that a batch normalisation uses at inference.

    Later versions gather them in running_*, one number for each channel, and keep those of the last batch in save_*.
    The version of 2021 gathers them in save_*; its running_* are absent, or those of the last batch (the variance
    inverted), and all arrays are 1 x C x 1 x 1 (BatchNorm.py and src/ops/CudnnBn.cu).
    """
    if node.op_type != "Batch_NormalizationOp":
        return []
    for mean, variance in (("running_mean", "running_var"), ("save_mean", "save_var")):
        arrays = [as_array(getattr(node, name, None)) for name in (mean, variance)]
        is_of_last_batch = mean == "running_mean" and arrays[0] is not None and arrays[0].ndim == 4
        if arrays[0] is not None and arrays[1] is not None and not is_of_last_batch:
            return [("mean", arrays[0]), ("variance", arrays[1])]
    return []


def attributes_of(node: Any) -> dict[str, Any]:
    """Numbers, texts and lists of numbers; nested lists flattened. None means that a setting is missing."""
    attributes: dict[str, Any] = {}
    for name, value in vars(node).items():
        plain = None if name in NOTES or name.startswith("_") else plain_value(value)
        if plain is not None:
            attributes[name] = plain
    return attributes


def plain_value(value: Any) -> Any:
    """None for what is no setting."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        items: list[Any] = []
        for item in value:
            plain = plain_value(item)
            if plain is None or isinstance(plain, str):
                return None
            items += plain if isinstance(plain, list) else [plain]
        return items
    return plain_value(value.value) if type(value).__name__ in ("c_ulong", "c_uint", "c_int", "c_float") else None


def as_array(value: Any) -> Array | None:
    """NumPy's arrays, and Hetu's."""
    if value is None:
        return None
    array = np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)
    if array.dtype.kind not in "fiub":
        raise ModelConvError(f"a variable of Hetu holds a {type(value).__name__}, which is no array of numbers")
    return array


def element_type(node: Any) -> str:
    """float32 where nothing is said: all arrays of early versions are."""
    dtype = getattr(node, "dtype", None)
    return "float32" if dtype is None else np.dtype(dtype).name
