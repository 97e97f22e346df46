"""Damaged files: one typed error each, or a model; never a crash, a hang or much memory, and nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.damage import CUTS, FLIPS, assert_refused, assert_typed_or_read, cut_short, flipped


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
