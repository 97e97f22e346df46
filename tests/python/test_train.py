"""Exporting while training: weights of the moment, in the background, and failures that do not stop anything."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
import torch
from torch import nn


def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


EXAMPLE = torch.randn(2, 1, 8, 8)


def train_a_little(module: nn.Module) -> None:
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        module(torch.randn(4, 1, 8, 8)).square().mean().backward()
        optimizer.step()


def assert_equals_module(model: mc.Model, module: nn.Module) -> None:
    module.eval()
    with torch.no_grad():
        expected = module(EXAMPLE).numpy()
    results = model.run({model.inputs[0].name: EXAMPLE.numpy()})
    np.testing.assert_allclose(next(iter(results.values())), expected, rtol=1e-5, atol=1e-6)


def test_later_exports_have_the_weights_of_the_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = small_net()
    exporter = mc.train.Exporter(module, EXAMPLE, input_names=["image"], dynamic_axes={"image": {0: "batch"}})
    exporter.export(tmp_path / "first.onnx")
    monkeypatch.setattr(torch.export, "export", lambda *_, **__: pytest.fail("captured again"))
    train_a_little(module)
    exporter.export(tmp_path / "second.onnx")
    assert module.training
    second = mc.load(tmp_path / "second.onnx")
    assert second.inputs[0].shape == ("batch", 1, 8, 8)
    assert_equals_module(second, module)


def test_an_export_in_the_background_has_the_weights_of_the_call(tmp_path: Path) -> None:
    module = small_net().eval()
    with torch.no_grad():
        expected = module(EXAMPLE).numpy()
    with mc.train.Exporter(module, EXAMPLE) as exporter:
        future = exporter.export_in_background(tmp_path / "m.onnx")
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
        model = future.result(timeout=60).model
    np.testing.assert_allclose(
        next(iter(model.run({model.inputs[0].name: EXAMPLE.numpy()}).values())), expected, rtol=1e-5, atol=1e-6
    )


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    module = small_net()
    epochs: list[int] = []
    export = mc.train.EpochExport(
        mc.train.Exporter(module, EXAMPLE),
        str(tmp_path / "best.onnx"),
        keep="best",
        monitor="loss",
        background=False,
        on_export=lambda epoch, _: epochs.append(epoch),
    )
    for epoch, loss in enumerate([3.0, 2.0, 2.5, 1.0]):
        train_a_little(module)
        export.epoch_end(epoch, {"loss": loss})
    assert epochs == [0, 1, 3]
    assert export.best == 1.0
    assert_equals_module(mc.load(tmp_path / "best.onnx"), module)


def test_each_epoch_has_a_file_of_its_own(tmp_path: Path) -> None:
    export = mc.train.EpochExport(mc.train.Exporter(small_net(), EXAMPLE), str(tmp_path / "{epoch}-{loss:.1f}.onnx"))
    for epoch in range(3):
        export.epoch_end(epoch, {"loss": 0.5})
    export.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-0.5.onnx", "1-0.5.onnx", "2-0.5.onnx"]
    assert not export.failures


class Fails(nn.Module):
    """Cannot be captured."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("not today")


@pytest.mark.parametrize("background", [True, False])
def test_a_failed_export_is_reported_and_training_goes_on(background: bool, tmp_path: Path) -> None:
    export = mc.train.EpochExport(mc.train.Exporter(Fails(), EXAMPLE), str(tmp_path / "m.onnx"), background=background)
    with pytest.warns(UserWarning, match="the export after epoch 4 failed, training goes on"):
        export.epoch_end(4)
    export.close()
    assert [failure.epoch for failure in export.failures] == [4]
    assert not list(tmp_path.iterdir())


def test_a_metric_that_is_not_there_is_a_failure_too(tmp_path: Path) -> None:
    exporter = mc.train.Exporter(small_net(), EXAMPLE)
    export = mc.train.EpochExport(exporter, str(tmp_path / "m.onnx"), keep="best", monitor="accuracy")
    with pytest.warns(UserWarning, match="no metric 'accuracy'"):
        export.epoch_end(0, {"loss": 1.0})


def test_keras_callback(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(loss="mse")
    export = mc.train.EpochExport(mc.train.Exporter(model), str(tmp_path / "{epoch}.onnx"), background=False)
    x = np.ones((8, 4), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, np.ones((8, 3)), epochs=2, verbose=0, callbacks=[mc.train.keras_callback(export)])
    assert not export.failures
    last = mc.load(tmp_path / "1.onnx")
    result = next(iter(last.run({last.inputs[0].name: x}).values()))
    np.testing.assert_allclose(result, model(x).numpy(), rtol=1e-5, atol=1e-6)


class FakeTrainer:
    """What the callbacks read of Lightning's trainer."""

    is_global_zero = True
    current_epoch = 2

    def __init__(self) -> None:
        self.callback_metrics: dict[str, Any] = {"loss": torch.tensor(0.5), "names": ["a"]}


def test_metrics_are_single_numbers() -> None:
    from modelconv.train.frameworks import numbers_in

    assert numbers_in(FakeTrainer().callback_metrics) == {"loss": 0.5}
