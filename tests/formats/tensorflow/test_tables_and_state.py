"""Lookup tables, variables that are assigned, and pipelines that feed a graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

KEYS = {
    "counted": (np.arange(4, dtype=np.int64), np.array([1.5, 2.5, -1, 0], np.float32)),
    "sparse": (np.array([7, -3, 100], np.int64), np.array([10, 20, 30], np.int64)),
    "int32": (np.array([3, 2], np.int32), np.array([1, 2], np.int32)),
}
WANTED = np.array([[0, 7, -3], [3, 100, 2]])


@pytest.mark.parametrize("name", KEYS)
def test_table_of_a_frozen_graph(
    name: str, tf: Any, tmp_path: Path, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    keys, values = KEYS[name]
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), values.dtype.type(-9))
        x = v1.placeholder(keys.dtype, [None, 3], name="x")
        y = tf.identity(table.lookup(x), name="y")
        size = tf.identity(table.size(), name="size")
        with v1.Session(graph=graph) as session:
            session.run(v1.tables_initializer())
            expected = session.run([y, size], {x: WANTED.astype(keys.dtype)})
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    model = mc.load(path, outputs=["y", "size"])
    inputs = {"x": WANTED.astype(keys.dtype)}
    for actual in (list(model.run(inputs).values()), run_onnxruntime(model, inputs)):
        for got, wanted in zip(actual, expected, strict=True):
            assert_close(got, wanted)


class Lookup:
    """A tf.Module with a table of whole numbers, one of words, and one from a file."""

    @staticmethod
    def save(tf: Any, folder: Path) -> dict[str, np.ndarray]:
        vocabulary = folder.parent / "vocabulary.txt"
        vocabulary.write_text("red\ngreen\nblue\n", encoding="utf-8")

        class Module(tf.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.numbers = tf.lookup.StaticHashTable(
                    tf.lookup.KeyValueTensorInitializer(*KEYS["sparse"]), np.int64(-1)
                )
                self.words = tf.lookup.StaticHashTable(
                    tf.lookup.TextFileInitializer(
                        str(vocabulary),
                        tf.int64,
                        tf.lookup.TextFileIndex.LINE_NUMBER,
                        tf.string,
                        tf.lookup.TextFileIndex.WHOLE_LINE,
                    ),
                    "none",
                )

            @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
            def __call__(self, x: Any) -> Any:
                return {"numbers": self.numbers.lookup(x), "words": self.words.lookup(x)}

        module = Module()
        tf.saved_model.save(module, str(folder))
        results = module(tf.constant(WANTED.ravel()))
        return {name: value.numpy() for name, value in results.items()}


def test_tables_of_a_saved_model(tf: Any, tmp_path: Path, run_onnxruntime: Callable[..., Any]) -> None:
    expected = Lookup.save(tf, tmp_path / "saved")
    model = mc.load(tmp_path / "saved")
    inputs = {model.inputs[0].name: WANTED.ravel()}
    words = [word.decode() for word in expected["words"]]
    for results in (model.run(inputs), dict(zip(["numbers", "words"], run_onnxruntime(model, inputs), strict=True))):
        np.testing.assert_array_equal(results["numbers"], expected["numbers"])
        assert list(results["words"]) == words


def test_missing_asset(tf: Any, tmp_path: Path) -> None:
    Lookup.save(tf, tmp_path / "saved")
    (tmp_path / "saved/assets/vocabulary.txt").unlink()
    with pytest.raises(mc.ModelConvError, match=r"vocabulary\.txt"):
        mc.load(tmp_path / "saved")


def test_table_that_nobody_fills(tf: Any, tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        table = tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)
        x = tf.compat.v1.placeholder(tf.int64, [3], name="x")
        tf.identity(tf.raw_ops.LookupTableFindV2(table_handle=table, keys=x, default_value=np.int64(0)), name="y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(mc.UnsupportedOpError, match="what the table holds is not in the graph"):
        mc.load(path, outputs=["y"])


@pytest.mark.parametrize("kind", ["queue", "iterator"])
def test_what_a_pipeline_hands_out_is_an_input(
    kind: str, tf: Any, tmp_path: Path, assert_close: Callable[..., None]
) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        if kind == "queue":
            queue = v1.FIFOQueue(10, [tf.float32, tf.int32], [[3], []])
            numbers, label = queue.dequeue_many(4)
        else:
            data = tf.data.Dataset.from_tensors((np.zeros((4, 3), np.float32), np.zeros(4, np.int32)))
            numbers, label = v1.data.make_one_shot_iterator(data).get_next()
        tf.multiply(numbers, tf.cast(label, tf.float32)[:, None], name="y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    model = mc.load(path, outputs=["y"])
    arrays = [np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32), np.arange(4, dtype=np.int32)]
    inputs = {spec.name: array for spec, array in zip(model.inputs, arrays, strict=True)}
    assert_close(model.run(inputs)["y"], arrays[0] * arrays[1][:, None].astype(np.float32))


@pytest.mark.parametrize("op", ["assign", "assign_add", "assign_sub"])
def test_assignments_hand_on_the_new_value(op: str, tf: Any, tmp_path: Path, assert_close: Callable[..., None]) -> None:
    v1 = tf.compat.v1
    array = np.array([1, 2, 3], np.float32)
    with tf.Graph().as_default() as graph:
        state = v1.get_variable("state", initializer=array, use_resource=False)
        x = v1.placeholder(tf.float32, [3], name="x")
        tf.multiply(getattr(v1, op)(state, x), 2.0, name="y")
        saver = v1.train.Saver()
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            saver.save(session, str(tmp_path / "model"))
            expected = session.run("y:0", {"x:0": array * 5})
    assert_close(mc.load(tmp_path / "model", outputs=["y"]).run({"x": array * 5})["y"], expected)


@pytest.mark.parametrize("resource", [False, True])
def test_variables_are_initialised(resource: bool, tf: Any, tmp_path: Path) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        state = v1.get_variable("state", [2], use_resource=resource)
        tf.identity(v1.is_variable_initialized(state), name="y")
        saver = v1.train.Saver()
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            saver.save(session, str(tmp_path / "model"))
    assert mc.load(tmp_path / "model", outputs=["y"]).run({})["y"]
