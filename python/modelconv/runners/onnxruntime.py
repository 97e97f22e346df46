"""ONNX Runtime as the reference for ONNX models."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from modelconv.errors import ModelConvError, ShapeError
from modelconv.layers import GraphNode, Wiring
from modelconv.model import Array
from modelconv.runners import Results, names_of, renaming


class OnnxRuntimeRunner:
    """Runs an ONNX file, bytes or message on the CPU, without graph optimisations that change numbers."""

    name = "onnxruntime"

    def __init__(self, model: Any, input_names: Sequence[str] | None = None) -> None:
        self._model: str | bytes = fspath(model) if isinstance(model, str | PathLike) else model
        if not isinstance(self._model, str | bytes):
            self._model = self._model.SerializeToString()
        self._session = self._open(())
        self._asked: frozenset[str] = frozenset()
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._names = renaming([node.name for node in self._session.get_inputs()], input_names)

    @cached_property
    def wiring(self) -> Wiring:
        """The file's nodes. Values keep their names, so each is its own source."""
        import onnx

        if isinstance(self._model, str):
            model = onnx.load(self._model, load_external_data=False)
        else:
            model = onnx.load_from_string(self._model)
        nodes = [
            GraphNode(node.name, node.op_type, tuple(reads(node)), tuple(name for name in node.output if name))
            for node in model.graph.node
        ]
        return Wiring(nodes, {output: output for node in nodes for output in node.outputs})

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs; intermediate tensors become outputs too, so that one run gives all."""
        if layers:
            asked = frozenset(layers) & set(self.wiring.sources) - set(self._outputs)
            if asked != self._asked:
                self._session, self._asked = self._open(asked), asked
        feeds = {self._names.get(name, name): value for name, value in inputs.items()}
        wanted = [node.name for node in self._session.get_inputs()]
        if set(feeds) != set(wanted):
            raise ShapeError(f"the reference's inputs are {names_of(wanted)}, the model's are {names_of(feeds)}")
        for node in self._session.get_inputs():
            require_shape(node.name, node.shape, feeds[node.name])
        names = [node.name for node in self._session.get_outputs()]
        with errors_of_onnxruntime():
            values = dict(zip(names, self._session.run(None, feeds), strict=True))
        results = Results({name: values[name] for name in self._outputs})
        for name in set(layers) & set(values):
            if hasattr(values[name], "dtype"):
                results.layers[name] = values[name]
        return results

    def _open(self, more_outputs: Iterable[str]) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3  # errors only: warnings about a user's model are not ours to print
        payload = self._model
        addition = outputs_message(more_outputs)
        if addition and isinstance(payload, str):
            folder = str(Path(payload).resolve().parent)
            options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
            payload = Path(payload).read_bytes()
        if addition and isinstance(payload, bytes):
            payload += addition
        with errors_of_onnxruntime():
            return onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])


def require_shape(name: str, wanted: Sequence[int | str | None], value: Any) -> None:
    """Refuse an array that an input of the reference does not take; ONNX Runtime says so without any name."""
    sizes = getattr(value, "shape", None)
    if sizes is None or not wanted:  # a sequence, or an input of unknown rank
        return
    fits = len(sizes) == len(wanted) and all(
        not isinstance(size, int) or size == given for size, given in zip(wanted, sizes, strict=True)
    )
    if not fits:
        raise ShapeError(f"input '{name}' of the reference is {list(wanted)}, the model's is {list(sizes)}")


def reads(node: Any) -> list[str]:
    """Names that an `onnx.NodeProto` and its subgraphs read."""
    names = [name for name in node.input if name]
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs]:
            names += [name for inner in graph.node for name in reads(inner)]
            names += [output.name for output in graph.output]
    return names


def outputs_message(names: Iterable[str]) -> bytes:
    """A ModelProto that has nothing but graph outputs of these names.

    Appended to the bytes of a model it adds the outputs: parts of one protobuf message that follow each other are
    merged, lists joined. So no weight is copied or written again. Field numbers from onnx.proto: ModelProto.graph is
    7, GraphProto.output 12, ValueInfoProto.name 1.
    """
    outputs = b"".join(delimited(12, delimited(1, name.encode())) for name in sorted(names))
    return delimited(7, outputs) if outputs else b""


def delimited(field: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """Seven bits per byte, lowest first; the top bit says that more follow."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


@contextmanager
def errors_of_onnxruntime() -> Iterator[None]:
    """What ONNX Runtime raises (its classes have no common base but Exception) becomes a ModelConvError."""
    try:
        yield
    except Exception as error:
        raise ModelConvError(f"ONNX Runtime cannot run the reference: {error}") from error
