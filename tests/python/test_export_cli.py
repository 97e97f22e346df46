"""modelconv export: factory, checkpoint, OpenMMLab's flags."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
import torch

FACTORY = """
import torch

class Net(torch.nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.features = torch.nn.Sequential(conv, torch.nn.BatchNorm2d(4), torch.nn.ReLU())
        self.first = torch.nn.Linear(4, classes)
        self.second = torch.nn.Linear(4, 2 * classes)

    def forward(self, x):
        x = self.features(x).mean([2, 3])
        return self.first(x), self.second(x)

def two_heads():
    return Net()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(FACTORY)
    return tmp_path


def net(folder: Path) -> torch.nn.Module:
    names: dict[str, object] = {}
    exec(FACTORY, names)
    module: torch.nn.Module = names["two_heads"]()  # type: ignore[operator]
    return module.eval()


def export(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelconv", "export", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "", "COLUMNS": "120"},
    )  # fmt: skip


def test_checkpoint_dynamic_export_simplify_verify(folder: Path) -> None:
    module = net(folder)
    torch.save({"state_dict": {f"module.{k}": v for k, v in module.state_dict().items()}}, folder / "net.pth.tar")
    done = export(
        folder, "nets:two_heads", "net.onnx", "--checkpoint", "net.pth.tar", "--shape", "1,3,32,32", "--dynamic-export",
        "--simplify", "--verify", "--input-names", "image", "--output-names", "five,ten",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "'state_dict'" in done.stderr
    assert "'module.'" in done.stderr
    assert done.stderr.count("verify    passed") == 2  # at 1.5 times the size and another batch as well
    model = mc.load(folder / "net.onnx")
    assert [spec.name for spec in model.outputs] == ["five", "ten"]
    assert model.inputs[0].shape == ("batch", 3, "height", "width")
    assert "BatchNormalization" not in model.op_counts()
    x = torch.randn(4, 3, 20, 24)
    with torch.no_grad():
        expected = module(x)
    for value, reference in zip(model.run({"image": x.numpy()}).values(), expected, strict=True):
        np.testing.assert_allclose(value, reference.numpy(), rtol=1e-4, atol=1e-5)


def test_what_does_not_fit_is_said_in_one_message(folder: Path) -> None:
    weights = net(folder).state_dict()
    weights["extra.weight"] = weights.pop("first.weight")
    weights["second.bias"] = torch.zeros(3)
    torch.save(weights, folder / "net.pth")
    done = export(folder, "nets.py:two_heads", "net.onnx", "--checkpoint", "net.pth", "--shape", "32")
    assert done.returncode == 2
    for part in ("missing: first.weight", "unexpected: extra.weight", "'second.bias' is [3], the module has [10]"):
        assert part in done.stderr
    assert not (folder / "net.onnx").exists()


@pytest.mark.parametrize(
    ("factory", "says"),
    [
        ("nets", "not of the form MODULE:FACTORY"),
        ("nets:three_heads", "nets has no 'three_heads'"),
        ("nothing:here", "there is no module 'nothing'"),
        ("nothing.py:here", "there is no file 'nothing.py'"),
        ("math:pi", "not a torch.nn.Module"),
    ],
)
def test_factories_that_are_none(factory: str, says: str, folder: Path) -> None:
    done = export(folder, factory, "net.onnx", "--shape", "1,3,8,8")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pickled_module_is_not_run(folder: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), folder / "whole.pth")
    done = export(folder, "nets:two_heads", "net.onnx", "--checkpoint", "whole.pth", "--shape", "1,3,8,8")
    assert done.returncode == 2
    assert "state_dict()" in done.stderr
