"""Small models of several formats, and a manifest for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from support import onnx_models

NET = """
name: "net"
layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: 1 dim: {channels} dim: 8 dim: 8 }} }} }}
layer {{ name: "relu" type: "ReLU" bottom: "data" top: "relu" }}
layer {{ name: "tanh" type: "TanH" bottom: "relu" top: "tanh" }}
"""
TARGETS = (".onnx", ".tflite", ".pb")

MakeManifest = Callable[..., Path]


@pytest.fixture
def make_manifest(tmp_path: Path) -> MakeManifest:
    """Writes `count` sources and a manifest that converts them to a folder of their own."""

    def make(output: str, count: int = 6, extra: str = "") -> Path:
        sources = tmp_path / "sources"
        sources.mkdir(exist_ok=True)
        rows = []
        for index in range(count):
            if index % 3 == 2:
                source = sources / f"net{index}.prototxt"
                content = NET.format(channels=index + 1).encode()
            else:
                source = sources / f"model{index}.onnx"
                content = (onnx_models.mlp() if index % 3 else onnx_models.cnn()).SerializeToString()
            if not source.exists():
                source.write_bytes(content)
            target = f"{output}/{source.stem}{TARGETS[index % len(TARGETS)]}"
            rows.append(f'[[model]]\nsource = "sources/{source.name}"\ntarget = "{target}"\n')
        path = tmp_path / f"{output}.toml"
        path.write_text("\n".join([*rows, extra]))
        return path

    return make


def contents(folder: Path) -> dict[str, bytes]:
    """Files by name, the journal apart."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def broken_model(path: Path) -> Path:
    """A model that is recognised and cannot be read."""
    node = onnx.helper.make_node("Relu", ["nowhere"], ["y"])
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], [output])), path)
    return path
