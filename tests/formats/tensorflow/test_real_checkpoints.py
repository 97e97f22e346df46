"""Published checkpoints of TensorFlow 1: modelconv and ONNX Runtime compute what TensorFlow computes from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support import real_models

pytestmark = pytest.mark.real_models

RANDOM = np.random.default_rng(6)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


# graph, values (else the same), what to name to convert it, output, inputs
CHECKPOINTS = [
    ("siamese_mnist/v2/model.ckpt", None, "", "model/Flatten/flatten/Reshape", {"left": normal(2, 28, 28, 1)}),
    ("siamese_mnist/v2/model.ckpt", None, ".meta", "model_1/Flatten/flatten/Reshape", {"right": normal(3, 28, 28, 1)}),
    (
        "siamese_mnist/v2/model.ckpt",
        "siamese_mnist/v1/model.ckpt",
        ".meta",
        "model/Flatten/flatten/Reshape",
        {"left": normal(2, 28, 28, 1)},
    ),
    (
        "musicnn_mtt_vgg/",
        None,
        "",
        "model/Sigmoid",
        {"model/Placeholder": normal(2, 187, 96), "model/Placeholder_2": np.array(False)},
    ),
    ("tf2onnx_regression/model", None, "", "pred", {"X": normal(4)}),
    ("tf2onnx_regression/model", None, ".index", "pred", {"X": normal(2, 3)}),
]


@pytest.fixture
def checkpoints() -> Path:
    return real_models.model_path("tf_checkpoint")


def run_by_tensorflow(tf: Any, prefix: str, values: str, output: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Only what the output needs is imported: TensorFlow refuses some training graphs as a whole."""
    v1 = tf.compat.v1
    meta = v1.MetaGraphDef.FromString(Path(prefix + ".meta").read_bytes())
    part = v1.graph_util.extract_sub_graph(meta.graph_def, [output])
    reader = v1.train.NewCheckpointReader(values)
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        tf.import_graph_def(part, name="")
        variables = [node.name for node in part.node if node.op in ("Variable", "VariableV2")]
        feeds = {f"{name}:0": reader.get_tensor(name) for name in variables}
        feeds |= {f"{name}:0": array for name, array in inputs.items()}
        return np.asarray(session.run(f"{output}:0", feeds))


@pytest.mark.parametrize(("prefix", "values", "suffix", "output", "inputs"), CHECKPOINTS)
def test_checkpoint(
    prefix: str,
    values: str | None,
    suffix: str,
    output: str,
    inputs: dict[str, np.ndarray],
    tf: Any,
    checkpoints: Path,
    assert_close: Callable[..., None],
    run_onnxruntime: Callable[..., Any],
) -> None:
    graph = f"{checkpoints}/{prefix}"
    weights = None if values is None else checkpoints / values
    expected = run_by_tensorflow(tf, graph, graph if values is None else str(weights), output, inputs)
    model = mc.load(graph + suffix, outputs=[output], weights=weights)
    assert sorted(spec.name for spec in model.inputs) == sorted(inputs)
    assert_close(model.run(inputs)[output], expected)
    ordered = {name.name: inputs[name.name] for name in model.inputs}
    assert_close(run_onnxruntime(model, ordered)[0], expected)


@pytest.mark.parametrize(
    "name", ["mnist_regression", "mnist_regression/regression.ckpt", "siamese_mnist/v1/model.ckpt"]
)
def test_weights_without_a_graph(name: str, checkpoints: Path) -> None:
    with pytest.raises(mc.ModelConvError, match="has weights only"):
        mc.load(checkpoints / name)
