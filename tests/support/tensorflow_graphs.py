"""TensorFlow's own session on frozen graphs and SavedModels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray


def run_frozen(path: Path, feeds: Mapping[str, Any], fetches: Sequence[str]) -> list[Array]:
    """Tensors of a GraphDef file by their names (`Mfcc:0`); a feed in the middle cuts the graph there."""
    import tensorflow as tf

    graph_def = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            return list(session.run(list(fetches), dict(feeds)))


def run_saved_model(folder: Path, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Outputs of the signature `serving_default`, by its names; through the loader that reads old files too."""
    import tensorflow as tf

    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def["serving_default"]
        feeds = {signature.inputs[name].name: value for name, value in inputs.items()}
        names = {name: info.name for name, info in signature.outputs.items()}
        return dict(session.run(names, feeds))
