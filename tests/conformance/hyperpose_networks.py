"""HyperPose's own code beside modelconv: the same random weights, the same picture, the largest difference.

    pip install --no-deps --target DIR hyperpose==2.2.0 tensorlayer==2.2.5
    cd tests; PYTHONPATH=../python:.:DIR python -m conformance.hyperpose_networks [NAME ...]

Both packages import much that a network at inference does not need (datasets, plots); what is missing of that is stood
in for, and what NumPy took away (np.int) put back. TensorFlow computes convolutions of images with channels first on
GPUs alone, so those are turned round.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import modelconv as mc
import numpy as np
from architectures.test_hyperpose import LISTED, TOLERANCE, random_weights, variables_of
from modelconv.networks.hyperpose import NETWORKS
from modelconv.networks.names import parse_name

# What the two packages import for training and drawing.
NOT_NEEDED = {"cloudpickle", "easydict", "gdown", "horovod", "imageio", "kungfu", "matplotlib", "nltk", "progressbar",
              "pycocotools", "requests", "scipy", "skimage", "sklearn", "tensorpack", "tqdm", "xmltodict",
              "zmq"}  # fmt: skip
HEIGHT, WIDTH = 64, 96
BACKBONES = {"mobilenetv1": "MobilenetV1", "mobilenetv2": "MobilenetV2", "resnet18": "Resnet18",
             "resnet50": "Resnet50", "vgg16": "vgg16", "vgg19": "vgg19", "vggtiny": "vggtiny"}  # fmt: skip
OPENPOSES = {
    "openpose": "OpenPose",
    "lightweight_openpose": "LightWeightOpenPose",
    "mobilenet_thin_openpose": "MobilenetThinOpenpose",
}


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Empty modules for what is not needed."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name.partition(".")[0] not in NOT_NEEDED:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> Any:
        module = MagicMock(name=spec.name)
        module.__path__, module.__spec__, module.__name__ = [], spec, spec.name
        return module

    def exec_module(self, module: Any) -> None:
        """There is nothing in it."""


def channels_last(function: Callable[..., Any], tf: Any) -> Callable[..., Any]:
    """An operation on images that takes NCHW too."""

    def run(*arguments: Any, **named: Any) -> Any:
        if named.get("data_format") != "NCHW":
            return function(*arguments, **named)
        named["data_format"] = "NHWC"
        for key in ("strides", "ksize", "dilations"):
            sizes = named.get(key)
            if isinstance(sizes, list | tuple) and len(sizes) == 4:
                named[key] = [sizes[0], sizes[2], sizes[3], sizes[1]]
        image = arguments[0] if arguments else named.pop("input")
        turned = tf.transpose(image, [0, 2, 3, 1])
        return tf.transpose(function(turned, *arguments[1:], **named), [0, 3, 1, 2])

    return run


def prepare() -> Any:
    """TensorFlow, made ready."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.meta_path.append(StandIns())
    for name, kind in (("int", int), ("float", float), ("bool", bool), ("object", object)):
        if not hasattr(np, name):
            setattr(np, name, kind)
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    for name in ("conv2d", "depthwise_conv2d", "max_pool", "max_pool2d"):
        setattr(tf.nn, name, channels_last(getattr(tf.nn, name), tf))
    return tf


def original(name: str, data_format: str) -> Any:
    """HyperPose's model."""
    from hyperpose.Model import backbones
    from hyperpose.Model.openpose import model as openpose
    from hyperpose.Model.openpose.define import CocoLimb, CocoPart
    from hyperpose.Model.pifpaf.model import Pifpaf
    from hyperpose.Model.pose_proposal.model import PoseProposal

    network, backbone = parse_name(name)
    common = {
        "hin": HEIGHT,
        "win": WIDTH,
        "backbone": getattr(backbones, f"{BACKBONES[backbone]}_backbone") if backbone else None,
        "data_format": data_format,
    }
    if network in OPENPOSES:
        made = getattr(openpose, OPENPOSES[network])
        return made(n_pos=19, n_limbs=19, hout=HEIGHT // 8, wout=WIDTH // 8, **common)
    if network == "pose_proposal":
        return PoseProposal(K_size=18, L_size=17, hout=HEIGHT // 32, wout=WIDTH // 32, **common)
    return Pifpaf(parts=CocoPart, limbs=CocoLimb, n_pos=17, n_limbs=19, scale_size=32, **common)


def results_of(name: str, model: Any, x: Any) -> list[np.ndarray]:
    """In the order of modelconv's outputs."""
    results = model.forward(x, is_train=False)
    if "pifpaf" in name:  # the spreads are for the loss
        pif, paf = results
        results = [pif[0], pif[1], pif[3], paf[0], paf[1], paf[2], paf[5], paf[6]]
    return [np.array(value) for value in results]


class Difference(NamedTuple):
    """The largest of all outputs, relative to the largest magnitude where that is above 1."""

    found: float
    of_one_ulp: float  # what changes in modelconv's results when each number of the picture is the next larger one

    @property
    def is_small(self) -> bool:
        """Random weights drive some networks of 50 layers so far that the last digit of the picture shows."""
        return self.found <= max(TOLERANCE, 4 * self.of_one_ulp)


def relative(values: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    worst = 0.0
    for value, wanted in zip(values, expected, strict=True):
        assert value.shape == wanted.shape, f"{value.shape}, {wanted.shape}"
        worst = max(worst, float(np.abs(value - wanted).max() / max(1, np.abs(wanted).max())))
    return worst


def difference(name: str, tf: Any) -> Difference:
    """Of one network, with the same weights and the same picture."""
    formats = NETWORKS[parse_name(name)[0]].formats
    data_format = "channels_last" if "channels_last" in formats else "channels_first"
    model = original(name, data_format)
    model.eval()
    arrays = {variable.name: array for variable, array in random_weights(name).items()}
    for weight, variable in zip(model.all_weights, variables_of(name), strict=True):
        assert tuple(weight.shape) == tuple(variable.shape), f"{weight.name}: {weight.shape}, {variable}"
        weight.assign(arrays[variable.name])
    picture = np.random.default_rng(1).random((1, HEIGHT, WIDTH, 3), np.float32)
    x = picture if data_format == "channels_last" else picture.transpose(0, 3, 1, 2)
    ours = mc.load(arrays, architecture=name, input_shapes={"x": x.shape}, options={"data_format": data_format})
    values = list(ours.run({"x": x}).values())
    moved = list(ours.run({"x": np.nextafter(x, np.float32(2))}).values())
    return Difference(relative(values, results_of(name, model, tf.constant(x))), relative(moved, values))


def main(names: Sequence[str]) -> int:
    """A line for each network; 1 when one differs."""
    tf = prepare()
    rows = {}
    for name in names or LISTED:
        row = rows[name] = difference(name, tf)
        print(
            f"{'ok  ' if row.is_small else 'FAIL'} {row.found:.1e} (one ulp: {row.of_one_ulp:.1e})  {name}", flush=True
        )
    passed = sum(row.is_small for row in rows.values())
    print(f"{passed} of {len(rows)} as HyperPose computes them")
    return int(passed < len(rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
