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


RESNET = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = None
        if stride != 1 or inside != outside:
            self.downsample = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))

class ResNet18(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)
        )
        sizes = [width, width, 2 * width, 4 * width, 8 * width]
        for i in range(4):
            first = Block(sizes[i], sizes[i + 1], 1 if i == 0 else 2)
            setattr(self, f"layer{i + 1}", nn.Sequential(first, Block(sizes[i + 1], sizes[i + 1], 1)))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.species, self.breed = nn.Linear(8 * width, 5), nn.Linear(8 * width, 10)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        x = torch.flatten(self.avgpool(x), 1)
        return self.species(x), self.breed(x)
"""


def test_resnet18_with_two_heads_through_onnx_to_tensorflow(tmp_path: Path) -> None:
    """One command: checkpoint, ONNX, frozen graph; outputs and differences of all three."""
    (tmp_path / "resnet.py").write_text(RESNET)
    names: dict[str, object] = {}
    exec(RESNET, names)
    torch.manual_seed(0)
    module: torch.nn.Module = names["ResNet18"]()  # type: ignore[operator]
    module.train()(torch.randn(4, 3, 64, 64))  # statistics that are not 0 and 1
    torch.save({"epoch": 3, "state_dict": module.eval().state_dict()}, tmp_path / "net.pth.tar")
    done = export(
        tmp_path, "resnet:ResNet18", "net.onnx", "--then", "net.pb", "--checkpoint", "net.pth.tar",
        "--shape", "-1,3,64,64", "--input-names", "image", "--output-names", "species,breed", "--verify",
        "--rtol", "1e-5",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("verify    passed") == 4  # two files, two batch sizes
    for side in ("torch", "net.onnx", "net.pb"):
        for name, classes in (("species", 5), ("breed", 10)):
            assert f"{side}: {name} float32[2, {classes}]" in done.stdout
            assert f"{side}: {name} float32[3, {classes}]" in done.stdout
    model = mc.load(tmp_path / "net.onnx")
    assert model.inputs[0].shape == ("batch", 3, 64, 64)
    assert [(spec.name, spec.shape) for spec in model.outputs] == [("species", ("batch", 5)), ("breed", ("batch", 10))]
    assert {"layer3.0.downsample.0.weight", "species.weight"} <= set(model.weights)


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
