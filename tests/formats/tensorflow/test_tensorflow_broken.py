"""Damaged files: one typed error each, or a model; never a crash, a hang or much memory, and nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.damage import CUTS, FLIPS, assert_refused, assert_typed_or_read, cut_short, flipped, write_each

HUGE = 1 << 62


@pytest.fixture(scope="module")
def network(tf: Any) -> Any:
    """A convolution, a function call, constants of several types; its weights are variables."""

    class Network(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            generator = np.random.default_rng(3)
            self.kernel = tf.Variable(generator.standard_normal((3, 3, 2, 4)).astype(np.float32), name="kernel")
            self.bias = tf.Variable(np.arange(4, dtype=np.float32), name="bias")

        @tf.function(autograph=False)
        def activate(self, x: Any) -> Any:
            return tf.nn.relu(x) * 0.5

        @tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 2], tf.float32, name="x")])
        def __call__(self, x: Any) -> dict[str, Any]:
            y = self.activate(tf.nn.conv2d(x, self.kernel, 1, "SAME") + self.bias)
            return {"y": tf.reshape(y, [-1, 36, 4])[:, 1:], "largest": tf.argmax(y, axis=-1)}

    return Network()


@pytest.fixture(scope="module")
def saved_model(tf: Any, network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "saved"
    tf.saved_model.save(network, str(folder), signatures=network.__call__)
    for extra in [*folder.glob("fingerprint.pb"), *folder.glob("assets")]:
        shutil.rmtree(extra) if extra.is_dir() else extra.unlink()
    return folder


@pytest.fixture(scope="module")
def frozen(tf: Any, network: Any) -> Any:
    """The same as GraphDef, with the function kept."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function = convert_variables_to_constants_v2(network.__call__.get_concrete_function(), lower_control_flow=False)
    return function.graph.as_graph_def()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[..., list[Path]]]:
    """write(contents, suffix): files in a folder of their own, which has to hold nothing else in the end."""
    folder = tmp_path / "files"
    written: list[Path] = []

    def write_files(contents: Iterable[bytes], suffix: str) -> list[Path]:
        paths = write_each(contents, folder, suffix)
        written.extend(paths)
        return paths

    yield write_files
    assert sorted(folder.iterdir()) == sorted(written)


def encoded(graph_def: Any, suffix: str) -> bytes:
    return str(graph_def).encode() if suffix == ".pbtxt" else graph_def.SerializeToString()


SUFFIXES = [".pb", ".pbtxt"]
FROZEN = {"source_format": "tensorflow"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_sound_file_is_read(suffix: str, frozen: Any, write: Any, scratch: Path) -> None:
    assert assert_typed_or_read(write([encoded(frozen, suffix)], suffix), scratch) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut_short_at_fifty_places(suffix: str, frozen: Any, write: Any, scratch: Path) -> None:
    """A GraphDef has no length: cut between two nodes it is a smaller graph. Its last node is an output here."""
    paths = write(cut_short(encoded(frozen, suffix)), suffix)
    assert len(paths) == CUTS
    assert_typed_or_read(paths, scratch)
    assert_refused(paths, scratch, {**FROZEN, "outputs": [frozen.node[-1].name]})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_hundred_flipped_bytes(suffix: str, frozen: Any, write: Any, scratch: Path) -> None:
    paths = write(flipped(encoded(frozen, suffix)), suffix)
    assert len(paths) == FLIPS
    assert assert_typed_or_read(paths, scratch, FROZEN) > 0


def copy_with(saved_model: Path, folder: Path, changed: dict[str, bytes | None]) -> Path:
    """The SavedModel again, files replaced, or left out where their content is None."""
    (folder / "variables").mkdir(parents=True)
    for path in saved_model.rglob("*"):
        name = str(path.relative_to(saved_model))
        content = changed.get(name, b"") if name in changed else path.read_bytes() if path.is_file() else None
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


PARTS = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]


@pytest.mark.parametrize("part", PARTS)
def test_saved_model_cut_short_at_fifty_places(part: str, saved_model: Path, tmp_path: Path, scratch: Path) -> None:
    cuts = cut_short((saved_model / part).read_bytes())
    paths = [copy_with(saved_model, tmp_path / f"{i:03}", {part: cut}) for i, cut in enumerate(cuts)]
    assert_refused(paths, scratch)


@pytest.mark.parametrize("part", PARTS)
def test_saved_model_with_two_hundred_flipped_bytes(
    part: str, saved_model: Path, tmp_path: Path, scratch: Path
) -> None:
    damaged = flipped((saved_model / part).read_bytes())
    paths = [copy_with(saved_model, tmp_path / f"{i:03}", {part: content}) for i, content in enumerate(damaged)]
    read = assert_typed_or_read(paths, scratch)
    if part.endswith(".index"):
        assert read < FLIPS / 4  # checksums; the padding of the table's footer has none


@pytest.mark.parametrize("part", PARTS)
def test_saved_model_without_a_part(part: str, saved_model: Path, tmp_path: Path, scratch: Path) -> None:
    (outcome,) = assert_refused([copy_with(saved_model, tmp_path / "missing", {part: None})], scratch)
    assert Path(part).name.split(".")[0] in outcome.message


def test_saved_model_whose_part_is_no_file(saved_model: Path, tmp_path: Path, scratch: Path) -> None:
    paths = []
    for number, part in enumerate(PARTS):
        for kind, make in {"fifo": os.mkfifo, "folder": os.mkdir, "loop": lambda p: os.symlink(p, p)}.items():
            paths.append(copy_with(saved_model, tmp_path / f"{kind}{number}", {part: None}))
            make(paths[-1] / part)
    assert_refused(paths, scratch)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_graph(suffix: str, tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    names = ["empty", "noise", "text", "zeros"]
    noise = bytes(random.Random(1).randrange(256) for _ in range(1000))
    for name, content in zip(names, [b"", noise, b"hello, this is no model\n" * 20, bytes(1000)], strict=True):
        (folder / (name + suffix)).write_bytes(content)
    os.mkfifo(folder / ("pipe" + suffix))
    (folder / ("folder" + suffix)).mkdir()
    (folder / ("link" + suffix)).symlink_to(folder / "nowhere")
    paths = sorted(folder.iterdir())
    outcomes = assert_refused([*paths, Path("/dev/zero"), Path("/dev/tty")], scratch)
    for path, outcome in zip(paths, outcomes, strict=False):
        assert path.name in outcome.message
    assert sorted(folder.iterdir()) == paths


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_wrong_suffix_is_read_by_its_content(suffix: str, frozen: Any, write: Any) -> None:
    paths = write([encoded(frozen, suffix)], ".tflite")
    assert mc.load(paths[0]).op_counts()["Conv"] == 1


# --- graphs that declare more than there is


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
    """Each is allowed by itself; together they would ask for 25 GB."""
    graph = tf.compat.v1.GraphDef()
    for i in range(100):
        node = graph.node.add()
        node.CopyFrom(with_shape(tf, [1 << 26], float_val=[1.0]).node[0])
        node.name = f"c{i}"
    (outcome,) = assert_refused(
        write([graph.SerializeToString()], ".pb"), scratch, {"outputs": [node.name for node in graph.node]}
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
