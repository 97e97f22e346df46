"""Random valid ONNX graphs, for fuzzing the passes.

A graph grows node by node. Each node is evaluated at once, on its own, so that its results' shapes are known and a node
that does not fit is simply dropped; a generator of nodes may therefore guess. Apart from single operators
(random_ops.py) there are idioms (random_idioms.py): chains like those that rewrite rules look for, with variations that
must not fire.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import modelconv as mc
import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 20
IR_VERSION = 9

FLOATS = ("float32", "float32", "float32", "float64", "float16")
INTEGERS = ("int64", "int64", "int32", "uint8", "int8")

# Numbers that arithmetic is touchy about.
SPECIAL_FLOATS = (0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 0.5, 2.0, 1e-8)


@dataclass(frozen=True)
class Value:
    """A tensor (or a list of them) with what it holds for the inputs of this graph."""

    name: str
    data: Any
    is_constant: bool = False

    @property
    def is_tensor(self) -> bool:
        return not isinstance(self.data, list)

    @property
    def dtype(self) -> str:
        return str(self.data.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.data.shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        return self.dtype.startswith("float")

    @property
    def is_integer(self) -> bool:
        return "int" in self.dtype


def type_of(value: Value, *, dims: Sequence[int | str | None] | None = None) -> onnx.TypeProto:
    """The ONNX type; `dims` overrides the shape, for dynamic dimensions."""
    if value.is_tensor:
        dtype = helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
        return helper.make_tensor_type_proto(dtype, list(value.shape if dims is None else dims))
    item = Value("", value.data[0]) if value.data else Value("", np.zeros(0, np.float32))
    dtype = helper.np_dtype_to_tensor_dtype(np.dtype(item.dtype))
    return helper.make_sequence_type_proto(helper.make_tensor_type_proto(dtype, None))


@dataclass
class RandomGraph:
    """A graph in the making."""

    seed: int
    inputs: dict[str, Value] = field(default_factory=dict)
    input_dims: dict[str, list[int | str]] = field(default_factory=dict)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.numbers = np.random.default_rng(self.seed)
        self._names = 0

    # --- choosing

    def name(self, stem: str = "v") -> str:
        self._names += 1
        return f"{stem}{self._names}"

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, wanted: Callable[[Value], bool] = lambda value: True) -> Value:
        """A tensor of the graph; recent ones are likelier, so that chains grow. IndexError when none fits."""
        fitting = [value for value in self.values if value.is_tensor and wanted(value)]
        index = len(fitting) - 1 - min(int(self.rng.expovariate(0.35)), len(fitting) - 1) if fitting else 0
        return fitting[index]

    def pick_float(self, low: int = 0, high: int = 9) -> Value:
        return self.pick(lambda value: value.is_float and low <= value.rank <= high)

    # --- making

    def random_data(self, dtype: str, shape: Sequence[int], *, special: float = 0.15) -> np.ndarray:
        shape = tuple(shape)
        if dtype == "bool":
            return self.numbers.random(shape) < 0.5
        if dtype.startswith("float"):
            data = np.asarray(self.numbers.normal(size=shape))
            if self.chance(0.3):
                data = np.round(data * 2) / 2  # numbers whose sums are exact
            if self.chance(special) and data.size:
                data = np.asarray(data)
                data.flat[self.rng.randrange(data.size)] = self.rng.choice(SPECIAL_FLOATS)
            return data.astype(dtype)
        low = 0 if dtype.startswith("u") else -4
        return self.numbers.integers(low, 6, shape).astype(dtype)

    def random_shape(self, low: int = 0, high: int = 4) -> list[int]:
        sizes = [1, 2, 3, 4] if self.chance(0.97) else [0, 1, 2]
        return [self.rng.choice(sizes) for _ in range(self.rng.randint(low, high))]

    def add_input(self, dtype: str, shape: Sequence[int]) -> Value:
        name = self.name("in")
        value = Value(name, self.random_data(dtype, shape, special=0.3))
        self.inputs[name] = value
        # A dynamic dimension is named after its size: the same symbol means the same size everywhere.
        self.input_dims[name] = [f"n{size}" if self.chance(0.3) else size for size in shape]
        self.values.append(value)
        return value

    def constant(self, data: Any, dtype: str | None = None) -> Value:
        array = np.asarray(data) if dtype is None else np.asarray(data, dtype)
        for name, other in self.constants.items():
            same = other.dtype == array.dtype and other.shape == array.shape and other.tobytes() == array.tobytes()
            if same and self.chance(0.5):  # shared weights
                return Value(name, array, True)
        name = self.name("c")
        self.constants[name] = array
        return Value(name, array, True)

    def ints(self, *numbers: int) -> Value:
        return self.constant(list(numbers), "int64")

    def add(self, op: str, *inputs: Value | None, outputs: int = 1, **attrs: Any) -> Value:
        """Append a node and return its first output. ValueError when it does not fit its inputs."""
        return self.add_many(op, *inputs, outputs=outputs, **attrs)[0]

    def add_many(
        self, op: str, *inputs: Value | None, outputs: int = 1, captured: Sequence[Value] = (), **attrs: Any
    ) -> list[Value]:
        """As `add`, with all outputs. `captured` are the values that subgraphs among the attributes read."""
        names = [self.name() for _ in range(outputs)]
        arguments = ["" if value is None else value.name for value in inputs]
        node = helper.make_node(op, arguments, names, name=self.name(op.lower() + "_"), **attrs)
        given = [value for value in inputs if value is not None]
        results = run_node(node, [*given, *captured])
        made = [Value(name, results[name]) for name in names]
        if any(value.is_tensor and value.data.size > 4096 for value in made):
            raise ValueError("it grows too large")
        self.nodes.append(node)
        self.values += made
        return made

    def attempt(self, generator: Callable[[RandomGraph], Any]) -> bool:
        """Let `generator` add nodes; what it leaves half done when it gives up stays, and is dead code or an output."""
        try:
            generator(self)
        except (ValueError, IndexError, KeyError, mc.ModelConvError):
            return False
        return True

    # --- finishing

    def model(self, outputs: Sequence[Value]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            f"random_{self.seed}",
            [
                helper.make_value_info(name, type_of(value, dims=self.input_dims[name]))
                for name, value in self.inputs.items()
            ],
            [helper.make_value_info(value.name, output_type(value)) for value in outputs],
            [numpy_helper.from_array(data, name) for name, data in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def feeds(self) -> dict[str, Any]:
        return {name: value.data for name, value in self.inputs.items()}


def output_type(value: Value) -> onnx.TypeProto:
    """Without sizes: dynamic inputs make them dynamic."""
    return type_of(value, dims=[None] * value.rank) if value.is_tensor else type_of(value)


def run_node(node: onnx.NodeProto, given: Sequence[Value]) -> dict[str, Any]:
    """Evaluate one node. ModelConvError when it does not fit."""
    unique = {value.name: value for value in given}
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_value_info(name, type_of(value)) for name, value in unique.items()],
        [helper.make_value_info(name, onnx.TypeProto()) for name in node.output],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return mc.load(model).run({name: value.data for name, value in unique.items()})


def random_model(seed: int) -> tuple[onnx.ModelProto, dict[str, Any], dict[str, Any]]:
    """A model, inputs for it, and the outputs as its nodes gave them one by one."""
    from rules.random_idioms import IDIOMS
    from rules.random_ops import GENERATORS

    graph = RandomGraph(seed)
    rng = graph.rng
    for _ in range(rng.randint(1, 3)):
        graph.add_input(rng.choice(FLOATS), graph.random_shape(1, 4))
    if graph.chance(0.4):
        graph.add_input(rng.choice(INTEGERS), graph.random_shape(0, 3))
    if graph.chance(0.3):
        graph.add_input("float32", [rng.choice([1, 2]), rng.choice([2, 4]), rng.choice([4, 5, 6]), rng.choice([4, 6])])
    if graph.chance(0.2):
        graph.add_input("bool", graph.random_shape(0, 3))
    wanted = rng.randint(2, 24)
    for _ in range(4 * wanted):
        if len(graph.nodes) >= wanted:
            break
        graph.attempt(rng.choice(IDIOMS) if graph.chance(0.4) else rng.choice(GENERATORS))
    if not graph.nodes:
        graph.add("Identity", graph.values[0])
    outputs = choose_outputs(graph)
    return graph.model(outputs), graph.feeds(), {value.name: value.data for value in outputs}


def choose_outputs(graph: RandomGraph) -> list[Value]:
    """Most values that nobody reads, and some that somebody does."""
    read = {name for node in graph.nodes for name in [*node.input, *subgraph_reads(node)]}
    made = [value for value in graph.values if value.name not in graph.inputs]
    chosen = [value for value in made if value.name not in read and graph.chance(0.85)]
    chosen += [value for value in made if value.name in read and graph.chance(0.1)]
    return chosen or [made[-1]]


def subgraph_reads(node: onnx.NodeProto) -> set[str]:
    graphs = [attribute.g for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]
    return {name for graph in graphs for inner in graph.node for name in inner.input} | {
        output.name for graph in graphs for output in graph.output
    }


def type_number(dtype: str) -> int:
    """The TensorProto number of a dtype's name."""
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
