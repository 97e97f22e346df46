"""batch(): the report, resuming, failures, and that every way of doing the work writes the same bytes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.batching import local
from support import batch_workers, onnx_models
from support.batch_folder import MakeManifest, broken_model, contents


def statuses(report: mc.BatchReport) -> list[str]:
    return [row.status for row in report.rows]


def test_in_this_process(make_manifest: MakeManifest, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    report = mc.batch(make_manifest("out"), workers=0, progress=lambda *step: seen.append(step))
    assert report
    assert statuses(report) == ["converted"] * 6
    assert seen[-1] == ("batch", 6, 6)
    assert [row.name for row in report.rows][:3] == ["model0", "model1", "net2"]
    assert report.rows[0].source_format == "onnx"
    assert report.rows[1].target_format == "tflite"
    assert report.rows[0].size == (tmp_path / "out" / "model0.onnx").stat().st_size
    assert len(contents(tmp_path / "out")) == 6


def test_in_processes_the_same_bytes(make_manifest: MakeManifest, tmp_path: Path) -> None:
    assert mc.batch(make_manifest("one"), workers=0)
    assert mc.batch(make_manifest("two"), workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def kill_after(count: int, victim: Callable[[], int]) -> Callable[[str, int, int], None]:
    """A progress callback that ends a worker when `count` models are done."""

    def progress(_: str, done: int, __: int) -> None:
        if done == count:
            os.kill(victim(), signal.SIGKILL)

    return progress


def test_a_local_worker_that_is_killed_loses_nothing(make_manifest: MakeManifest, tmp_path: Path) -> None:
    assert mc.batch(make_manifest("one"), workers=0)
    killing = kill_after(2, lambda: multiprocessing.active_children()[0].pid or 0)
    report = mc.batch(make_manifest("two"), workers=2, progress=killing)
    assert statuses(report) == ["converted"] * 6
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_model_that_kills_its_worker_twice_is_reported(
    make_manifest: MakeManifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "run_task", batch_workers.die_of_model1)
    report = mc.batch(make_manifest("out", 4), workers=2)
    assert [row.error for row in report.rows] == ["", "WorkerDiedError", "", ""]
    assert sorted(contents(tmp_path / "out")) == ["model0.onnx", "model3.onnx", "net2.pb"]


def test_what_is_unchanged_is_left_alone(make_manifest: MakeManifest, tmp_path: Path) -> None:
    manifest = make_manifest("out", 4)
    assert mc.batch(manifest, workers=0)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = mc.batch(manifest, workers=0)
    assert statuses(again) == ["unchanged"] * 4
    assert again.rows[0].nodes_after == 5, "the row is that of the run that did it"
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert statuses(mc.batch(manifest, workers=0, again=True)) == ["converted"] * 4


def test_what_has_changed_is_done_again(
    make_manifest: MakeManifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = make_manifest("out", 4)
    assert mc.batch(manifest, workers=0)
    source = tmp_path / "sources" / "model0.onnx"  # another source
    source.write_bytes(onnx_models.redundant().SerializeToString())
    (tmp_path / "out" / "model1.tflite").unlink()  # a target that is gone
    (tmp_path / "out" / "net2.pb").write_bytes(b"not what was written")
    assert statuses(mc.batch(manifest, workers=0)) == ["converted"] * 3 + ["unchanged"]
    manifest.write_text("[defaults]\nsimplify = false\n" + manifest.read_text())  # other options
    assert statuses(mc.batch(manifest, workers=0)) == ["converted"] * 4
    monkeypatch.setattr(mc, "__version__", "9.9.9")
    assert statuses(mc.batch(manifest, workers=0)) == ["converted"] * 4


def test_a_manifest_that_grows_and_a_journal_that_was_cut_short(make_manifest: MakeManifest, tmp_path: Path) -> None:
    assert mc.batch(make_manifest("out", 3), workers=0)
    journal = tmp_path / "out" / ".modelconv-batch.jsonl"
    journal.write_text(journal.read_text()[:-20])
    manifest = make_manifest("out", 4)
    assert statuses(mc.batch(manifest, workers=0)) == ["unchanged", "unchanged", "converted", "converted"]
    assert statuses(mc.batch(manifest, workers=0)) == ["unchanged"] * 4
    journal.write_text("no JSON at all\n[1]\n")
    assert statuses(mc.batch(manifest, workers=0)) == ["converted"] * 4


def test_a_failing_model_never_stops_the_rest(make_manifest: MakeManifest, tmp_path: Path) -> None:
    broken_model(tmp_path / "broken.onnx")
    manifest = make_manifest("out", 3, '[[model]]\nsource = "broken.onnx"\ntarget = "out/broken.tflite"\n')
    for _ in range(2):  # what failed is tried again
        report = mc.batch(manifest, workers=0)
        assert not report
        (failure,) = report.failures
        assert (failure.name, failure.error) == ("broken", "MalformedModelError")
        assert "nowhere" in failure.message
    assert "broken.onnx" in report.to_text()
    assert sorted(contents(tmp_path / "out")) == ["model0.onnx", "model1.tflite", "net2.pb"]
    assert statuses(report) == ["unchanged"] * 3 + ["failed"]
    assert json.loads(report.to_json())["counts"] == {"converted": 0, "unchanged": 3, "failed": 1}
    assert "MalformedModelError" in report._repr_html_()


def test_settings_reach_the_conversion(tmp_path: Path) -> None:
    model = onnx_models.mlp()
    onnx.save(model, tmp_path / "mlp.onnx")
    samples = np.random.default_rng(0).standard_normal((24, 4)).astype(np.float32)
    for index in range(3):
        np.savez(tmp_path / f"shard{index}.npz", x=samples[8 * index : 8 * index + 8])
    np.savez(tmp_path / "all.npz", x=samples)
    (tmp_path / "batch.toml").write_text(
        """
        [defaults]
        target = "out/{name}.tflite"
        verify = { inputs = "shard*.npz", tolerances = "int8" }

        [[model]]
        name = "sharded"
        source = "mlp.onnx"
        quantize = { calibration = "shard*.npz", io_type = "float32" }

        [[model]]
        name = "listed"
        source = "mlp.onnx"
        quantize = { calibration = ["shard0.npz", "shard1.npz", "shard2.npz"], io_type = "float32" }

        [[model]]
        name = "whole"
        source = "mlp.onnx"
        quantize = { calibration = "all.npz", io_type = "float32" }
        verify = false

        [[model]]
        name = "fixed"
        source = "mlp.onnx"
        target = "out/fixed.onnx"
        input_shapes = { x = [2, 4] }
        dynamic_axes = { x = { 0 = "rows" } }
        output_names = ["probabilities"]
        opset = 15
        verify = true
        """
    )
    report = mc.batch(tmp_path / "batch.toml", workers=0)
    assert report, report.to_text()
    written = contents(tmp_path / "out")
    assert written["sharded.tflite"] == written["whole.tflite"] == written["listed.tflite"]
    assert report.rows[0].verified["samples"] >= 2
    assert report.rows[0].verified["passed"] is True
    assert report.rows[2].verified == {}
    fixed = mc.load(tmp_path / "out" / "fixed.onnx")
    assert fixed.inputs[0].shape == ("rows", 4)
    assert fixed.outputs[0].name == "probabilities"
    # Calibration data is part of what a target depends on.
    np.savez(tmp_path / "all.npz", x=samples * 2)
    assert statuses(mc.batch(tmp_path / "batch.toml", workers=0)) == [
        "unchanged",
        "unchanged",
        "converted",
        "unchanged",
    ]


def test_a_verification_that_fails(tmp_path: Path) -> None:
    onnx.save(onnx_models.mlp(), tmp_path / "mlp.onnx")
    row = {
        "source": str(tmp_path / "mlp.onnx"),
        "target": str(tmp_path / "out.onnx"),
        "quantize": "dynamic",
        "verify": {"rtol": 1e-12, "atol": 1e-12},
    }
    report = mc.batch([row], workers=0)
    assert [failure.error for failure in report.failures] == ["VerificationError"]
    assert statuses(
        mc.batch({"defaults": {"verify": False}, "model": [{**row, "verify": True, "quantize": "float16"}]})
    )


def test_a_folder(make_manifest: MakeManifest, tmp_path: Path) -> None:
    make_manifest("unused", 3)
    sources = tmp_path / "sources"
    (sources / "deeper").mkdir()
    (sources / "notes.txt").write_text("no model")
    (sources / "model0.onnx").rename(sources / "deeper" / "model0.onnx")
    np.savez(sources / "weights.npz", w=np.zeros(3))
    mc.convert(sources / "model1.onnx", sources / "saved", target_format="saved_model")
    report = mc.batch(sources, target_format="tflite", output=tmp_path / "out", workers=0)
    assert report, report.to_text()
    assert sorted(contents(tmp_path / "out")) == [
        "deeper/model0.tflite",
        "model1.tflite",
        "net2.tflite",
        "saved.tflite",
    ]
    assert sorted(Path(name).name for name in report.ignored) == ["notes.txt", "weights.npz"]


BAD_CALLS: list[tuple[dict[str, object], str]] = [
    ({}, "which format are its models to become"),
    ({"target_format": "tflit"}, "did you mean 'tflite'"),
    ({"target_format": "darknet"}, "no format that can be written"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_CALLS)
def test_mistakes_with_folders(
    make_manifest: MakeManifest, tmp_path: Path, arguments: dict[str, str], message: str
) -> None:
    make_manifest("unused", 1)
    with pytest.raises(ValueError, match=message):
        mc.batch(tmp_path / "sources", **arguments)  # type: ignore[arg-type]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="has no models"):
        mc.batch(tmp_path / "empty", target_format="onnx")
