"""Darknet's sections as NumPy formulas, with random weights: the judge where OpenCV does not read a section.

Written after the C sources of github.com/AlexeyAB/darknet (convolutional_layer.c, blas.c, activations.h, ...).
Values are [N, C, H, W]; the batch of a recurrent section is one sequence.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from support.darknet_formulas import (
    ACTIVATIONS,
    Array,
    convolve,
    depth_to_space,
    sigmoid,
    softmax,
    space_to_depth,
    windows,
)

EPSILON = 1e-5


class Section(dict[str, str]):
    """Keys of one section."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def number(self, key: str, fallback: float = 0) -> float:
        return float(self.get(key, fallback))

    def integer(self, key: str, fallback: int = 0) -> int:
        return int(self.get(key, fallback))

    def integers(self, key: str) -> list[int]:
        return [int(part) for part in self[key].split(",")]


def parse(cfg: str) -> list[Section]:
    sections: list[Section] = []
    for raw in cfg.splitlines():
        line = "".join(raw.split())
        if line.startswith("["):
            sections.append(Section(line[1:-1]))
        elif line and line[0] not in "#;":
            key, _, value = line.partition("=")
            sections[-1].setdefault(key, value.partition("#")[0])
    return sections


class DarknetReference:
    """A .cfg with weights that are made up the first time it runs, in the order of the file."""

    def __init__(self, cfg: str, seed: int = 0, transposed: bool = False) -> None:
        self.cfg = cfg
        self.net, *self.sections = parse(cfg)
        self.transposed = transposed
        self._generator = np.random.default_rng(seed)
        self._stored: list[Array] = []
        self._weights: list[Array] = []
        self._next = 0
        self.outputs: list[Array] = []

    def run(self, x: Array) -> list[Array]:
        """What every section gives."""
        self._next = 0
        self.input = x.astype(np.float64)
        self.outputs = []
        for section in self.sections:
            before = self.outputs[-1] if self.outputs else self.input
            self.section = section
            self.outputs.append(getattr(self, section.name)(before))
        return self.outputs

    def write(self, folder: Path, stem: str = "net", version: tuple[int, int, int] = (0, 2, 5)) -> Path:
        """The .cfg and beside it its .weights. Call it after run()."""
        path = folder / f"{stem}.cfg"
        path.write_text(self.cfg)
        seen = struct.pack("<Q" if version[0] * 10 + version[1] >= 2 else "<I", 32013312)
        floats = b"".join(array.astype("<f4").tobytes() for array in self._stored)
        path.with_suffix(".weights").write_bytes(struct.pack("<3i", *version) + seen + floats)
        return path

    # --- weights

    def take(self, *shape: int, positive: bool = False, transposed: bool = False) -> Array:
        """The next weights."""
        if self._next == len(self._weights):
            values = self._generator.standard_normal(shape)
            values = 0.5 + np.abs(values) if positive else values / np.sqrt(max(1, np.prod(shape[1:])))
            values = values.astype(np.float32).astype(np.float64)
            self._weights.append(values)
            self._stored.append(values.T if transposed else values)
        self._next += 1
        return self._weights[self._next - 1]

    def normalized(self, x: Array, biases: Array, statistics: tuple[Array, Array, Array]) -> Array:
        scales, mean, variance = (v.reshape(-1, *[1] * (x.ndim - 2)) for v in statistics)
        return (x - mean) / np.sqrt(variance + EPSILON) * scales + biases.reshape(-1, *[1] * (x.ndim - 2))

    def statistics(self, channels: int) -> tuple[Array, Array, Array]:
        return self.take(channels, positive=True), self.take(channels), self.take(channels, positive=True)

    def activated(self, x: Array, fallback: str = "logistic") -> Array:
        return ACTIVATIONS[self.section.get("activation", fallback)](x)

    def filters(self, channels: int, filters: int, size: int, fallback: str = "logistic") -> Callable[[Array], Array]:
        """One convolution of the section with weights of its own, activated."""
        s = self.section
        groups, normalize = s.integer("groups", 1), s.integer("batch_normalize")
        biases = self.take(filters)
        statistics = self.statistics(filters) if normalize else None
        w = self.take(filters, channels // groups, size, size)
        padding = size // 2 if s.integer("pad") else s.integer("padding")
        stride = s.integer("stride", 1)
        steps = (s.integer("stride_y", stride), s.integer("stride_x", stride))
        if s.integer("antialiasing"):
            steps = (1, 1)

        def apply(x: Array) -> Array:
            y = convolve(x, w, steps, padding, groups, s.integer("dilation", 1) if size > 1 else 1)
            y = self.normalized(y, biases, statistics) if statistics else y + biases.reshape(-1, 1, 1)
            return self.activated(y, fallback)

        return apply

    def matrix(self, inputs: int, outputs: int, activation: str | None = None) -> Callable[[Array], Array]:
        normalize = self.section.integer("batch_normalize")
        biases, w = self.take(outputs), self.take(outputs, inputs, transposed=self.transposed)
        statistics = self.statistics(outputs) if normalize else None
        chosen = activation or self.section.get("activation", "logistic")

        def apply(x: Array) -> Array:
            y = x.reshape(len(x), -1) @ w.T
            return ACTIVATIONS[chosen](self.normalized(y, biases, statistics) if statistics else y + biases)

        return apply

    def blurred(self, x: Array) -> Array:
        s = self.section
        kind = s.integer("antialiasing")
        if not kind:
            return x
        stride = s.integer("stride", 1)
        once = np.full((2, 2), 0.25) if kind == 2 else np.outer([1, 2, 1], [1, 2, 1]) / 16
        steps = (s.integer("stride_y", stride), s.integer("stride_x", stride))
        w = np.repeat(once[None, None], x.shape[1], 0)
        return convolve(x, w, steps, 0 if kind == 2 else 1, x.shape[1])

    def layer(self, reference: int) -> Array:
        return self.outputs[reference if reference >= 0 else len(self.outputs) + reference]

    # --- sections

    def convolutional(self, x: Array) -> Array:
        x = x.reshape(len(x), -1, 1, 1) if x.ndim == 2 else x
        return self.blurred(
            self.filters(x.shape[1], self.section.integer("filters", 1), self.section.integer("size", 1))(x)
        )

    def connected(self, x: Array) -> Array:
        return self.matrix(x[0].size, self.section.integer("output", 1))(x)

    def local(self, x: Array) -> Array:
        s = self.section
        size, stride, pad, filters = (
            s.integer("size", 1),
            s.integer("stride", 1),
            s.integer("pad"),
            s.integer("filters"),
        )
        seen = windows(x, size, (stride, stride), pad, pad, 0, 1)
        h, w = seen.shape[2:4]
        biases = self.take(filters, h, w)
        weights = self.take(h * w, filters, x.shape[1] * size * size)
        flat = seen.transpose(2, 3, 0, 1, 4, 5).reshape(h * w, len(x), -1)
        y = np.einsum("pnk,pfk->nfp", flat, weights).reshape(len(x), filters, h, w)
        return self.activated(y + biases)

    def batchnorm(self, x: Array) -> Array:
        biases = self.take(x.shape[1])
        return self.normalized(x, biases, self.statistics(x.shape[1]))

    def implicit(self, x: Array) -> Array:
        w = self.take(self.section.integer("filters"), self.section.integer("atoms", 1))
        return np.repeat(w[None, :, :, None], len(x), 0)

    def _windows(self, x: Array, fill: float) -> Array:
        s = self.section
        stride = s.integer("stride", 1)
        size = s.integer("size", stride)
        padding = s.integer("padding", size - 1)
        steps = (s.integer("stride_y", stride), s.integer("stride_x", stride))
        if s.integer("antialiasing"):
            steps = (1, 1)
        return windows(x, size, steps, padding // 2, padding - padding // 2, fill, 1)

    def maxpool(self, x: Array) -> Array:
        if self.section.integer("maxpool_depth"):
            groups = self.section.integer("out_channels", 1)
            return np.stack([x[:, g::groups].max(1) for g in range(groups)], 1)
        return self.blurred(self._windows(x, -np.inf).max((4, 5)))

    def local_avgpool(self, x: Array) -> Array:
        return np.nanmean(self._windows(x, np.nan), (4, 5))

    def avgpool(self, x: Array) -> Array:
        return x.mean((2, 3), keepdims=True)

    def reorg3d(self, x: Array) -> Array:
        stride = self.section.integer("stride", 1)
        return depth_to_space(x, stride) if self.section.integer("reverse") else space_to_depth(x, stride)

    def reorg(self, x: Array) -> Array:
        s = self.section.integer("stride", 1)
        n, c, h, w = x.shape
        if self.section.integer("reverse"):
            return depth_to_space(x, s)
        return space_to_depth(x.reshape(n, c // s // s, h * s, w * s), s).reshape(n, c * s * s, h // s, w // s)

    def upsample(self, x: Array) -> Array:
        stride, scale = self.section.integer("stride", 2), self.section.number("scale", 1)
        if stride > 0:
            return scale * x.repeat(stride, 2).repeat(stride, 3)
        n, c, h, w = x.shape
        return scale * x.reshape(n, c, h // -stride, -stride, w // -stride, -stride).sum((3, 5))

    def crop(self, x: Array) -> Array:
        h, w = self.section.integer("crop_height"), self.section.integer("crop_width")
        top, left = (x.shape[2] - h) // 2, (x.shape[3] - w) // 2
        y = x[:, :, top : top + h, left : left + w]
        return y if self.section.integer("noadjust") else 2 * y - 1

    def shortcut(self, x: Array) -> Array:
        s = self.section
        terms = [x, *(self.layer(i) for i in s.integers("from"))]
        kind, normalization = s.get("weights_type", "none"), s.get("weights_normalization", "none")
        factors = np.ones((len(terms), 1))
        if kind != "none":
            factors = self.take(len(terms), 1 if kind != "per_channel" else x.shape[1])
            if normalization in ("relu", "avg_relu"):
                factors = np.maximum(factors, 0) / (np.maximum(factors, 0).sum(0) + 1e-4)
            elif normalization == "softmax":
                factors = softmax(factors, 0, 1e-4)
        total = np.zeros_like(x)
        for term, factor in zip(terms, factors, strict=True):
            flat = term.reshape(len(x), -1)[:, : x[0].size]
            fitted = np.pad(flat, ((0, 0), (0, x[0].size - flat.shape[1]))).reshape(x.shape)
            total += fitted * factor.reshape(-1, 1, 1)
        return self.activated(total, "linear")

    def scale_channels(self, x: Array) -> Array:
        return self.activated(x * self.layer(self.section.integer("from")), "linear")

    sam = scale_channels

    def route(self, _: Array) -> Array:
        groups, group = self.section.integer("groups", 1), self.section.integer("group_id")
        return np.concatenate([np.split(self.layer(i), groups, 1)[group] for i in self.section.integers("layers")], 1)

    def activation(self, x: Array) -> Array:
        return self.activated(x, "linear")

    def normalization(self, x: Array) -> Array:
        s = self.section
        size, squares = s.integer("size", 5), x * x
        norms = [s.number("kappa", 1) + s.number("alpha", 1e-4) * squares[:, : size // 2].sum(1)]
        for k in range(1, x.shape[1]):  # carried on from channel to channel, as normalization_layer.c does it
            previous, following = k - (size - 1) // 2 - 1, k + size // 2
            norm = norms[-1].copy()
            if previous >= 0:
                norm -= s.number("alpha", 1e-4) * squares[:, previous]
            if following < x.shape[1]:
                norm += s.number("alpha", 1e-4) * squares[:, following]
            norms.append(norm)
        return x * np.stack(norms, 1) ** -s.number("beta", 0.75)

    def softmax(self, x: Array) -> Array:
        s = self.section
        if s.number("spatial"):
            return softmax(x / s.number("temperature", 1), 1)
        flat = x.reshape(len(x), s.integer("groups", 1), -1) / s.number("temperature", 1)
        return softmax(flat, 2).reshape(len(x), -1)

    def dropout(self, x: Array) -> Array:
        return x

    cost = empty = contrastive = yolo = region = detection = Gaussian_yolo = dropout

    # --- recurrent sections

    def history(self, x: Array) -> Array:
        shifted = [
            np.concatenate([np.zeros_like(x[:back]), x[: len(x) - back]])
            for back in range(self.section.integer("history_size", 4))
        ]
        return np.concatenate(shifted, 1)

    def _simple(
        self, x: Array, first: Callable[[Array], Array], own: Callable[[Array], Array], last: Callable[[Array], Array]
    ) -> Array:
        driven = first(x)
        state, states = np.zeros_like(driven[:1]), []
        for step in driven:
            old = state
            state = step[None] + own(old) + (old if self.section.integer("shortcut") else 0)
            states.append(state)
        return last(np.concatenate(states))

    def rnn(self, x: Array) -> Array:
        s = self.section
        hidden = s.integer("hidden", 1)
        own = {0: None, 1: "logistic", 2: "loggy"}[s.integer("logistic")]
        layers = (
            self.matrix(x[0].size, hidden),
            self.matrix(hidden, hidden, own),
            self.matrix(hidden, s.integer("output", 1)),
        )
        return self._simple(x, *layers)

    def crnn(self, x: Array) -> Array:
        s = self.section
        hidden, size = s.integer("hidden", 1), s.integer("size", 3)
        layers = (
            self.filters(x.shape[1], hidden, size),
            self.filters(hidden, hidden, size),
            self.filters(hidden, s.integer("output", 1), size),
        )
        return self._simple(x, *layers)

    def lstm(self, x: Array) -> Array:
        n, inputs = self.section.integer("output", 1), x[0].size
        w = [self.matrix(n, n, "linear") for _ in "figo"]
        u = [self.matrix(inputs, n, "linear") for _ in "figo"]
        h = c = np.zeros((1, n))
        outputs = []
        for step in x.reshape(len(x), -1):
            f, i, g, o = (a(h) + b(step[None]) for a, b in zip(w, u, strict=True))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            outputs.append(h)
        return np.concatenate(outputs)

    def gru(self, x: Array) -> Array:
        n, inputs = self.section.integer("output", 1), x[0].size
        uz, ur, uh = (self.matrix(inputs, n, "linear") for _ in "zrh")
        wz, wr, wh = (self.matrix(n, n, "linear") for _ in "zrh")
        last = np.tanh if self.section.integer("tanh") else sigmoid
        state, outputs = np.zeros((1, n)), []
        for row in x.reshape(len(x), 1, -1):
            z, r = sigmoid(uz(row) + wz(state)), sigmoid(ur(row) + wr(state))
            state = z * state + (1 - z) * last(uh(row) + wh(state * r))
            outputs.append(state)
        return np.concatenate(outputs)

    def conv_lstm(self, x: Array) -> Array:
        s = self.section
        n, size, inputs = s.integer("output", 1), s.integer("size", 3), x.shape[1]
        inner = ACTIVATIONS[s.get("lstm_activation", "tanh")]
        bottleneck = s.integer("bottleneck")
        v = [self.filters(n, n, size, "linear") for _ in "fio"] if s.integer("peephole") else [lambda _: 0.0] * 3
        w = [self.filters(n * (2 if bottleneck else 1), n, size, "linear") for _ in ("f" if bottleneck else "figo")]
        u = [self.filters(inputs, n, size, "linear") for _ in "figo"]
        limit = s.integer("state_constrain", 32) or np.inf
        h = c = np.zeros((1, n, *x.shape[2:]))
        outputs = []
        for frame in x[:, None]:
            if bottleneck:
                squeezed = inner(w[0](np.concatenate([h, frame], 1)))
                f, i, g, o = (a(squeezed) for a in u)
            else:
                f, i, g, o = (a(h) + b(frame) for a, b in zip(w, u, strict=True))
            c = sigmoid(f + v[0](c)) * c + sigmoid(i + v[1](c)) * inner(g)
            h = sigmoid(o + v[2](c)) * inner(c)
            c = np.clip(c, -limit, limit)
            y = h.copy()
            if bottleneck and s.integer("shortcut"):
                y[:, : n // 2] += squeezed[:, : n // 2]
            outputs.append(y)
        return np.concatenate(outputs)
