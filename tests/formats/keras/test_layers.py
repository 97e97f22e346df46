"""Every layer of the table, from Keras 3 (.keras, .h5) and from Keras 2 (.h5), against Keras itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.keras_layer_case import Case
from support.keras_layer_cases import CASES, LAYOUTS
from support.keras_models import check_file, framework, make_input, outputs_of, randomize

FRAMEWORKS = ("keras", "tf_keras")
ALL = [(name, index, maker) for name in CASES for index in range(len(CASES[name])) for maker in FRAMEWORKS]


def build_model(maker: Any, case: Case, shapes: list[Any]) -> Any:
    dtype = "int32" if case.fill == "integers" else "float32"
    inputs = [maker.Input(shape, name=f"in_{i}", dtype=dtype) for i, shape in enumerate(shapes)]
    return maker.Model(inputs if len(inputs) > 1 else inputs[0], case.build(maker.layers)(*inputs))


@pytest.mark.parametrize(("name", "index", "maker"), ALL, ids=lambda value: str(value))
def test_layer(name: str, index: int, maker: str, check_model: Any) -> None:
    keras, case = framework(maker), CASES[name][index]
    if case.only and case.only != maker:
        pytest.skip(f"{maker} does not have it")
    if not hasattr(keras.layers, name):
        pytest.skip(f"{maker} has no {name}")
    model = build_model(keras, case, case.shapes)
    randomize(model)
    dtype = "int32" if case.fill == "integers" else "float32"
    inputs = [make_input(shape, dtype, case.fill, seed) for seed, shape in enumerate(case.shapes)]
    forms = (".keras", ".h5") if maker == "keras" else (".h5",)
    check_model(model, inputs, forms if case.goes_to_hdf5 else (".keras",))


@pytest.fixture
def keras() -> Iterator[Any]:
    yield framework("keras")
    framework("keras").config.set_image_data_format("channels_last")


@pytest.mark.parametrize(("name", "index"), LAYOUTS)
def test_layer_with_channels_first(name: str, index: int, keras: Any, tmp_path: Path) -> None:
    """Against the same layer with channels last: TensorFlow computes some of those with channels first wrongly on CPUs
    (3.15.1 with 2.21.0: Conv3D, DepthwiseConv2D, Conv2D with strides and padding)."""
    case = CASES[name][index]
    last = build_model(keras, case, case.shapes)
    randomize(last)
    (picture,) = [make_input(shape, "float32", case.fill, 0) for shape in case.shapes]
    (expected,) = outputs_of(last, [picture])
    keras.config.set_image_data_format("channels_first")
    model = build_model(keras, case, [(shape[-1], *shape[:-1]) for shape in case.shapes])
    model.set_weights(last.get_weights())
    assert model.layers[-1].get_config()["data_format"] == "channels_first"
    model.save(tmp_path / "model.keras")
    if expected.ndim == picture.ndim:
        expected = np.moveaxis(expected, -1, 1)
    check_file(tmp_path / "model.keras", [expected], [np.ascontiguousarray(np.moveaxis(picture, -1, 1))], tmp_path)
