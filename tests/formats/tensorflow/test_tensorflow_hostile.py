"""Graphs that declare more than there is, call themselves, nest without end: refused soon, with little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.damage import assert_refused, assert_typed_or_read

HUGE = 1 << 62
FROZEN = {"source_format": "tensorflow"}


def constant_graph(tf: Any) -> tuple[Any, Any]:
    """A graph of one constant, and that constant's TensorProto."""
    graph = tf.compat.v1.GraphDef()
    node = graph.node.add(name="c", op="Const")
    node.attr["dtype"].type = 1
    node.attr["value"].tensor.dtype = 1
    return graph, node.attr["value"].tensor


def with_shape(tf: Any, dims: list[int], **values: Any) -> Any:
    graph, tensor = constant_graph(tf)
    for size in dims:
        tensor.tensor_shape.dim.add(size=size)
    for name, value in values.items():
        if isinstance(value, list):
            getattr(tensor, name).extend(value)
        else:
            setattr(tensor, name, value)
    return graph


SIZES = [[HUGE], [1 << 32, 1 << 32], [-1, 3], [-HUGE], [1 << 20] * 3, [(1 << 63) - 1, 2], [1 << 31], [2] * 64]
VALUES = {
    "content": {"tensor_content": b"\0" * 24},
    "values": {"float_val": [0.0] * 6},
    "one value": {"float_val": [1.0]},
    "none": {},
    "strings": {"dtype": 7, "string_val": [b"x"]},
}


@pytest.mark.parametrize("values", VALUES)
def test_declared_sizes_that_are_not_there(values: str, tf: Any, write: Any, scratch: Path) -> None:
    graphs = [with_shape(tf, dims, **VALUES[values]) for dims in SIZES]
    outcomes = assert_refused(write([g.SerializeToString() for g in graphs], ".pb"), scratch, {"outputs": ["c"]})
    assert {outcome.error for outcome in outcomes} <= {"MalformedModelError", "ShapeError"}
    assert all("'c'" in outcome.message for outcome in outcomes)


def test_many_constants_that_repeat_a_value(tf: Any, write: Any, scratch: Path) -> None:
    """Each is allowed by itself; together they would ask for 25 GB: the reader itself stops at 1 GiB."""
    graph = tf.compat.v1.GraphDef()
    for i in range(100):
        node = graph.node.add()
        node.CopyFrom(with_shape(tf, [1 << 26], float_val=[1.0]).node[0])
        node.name = f"c{i}"
    (outcome,) = assert_refused(
        write([graph.SerializeToString()], ".pb"),
        scratch,
        {"outputs": [node.name for node in graph.node]},
        memory=2 << 30,
    )
    assert "1 GiB" in outcome.message


def chain(tf: Any, op: str, inputs: dict[str, list[str]], **attrs: Any) -> Any:
    graph = tf.compat.v1.GraphDef()
    graph.node.add(name="x", op="Placeholder").attr["dtype"].type = 1
    for name, names in inputs.items():
        node = graph.node.add(name=name, op=op, input=names)
        node.attr["T"].type = 1
        for attr, value in attrs.items():
            node.attr[attr].CopyFrom(value)
    return graph


def test_cycles_and_inputs_that_are_not_there(tf: Any, write: Any, scratch: Path) -> None:
    graphs = [
        chain(tf, "AddV2", {"a": ["x", "b"], "b": ["a", "x"], "y": ["b", "x"]}),
        chain(tf, "Relu", {"a": ["a"], "y": ["a"]}),
        chain(tf, "Relu", {"y": ["nowhere"]}),
        chain(tf, "Relu", {"y": ["x:99999999999999999999"]}),
        chain(tf, "Relu", {"y": ["x:4000000000"]}),
        chain(tf, "Relu", {"y": ["x:-1"]}),
        chain(tf, "Relu", {"y": [""]}),
        chain(tf, "AddV2", {"y": ["x"]}),
        chain(tf, "Conv2D", {"y": []}),
    ]
    paths = write([g.SerializeToString() for g in graphs], ".pb")
    assert_refused(paths, scratch, {**FROZEN, "outputs": ["y"]})


def call_of(tf: Any, name: str) -> Any:
    value = tf.compat.v1.AttrValue()
    value.func.name = name
    return value


def add_function(graph: Any, name: str, calls: list[str], result: str = "") -> None:
    """A function of one argument `a` whose body calls others in a row."""
    function = graph.library.function.add()
    function.signature.name = name
    function.signature.input_arg.add(name="a", type=1)
    function.signature.output_arg.add(name="r", type=1)
    last = "a"
    for i, called in enumerate(calls):
        function.node_def.add(name=f"n{i}", op=called, input=[last])
        last = f"n{i}:r:0"
    function.ret["r"] = result or last


def test_functions_that_never_end(tf: Any, write: Any, scratch: Path) -> None:
    graphs = []
    for functions in (
        {"f": ["f"]},
        {"f": ["g"], "g": ["h"], "h": ["f"]},
        {f"f{i}": [f"f{i + 1}"] * 10 for i in range(30)} | {"f30": ["Relu"]},  # 10^30 nodes
        {f"f{i}": [f"f{i + 1}"] for i in range(5000)} | {"f5000": ["Relu"]},
    ):
        graph = chain(tf, next(iter(functions)), {"y": ["x"]})
        for name, calls in functions.items():
            add_function(graph, name, calls)
        graphs.append(graph)
    missing = chain(tf, "PartitionedCall", {"y": ["x"]}, f=call_of(tf, "nowhere"))
    no_result = chain(tf, "f", {"y": ["x"]})
    add_function(no_result, "f", ["Relu"], result="q:r:0")
    itself = chain(tf, "f", {"y": ["x"]})
    add_function(itself, "f", ["Relu"], result="r")
    paths = write([g.SerializeToString() for g in [*graphs, missing, no_result, itself]], ".pb")
    outcomes = assert_refused(paths, scratch, {**FROZEN, "outputs": ["y"]})
    assert "calls itself" in outcomes[0].message
    assert "'nowhere'" in outcomes[len(graphs)].message


def add_control_node(owner: Any, name: str, op: str, function: str, source: str) -> None:
    """An If or While on `source`, all of whose bodies are `function`."""
    node = owner.add(name=name, op=op, input=[source, source] if op.endswith("If") else [source])
    bodies = ("then_branch", "else_branch") if op.endswith("If") else ("cond", "body")
    for attr in bodies:
        node.attr[attr].func.name = function
    node.attr["Tcond"].type = 1
    for attr in ("Tin", "Tout", "T"):
        node.attr[attr].list.type.append(1)


def controlled_functions(tf: Any, op: str, functions: dict[str, str]) -> Any:
    """Functions whose only node is an If or While of another function; the first is called by the graph."""
    graph = chain(tf, "Relu", {})
    add_control_node(graph.node, "y", op, next(iter(functions)), "x")
    for name, called in functions.items():
        add_function(graph, name, [])
        function = graph.library.function[-1]
        add_control_node(function.node_def, "n", op, called, "a")
        function.ret["r"] = "n:output:0"
    return graph


@pytest.mark.parametrize("op", ["If", "StatelessIf", "While", "StatelessWhile"])
def test_bodies_that_never_end(op: str, tf: Any, write: Any, scratch: Path) -> None:
    graphs = [
        controlled_functions(tf, op, {"f": "f"}),
        controlled_functions(tf, op, {"f": "g", "g": "f"}),
        controlled_functions(tf, op, {"f": "nowhere"}),
        controlled_functions(tf, op, {f"f{i}": f"f{i + 1}" for i in range(40)}),  # 2^40 bodies
        controlled_functions(tf, op, {f"f{i}": f"f{i + 1}" for i in range(3000)}),
    ]
    paths = write([g.SerializeToString() for g in graphs], ".pb")
    assert_refused(paths, scratch, {**FROZEN, "outputs": ["y"]})


def test_frames_that_do_not_fit(tf: Any, write: Any, scratch: Path) -> None:
    """Parts of TensorFlow 1's loops without the others, or in a knot."""
    graphs = []
    for ops in (
        {"y": ("Enter", ["x"])},
        {"y": ("Exit", ["x"])},
        {"y": ("NextIteration", ["x"])},
        {"m": ("Merge", ["x", "n"]), "n": ("NextIteration", ["m"]), "y": ("Exit", ["n"])},
        {"m": ("Merge", ["m", "m"]), "y": ("Exit", ["m"])},
        {
            "e": ("Enter", ["x"]),
            "m": ("Merge", ["e", "n"]),
            "n": ("NextIteration", ["s:1"]),
            "s": ("Switch", ["m", "m"]),
            "y": ("Exit", ["s"]),
        },
        {
            "e": ("Enter", ["y"]),
            "m": ("Merge", ["e", "n"]),
            "l": ("LoopCond", ["m"]),
            "s": ("Switch", ["m", "l"]),
            "n": ("NextIteration", ["s:1"]),
            "y": ("Exit", ["s"]),
        },
        {"s": ("Switch", ["x", "x"]), "y": ("Merge", ["s", "s:1"])},
        {"s": ("Switch", ["x", "x"]), "y": ("Merge", ["s"])},
        {"y": ("LoopCond", ["x"])},
    ):
        graph = chain(tf, "Relu", {})
        for name, (op, inputs) in ops.items():
            node = graph.node.add(name=name, op=op, input=inputs)
            node.attr["T"].type = 1
            if op == "Enter":
                node.attr["frame_name"].s = b"frame"
        graphs.append(graph)
    paths = write([g.SerializeToString() for g in graphs], ".pb")
    assert_typed_or_read(paths, scratch, {**FROZEN, "outputs": ["y"]})


def test_calls_in_a_long_row(tf: Any, write: Any, scratch: Path) -> None:
    """20,000 calls of a function that gives its argument back: legal, and no reason to take minutes."""
    graph = chain(tf, "f", {f"c{i}": [f"c{i - 1}" if i else "x"] for i in range(20_000)})
    add_function(graph, "f", [])
    for i in range(0, 20_000, 2):
        graph.node.add(name=f"r{i}", op="Relu", input=[f"c{i}"]).attr["T"].type = 1
    names = [f"r{i}" for i in range(0, 20_000, 2)]
    assert_typed_or_read(write([graph.SerializeToString()], ".pb"), scratch, {**FROZEN, "outputs": names})


def field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field, for what the protobuf package refuses to build."""
    length, varint = len(content), b""
    while length >= 0x80:
        varint += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + content


def node_with(attr_value: bytes) -> bytes:
    """A GraphDef of one node `c`, a Const, whose attribute `value` is the encoded AttrValue."""
    return field(1, field(1, b"c") + field(2, b"Const") + field(5, field(1, b"value") + field(2, attr_value)))


def test_messages_nested_without_end(write: Any, scratch: Path) -> None:
    func = field(1, b"f")
    text = 'name: "f"'
    for _ in range(20_000):  # attribute `a` of the function that is the attribute `a` of ...
        func = field(1, b"f") + field(2, field(1, b"a") + field(2, field(10, func)))
        text = 'name: "f" attr { key: "a" value { func { ' + text + " } } }"
    deep = write([node_with(field(10, func)), b"\x0a" * 100_000, b"\x12\x7f" * 10_000], ".pb")
    assert_typed_or_read(deep, scratch, {**FROZEN, "outputs": ["c"]})
    node = 'node { name: "c" op: "Const" attr { key: "value" value { func { ' + text + " } } } }"
    assert_refused(write([node.encode(), b"node {" * 200_000], ".pbtxt"), scratch, FROZEN)


def test_lengths_beyond_the_file(write: Any, scratch: Path) -> None:
    lengths = [
        b"\x7f",
        b"\xff\xff\xff\xff\x07",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\xff" * 9 + b"\x01",
        b"\xff" * 11,
    ]
    contents = [bytes([tag]) + length + b"abc" for length in lengths for tag in (0x0A, 0x12)]
    contents += [node_with(bytes([number << 3 | 2]) + length + b"abc") for length in lengths for number in (1, 2, 7, 8)]
    assert_refused(write(contents, ".pb"), scratch, {**FROZEN, "outputs": ["c"]})


def test_huge_strings(tf: Any, write: Any, scratch: Path) -> None:
    long = "n" * 5_000_000
    graph = chain(tf, "Relu", {long: ["x"]})
    unknown = chain(tf, "R" * 5_000_000, {"y": ["x"]})
    text = f'node {{ name: "x" op: "{long}" }}'.encode()
    open_text = b'node { name: "' + b"n" * 5_000_000
    paths = write([graph.SerializeToString(), unknown.SerializeToString()], ".pb")
    paths += write([text, open_text], ".pbtxt")
    assert_typed_or_read(paths, scratch, FROZEN)


def test_absurd_attributes(tf: Any, write: Any, scratch: Path) -> None:
    """Integers at their ends where operators expect strides, axes and sizes."""
    graphs = []
    for number in (HUGE, -HUGE, (1 << 63) - 1, -(1 << 63), 0, -1):
        for op, attrs in {
            "MaxPool": {"ksize": [1, number, number, 1], "strides": [1, number, number, 1]},
            "Conv2D": {"strides": [1, number, number, 1], "dilations": [1, number, number, 1]},
            "ConcatV2": {"N": number},
            "Split": {"num_split": number},
            "Unpack": {"num": number, "axis": number},
            "Squeeze": {"squeeze_dims": [number]},
            "SpaceToDepth": {"block_size": number},
        }.items():
            graph = tf.compat.v1.GraphDef()
            for name in ("x", "w", "c"):
                node = graph.node.add(name=name, op="Placeholder")
                node.attr["dtype"].type = 3 if name == "c" else 1
                for size in () if name == "c" else (1, 4, 4, 4):
                    node.attr["shape"].shape.dim.add(size=size)
            inputs = {"Conv2D": ["x", "w"], "ConcatV2": ["x", "w", "c"], "Split": ["c", "x"]}.get(op, ["x"])
            node = graph.node.add(name="y", op=op, input=inputs)
            node.attr["T"].type = 1
            node.attr["padding"].s = b"VALID"
            for name, value in attrs.items():
                if isinstance(value, list):
                    node.attr[name].list.i.extend(value)
                else:
                    node.attr[name].i = value
            graphs.append(graph)
    paths = write([g.SerializeToString() for g in graphs], ".pb")
    assert_typed_or_read(paths, scratch, {**FROZEN, "outputs": ["y"]})
