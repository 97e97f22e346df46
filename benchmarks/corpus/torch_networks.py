"""Small networks that no library used here has: the operators they bring are named beside each."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def conv_bn(
    inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, act: bool = True
) -> nn.Module:
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU()) if act else nn.Sequential(*layers)


class ShuffleUnit(nn.Module):
    """Channel split and channel shuffle: Split, Concat, Reshape, Transpose, Reshape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            conv_bn(half, half, 1), conv_bn(half, half, 3, groups=half, act=False), conv_bn(half, half, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, changed = x.chunk(2, dim=1)
        joined = torch.cat((kept, self.branch(changed)), dim=1)
        batch, channels, height, width = joined.shape
        return (
            joined.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(batch, channels, height, width)
        )


class ShuffleNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = [conv_bn(3, 24, 3, 2), nn.MaxPool2d(3, 2, 1)]
        channels = 24
        for width, units in ((48, 4), (96, 8), (192, 4)):
            stages.append(conv_bn(channels, width, 3, 2))
            stages += [ShuffleUnit(width) for _ in range(units)]
            channels = width
        self.features = nn.Sequential(*stages)
        self.classify = nn.Linear(channels, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classify(self.features(x).mean((2, 3)))


class UNet(nn.Module):
    """Encoder and decoder with skips: ConvTranspose, interpolate by computed sizes, Concat, Pad."""

    def __init__(self) -> None:
        super().__init__()
        widths = (16, 32, 64, 128)
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        self.merge = nn.ModuleList()
        channels = 3
        for width in widths:
            self.down.append(nn.Sequential(conv_bn(channels, width), conv_bn(width, width)))
            channels = width
        for width in reversed(widths[:-1]):
            self.up.append(nn.ConvTranspose2d(channels, width, 2, 2))
            self.merge.append(nn.Sequential(conv_bn(2 * width, width), conv_bn(width, width)))
            channels = width
        self.head = nn.Conv2d(channels, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips[:-1]), strict=True):
            x = up(x)
            rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
            x = functional.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
            x = merge(torch.cat((skip, x), dim=1))
        return functional.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=False)


class SuperResolution(nn.Module):
    """Residual dense upscaling: PReLU, PixelShuffle, clamp."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.PReLU(32))
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(32, 32, 3, padding=1), nn.PReLU(), nn.Conv2d(32, 32, 3, padding=1))
            for _ in range(6)
        )
        self.last = nn.Conv2d(32, 3 * 16, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.first(x * 2.0 - 1.0)
        for block in self.blocks:
            features = features + 0.2 * block(features)
        return (functional.pixel_shuffle(self.last(features), 4) + 1.0).div(2.0).clamp(0.0, 1.0)


class TextRecogniser(nn.Module):
    """CRNN: convolutions, then two bidirectional LSTMs over columns; log_softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_bn(1, 32), nn.MaxPool2d(2), conv_bn(32, 64), nn.MaxPool2d(2), conv_bn(64, 128), nn.MaxPool2d((8, 1))
        )
        self.sequence = nn.LSTM(128, 64, num_layers=2, bidirectional=True)
        self.classify = nn.Linear(128, 80)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        columns = self.features(x).squeeze(2).permute(2, 0, 1)
        return functional.log_softmax(self.classify(self.sequence(columns)[0]), dim=2)


class Detector(nn.Module):
    """One-stage detector of the YOLO kind: SiLU, SPP, nearest upsampling, boxes decoded on a grid."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(self.block(3, 16, 2), self.block(16, 32, 2), self.block(32, 64, 2))
        self.middle = nn.Sequential(self.block(64, 64, 1), self.block(64, 128, 2))
        self.pools = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (5, 9, 13))
        self.squeeze = self.block(128 * 4, 64, 1)
        self.merge = self.block(128, 64, 1)
        self.heads = nn.ModuleList((nn.Conv2d(64, 3 * 85, 1), nn.Conv2d(64, 3 * 85, 1)))
        self.register_buffer(
            "anchors", torch.tensor([[[10.0, 13], [16, 30], [33, 23]], [[30.0, 61], [62, 45], [59, 119]]])
        )

    @staticmethod
    def block(inputs: int, outputs: int, stride: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.SiLU())

    def decode(self, raw: torch.Tensor, level: int) -> torch.Tensor:
        batch, _, height, width = raw.shape
        raw = raw.view(batch, 3, 85, height, width).permute(0, 1, 3, 4, 2).contiguous()
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        grid = torch.stack((columns, rows), 2).view(1, 1, height, width, 2).float()
        scores = raw.sigmoid()
        stride = 8.0 * 2**level
        centre = (scores[..., 0:2] * 2.0 - 0.5 + grid) * stride
        size = (scores[..., 2:4] * 2.0) ** 2 * self.anchors[level].view(1, 3, 1, 1, 2)
        return torch.cat((centre, size, scores[..., 4:]), -1).view(batch, -1, 85)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.stem(x)
        coarse = self.middle(fine)
        coarse = self.squeeze(torch.cat([coarse] + [pool(coarse) for pool in self.pools], 1))
        fine = self.merge(torch.cat((fine, functional.interpolate(coarse, scale_factor=2.0, mode="nearest")), 1))
        boxes = [
            self.decode(head(x), level) for level, (head, x) in enumerate(zip(self.heads, (fine, coarse), strict=True))
        ]
        return torch.cat(boxes, 1)


class MixerBlock(nn.Module):
    """MLP over tokens, then over channels: Transpose, Gemm of rank 3, GELU."""

    def __init__(self, tokens: int, channels: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList((nn.LayerNorm(channels), nn.LayerNorm(channels)))
        self.tokens = nn.Sequential(nn.Linear(tokens, 2 * tokens), nn.GELU(), nn.Linear(2 * tokens, tokens))
        self.channels = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.tokens(self.norms[0](x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norms[1](x))


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 64, 16, 16)
        self.blocks = nn.Sequential(*(MixerBlock(49, 64) for _ in range(6)))
        self.classify = nn.Linear(64, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classify(self.blocks(self.patches(x).flatten(2).transpose(1, 2)).mean(1))


class Denoiser(nn.Module):
    """Step of a diffusion U-Net: sinusoidal time embedding, GroupNorm, SiLU, self-attention over pixels."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(channels, channels), nn.SiLU(), nn.Linear(channels, channels))
        self.first = nn.Conv2d(4, channels, 3, padding=1)
        self.norms = nn.ModuleList(nn.GroupNorm(8, channels) for _ in range(7))
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(6))
        self.attention = nn.MultiheadAttention(channels, 4, batch_first=True)
        self.last = nn.Conv2d(channels, 4, 3, padding=1)
        self.channels = channels

    def forward(self, x: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
        rates = torch.exp(-9.21 * torch.arange(self.channels // 2, dtype=torch.float32) / (self.channels // 2))
        angles = step[:, None].float() * rates[None]
        time = self.time(torch.cat((angles.sin(), angles.cos()), -1))[:, :, None, None]
        x = self.first(x)
        for index in range(0, 6, 2):
            inner = self.convs[index](functional.silu(self.norms[index](x))) + time
            x = x + self.convs[index + 1](functional.silu(self.norms[index + 1](inner)))
            if index == 2:
                batch, channels, height, width = x.shape
                tokens = self.norms[6](x).reshape(batch, channels, height * width).transpose(1, 2)
                mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
                x = x + mixed.transpose(1, 2).reshape(batch, channels, height, width)
        return self.last(functional.silu(x))
