"""batch(scheduler=...): a Dask cluster of two workers on this machine."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import modelconv as mc
import pytest
from support.batch_folder import MakeManifest, broken_model, contents
from support.processes import run_python, skip_without

MODELS = 30


def test_thirty_models_are_the_same_bytes_though_a_worker_is_killed(
    cluster: Any, make_manifest: MakeManifest, tmp_path: Path
) -> None:
    from distributed import Client

    assert mc.batch(make_manifest("sequential", MODELS), workers=0)
    report = mc.batch(make_manifest("cluster", MODELS), scheduler=cluster.scheduler_address)
    assert report.counts() == {"converted": MODELS, "unchanged": 0, "failed": 0}
    assert len(contents(tmp_path / "sequential")) == MODELS
    assert contents(tmp_path / "cluster") == contents(tmp_path / "sequential")

    with Client(cluster, set_as_default=False) as client:
        address, victim = next(iter(client.run(os.getpid).items()))
        lost: list[int] = []
        # Stopped, it is given work that it cannot finish before it is killed, however fast the machine is.
        os.kill(victim, signal.SIGSTOP)

        def kill_one(_: str, done: int, __: int) -> None:
            if done == 3:
                lost.append(len(client.processing()[address]))
                os.kill(victim, signal.SIGKILL)

        report = mc.batch(make_manifest("killed", MODELS), scheduler=client, progress=kill_one)
        assert lost[0] > 0, "the worker had something to do"
        assert report.counts() == {"converted": MODELS, "unchanged": 0, "failed": 0}, report.to_text()
        assert contents(tmp_path / "killed") == contents(tmp_path / "sequential")
        client.wait_for_workers(2)
        assert victim not in client.run(os.getpid).values()


def test_failures_and_what_was_done_before(cluster: Any, make_manifest: MakeManifest, tmp_path: Path) -> None:
    broken_model(tmp_path / "broken.onnx")
    manifest = make_manifest("out", 3, '[[model]]\nsource = "broken.onnx"\ntarget = "out/broken.tflite"\n')
    report = mc.batch(manifest, scheduler=cluster.scheduler_address)
    assert [row.error for row in report.rows] == ["", "", "", "MalformedModelError"]
    report = mc.batch(manifest, scheduler=cluster.scheduler_address)
    assert [row.status for row in report.rows] == ["unchanged"] * 3 + ["failed"]


def test_an_address_where_nobody_listens(make_manifest: MakeManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("distributed")
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(mc.ModelConvError, match=r"no Dask scheduler at 'tcp://127\.0\.0\.1:9'"),
    ):
        mc.batch(make_manifest("out", 1), scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_error_names_the_extra(make_manifest: MakeManifest) -> None:
    code = """
import sys
sys.modules["distributed"] = None
import modelconv as mc
try:
    mc.batch(sys.argv[1], scheduler="tcp://127.0.0.1:1")
except mc.ModelConvError as error:
    print(error)
"""
    assert "pip install modelconv[dask]" in run_python(code, str(make_manifest("out", 1))).stdout
