"""Checkpoints of TensorFlow 1: both formats, partitioned variables, every way to name one, missing parts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

ARRAY = np.random.default_rng(4).standard_normal((3, 6)).astype(np.float32)


@dataclass
class Saved:
    prefix: Path
    expected: np.ndarray

    def check(self, path: Any, assert_close: Callable[..., None], **options: Any) -> None:
        model = mc.load(path, outputs=["y"], **options)
        assert_close(model.run({"x": ARRAY})["y"], self.expected)


def save_model(tf: Any, folder: Path, version: Any, seed: int = 1, sharded: bool = False) -> Saved:
    """y = relu(x @ weights + bias) * scale; the weights in three parts, the scale a resource variable."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(seed)
        x = v1.placeholder(tf.float32, [None, 6], name="x")
        weights = v1.get_variable(
            "weights",
            [6, 4],
            partitioner=v1.fixed_size_partitioner(3),
            use_resource=False,
            initializer=v1.random_normal_initializer(),
        )
        bias = v1.get_variable("bias", [4], use_resource=False, initializer=v1.random_normal_initializer())
        scale = v1.get_variable("scale", [], use_resource=True, initializer=v1.random_normal_initializer())
        y = tf.multiply(tf.nn.relu(tf.linalg.matmul(x, tf.convert_to_tensor(weights)) + bias), scale, name="y")
        saver = v1.train.Saver(write_version=version, sharded=sharded)
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            saver.save(session, str(folder / "model.ckpt"))
            return Saved(folder / "model.ckpt", session.run(y, {x: ARRAY}))


@pytest.fixture(scope="module")
def saved(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return save_model(tf, tmp_path_factory.mktemp("v2"), tf.compat.v1.train.SaverDef.V2)


@pytest.fixture(scope="module")
def saved_v1(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return save_model(tf, tmp_path_factory.mktemp("v1"), tf.compat.v1.train.SaverDef.V1, seed=2)


@pytest.mark.parametrize("name", ["", ".meta", ".index", ".data-00000-of-00001"])
def test_by_prefix_and_by_each_file(name: str, saved: Saved, assert_close: Callable[..., None]) -> None:
    saved.check(f"{saved.prefix}{name}", assert_close)


def test_by_folder(saved: Saved, assert_close: Callable[..., None]) -> None:
    saved.check(saved.prefix.parent, assert_close)


@pytest.mark.parametrize("name", ["", ".meta"])
def test_format_v1(name: str, saved_v1: Saved, assert_close: Callable[..., None]) -> None:
    saved_v1.check(f"{saved_v1.prefix}{name}", assert_close)


def test_format_v1_in_several_files(tf: Any, tmp_path: Path, assert_close: Callable[..., None]) -> None:
    saved = save_model(tf, tmp_path, tf.compat.v1.train.SaverDef.V1, sharded=True)
    assert list(tmp_path.glob("model.ckpt-00000-of-0000*"))
    saved.check(f"{saved.prefix}.meta", assert_close)


def test_weights_of_another_checkpoint(saved: Saved, saved_v1: Saved, assert_close: Callable[..., None]) -> None:
    saved_v1.check(f"{saved.prefix}.meta", assert_close, weights=saved_v1.prefix)
    saved.check(f"{saved_v1.prefix}.meta", assert_close, weights=saved.prefix)


def test_graph_without_values_and_a_checkpoint(
    tf: Any, saved: Saved, tmp_path: Path, assert_close: Callable[..., None]
) -> None:
    meta = tf.compat.v1.MetaGraphDef.FromString(Path(f"{saved.prefix}.meta").read_bytes())
    path = tmp_path / "graph.pb"
    path.write_bytes(meta.graph_def.SerializeToString())
    saved.check(path, assert_close, weights=saved.prefix)
    with pytest.raises(mc.UnsupportedOpError, match="its value is not in the file"):
        mc.load(path, outputs=["y"])


def copy_checkpoint(saved: Saved, folder: Path) -> Path:
    shutil.copytree(saved.prefix.parent, folder, dirs_exist_ok=True)
    return folder / saved.prefix.name


def test_missing_shard(saved: Saved, tmp_path: Path) -> None:
    prefix = copy_checkpoint(saved, tmp_path)
    Path(f"{prefix}.data-00000-of-00001").unlink()
    with pytest.raises(mc.ModelConvError, match="data-00000-of-00001"):
        mc.load(f"{prefix}.meta", outputs=["y"])


def test_missing_shard_of_format_v1(saved_v1: Saved, tmp_path: Path) -> None:
    prefix = copy_checkpoint(saved_v1, tmp_path)
    Path(f"{prefix}").rename(f"{prefix}-00000-of-00002")
    with pytest.raises(mc.ModelConvError, match=r"model\.ckpt-00001-of-00002"):
        mc.load(f"{prefix}.meta", outputs=["y"])


def test_missing_variable(tf: Any, tmp_path: Path, saved: Saved) -> None:
    with tf.Graph().as_default():
        tf.compat.v1.get_variable("bias", [4], use_resource=False)
        saver = tf.compat.v1.train.Saver()
        with tf.compat.v1.Session() as session:
            session.run(tf.compat.v1.global_variables_initializer())
            saver.save(session, str(tmp_path / "other.ckpt"))
    with pytest.raises(mc.MalformedModelError, match=r"other.ckpt' has no tensor '(weights|scale)'"):
        mc.load(f"{saved.prefix}.meta", outputs=["y"], weights=tmp_path / "other.ckpt")


def test_weights_without_a_graph(saved: Saved, saved_v1: Saved, tmp_path: Path) -> None:
    for checkpoint in (saved, saved_v1):
        prefix = copy_checkpoint(checkpoint, tmp_path / checkpoint.prefix.parent.name)
        Path(f"{prefix}.meta").unlink()
        with pytest.raises(mc.ModelConvError, match=r"has weights only: '.*model\.ckpt\.meta'"):
            mc.load(prefix.parent if checkpoint is saved else prefix, outputs=["y"])


@pytest.mark.parametrize("kind", ["v1", "v2"])
def test_damaged_files(kind: str, saved: Saved, saved_v1: Saved, tmp_path: Path) -> None:
    prefix = copy_checkpoint(saved_v1 if kind == "v1" else saved, tmp_path)
    for path in [file for file in sorted(tmp_path.iterdir()) if file.name != "checkpoint"]:
        data = path.read_bytes()
        for size in {0, 1, len(data) // 3, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:size])
            with pytest.raises(mc.ModelConvError):
                mc.load(f"{prefix}.meta", outputs=["y"])
        path.write_bytes(data)
