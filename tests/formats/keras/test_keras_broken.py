"""Files that are cut short, damaged, hostile, or hold what cannot be converted: one error that says so."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import modelconv as mc
import numpy as np
import pytest


def dense(units: int = 3, name: str = "dense", **more: Any) -> dict[str, Any]:
    config = {
        "name": name,
        "trainable": True,
        "dtype": "float32",
        "units": units,
        "activation": "relu",
        "use_bias": True,
    }
    return {"class_name": "Dense", "config": {**config, **more}}


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "x", "dtype": "float32"}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


WEIGHTS = {"dense": {"dense/kernel:0": np.ones((4, 3), "f4"), "dense/bias:0": np.ones(3, "f4")}}


def write_h5(path: Path, config: Any = None, weights: Any = None, **attrs: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config or sequential(dense()))
        group = file.create_group("model_weights")
        group.attrs["keras_version"] = "2.4.0"
        rows = WEIGHTS if weights is None else weights
        group.attrs["layer_names"] = [name.encode() for name in rows]
        for name, arrays in rows.items():
            layer = group.create_group(name)
            layer.attrs["weight_names"] = [weight.encode() for weight in arrays]
            for weight, array in arrays.items():
                layer.create_dataset(weight, data=array)
        for key, value in attrs.items():
            file.attrs[key] = value
    return path


def write_keras(path: Path, config: Any = None, arrays: Any = None, **members: bytes) -> Path:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        given = {"layers/dense/vars/0": np.ones((4, 3), "f4"), "layers/dense/vars/1": np.ones(3, "f4")}
        for name, array in (given if arrays is None else arrays).items():
            file.create_dataset(name, data=array)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("config.json", json.dumps(config or sequential(dense())))
        archive.writestr("model.weights.h5", members.get("weights", memory.getvalue()))
    return path


@pytest.mark.parametrize("write", [write_h5, write_keras])
def test_sound(write: Any, tmp_path: Path) -> None:
    model = mc.load(write(tmp_path / "m"))
    assert model.run({"x": np.ones((2, 4), "f4")})["dense"].tolist() == [[5.0] * 3] * 2


@pytest.mark.parametrize("write", [write_h5, write_keras])
def test_bytes(write: Any, tmp_path: Path) -> None:
    assert mc.load(write(tmp_path / "m").read_bytes()).op_counts() == {"MatMul": 1, "Add": 1, "Relu": 1}


@pytest.mark.parametrize("write", [write_h5, write_keras])
def test_cut_short_anywhere(write: Any, tmp_path: Path) -> None:
    suffix = ".h5" if write is write_h5 else ".keras"
    data = write(tmp_path / "whole").read_bytes()
    for length in {*range(1, len(data), max(len(data) // 40, 1)), len(data) - 1, len(data) - 4}:
        path = tmp_path / f"cut{suffix}"
        path.write_bytes(data[:length])
        with pytest.raises((mc.MalformedModelError, mc.UnknownFormatError)):
            mc.load(path)


def test_weight_cut_short_is_named(tmp_path: Path) -> None:
    big = {"dense": {"dense/kernel:0": np.ones((4, 3000), "f4"), "dense/bias:0": np.ones(3000, "f4")}}
    path = write_keras(
        tmp_path / "m.keras",
        sequential(dense(3000)),
        {"layers/dense/vars/0": big["dense"]["dense/kernel:0"], "layers/dense/vars/1": np.ones(2, "f4")},
    )
    with pytest.raises(
        mc.MalformedModelError, match=r"weight 'bias' of layer 'dense'.*has the shape 2, 3000 is expected"
    ):
        mc.load(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "layer 'dense' \\(Dense\\) lacks its weights"),
        ({"dense": {"dense/kernel:0": np.ones((4, 3), "f4")}}, "has 1 weights in the file, 2 are expected"),
        (
            {"dense": {"dense/kernel:0": np.ones((4, 2), "f4"), "dense/bias:0": np.ones(3, "f4")}},
            "weight 'kernel' of layer 'dense' \\(Dense\\) has the shape 4x2, \\?x3 is expected",
        ),
        (
            {"dense": {"dense/kernel:0": np.ones((5, 3), "f4"), "dense/bias:0": np.ones(3, "f4")}},
            "",
        ),
    ],
)
def test_wrong_weights(rows: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises((mc.MalformedModelError, mc.ShapeError), match=message):
        mc.load(write_h5(tmp_path / "m.h5", weights=rows))


def test_missing_weight_of_archive(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.keras", arrays={"layers/dense/vars/0": np.ones((4, 3), "f4")})
    with pytest.raises(mc.MalformedModelError, match="layer 'dense' \\(Dense\\) lacks its weight 'bias'"):
        mc.load(path)


def test_dataset_that_is_not_there(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/bias:0"]
    with pytest.raises(mc.MalformedModelError, match="the file lacks '/model_weights/dense/dense/bias:0'"):
        mc.load(path)


def test_links_into_other_files(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5")
    write_h5(tmp_path / "other.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/bias:0"]
        file["model_weights/dense/dense/bias:0"] = h5py.ExternalLink("other.h5", "/model_weights/dense/dense/bias:0")
    with pytest.raises(mc.MalformedModelError, match="is a link into another file"):
        mc.load(path)


def test_weights_without_data(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        del file["model_weights/dense/dense/kernel:0"]
        file["model_weights/dense"].create_dataset("dense/kernel:0", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))
    with pytest.raises(mc.MalformedModelError, match="has no data"):
        mc.load(path)


def test_zip_bomb(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.keras")
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"config.json"))
    struct.pack_into("<I", data, entry + 24, 0xF0000000)  # what it claims to be when decompressed
    path.write_bytes(data)
    with pytest.raises(mc.MalformedModelError, match=r"'config\.json' claims 4026531840 bytes"):
        mc.load(path)


def test_honest_zip_bomb(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.keras", weights=bytes(50 << 20))
    with pytest.raises(mc.MalformedModelError, match=r"HDF5|claims"):
        mc.load(path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "not valid JSON"),
        ({"class_name": "Dense", "config": {}}, "not a model made of layers"),
        (
            {"class_name": "Model", "config": {"layers": [], "input_layers": [["x", 0, 0]]}},
            "'x' is not among its layers",
        ),
        (sequential({"class_name": "Dense"}), "has no config"),
        (sequential({"config": {}}), "not a layer"),
        ({"class_name": "Sequential", "config": []}, "has no layers"),
        ({"class_name": "Sequential", "config": [dense()]}, "does not say the shape"),
    ],
)
def test_broken_architecture(config: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(mc.MalformedModelError, match=message):
        mc.load(write_h5(tmp_path / "m.h5", config))


def test_functional_graph_that_never_ends(tmp_path: Path) -> None:
    def call(layer: str) -> list[Any]:
        return [[[layer, 0, 0, {}]]]

    layers = [
        {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4]}, "inbound_nodes": []},
        {**dense(name="a"), "name": "a", "inbound_nodes": call("b")},
        {**dense(name="b"), "name": "b", "inbound_nodes": call("a")},
    ]
    outer = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["b", 0, 0]]}
    arrays = {"k:0": np.ones((4, 3), "f4"), "b:0": np.ones(3, "f4")}
    path = write_h5(tmp_path / "m.h5", {"class_name": "Model", "config": outer}, {"a": arrays, "b": arrays})
    with pytest.raises(mc.MalformedModelError, match=r"inputs of layer '.' are never computed"):
        mc.load(path)


def test_weights_alone(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"]
    assert list(mc.load(path).weights) == ["dense/dense/kernel:0", "dense/dense/bias:0"]
    with pytest.raises(mc.ModelConvError, match="holds weights and no graph"):
        mc.convert(path, tmp_path / "m.onnx")
    (tmp_path / "net.json").write_text(json.dumps(sequential(dense())))
    assert mc.load(tmp_path / "net.json", weights=path).op_counts()["MatMul"] == 1
    with pytest.raises(mc.MalformedModelError, match="comes without weights: layer 'dense' needs some"):
        mc.load(tmp_path / "net.json")
    path.rename(tmp_path / "net.weights.h5")
    assert mc.load(tmp_path / "net.json").op_counts()["MatMul"] == 1


def test_unknown_layers_in_one_error(tmp_path: Path) -> None:
    custom = {"class_name": "Acme>Swirl", "config": {"name": "swirl", "trainable": True, "strength": 2.0}}
    code = {"class_name": "Lambda", "config": {"name": "code", "trainable": True, "function": ["x", None, None]}}
    path = write_h5(tmp_path / "m.h5", sequential(dense(), code, custom))
    with pytest.raises(mc.UnsupportedOpError, match="custom_ops") as caught:
        mc.load(path)
    assert {op.op: op.nodes for op in caught.value.ops} == {"keras.Swirl": ["swirl"], "keras.Lambda": ["code"]}
    assert "Python code, which is never run" in str(caught.value)


def test_custom_layer(tmp_path: Path) -> None:
    custom = {"class_name": "Acme>Swirl", "config": {"name": "swirl", "trainable": True, "strength": 2.0}}
    path = write_h5(tmp_path / "m.h5", sequential(dense(), custom))

    def swirl(node: Any, build: Any) -> Any:
        return build.op("Mul", node.inputs[0], np.float32(node.attributes["strength"]))

    model = mc.load(path, custom_ops={"Swirl": swirl})
    assert model.run({"x": np.ones((1, 4), "f4")})["swirl"].tolist() == [[10.0] * 3]


def test_unknown_settings_are_reported(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", sequential(dense(wobble=3)))
    assert mc.convert(path).report.warnings == [
        "layer 'dense' (Dense): the setting 'wobble' is not known and was ignored"
    ]
