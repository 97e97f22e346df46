"""Making a failing random graph small: fewer outputs, fewer nodes, inputs in place of what computes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import modelconv as mc
import numpy as np
import onnx
from onnx import helper, numpy_helper

from rules.fuzz_passes import check_model
from rules.random_graphs import Value, output_type, random_model, subgraph_reads, type_of

Feeds = dict[str, Any]


def shrink_seed(seed: int, *, third_opinion: bool = False) -> str:
    """The minimal graph of a failing seed as text, with its inputs and the problem."""
    model, feeds, _ = random_model(seed)
    model, feeds = shrink(model, feeds, third_opinion=third_opinion)
    used = {name for node in model.graph.node for name in [*node.input, *subgraph_reads(node)]}
    lines = [mc.load(model).text()]
    lines += [f"# {name} = {describe(value)}" for name, value in feeds.items() if name in used]
    lines += [f"# {tensor.name} = {describe(numpy_helper.to_array(tensor))}" for tensor in model.graph.initializer]
    return "\n".join([*lines, f"# {problem_of(model, feeds, third_opinion)}"])


def describe(value: Any) -> str:
    return repr(value.tolist()) if isinstance(value, np.ndarray) else repr(value)


def shrink(model: onnx.ModelProto, feeds: Feeds, *, third_opinion: bool = False) -> tuple[onnx.ModelProto, Feeds]:
    """The smallest model reached that still fails (the problem may become another one on the way)."""
    smaller = True
    while smaller:
        smaller = False
        for candidate, given in variations(model, feeds):
            if problem_of(candidate, given, third_opinion):
                model, feeds, smaller = candidate, given, True
                break
    return model, feeds


def problem_of(model: onnx.ModelProto, feeds: Feeds, third_opinion: bool) -> str:
    try:
        mc.load(model).run(feeds)
    except mc.ModelConvError:
        return ""  # the variation is no valid graph
    try:
        return check_model(model, feeds, third_opinion=third_opinion)[0]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def variations(model: onnx.ModelProto, feeds: Feeds) -> Iterator[tuple[onnx.ModelProto, Feeds]]:
    """Models that are a little smaller, the boldest first."""
    outputs = list(model.graph.output)
    if len(outputs) > 1:
        for output in outputs:
            yield rebuilt(model, feeds, outputs=[output])
    values = recorded(model, feeds)
    for node in model.graph.node:
        for name in node.output:
            if name in values and name != outputs[0].name:
                yield rebuilt(model, feeds, outputs=[helper.make_value_info(name, output_type(values[name]))])
    for node in model.graph.node:
        made = [name for name in node.output if name]
        if all(name in values and name not in {output.name for output in outputs} for name in made):
            yield rebuilt(model, feeds, cut={name: values[name] for name in made})
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        if any(dim.dim_param for dim in dims):
            fixed = onnx.ModelProto()
            fixed.CopyFrom(model)
            for other in fixed.graph.input:
                other.type.CopyFrom(type_of(Value(other.name, feeds[other.name])))
            yield fixed, feeds
            return


def recorded(model: onnx.ModelProto, feeds: Feeds) -> dict[str, Value]:
    """Every intermediate value."""
    everything = onnx.ModelProto()
    everything.CopyFrom(model)
    known = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in known:
                everything.graph.output.append(helper.make_value_info(name, onnx.TypeProto()))
    return {name: Value(name, value) for name, value in mc.load(everything).run(feeds).items()}


def rebuilt(
    model: onnx.ModelProto, feeds: Feeds, *, outputs: list[Any] | None = None, cut: dict[str, Value] | None = None
) -> tuple[onnx.ModelProto, Feeds]:
    """The model with other outputs, or with inputs in place of the values in `cut`; what nobody needs is gone."""
    cut = cut or {}
    kept_outputs = outputs or list(model.graph.output)
    needed = {output.name for output in kept_outputs}
    nodes = []
    for node in reversed(model.graph.node):
        if not needed & set(node.output) or set(node.output) & set(cut):
            continue
        nodes.append(node)
        needed |= set(node.input) | subgraph_reads(node)
    inputs = [value for value in model.graph.input if value.name in needed]
    inputs += [helper.make_value_info(name, type_of(value)) for name, value in cut.items() if name in needed]
    graph = helper.make_graph(
        nodes[::-1],
        model.graph.name,
        inputs,
        kept_outputs,
        [tensor for tensor in model.graph.initializer if tensor.name in needed],
    )
    given = {**feeds, **{name: value.data for name, value in cut.items()}}
    names = {value.name for value in inputs}
    result = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return result, {name: value for name, value in given.items() if name in names}
