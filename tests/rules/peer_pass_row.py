"""A row of the table in peer_passes.py, and what its graphs share."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    peer: str
    name: str
    rules: tuple[str, ...] = ()  # any of them may be the one that acts
    note: str = ""
    inputs: str = ""  # as in the text format of the onnx package
    body: str = ""
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ints: dict[str, list[int]] = field(default_factory=dict)
    opset: int = 17


def row(peer: str, name: str, rules: str, inputs: str, body: str, **rest: object) -> Row:
    """A pass that one of `rules` does too."""
    return Row(peer, name, tuple(rules.split()), "", inputs, body, **rest)  # type: ignore[arg-type]


def none(peer: str, name: str, note: str) -> Row:
    """A pass that we do not have, with the reason."""
    return Row(peer, name, (), note)


X = "float[2,3] x"
IMAGE = "float[1,4,6,6] x"
CONV = {"w": (8, 4, 3, 3)}
CONV_BIAS = {"w": (8, 4, 3, 3), "k": (1, 8, 1, 1)}
BATCHNORM = {"w": (8, 4, 3, 3), "s": (8,), "b": (8,), "m": (8,), "v": (8,)}
ZERO = "z = Constant<value = float {0.0}>()"
ONE = "o = Constant<value = float {1.0}>()"
TWO = "t = Constant<value = float {2.0}>()"

OPT, SIM, SLIM, SCRIPT, TF = "onnxoptimizer", "onnxsim", "OnnxSlim", "onnxscript", "tf2onnx"
