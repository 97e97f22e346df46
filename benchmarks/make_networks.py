"""ResNet-50 and BERT-base with random weights, exported from PyTorch, for benchmarks that need their size only.

python benchmarks/make_networks.py FOLDER
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import torch
from torch import nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = (
            nn.Identity()
            if inputs == outputs and stride == 1
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            layers.append(Bottleneck(inputs, width, stride if block == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000))


class Attention(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))
        self.output = nn.Linear(size, size)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + bias
        return self.output((scores.softmax(-1) @ value).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.attention = Attention(size, heads)
        self.feed_forward = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size))
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(2))

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        x = self.norms[0](x + self.attention(x, bias))
        return self.norms[1](x + self.feed_forward(x))


class Bert(nn.Module):
    """BERT-base: 12 layers of 768 in 12 heads, 30,522 words, 512 positions."""

    def __init__(self, size: int = 768, heads: int = 12, layers: int = 12) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(30522, size), nn.Embedding(512, size)
        self.norm = nn.LayerNorm(size)
        self.layers = nn.ModuleList(Layer(size, heads) for _ in range(layers))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        bias = (1.0 - mask[:, None, None, :].float()) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x


def export(model: nn.Module, inputs: dict[str, torch.Tensor], path: Path) -> None:
    torch.manual_seed(0)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), tuple(inputs.values()), str(path), dynamo=False, opset_version=17, input_names=list(inputs)
        )


def make_networks(folder: Path) -> dict[str, Path]:
    """Paths of the models; what is there is kept."""
    ids, mask = torch.ones(1, 128, dtype=torch.int64), torch.ones(1, 128, dtype=torch.int64)
    networks = {
        "ResNet-50": (resnet50, {"x": torch.zeros(1, 3, 224, 224)}),
        "BERT-base": (Bert, {"ids": ids, "mask": mask}),
    }
    paths = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, (build, inputs) in networks.items():
        paths[name] = folder / f"{name.lower()}.onnx"
        if not paths[name].exists():
            unfinished = paths[name].with_suffix(".unfinished")
            torch.manual_seed(0)
            export(build(), inputs, unfinished)
            unfinished.rename(paths[name])
    return paths


if __name__ == "__main__":
    for name, path in make_networks(Path(sys.argv[1])).items():
        print(f"{name}: {path}")
