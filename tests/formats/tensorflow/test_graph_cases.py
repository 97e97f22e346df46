"""Loops, lists, state, tables, pipelines and functions against TensorFlow's own session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_control_flow import control_flow
from support.tensorflow_graph_cases import FLOW_CASES, GraphCase
from support.tensorflow_state_cases import CHECKPOINT_CASES, PIPELINE_CASES, TABLE_CASES

CASES = [*FLOW_CASES, *CHECKPOINT_CASES, *TABLE_CASES, *PIPELINE_CASES]


def build_graph(tf: Any, case: GraphCase) -> tuple[list[str], dict[str, np.ndarray]]:
    """In the default graph. Names of the outputs, and the arrays by the names of the tensors that they are fed to."""
    v1 = tf.compat.v1
    made_by_the_case = {"fed_old", "numbers", "factors"}
    placeholders = {
        name: v1.placeholder(array.dtype, array.shape, name=name)
        for name, array in case.inputs.items()
        if name not in made_by_the_case
    }
    with control_flow(tf, as_functions=not case.frames):
        results = tf.nest.flatten(case.build(tf, **placeholders))
    outputs = [tf.identity(result, name=f"y{index}").name for index, result in enumerate(results)]
    fed = [tensor.name for tensor in v1.get_collection("fed")] or [f"{name}:0" for name in case.inputs]
    return outputs, dict(zip(fed, case.inputs.values(), strict=True))


def operators(graph_def: Any) -> set[str]:
    bodies = [graph_def.node, *(function.node_def for function in graph_def.library.function)]
    return {node.op for nodes in bodies for node in nodes}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_graph(
    case: GraphCase, tf: Any, tmp_path: Path, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    v1, path = tf.compat.v1, tmp_path / "graph.pb"
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        outputs, feeds = build_graph(tf, case)
        if case.from_checkpoint:
            states = {state.op.name: state for state in v1.get_collection("saved")}
            saver, path = v1.train.Saver(states or None, sharded=True), tmp_path / "model"
        session.run([v1.global_variables_initializer(), *v1.get_collection("initialize")])
        if case.from_checkpoint:
            saver.save(session, str(path))
        graph_def = graph.as_graph_def()
        for node in graph_def.node:
            node.op = "PlaceholderV2" if node.name == "fed_old" else node.op
        if not case.from_checkpoint:
            path.write_bytes(graph_def.SerializeToString())
        assert set(case.covers.split()) - operators(graph_def) == set()
        expected = session.run(outputs, feeds)
    model = mc.load(path, outputs=[name.removesuffix(":0") for name in outputs])
    inputs = {name.removesuffix(":0"): array for name, array in feeds.items()}
    assert {spec.name for spec in model.inputs} == set(inputs)
    ordered = {spec.name: inputs[spec.name] for spec in model.inputs}
    for results in (list(model.run(ordered).values()), run_onnxruntime(model, ordered)):
        for actual, wanted in zip(results, expected, strict=True):
            assert_close(actual, np.asarray(wanted))
