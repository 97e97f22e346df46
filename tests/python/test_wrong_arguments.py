"""Arguments of the wrong kind: one typed error that names the argument, before any work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

IMAGES = np.zeros((2, 3, 16, 16), np.float32)


def int8(**settings: Any) -> dict[str, Any]:
    return {"quantize": mc.Int8(**{"calibration": IMAGES, **settings})}


CONVERT: list[tuple[dict[str, Any], str]] = [
    ({"outputs": "scores"}, r"outputs=\['scores'\]"),
    ({"inputs": "image"}, r"inputs=\['image'\]"),
    ({"input_names": "picture"}, r"input_names=\['picture'\]"),
    ({"outputs": 5}, "a list of names is wanted"),
    ({"skip": "fuse_conv_batchnorm"}, r"skip=\['fuse_conv_batchnorm'\]"),
    ({"input_shapes": {"image": 5}}, "shape of input 'image' is 5"),
    ({"input_shapes": {"image": "1,3,16,16"}}, "shape of input 'image' is '1,3,16,16'"),
    ({"input_shapes": (1, 3, 16, 16)}, "input_shapes= takes a mapping"),
    ({"input_shapes": {"image": (1, 3, 16.0, 16)}}, "the size 16.0"),
    ({"input_shapes": {"image": (1, 3, -5, 16)}}, "the size -5"),
    ({"input_shapes": {"imag": (1, 3, 16, 16)}}, "did you mean 'image'"),
    ({"input_shapes": {"image": (1, 3, 16)}}, "a size for each"),
    ({"dynamic_axes": ["image"]}, "dynamic_axes= takes a mapping"),
    ({"dynamic_axes": {"image": {0: 5}}}, "no axis with its name"),
    ({"dynamic_axes": {"image": {"0": "batch"}}}, "no axis with its name"),
    ({"dynamic_axes": {"imag": {0: "batch"}}}, "did you mean 'image'"),
    ({"opset": "17"}, "opset='17' is not a whole number"),
    ({"opset": 17.0}, "opset=17.0 is not a whole number"),
    ({"opset": 99}, "opsets 7 to 28"),
    ({"options": "decode"}, "options= takes a mapping"),
    ({"custom_ops": [print]}, "custom_ops= takes a mapping"),
    ({"custom_ops": {"Conv": 5}}, "custom_ops"),
    ({"verify": "yes"}, "neither a bool nor a mapping"),
    ({"verify": {"sample": 2}}, "did you mean 'samples'"),
    ({"target_format": "ONNX"}, "did you mean onnx"),
    ({"quantize": "int8"}, "Int8"),
    ({"quantize": "flaot16"}, "did you mean 'float16'"),
    ({"quantize": True}, "quantize=True"),
    (int8(calibration=None), "calibration=DATA"),
    (int8(calibration=[1, 2, 3]), "single number"),
    (int8(calibration=np.full_like(IMAGES, np.nan)), "NaN or infinite"),
    (int8(calibration=IMAGES.astype(np.complex64)), "complex64, the model takes float32"),
    (int8(calibration=IMAGES[:0]), "is empty"),
    (int8(calibration=5), "of type int"),
    (int8(samples=0), "samples=0"),
    (int8(observer="kl"), "no observer 'kl'"),
    (int8(observer="percentile", percentile=200), "percentile=200"),
    (int8(keep_float="conv1"), r"keep_float=\['conv1'\]"),
    (int8(keep_float=["conv9"]), "did you mean 'conv1'"),
    (int8(io_type="int4"), "io_type"),
    (int8(activations="int4"), "activations='int4'"),
]


@pytest.mark.parametrize(("arguments", "message"), CONVERT)
def test_convert(arguments: dict[str, Any], message: str, cnn_path: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(mc.ModelConvError, match=message):
        mc.convert(cnn_path, tmp_path / "out.onnx", **arguments)
    assert sorted(tmp_path.iterdir()) == before


def test_mean_and_std_are_for_pictures(cnn_path: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", image=IMAGES)
    with pytest.raises(mc.ModelConvError, match="arrays, which are fed as they are"):
        mc.convert(cnn_path, quantize=mc.Int8(calibration=tmp_path / "images.npz", mean=127.5, std=127.5))


def test_sources_and_targets(cnn_path: Path) -> None:
    for wrong in (5, None, {"w": IMAGES}):
        with pytest.raises(mc.UnknownFormatError, match="is not a model that can be converted"):
            mc.convert(wrong, "out.onnx")
    with pytest.raises(mc.ModelConvError, match="the target is an int"):
        mc.convert(cnn_path, 5)  # type: ignore[arg-type]
    with pytest.raises(mc.UnknownFormatError, match="read, not written"):
        mc.convert(cnn_path, "out.pt2")


VERIFY: list[tuple[dict[str, Any], str]] = [
    ({"samples": 0}, "samples=0"),
    ({"samples": 1.5}, "samples=1.5"),
    ({"seed": -1}, "seed=-1"),
    ({"rtol": float("nan")}, "rtol=nan"),
    ({"atol": -1}, "atol=-1"),
    ({"rtol": "loose"}, "rtol='loose'"),
    ({"tolerances": "int7"}, "there is no tolerance 'int7'"),
    ({"tolerances": -1.0}, "is no tolerance"),
    ({"tolerances": {"scoers": "loose"}}, "did you mean 'scores'"),
    ({"sizes": {"M": 3}}, "dynamic dimension of an input"),
    ({"inputs": IMAGES}, "{'image': array}"),
    ({"inputs": {"imag": IMAGES}}, "did you mean 'image'"),
    ({"inputs": {"image": IMAGES.astype(np.float64)}}, r"astype\('float32'\)"),
    ({"inputs": {"image": IMAGES[0]}}, r"\[3, 16, 16\] was given"),
    ({"inputs": {"image": "image.npy"}}, "'image.npy' does not exist"),
]


@pytest.mark.parametrize(("arguments", "message"), VERIFY)
def test_verify(arguments: dict[str, Any], message: str, cnn_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match=message):
        mc.verify_against(cnn_path, cnn_path, **arguments)


def test_references(cnn_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match=r"def reference\(image\)"):
        mc.verify_against(cnn_path, lambda x: x)
    with pytest.raises(TypeError, match="its own"):
        mc.verify_against(cnn_path, fails)


def fails(image: object) -> None:
    raise TypeError("its own")


SIMPLIFY: list[tuple[dict[str, Any], str]] = [
    ({"skip": "fuse_conv_batchnorm"}, r"skip=\['fuse_conv_batchnorm'\]"),
    ({"skip": ["fuse_conv_batchnrm"]}, "did you mean 'fuse_conv_batchnorm'"),
    ({"enable": ["no-such"]}, "there are"),
    ({"fold_limit": -1}, "fold_limit=-1"),
    ({"check": -1}, "check=-1"),
    ({"check": True}, "check=True"),
    ({"input_shapes": [1, 3]}, "input_shapes= takes a mapping"),
]


@pytest.mark.parametrize(("arguments", "message"), SIMPLIFY)
def test_simplify(arguments: dict[str, Any], message: str, cnn_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match=message):
        mc.simplify(cnn_path, **arguments)


MODEL: list[tuple[Callable[[mc.Model], object], str]] = [
    (lambda model: model.extract("image", ["scores"]), r"inputs=\['image'\]"),  # type: ignore[arg-type]
    (lambda model: model.extract(["image"], ["score"]), "did you mean 'scores'"),
    (lambda model: model.run({"imag": IMAGES}), "did you mean 'image'"),
    (lambda model: model.run({}), "is missing"),
    (lambda model: model.run({"image": IMAGES.astype(np.float64)}), "float64 was given"),
]


@pytest.mark.parametrize(("use", "message"), MODEL)
def test_model(use: Callable[[mc.Model], object], message: str, cnn_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match=message):
        use(mc.load(cnn_path))
