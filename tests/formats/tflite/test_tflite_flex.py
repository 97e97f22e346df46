"""TFLite files with operators of TensorFlow itself ("Flex"), read by the rules of the TensorFlow reader."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without
from support.reference import run_onnxruntime

skip_without("tensorflow")

FUNCTIONS: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...]]] = {
    "ExtractImagePatches": (
        lambda tf, x: tf.image.extract_patches(x, [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME") * 2.0,
        (1, 8, 8, 3),
    ),
    "Cumprod": (lambda tf, x: tf.math.cumprod(x, axis=1) + 1.0, (2, 5)),
    "MatrixInverse": (lambda tf, x: tf.linalg.inv(x), (3, 3)),
    "DenseBincount": (lambda tf, x: tf.math.bincount(tf.cast(x * 3, tf.int32), minlength=10), (4,)),
    "Tan": (
        lambda tf, x: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.math.tan(x), lambda: tf.math.sinh(x)),
        (4,),
    ),
}


@functools.cache
def convert(name: str) -> tuple[bytes, np.ndarray, np.ndarray]:
    """The file, an input, and what TensorFlow computes."""
    import tensorflow as tf

    function, shape = FUNCTIONS[name]
    concrete = tf.function(lambda x: function(tf, x), input_signature=[tf.TensorSpec(shape)]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    x = np.random.default_rng(0).uniform(0.1, 3, shape).astype(np.float32)
    return converter.convert(), x, concrete(tf.constant(x)).numpy()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_raised_as_tensorflow_means_them(name: str) -> None:
    content, x, expected = convert(name)
    assert f"Flex{name}".encode() in content
    model = mc.load(content)
    feeds = {model.inputs[0].name: x}
    np.testing.assert_allclose(next(iter(model.run(feeds).values())), expected, rtol=1e-5, atol=1e-5)
    actual = run_onnxruntime(model.to_onnx(), feeds)
    np.testing.assert_allclose(next(iter(actual.values())), expected, rtol=1e-4, atol=1e-4)


def test_those_without_a_rule_are_named() -> None:
    content, _, _ = convert("Cumprod")
    with pytest.raises(mc.UnsupportedOpError, match=re.escape("tf.Nomatch")):
        mc.load(content.replace(b"Cumprod", b"Nomatch"))


def test_a_function_of_the_user_takes_the_place_of_one() -> None:
    content, x, _ = convert("Cumprod")
    content = content.replace(b"Cumprod", b"Nomatch")
    model = mc.load(content, custom_ops={"FlexNomatch": lambda node, build: build.op("Neg", node.inputs[0])})
    np.testing.assert_array_equal(next(iter(model.run({model.inputs[0].name: x}).values())), 1 - x)


def test_damaged_options_are_an_error() -> None:
    """The length of the operator's name in its NodeDef leads out of it."""
    content, _, _ = convert("Cumprod")
    damaged = content.replace(b"\x12\x07Cumprod", b"\x12\xffCumprod")
    assert damaged != content
    with pytest.raises(mc.MalformedModelError):
        mc.load(damaged)
