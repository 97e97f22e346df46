"""Every layer of the table, from Keras 3 (.keras, .h5) and from Keras 2 (.h5), against Keras itself."""

from __future__ import annotations

from typing import Any

import pytest
from support.keras_layer_cases import CASES, Case
from support.keras_models import framework, make_input, randomize

FRAMEWORKS = ("keras", "tf_keras")
ALL = [(name, index, maker) for name in CASES for index in range(len(CASES[name])) for maker in FRAMEWORKS]


def build_model(maker: Any, case: Case) -> Any:
    dtype = "int32" if case.fill == "integers" else "float32"
    inputs = [maker.Input(shape, name=f"in_{i}", dtype=dtype) for i, shape in enumerate(case.shapes)]
    return maker.Model(inputs if len(inputs) > 1 else inputs[0], case.build(maker.layers)(*inputs))


@pytest.mark.parametrize(("name", "index", "maker"), ALL, ids=lambda value: str(value))
def test_layer(name: str, index: int, maker: str, check_model: Any) -> None:
    keras, case = framework(maker), CASES[name][index]
    if case.only and case.only != maker:
        pytest.skip(f"{maker} does not have it")
    if not hasattr(keras.layers, name):
        pytest.skip(f"{maker} has no {name}")
    model = build_model(keras, case)
    randomize(model)
    dtype = "int32" if case.fill == "integers" else "float32"
    inputs = [make_input(shape, dtype, case.fill, seed) for seed, shape in enumerate(case.shapes)]
    check_model(model, inputs, (".keras", ".h5") if maker == "keras" else (".h5",))
