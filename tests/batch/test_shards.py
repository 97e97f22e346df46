"""Calibration and verification over sharded data: one process, two, and a Dask cluster come to the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.batching.parts import Part, parts_of
from modelconv.batching.pool import Workers
from modelconv.calibration import calibration_batches
from modelconv.errors import BadArgumentError
from modelconv.observers import MinMax, Percentile
from onnx import helper, numpy_helper
from support.batch_workers import Largest, Unmergeable, double_or_die
from support.processes import run_command

SIZES = [7, 30, 1, 45, 16]  # samples of the shards: no multiples of a batch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with operators of the newest operator set, and data for it."""
    folder = tmp_path_factory.mktemp("shards")
    random = np.random.default_rng(0)
    arrays = {"w": random.standard_normal((4, 3, 3, 3)), "d": random.standard_normal((4, 5))}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1] * 4),
        helper.make_node("Gelu", ["c"], ["g"], approximate="tanh"),
        helper.make_node("GlobalAveragePool", ["g"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "d"], ["y"]),
    ]
    x, y = helper.make_tensor_value_info("x", 1, ["N", 3, 8, 8]), helper.make_tensor_value_info("y", 1, ["N", 5])
    weights = [numpy_helper.from_array(array.astype("f4"), name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "g", [x], [y], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), folder / "m.onnx")
    for i, size in enumerate(SIZES):
        values = random.standard_normal((size, 3, 8, 8)) * (i + 1)
        np.savez(folder / f"shard{i}.npz", x=values.astype("f4"))
    return folder


def converted(folder: Path, target: Path, observer: Any = "minmax", **who: Any) -> tuple[bytes, str, list[Any]]:
    """The file, the verification and the layers of the report."""
    shards = str(folder / "shard*.npz")
    result = mc.convert(
        folder / "m.onnx",
        target,
        quantize=mc.Int8(calibration=shards, observer=observer, samples=90, io_type="float32"),
        verify={"inputs": shards, "tolerances": (1, 1)},
        **who,
    )
    assert result.verification is not None
    assert result.report.quantization is not None
    assert result.verification.samples == -(-sum(SIZES) // 16)
    return target.read_bytes(), result.verification.to_json(), result.report.quantization.layers


@pytest.mark.parametrize("observer", ["percentile", Largest], ids=str)
def test_two_processes_write_the_same_bytes(folder: Path, observer: Any, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    alone = converted(folder, tmp_path / "alone.tflite", observer)
    two = converted(
        folder,
        tmp_path / "two.tflite",
        observer,
        workers=2,
        progress=lambda stage, done, total: seen.append((done, total)) if stage == "calibrate" else None,
    )
    assert two == alone
    assert seen[-1] == (6, 6)


def test_a_cluster_writes_the_same_bytes(folder: Path, cluster: Any, tmp_path: Path) -> None:
    alone = converted(folder, tmp_path / "alone.tflite", "percentile")
    assert converted(folder, tmp_path / "c.tflite", "percentile", scheduler=cluster.scheduler_address) == alone


def test_models_and_arrays_in_memory_are_sent(folder: Path, cluster: Any) -> None:
    """To a process, and to a cluster: what is in no file."""
    model, x = mc.load(folder / "m.onnx"), np.load(folder / "shard1.npz")["x"]
    inputs = [{"x": x[i : i + 4]} for i in range(0, 12, 4)]
    alone = mc.verify_against(mc.load(folder / "m.onnx"), model, inputs=inputs)
    assert alone.reference == "modelconv"
    for who in ({"workers": 1}, {"scheduler": cluster.scheduler_address}):
        assert mc.verify_against(mc.load(folder / "m.onnx"), model, inputs=inputs, **who) == alone


def test_from_the_shell(folder: Path) -> None:
    command = ["verify", str(folder / "m.onnx"), str(folder / "m.onnx"), "--input", str(folder / "shard*.npz")]
    outputs = [run_command([*command, "--json", *who]) for who in ([], ["--workers", "1"])]
    assert [done.returncode for done in outputs] == [0, 0], outputs
    assert outputs[0].stdout == outputs[1].stdout
    assert '"samples": 7' in outputs[0].stdout


# --- what it rests on


def batches_equal(parts: list[Part], batches: Iterator[Any], specs: Any) -> None:
    made = [batch for part in parts for batch in part.batches(specs)]
    expected = list(batches)
    assert sum(part.count for part in parts) == len(made) == len(expected)
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_array_equal(one["x"], other["x"])


@pytest.mark.parametrize("limit", [None, 1, 40, 90, 1000])
@pytest.mark.parametrize("first", ["N", 4, 1])
def test_parts_are_cut_from_the_same_batches(folder: Path, first: Any, limit: int | None) -> None:
    specs = [mc.TensorSpec("x", "float32", (first, 3, 8, 8))]
    shards = [str(folder / f"shard{i}.npz") for i in (2, 0, 4, 1, 3)]
    for data in (shards, str(folder / "shard*.npz"), np.load(folder / "shard3.npz")["x"]):
        for count in (1, 3, 8, 1000):
            parts = parts_of(data, specs, count, limit=limit)
            assert len(parts) <= count
            batches_equal(parts, calibration_batches(data, specs, limit=limit), specs)


def test_a_folder_of_pictures_is_cut_between_them(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(6)
    for i in range(7):
        pixels = random.integers(0, 256, (8 + i, 9, 3), np.uint8)
        image.fromarray(pixels).save(tmp_path / f"{i}.png")
    for first in ("N", 2, 3):
        specs = [mc.TensorSpec("x", "float32", (first, 3, 8, 8))]
        for data in (tmp_path, sorted(tmp_path.iterdir())):
            parts = parts_of(data, specs, 3, mean=127.5, std=58)
            batches_equal(parts, calibration_batches(data, specs, mean=127.5, std=58), specs)


def test_observers_add_up_in_any_order() -> None:
    """Whatever the parts and their order, zeros, tiny, huge and non-finite numbers among them."""
    random = np.random.default_rng(3)
    values = np.concatenate(
        [
            random.standard_normal(5000),
            random.standard_normal(300) * 1e4,
            np.zeros(50),
            random.standard_normal(50) * 1e-30,
            [np.nan, np.inf, -np.inf, 2.0**20, -(2.0**20)],
        ]
    ).astype("f4")
    for make in (MinMax, Percentile, lambda: Percentile(99), lambda: Percentile(50)):
        whole = make()
        whole.update(values)
        for _ in range(10):
            cuts = np.sort(random.integers(0, values.size, random.integers(1, 9)))
            pieces = np.split(random.permutation(values), cuts)
            observers = []
            for piece in pieces:
                observers.append(make())
                for batch in np.array_split(piece, 3):
                    observers[-1].update(batch)
            total = make()
            for observer in observers:
                total.merge(observer)  # type: ignore[arg-type]
            assert total.range() == whole.range()


def test_a_percentile_is_close_to_the_exact_one() -> None:
    """Within a bin: the range is at most 1/2048 of the extent's power of two too wide, and never too narrow."""
    values = np.random.default_rng(4).standard_normal(100_000).astype("f4")
    for share in (99.99, 99, 90):
        observer = Percentile(share)
        observer.update(values)
        low, high = observer.range()
        exact = np.quantile(values.astype("f8"), [(1 - share / 100) / 2, (1 + share / 100) / 2])
        assert exact[0] - 8 / 2048 <= low <= exact[0] + 1e-3
        assert exact[1] - 1e-3 <= high <= exact[1] + 8 / 2048
    nothing = Percentile()
    assert nothing.range() == (0, 0)
    nothing.update(np.zeros(3, np.float32))
    assert nothing.range() == (0, 0)


def test_a_process_that_dies_loses_nothing(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    done = dict(Workers(2).map(double_or_die, (str(marks), 1), range(6)))
    assert done == {number: 2 * number for number in range(6)}
    assert len(list(marks.iterdir())) == 1
    with pytest.raises(mc.ModelConvError, match="died, twice"):
        list(Workers(2).map(double_or_die, (str(marks), 9), range(6)))


def test_what_cannot_be_shared_is_said(folder: Path, tmp_path: Path) -> None:
    shards = str(folder / "shard*.npz")
    how = mc.Int8(calibration=shards, observer=Unmergeable)
    with pytest.raises(mc.ModelConvError, match=r"makes a Unmergeable without merge\(other\)"):
        mc.convert(folder / "m.onnx", tmp_path / "m.tflite", quantize=how, workers=2)
    with pytest.raises(mc.ModelConvError, match="cannot be sent to them"):
        mc.verify_against(folder / "m.onnx", lambda x: x, inputs=shards, workers=2)
    with pytest.raises(BadArgumentError, match="per_layer compares in one process"):
        mc.verify_against(folder / "m.onnx", folder / "m.onnx", inputs=shards, workers=2, per_layer=True)
    with pytest.raises(mc.ModelConvError, match="no file fits the pattern"):
        mc.verify_against(folder / "m.onnx", folder / "m.onnx", inputs=str(folder / "none*.npz"), workers=2)
    np.savez(tmp_path / "wrong.npz", a=np.zeros(3), b=np.zeros(3))
    with pytest.raises(mc.ModelConvError, match="the calibration data has no input 'x'; it has 'a', 'b'"):
        mc.verify_against(folder / "m.onnx", folder / "m.onnx", inputs=str(tmp_path / "wrong.npz"), workers=2)
