"""Damaged files: one typed error each, or a model; never a crash, a hang or much memory, and nothing left behind."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from modelconv import _core
from modelconv.errors import MalformedModelError, ModelConvError
from support.damage import assert_refused, assert_typed_or_read, cut_short, flipped, write_each
from support.processes import skip_without
from support.tested_module import tflite_from_text

NETWORK = """
graph main(x: int8[1, 6, 6, 2], flag: bool[]) -> (y: float32[1, 6, 6, 4], z: int32[1, 6, 6]) {
  w: int8[4, 3, 3, 2] = {WEIGHTS}
  b: int32[4] = {1, -2, 3, 40}
  axis: int32[] = {3}
  c: int8[1, 6, 6, 4] = tflite.CONV_2D[fused_activation_function="RELU", stride_h=1, stride_w=1](x, w, b)
  r: float32[1, 6, 6, 4] = tflite.DEQUANTIZE(c)
  y: float32[1, 6, 6, 4] = tflite.IF[then=graph t(a: float32[1, 6, 6, 4]) -> (p: float32[1, 6, 6, 4]) {
    p: float32[1, 6, 6, 4] = tflite.NEG(a)
  }, else=graph e(a2: float32[1, 6, 6, 4]) -> (p2: float32[1, 6, 6, 4]) {
    s: float32[1] = {0.5}
    p2: float32[1, 6, 6, 4] = tflite.MUL(a2, s)
  }](flag, r)
  z: int32[1, 6, 6] = tflite.ARG_MAX[output_type="INT32"](c, axis)
}
"""
QUANTIZATION = {
    "x": ([0.5], [3], 0),
    "w": ([0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0], 0),
    "b": ([0.05, 0.1, 0.15, 0.2], [0, 0, 0, 0], 0),
    "c": ([0.7], [-5], 0),
}


@pytest.fixture(scope="module")
def sound() -> bytes:
    weights = ", ".join(str(i % 200 - 100) for i in range(72))
    return tflite_from_text(NETWORK.replace("WEIGHTS", weights), QUANTIZATION)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_the_sound_model_is_read(sound: bytes) -> None:
    assert _core.load_bytes(sound).source_format == "tflite"


def test_cut_short_at_fifty_places(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    """The weights stand at the end, so that nothing less is a model."""
    paths = write_each(cut_short(sound), tmp_path / "files", ".tflite")
    assert_refused(paths, scratch)
    assert sorted((tmp_path / "files").iterdir()) == paths


def test_six_hundred_flipped_bytes(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    paths = write_each(flipped(sound, 600), tmp_path / "files", ".tflite")
    assert assert_typed_or_read(paths, scratch) > 0
    assert sorted((tmp_path / "files").iterdir()) == paths


def test_every_word_replaced(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    """Each aligned word of the part that has structure as 0, the largest numbers and a large offset."""

    def damaged() -> Any:
        structure = len(sound) - 200
        for at in range(0, structure, 4):
            for word in (0, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000):
                yield sound[:at] + struct.pack("<I", word) + sound[at + 4 :]

    paths = write_each(damaged(), tmp_path / "files", ".tflite")
    assert len(paths) > 1000
    assert_typed_or_read(paths, scratch, {"source_format": "tflite"})


# --- what the tables say, by the classes that flatc generated


def changed(sound: bytes, change: Callable[[Any, Any], None]) -> bytes:
    skip_without("ai_edge_litert", "flatbuffers")
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(sound, 0))
    change(model, schema)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def by_name(model: Any, name: str) -> Any:
    return next(tensor for graph in model.subgraphs for tensor in graph.tensors if tensor.name == name.encode())


def operator(model: Any, index: int = 0) -> Any:
    return model.subgraphs[0].operators[index]


CHANGES: list[tuple[str, Callable[[Any, Any], None], str]] = [
    ("no subgraphs", lambda m, s: setattr(m, "subgraphs", []), "subgraph 0"),
    ("version 2", lambda m, s: setattr(m, "version", 2), "schema version 2"),
    ("buffer that is not there", lambda m, s: setattr(by_name(m, "w"), "buffer", 99), "buffer 99"),
    ("no contents", lambda m, s: setattr(by_name(m, "w"), "buffer", 0), "nothing makes it"),
    ("short contents", lambda m, s: setattr(m.buffers[by_name(m, "w").buffer], "data", [1, 2]), "72"),
    (
        "outside of the file",
        lambda m, s: m.buffers[by_name(m, "w").buffer].__dict__.update(data=None, offset=1 << 40, size=72),
        "the file has",
    ),
    (
        "end outside of the file",
        lambda m, s: m.buffers[by_name(m, "w").buffer].__dict__.update(data=None, offset=8, size=(1 << 64) - 4),
        "the file has",
    ),
    ("negative size", lambda m, s: setattr(by_name(m, "w"), "shape", [4, 3, -3, 2]), "-3"),
    ("absurd shape", lambda m, s: setattr(by_name(m, "w"), "shape", [1 << 30] * 4), ""),
    ("unknown element type", lambda m, s: setattr(by_name(m, "w"), "type", 99), "element type 99"),
    ("input that is not there", lambda m, s: setattr(operator(m), "inputs", [0, 77, 2]), "tensor 77"),
    ("negative input", lambda m, s: setattr(operator(m), "inputs", [0, -7, 2]), "tensor -7"),
    ("output made twice", lambda m, s: setattr(operator(m, 1), "outputs", operator(m).outputs), "made by another"),
    (
        "own output as input",
        lambda m, s: setattr(operator(m), "inputs", [operator(m).outputs[0], 1, 2]),
        "nothing makes it",
    ),
    ("model output that is not there", lambda m, s: setattr(m.subgraphs[0], "outputs", [1 << 20]), "outputs"),
    ("model input twice", lambda m, s: setattr(m.subgraphs[0], "inputs", [0, 0]), "twice"),
    ("code that is not there", lambda m, s: setattr(operator(m), "opcodeIndex", 44), "code 44"),
    ("unknown builtin", lambda m, s: setattr(m.operatorCodes[0], "builtinCode", 5000), "5000"),
    (
        "custom without a name",
        lambda m, s: m.operatorCodes[0].__dict__.update(builtinCode=32, deprecatedBuiltinCode=32),
        "no name",
    ),
    (
        "options of another operator",
        lambda m, s: setattr(operator(m), "builtinOptionsType", s.BuiltinOptions.AddOptions),
        "options",
    ),
    ("stride 0", lambda m, s: setattr(operator(m).builtinOptions, "strideW", 0), "stride_w is 0"),
    ("padding 9", lambda m, s: setattr(operator(m).builtinOptions, "padding", 9), "Padding"),
    (
        "subgraph that is not there",
        lambda m, s: setattr(operator(m, 2).builtinOptions, "thenSubgraphIndex", 9),
        "subgraph 9",
    ),
    (
        "subgraph that calls itself",
        lambda m, s: setattr(operator(m, 2).builtinOptions, "thenSubgraphIndex", 0),
        "calls itself",
    ),
    ("scales that do not fit", lambda m, s: by_name(m, "w").quantization.__dict__.update(scale=[1.0, 2.0]), "2 scales"),
    (
        "zero points that do not fit",
        lambda m, s: by_name(m, "w").quantization.__dict__.update(zeroPoint=[1, 2]),
        "2 zero points",
    ),
    (
        "axis that is not there",
        lambda m, s: by_name(m, "w").quantization.__dict__.update(quantizedDimension=7),
        "axis 7",
    ),
    ("zero point that does not fit", lambda m, s: by_name(m, "c").quantization.__dict__.update(zeroPoint=[300]), "300"),
]


@pytest.mark.parametrize(("change", "said"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_tables_that_make_no_sense(sound: bytes, change: Callable[[Any, Any], None], said: str) -> None:
    with pytest.raises(ModelConvError) as refusal:
        _core.load_bytes(changed(sound, change), source_format="tflite")
    assert said in str(refusal.value)


def sparse(dim_metadata: list[tuple[int, list[int], list[int]]], values: int) -> Callable[[Any, Any], None]:
    """Turns "w" into a sparse tensor [8, 9]: (dense size, segments, indices) for each axis."""

    def change(model: Any, schema: Any) -> None:
        tensor = by_name(model, "w")
        tensor.sparsity = schema.SparsityParametersT()
        tensor.sparsity.traversalOrder, tensor.sparsity.blockMap = [0, 1, 2, 3], []
        tensor.sparsity.dimMetadata = []
        for size, segments, indices in dim_metadata:
            row = schema.DimensionMetadataT()
            row.format, row.denseSize = int(not size), size
            for name, numbers in (("Segments", segments), ("Indices", indices)):
                vector = schema.Int32VectorT()
                vector.values = numbers
                setattr(row, f"array{name}", vector)
                setattr(row, f"array{name}Type", schema.SparseIndexVector.Int32Vector)
            tensor.sparsity.dimMetadata.append(row)
        model.buffers[tensor.buffer].data = [1] * values

    return change


@pytest.mark.parametrize(
    ("levels", "values"),
    [
        ([(4, [], []), (3, [], []), (3, [], []), (0, [0] * 9, [])], 1),  # fewer rows described than there are
        ([(4, [], []), (3, [], []), (3, [], []), (0, [0] * 36 + [5], [0, 1])], 2),  # a row that ends nowhere
        ([(4, [], []), (3, [], []), (3, [], []), (0, [0] * 36 + [1], [7])], 1),  # an index outside
        ([(1 << 30, [], []), (1 << 30, [], []), (1 << 30, [], []), (1, [], [])], 1),  # endless
        ([(4, [], []), (3, [], []), (3, [], []), (2, [], [])], 5),  # values missing
        ([(1, [], []), (1, [], []), (1, [], []), (2, [], [])], 72),  # values left over
    ],
)
def test_sparse_tensors_that_make_no_sense(sound: bytes, levels: Any, values: int) -> None:
    with pytest.raises(MalformedModelError):
        _core.load_bytes(changed(sound, sparse(levels, values)))


def test_one_table_for_a_million() -> None:
    """A vector of offsets that all lead to one subgraph, whose operators all lead to one operator, and so on."""
    count = 1 << 16

    def offsets(to: int, at: int) -> bytes:
        return struct.pack("<I", count) + b"".join(struct.pack("<I", to - (at + 4 + 4 * i)) for i in range(count))

    # root table at 12: subgraphs at field 2; its vtable at 60. One subgraph table behind the first vector.
    head = struct.pack("<I4s", 8, b"TFL3")
    vectors = 64
    subgraph_at = vectors + 4 + 4 * count
    operators_at = subgraph_at + 8
    operator_at = operators_at + 4 + 4 * count
    root = struct.pack("<iI", 8 - 20, vectors - 12)  # vtable at 20
    vtables = struct.pack("<HHHHH", 10, 8, 0, 0, 4) + b"\0\0" + struct.pack("<HHHHHH", 12, 8, 0, 0, 0, 4)
    body = head + root + b"\0" * 4 + vtables
    body = body.ljust(vectors, b"\0") + offsets(subgraph_at, vectors)
    body += struct.pack("<iI", subgraph_at - 32, operators_at - subgraph_at - 4)
    body += offsets(operator_at, operators_at) + struct.pack("<i", operator_at - 20) + b"\0" * 8
    with pytest.raises(MalformedModelError):
        _core.load_bytes(body, source_format="tflite")


def test_weights_that_are_not_aligned(sound: bytes) -> None:
    """Data behind the flatbuffer lies where it lies."""
    skip_without("ai_edge_litert", "flatbuffers")
    weights = np.arange(72, dtype=np.int8).tobytes()

    def move(model: Any, schema: Any) -> None:
        buffer = model.buffers[by_name(model, "w").buffer]
        buffer.data, buffer.offset, buffer.size = None, 2, 72

    content = changed(sound, move)
    at = len(content) + 3
    place = content.index(struct.pack("<QQ", 2, 72)) if struct.pack("<QQ", 2, 72) in content else None
    moved = content.replace(struct.pack("<Q", 2), struct.pack("<Q", at), 1)
    core = _core.load_bytes(moved + b"\0\0\0" + weights)
    assert place is None or place > 0
    np.testing.assert_array_equal(core.weights()["w"].tobytes(), weights)
