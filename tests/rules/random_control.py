"""Generators of sequences, optionals and operators with subgraphs."""

from __future__ import annotations

import functools
from typing import Any

from onnx import TensorProto, helper

from rules.random_graphs import RandomGraph, Value, type_of
from rules.random_partners import partner


def sequence(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.rank > 0)
    y = partner(g, x)
    kind = g.rng.randrange(3)
    if kind == 0:
        items = g.add("SequenceConstruct", x, x, x)
        g.add("ConcatFromSequence", items, axis=0, new_axis=g.rng.randint(0, 1))
    elif kind == 1:
        items = g.add("SequenceConstruct", x, y)
        g.add("SequenceAt", items, g.constant(g.rng.choice([0, 1, -1]), "int64"))
        g.add("SequenceLength", items)
    else:
        items = g.add("SplitToSequence", x, axis=0, keepdims=g.rng.randint(0, 1))
        g.add("SequenceAt", g.add("SequenceInsert", items, x), g.constant(-1, "int64"))


def optional(g: RandomGraph) -> None:
    g.add("OptionalGetElement", g.pick())


def body(name: str, nodes: list[Any], inputs: list[Any], outputs: list[str]) -> Any:
    return helper.make_graph(nodes, name, inputs, [helper.make_value_info(output, None) for output in outputs])


def if_(g: RandomGraph) -> None:
    x = g.pick_float()
    condition = g.constant(g.rng.random() < 0.5, "bool")
    if g.chance(0.6):
        condition = g.pick(lambda value: value.dtype == "bool" and value.data.size == 1)
    typed = type_of(x, dims=[None] * x.rank)
    branches = []
    for op in g.rng.choice([("Relu", "Neg"), ("Identity", "Abs"), ("Exp", "Exp")]):
        result = g.name("branch")
        graph = helper.make_graph(
            [helper.make_node("Identity", [x.name], [f"{result}_x"]), helper.make_node(op, [f"{result}_x"], [result])],
            "branch",
            [],
            [helper.make_value_info(result, typed)],
        )
        branches.append(graph)
    g.add_many("If", condition, captured=[x], then_branch=branches[0], else_branch=branches[1])


def loop(g: RandomGraph) -> None:
    """Sums x as often as it says, and collects what it has after each step."""
    x = g.pick(lambda value: value.is_float and value.data.size > 0)
    count = g.constant(g.rng.randint(0, 3), "int64")
    names = {key: g.name(key) for key in ("i", "going", "sum", "next", "still", "step")}
    scalar = functools.partial(helper.make_tensor_value_info, shape=[])
    typed = helper.make_value_info(names["sum"], type_of(x))
    nodes = [
        helper.make_node("Identity", [names["going"]], [names["still"]]),
        helper.make_node(g.rng.choice(["Add", "Max", "Mul"]), [names["sum"], x.name], [names["next"]]),
        helper.make_node("Neg", [names["next"]], [names["step"]]),
    ]
    graph = helper.make_graph(
        nodes,
        "body",
        [scalar(names["i"], TensorProto.INT64), scalar(names["going"], TensorProto.BOOL), typed],
        [
            scalar(names["still"], TensorProto.BOOL),
            *(helper.make_value_info(names[key], type_of(x)) for key in ("next", "step")),
        ],
    )
    going = None if g.chance(0.5) else g.constant(True, "bool")
    g.add_many("Loop", count, going, x, outputs=2, captured=[x], body=graph)


def scan(g: RandomGraph) -> None:
    x = g.pick(lambda value: value.is_float and value.rank >= 1 and value.data.size > 0)
    state = g.constant(g.random_data(x.dtype, x.shape[1:], special=0))
    names = {key: g.name(key) for key in ("state", "item", "next", "copy")}
    item = Value("", x.data[0])
    infos = {key: helper.make_value_info(name, type_of(item)) for key, name in names.items()}
    nodes = [
        helper.make_node("Add", [names["state"], names["item"]], [names["next"]]),
        helper.make_node("Identity", [names["next"]], [names["copy"]]),
    ]
    graph = helper.make_graph(nodes, "body", [infos["state"], infos["item"]], [infos["next"], infos["copy"]])
    g.add_many("Scan", state, x, outputs=2, body=graph, num_scan_inputs=1)
