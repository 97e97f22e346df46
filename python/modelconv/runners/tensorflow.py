"""TensorFlow as the reference for frozen graphs and SavedModels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.layers import GraphNode, Wiring
from modelconv.model import Array
from modelconv.runners import Results, renaming


class TensorFlowRunner:
    """Runs a GraphDef file (`.pb`, `.pbtxt`) or a SavedModel folder through the TensorFlow 1 session interface.

    The names of inputs and outputs are those that modelconv gives them; for a SavedModel the signature maps them to
    tensors, for a GraphDef they are the tensors' own.
    """

    name = "tensorflow"

    def __init__(
        self, path: str, core: _core.Model, reading: Mapping[str, Any], input_names: Sequence[str] | None
    ) -> None:
        import tensorflow as tf

        self._inputs = [name for name, _, _ in core.inputs]
        self._outputs = [name for name, _, _ in core.outputs]
        self._given = renaming(self._inputs, input_names)
        self._graph = tf.Graph()
        with self._graph.as_default():
            self._session = tf.compat.v1.Session(graph=self._graph, config=session_config())
            tensors = load_folder(tf, path, self._session) if Path(path).is_dir() else load_graph(tf, path)
        self._tensors = tensors

    @cached_property
    def wiring(self) -> Wiring:
        """The graph's operations; a tensor's name is that of its operation and the number of the output."""
        nodes = [
            GraphNode(op.name, op.type, tuple(t.name for t in op.inputs), tuple(t.name for t in op.outputs))
            for op in self._graph.get_operations()
        ]
        return Wiring(nodes, {output: output for node in nodes for output in node.outputs})

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs, and in the same run the named tensors that a session can fetch."""
        feeds = {self._tensor(self._given.get(name, name)): value for name, value in inputs.items()}
        names = sorted(set(layers) & self._fetchable) if layers else []
        fetches = [self._tensor(name) for name in self._outputs] + names
        values = self._session.run(fetches, feeds)
        results = Results(dict(zip(self._outputs, values[: len(self._outputs)], strict=True)))
        for name, value in zip(names, values[len(self._outputs) :], strict=True):
            results.layers[name] = value
        return results

    @cached_property
    def _fetchable(self) -> set[str]:
        """Tensors of numbers outside of loops: inside, a tensor has one value per iteration."""
        return {
            tensor.name
            for op in self._graph.get_operations()
            if op._get_control_flow_context() is None
            for tensor in op.outputs
            if tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool
        }

    def _tensor(self, name: str) -> str:
        tensor = self._tensors.get(name, name)
        return tensor if ":" in tensor else f"{tensor}:0"


def session_config() -> Any:
    """Settings under which TensorFlow computes what the graph says.

    With oneDNN, TensorFlow 2.21's remapper fuses nodes of PP-OCRv4's detector into something that is off by 6 % of the
    largest logit; with the remapper off, as without oneDNN, the logits agree with ONNX's to 1e-6.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import rewriter_config_pb2

    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.remapping = rewriter_config_pb2.RewriterConfig.OFF
    return config


def load_graph(tf: Any, path: str) -> dict[str, str]:
    """Import a GraphDef into the default graph; its tensors keep their names."""
    graph_def = tf.compat.v1.GraphDef()
    data = Path(path).read_bytes()
    if Path(path).suffix == ".pbtxt":
        from google.protobuf import text_format

        text_format.Parse(data, graph_def)
    else:
        graph_def.ParseFromString(data)
    tf.compat.v1.import_graph_def(graph_def, name="")
    return {}


def load_folder(tf: Any, path: str, session: Any) -> dict[str, str]:
    """Load a SavedModel; the names of its signature -> tensors."""
    # This loader reads what tf.saved_model.load refuses (TensorFlow 1, old Keras), but warns that it is deprecated.
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], path)
    finally:
        logger.setLevel(level)
    signatures = meta_graph.signature_def
    signature = signatures.get("serving_default") or next(iter(signatures.values()))
    pairs = [*signature.inputs.items(), *signature.outputs.items()]
    return {name: info.name for name, info in pairs}
