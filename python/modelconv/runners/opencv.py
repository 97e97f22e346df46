"""OpenCV as the reference for Caffe and Darknet networks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelconv.errors import ModelConvError
from modelconv.model import Array
from modelconv.runners import CoreRunner, Results

_OPENCV_EPSILON = 1e-6  # of batch normalisation, in OpenCV's reader of Darknet files


class OpenCvRunner:
    """Runs a network of `cv2.dnn`; what OpenCV cannot run, modelconv runs."""

    name = "opencv"
    wiring = None

    def __init__(self, net: Any, layers: Mapping[str, str], own: CoreRunner) -> None:
        """`layers`: the network's outputs, each with the layer of OpenCV that gives it."""
        self._net = net
        self._layers = dict(layers)
        self._own = own

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs."""
        import cv2

        if self.name == "opencv":
            try:
                return Results(self._forward(inputs))
            except cv2.error:
                self.name = self._own.name
        return self._own.run(inputs, layers)

    def _forward(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        for name, value in inputs.items():
            self._net.setInput(value, self._own.names.get(name, name))
        wanted = sorted(set(self._layers.values()))
        values = dict(zip(wanted, self._net.forward(wanted), strict=True))
        shapes = {name: shape for name, _, shape in self._own.core.outputs}
        return {output: _as_declared(values[layer], shapes[output]) for output, layer in self._layers.items()}


def _as_declared(value: Array, shape: Sequence[Any] | None) -> Array:
    """OpenCV keeps four axes where the model has fewer."""
    if shape is None or len(shape) == value.ndim:
        return value
    sizes = [size if isinstance(size, int) else -1 for size in shape]
    return value.reshape(sizes) if sizes.count(-1) <= 1 else value


def opencv_runner(
    source_format: str, path: str, own: CoreRunner, reading: Mapping[str, Any]
) -> OpenCvRunner | CoreRunner:
    """OpenCV where it reads the files and gives the same outputs, else modelconv's own."""
    import cv2

    build = _darknet if source_format == "darknet" else _caffe
    try:
        return build(cv2, path, own, reading) or own
    except (cv2.error, ModelConvError):
        return own


def _darknet(cv2: Any, path: str, own: CoreRunner, reading: Mapping[str, Any]) -> OpenCvRunner | None:
    """Raw heads are what the layer before OpenCV's permutation gives. Decoded ones have another form there."""
    import numpy as np

    options = reading.get("options") or {}
    if set(options) - {"epsilon", "names"}:
        return None
    epsilon = float(options.get("epsilon", 1e-5))
    weights = Path(reading.get("weights") or Path(path).with_suffix(".weights")).read_bytes()
    floats = [
        array + (epsilon - _OPENCV_EPSILON) if name.endswith("variance") else array
        for name, array in own.core.weights().items()
        if "_" in name and "/" in name and "/const" not in name
    ]
    changed = b"".join(array.astype("<f4").tobytes() for array in floats)
    header = len(weights) - len(changed)
    if header not in (16, 20):
        return None
    content = np.frombuffer(weights[:header] + changed, np.uint8)
    net = cv2.dnn.readNetFromDarknet(np.frombuffer(Path(path).read_bytes(), np.uint8), content)
    names = list(net.getLayerNames())
    layers = {}
    for output, _, _ in own.core.outputs:
        if output.startswith("yolo_"):
            layers[output] = names[names.index(output) - 2]
        elif len(own.core.outputs) == 1 and not output.startswith("region"):
            layers[output] = names[-1]
        else:
            return None
    return OpenCvRunner(net, layers, own)


def _caffe(cv2: Any, path: str, own: CoreRunner, reading: Mapping[str, Any]) -> OpenCvRunner | None:
    """Layers and blobs may have other names than each other. Found boxes come in another order than Caffe's."""
    if any(op == "NonMaxSuppression" for _, op, _, _ in own.core.nodes()):
        return None
    weights = reading.get("weights") or Path(path).with_suffix(".caffemodel")
    if reading.get("options") or not Path(weights).is_file():
        return None
    net = cv2.dnn.readNetFromCaffe(path, str(weights))
    makers = {output: name for name, _, _, outputs in own.core.nodes() for output, _ in outputs}
    layers = {output: makers[output] for output, _, _ in own.core.outputs if output in makers}
    known = set(net.getLayerNames())
    if len(layers) < len(own.core.outputs) or not set(layers.values()) <= known:
        return None
    return OpenCvRunner(net, layers, own)
