"""Small modules that between them use what decoders have to know: names, views, writes, branches, loops."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class TwoHeads(nn.Module):
    """A convolution, and two results in a dict and a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor, offset: torch.Tensor) -> Any:
        y = torch.relu(self.conv(x)).mean([2, 3]) + offset
        return {"logits": self.head(y), "more": (y * 2.0, y + x.shape[0])}


class Writes(nn.Module):
    """Writes into views of its intermediate tensors."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 1.0
        y[:, 0] = 7.0
        rows = y.transpose(0, 1)
        rows[1].mul_(3.0)
        y.add_(1.0)
        flat = y.view(-1)
        flat[0:2] = -1.0
        return y + rows.sum()


class Branches(nn.Module):
    """One of two, as the data decide."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cond(x.sum() > 0, lambda a: a * 2.0, lambda a: a - 1.0, (x,))


class Turns(nn.Module):
    """A loop that carries a number and a tensor."""

    def forward(self, x: torch.Tensor) -> Any:
        from torch._higher_order_ops.while_loop import while_loop

        return while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * 2.0), (torch.tensor(0), x))


class Folds(nn.Module):
    """A scan along the first axis."""

    def forward(self, x: torch.Tensor) -> Any:
        from torch._higher_order_ops.scan import scan

        return scan(lambda total, row: (total + row, total * row), torch.zeros(4), x, dim=0)


class Scripted(nn.Module):
    """What only TorchScript keeps: a loop over sizes, a branch on data, lists, a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6) for _ in range(2)])
        self.scale = 2.0

    def forward(self, x: torch.Tensor, times: int = 3) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        for layer in self.layers:
            x = layer(x)
        total = torch.zeros_like(x)
        for i in range(times):
            total = total + x[:, i : i + 1] * x.size(0)
        if bool(x.sum() > 0):
            total = total * self.scale
        columns: list[torch.Tensor] = []
        for i in range(x.size(1)):
            columns.append(x[:, i])
        b, c = x.shape
        return torch.stack(columns), {"total": total.view(b, c, 1), "x": x}


class Recurrent(nn.Module):
    """An LSTM, of whose overloads TorchScript chooses one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        return self.lstm(x)


def examples() -> dict[str, tuple[nn.Module, tuple[torch.Tensor, ...]]]:
    """Module and example inputs by name."""
    torch.manual_seed(0)
    return {
        "two heads": (TwoHeads().eval(), (torch.randn(2, 3, 8, 10), torch.randn(8))),
        "writes": (Writes().eval(), (torch.randn(3, 4),)),
        "branches": (Branches().eval(), (torch.randn(3, 4),)),
        "turns": (Turns().eval(), (torch.randn(3, 4),)),
        "folds": (Folds().eval(), (torch.randn(5, 4),)),
    }
