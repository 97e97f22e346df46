"""Ten small networks of the usual kinds, each with example inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """Convolutions with a way around them, then a mean and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x += self.second(x)
        return self.head(torch.flatten(functional.adaptive_avg_pool2d(functional.relu(x), (1, 1)), 1))


class UNet(nn.Module):
    """Down, up, and side by side with what was before."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.last = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = functional.leaky_relu(self.down(x), 0.1)
        second = self.up(torch.sigmoid(self.deep(first)))
        y = self.last(torch.cat([first, second], dim=1))
        return functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)


class Tagger(nn.Module):
    """Words to tags, by an LSTM in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.tags = nn.Linear(10, 3)

    def forward(self, words: Tensor) -> Tensor:
        hidden, _ = self.lstm(self.words(words))
        return functional.log_softmax(self.tags(hidden), dim=-1)


class Recogniser(nn.Module):
    """Columns of a picture as a sequence for a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.gru = nn.GRU(4 * 4, 6)
        self.letters = nn.Linear(6, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.elu(self.conv(x)), 2)
        b, c, h, w = x.shape
        hidden, _ = self.gru(x.reshape(b, c * h, w).permute(2, 0, 1))
        return self.letters(hidden)


class Decoder(nn.Module):
    """Attention that looks back only, written out, with an RMS norm."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.qkv = nn.Linear(8, 24, bias=False)
        self.weight = nn.Parameter(torch.rand(8))

    def forward(self, words: Tensor) -> Tensor:
        x = self.words(words)
        b, n, c = x.shape
        normal = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight
        q, k, v = self.qkv(normal).view(b, n, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        mask = torch.full((n, n), float("-inf")).triu(1)
        weights = torch.softmax(q @ k.transpose(-2, -1) / 2.0 + mask, dim=-1)
        return (x + (weights @ v).transpose(1, 2).reshape(b, n, c)) @ self.words.weight.t()


class Fused(nn.Module):
    """Attention as one operator."""

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(q, k, v)


class Variational(nn.Module):
    """Two heads of which one goes on: mean, and the logarithm of a variance."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Linear(6, 8)
        self.mean, self.spread = nn.Linear(8, 2), nn.Linear(8, 2)
        self.decode = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 6), nn.Sigmoid())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = functional.softplus(self.encode(x))
        mean = self.mean(hidden)
        return self.decode(mean), mean, self.spread(hidden).clamp(-5.0, 5.0)


class Mixer(nn.Module):
    """Depthwise convolutions, layer normalisation of channels, GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 4, stride=4)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm = nn.LayerNorm(6)
        self.wide, self.narrow = nn.Linear(6, 12), nn.Linear(12, 6)
        self.scale = nn.Parameter(torch.rand(6))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(functional.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class Wave(nn.Module):
    """Dilated convolutions along time with gates."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv1d(4, 8, 2, dilation=2**i) for i in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            y = layer(functional.pad(x, [1 << i, 0]))
            a, b = y.chunk(2, dim=1)
            x = x + torch.tanh(a) * torch.sigmoid(b)
        return x.mean(dim=2)


def networks() -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """Module in inference mode and example inputs by name."""
    torch.manual_seed(0)
    words = torch.randint(0, 20, (2, 5))
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    found: dict[str, tuple[nn.Module, tuple[Tensor, ...]]] = {
        "residual": (Residual(), (torch.randn(2, 3, 8, 8),)),
        "unet": (UNet(), (torch.randn(1, 3, 8, 8),)),
        "tagger": (Tagger(), (words,)),
        "recogniser": (Recogniser(), (torch.randn(2, 1, 8, 12),)),
        "decoder": (Decoder(), (words,)),
        "encoder": (nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), (torch.randn(2, 5, 8),)),
        "fused": (Fused(), tuple(torch.randn(2, 2, n, 4) for n in (3, 5, 5))),
        "variational": (Variational(), (torch.randn(3, 6),)),
        "mixer": (Mixer(), (torch.randn(1, 3, 8, 8),)),
        "wave": (Wave(), (torch.randn(2, 4, 10),)),
    }
    return {name: (module.eval(), inputs) for name, (module, inputs) in found.items()}
