"""A model's graphs as the data of the graph page: texts said once, then numbers, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from modelconv import _core
from modelconv.model import Model
from modelconv.reports.layered_layout import lay_out

# What a box stands for.
NODE, INPUT, OUTPUT, CAPTURED = range(4)

NODE_HEIGHT = 40
_LETTER, _PADDING, _LONGEST = 7.8, 28, 26  # of the label in a box

# Families of operators: one colour each in graph.css.
_FAMILIES = {
    "matrix": "Conv ConvTranspose ConvInteger QLinearConv DeformConv Gemm MatMul MatMulInteger QLinearMatMul Einsum "
    "Attention LSTM GRU RNN",
    "activation": "Relu LeakyRelu PRelu Sigmoid HardSigmoid HardSwish Tanh Softmax LogSoftmax Gelu Elu Selu Celu Mish "
    "Softplus Softsign Swish ThresholdedRelu Clip Erf",
    "norm": "BatchNormalization LayerNormalization InstanceNormalization GroupNormalization RMSNormalization LRN "
    "LpNormalization MeanVarianceNormalization",
    "pool": "MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool MaxRoiPool RoiAlign ReduceMean "
    "ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ArgMax "
    "ArgMin TopK NonMaxSuppression",
    "layout": "Reshape Transpose Flatten Concat Split Slice Squeeze Unsqueeze Expand Gather GatherND GatherElements "
    "Pad Tile Shape Size DepthToSpace SpaceToDepth Resize Upsample Identity Cast ScatterND ScatterElements",
    "types": "QuantizeLinear DequantizeLinear DynamicQuantizeLinear",
    "control": "If Loop Scan SequenceMap",
}
FAMILY = {op: family for family, ops in _FAMILIES.items() for op in ops.split()}


class Texts:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    def listed(self) -> list[str]:
        """In the order of their numbers."""
        return list(self._numbers)


def graph_data(model: Model) -> dict[str, Any]:
    """All graphs of the model, laid out. Weights are there by name and type, small constants with their elements."""
    listing = _core.graph_listing(model._core)
    texts = Texts()
    values = listing["values"]
    captured = _captured(listing["graphs"], values)
    graphs = [
        _graph(graph, _boxes(graph, values, captured, number), texts) for number, graph in enumerate(listing["graphs"])
    ]
    kinds = {"input": 0, "constant": 1, "node": 2}
    return {
        "graphs": graphs,
        "values": {
            "name": [name for name, *_ in values],
            "type": [texts(type_text) for _, _, type_text, _, _ in values],
            "kind": [kinds[kind] for _, kind, *_ in values],
            "source": {
                number: source for number, (name, kind, _, source, _) in enumerate(values) if _tells(name, kind, source)
            },
            "content": {number: content for number, (*_, content) in enumerate(values) if content},
        },
        "families": FAMILY,
        "height": NODE_HEIGHT,
        "texts": texts.listed(),
    }


def _tells(name: str, kind: str, source: str) -> bool:
    """Whether the source's name of a value is news."""
    return kind == "node" and source not in ("", name)


class _Box(NamedTuple):
    """What stands in the picture: a node of the graph, an input, an output, a value of an enclosing graph."""

    kind: int
    label: str
    reads: Sequence[int]
    makes: Sequence[int]
    node: Any = None


def _graph(graph: dict[str, Any], boxes: list[_Box], texts: Texts) -> dict[str, Any]:
    makers = {value: number for number, box in enumerate(boxes) for value in box.makes}
    edges = [
        (makers[value], number, value)
        for number, box in enumerate(boxes)
        for value in dict.fromkeys(box.reads)
        if value in makers
    ]
    widths = [_PADDING + _LETTER * min(len(box.label), _LONGEST) for box in boxes]
    layout = lay_out(widths, [(source, target) for source, target, _ in edges])
    nodes = [(number, box.node) for number, box in enumerate(boxes) if box.node is not None]
    return {
        "name": graph["name"],
        "parent": list(graph["parent"]) if graph["parent"] else None,
        "kind": [box.kind for box in boxes],
        "label": [texts(box.label) for box in boxes],
        "name_of": {number: node[1] for number, node in nodes if node[1]},
        "origin": {number: node[2] for number, node in nodes if node[2] not in ("", node[1])},
        "reads": [box.node[3] if box.node else box.reads for box in boxes],
        "makes": [box.node[4] if box.node else box.makes for box in boxes],
        "attributes": {number: [texts(part) for pair in node[5] for part in pair] for number, node in nodes if node[5]},
        "graphs": {number: [list(row) for row in node[6]] for number, node in nodes if node[6]},
        "x": [round(x) for x, _ in layout.places],
        "y": [round(y) for _, y in layout.places],
        "width": [round(width) for width in widths],
        "edges": [
            [*edge, *(round(part) for point in route for part in point)]
            for edge, route in zip(edges, layout.routes, strict=True)
        ],
    }


def _boxes(graph: dict[str, Any], values: list[Any], captured: list[list[int]], number: int) -> list[_Box]:
    """Inputs, values of enclosing graphs, nodes in order, outputs."""
    boxes = [_Box(INPUT, values[value][0], (), (value,)) for value in graph["inputs"]]
    boxes += [_Box(CAPTURED, values[value][0], (), (value,)) for value in captured[number]]
    for node in graph["nodes"]:
        reads = [value for value in node[3] if value >= 0]
        reads += [value for _, inner in node[6] for value in captured[inner]]
        boxes.append(_Box(NODE, node[0], reads, [value for value in node[4] if value >= 0], node))
    boxes += [_Box(OUTPUT, name, (value,), ()) for name, value in graph["outputs"]]
    return boxes


def _captured(graphs: list[dict[str, Any]], values: list[Any]) -> list[list[int]]:
    """Of each graph, the values of enclosing graphs that it or a graph inside it reads; constants are no boxes."""
    found: list[dict[int, None]] = [{} for _ in graphs]
    for number in reversed(range(len(graphs))):  # graphs inside come after the one that they are in
        graph = graphs[number]
        own = {*graph["inputs"], *(value for node in graph["nodes"] for value in node[4])}
        read = [value for node in graph["nodes"] for value in node[3]] + [value for _, value in graph["outputs"]]
        read += [value for node in graph["nodes"] for _, inner in node[6] for value in found[inner]]
        found[number] = dict.fromkeys(
            value for value in read if value >= 0 and value not in own and values[value][1] != "constant"
        )
    return [list(each) for each in found]
