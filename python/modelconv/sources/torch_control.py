"""Higher-order operators: calls with graphs among their arguments become branches, loops, or are taken in.

An inner graph is a function of (program to write into, arguments) that gives the graph's results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelconv.errors import UnsupportedOpError
from modelconv.sources.torch_program import Program, Variable

Inner = Callable[[Program, Sequence[Any]], list[Any]]

# Name -> where the graph stands among the arguments; what follows it are the graph's arguments.
# Source: torch/_higher_order_ops/wrap.py and invoke_subgraph.py.
TAKEN_IN = {
    "wrap": 0, "wrap_with_set_grad_enabled": 1, "wrap_with_autocast": 4, "tag_activation_checkpoint": 0,
    "wrap_activation_checkpoint": 0, "invoke_subgraph": 0, "inline_asm_elementwise": 0,
}  # fmt: skip


def call_higher_order(
    program: Program, op: str, args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str], node_name: str
) -> list[Any]:
    """Call `torch.ops.higher_order.<op>`; its results in order."""
    if op in TAKEN_IN:
        at = TAKEN_IN[op]
        operands = args[at + 1 :]
        if op == "invoke_subgraph":
            operands = operands[1:]  # the first is the subgraph's name
        return graph_of(args[at], op)(program, list(operands))
    if op == "cond":
        predicate, then, otherwise, operands = args
        return branch(program, predicate, graph_of(then, op), graph_of(otherwise, op), list(operands), names, node_name)
    if op == "while_loop":
        condition, body, carried, *more = args
        further = list(more[0]) if more else []
        return while_loop(
            program, graph_of(condition, op), graph_of(body, op), list(carried), further, names, node_name
        )
    if op == "scan":
        combine, carried, sliced, *more = args
        further = list(more[0]) if more else []
        return scan(program, graph_of(combine, op), list(carried), list(sliced), further, names, node_name)
    if op in ("map_impl", "map"):
        function, sliced, further = args
        return scan(program, graph_of(function, op), [], list(sliced), list(further), names, node_name)
    raise UnsupportedOpError(f"the program calls torch.ops.higher_order.{op}, which cannot be read")


def graph_of(value: Any, op: str) -> Inner:
    """The argument that is a graph."""
    if not callable(value):
        raise UnsupportedOpError(f"the program calls torch.ops.higher_order.{op} in a form that cannot be read")
    run: Inner = value
    return run


def branch(
    program: Program,
    predicate: Any,
    then: Inner,
    otherwise: Inner,
    operands: list[Any],
    names: Sequence[str],
    node_name: str = "",
) -> list[Any]:
    """One of two graphs, as `If`."""
    if not isinstance(predicate, Variable):
        return (then if predicate else otherwise)(program, operands)
    graphs = []
    for run in (then, otherwise):
        inner = program.inner()
        for i, result in enumerate(run(inner, [program.outside(operand) for operand in operands])):
            inner.output(f"{node_name or 'if'}_{i}", inner.as_variable(result))
        graphs.append(inner.as_subgraph())
    attributes = {"then_branch": graphs[0], "else_branch": graphs[1]}
    return program.call("prim.If", [predicate], None, names, node_name, attributes=attributes)


def while_loop(
    program: Program,
    condition: Inner,
    body: Inner,
    carried: list[Any],
    further: list[Any],
    names: Sequence[str],
    node_name: str = "",
) -> list[Any]:
    """Body and condition become one `Loop`: the condition is computed before it and at the end of each turn."""
    (goes_on,) = condition(program, [*carried, *further])
    inner = program.inner()
    inner.input("iteration", "int64", [], is_number=True)
    inner.input("condition", "bool", [])
    outside = [program.outside(value) for value in further]
    results = body(inner, [*loop_inputs(inner, carried), *outside])
    (again,) = condition(inner, [*results, *outside])
    inner.output("again", inner.as_variable(again))
    return loop(program, inner, None, goes_on, carried, results, [], names, node_name)


def scan(
    program: Program,
    combine: Inner,
    carried: list[Any],
    sliced: list[Any],
    further: list[Any],
    names: Sequence[str],
    node_name: str = "",
) -> list[Any]:
    """A `Loop` over the first axis of `sliced`; what the graph gives beyond the carried values is stacked."""
    trips = program.call("aten.sym_size", [sliced[0], 0], is_number=True)[0]
    outside = [program.outside(value) for value in further]
    rows = [program.outside(value) for value in sliced]
    inner = program.inner()
    iteration = inner.input("iteration", "int64", [], is_number=True)
    inner.input("condition", "bool", [])
    variables = loop_inputs(inner, carried)
    slices = [inner.call("aten.select", [row, 0, iteration])[0] for row in rows]
    results = combine(inner, [*variables, *slices, *outside])
    inner.output("again", inner.as_variable(True))
    return loop(
        program, inner, trips, None, carried, results[: len(carried)], results[len(carried) :], names, node_name
    )


def loop_inputs(inner: Program, carried: Sequence[Any]) -> list[Variable]:
    """Inputs of a loop's body; their types are those of the values that the loop begins with."""
    return [
        inner.input(f"carried_{i}", "float32", None, is_number=not isinstance(value, Variable) or value.is_number)
        for i, value in enumerate(carried)
    ]


def loop(
    program: Program,
    body: Program,
    trips: Any,
    goes_on: Any,
    carried: Sequence[Any],
    results: Sequence[Any],
    stacked: Sequence[Any],
    names: Sequence[str],
    node_name: str = "",
) -> list[Variable]:
    """Close a body whose first output (go on?) is there already, and call it."""
    for i, result in enumerate([*results, *stacked]):
        body.output(f"{node_name or 'loop'}_{i}", body.as_variable(result))
    begins = [program.as_variable(value) for value in carried]
    found = program.call(
        "prim.Loop", [trips, goes_on, begins], None, names, node_name, attributes={"body": body.as_subgraph()}
    )
    for result, begin in zip(found, begins, strict=False):
        result.is_number = begin.is_number
    return found
