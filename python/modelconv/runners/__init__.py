"""What computes reference outputs: a framework of the model's own where it is installed, else modelconv."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from os import PathLike, fspath
from typing import Any, Protocol

from modelconv import _core
from modelconv.argument_checks import bad
from modelconv.errors import ModelConvError
from modelconv.layers import LayerStore, Wiring, wiring_of
from modelconv.model import Array, Model
from modelconv.sources import is_onnx_proto, load_source


@dataclass
class Results:
    """Outputs by name in output order, and those intermediate tensors that were asked for, by name."""

    outputs: dict[str, Any]
    layers: LayerStore = field(default_factory=LayerStore)


class Runner(Protocol):
    """Runs a reference model on one sample."""

    @property
    def name(self) -> str:
        """What computes."""

    @property
    def wiring(self) -> Wiring | None:
        """The reference's nodes, where they are known."""

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs, and in the same run the named intermediate tensors as far as there are such."""


class RecordedRunner:
    """Outputs that somebody has recorded, the same for every sample."""

    name = "recorded outputs"
    wiring = None

    def __init__(self, outputs: Mapping[str, Array]) -> None:
        self._outputs = dict(outputs)

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """The recorded outputs; they may hold intermediate tensors too."""
        results = Results(self._outputs)
        for name in layers:
            if name in self._outputs:
                results.layers[name] = self._outputs[name]
        return results


class CallableRunner:
    """A function of the inputs by name."""

    name = "callable"
    wiring = None

    def __init__(self, function: Callable[..., Any], output_names: Sequence[str]) -> None:
        self._function = function
        self._names = list(output_names)

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Call it; a mapping is taken as it is, a sequence or a single array in output order."""
        try:
            signature(self._function).bind(**inputs)
        except TypeError as error:
            wanted = ", ".join(inputs)
            raise bad(
                f"the reference cannot be called with the model's inputs: {error}", f"def reference({wanted}): ..."
            ) from error
        except ValueError:
            pass  # functions of compiled modules do not tell what they take
        results = self._function(**inputs)
        if isinstance(results, Mapping):
            return Results(dict(results))
        listed = list(results) if isinstance(results, list | tuple) else [results]
        if len(listed) != len(self._names):
            raise ModelConvError(f"the reference returned {len(listed)} outputs, the model has {len(self._names)}")
        return Results(dict(zip(self._names, listed, strict=True)))


class CoreRunner:
    """modelconv's own evaluator on another model."""

    name = "modelconv"

    def __init__(self, core: _core.Model, input_names: Sequence[str] | None) -> None:
        self.core = core
        self.names = renaming([name for name, _, _ in core.inputs], input_names)

    @cached_property
    def wiring(self) -> Wiring:
        """The graph's nodes."""
        return wiring_of(self.core.nodes())

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Evaluate; tensors are found by their own names and by the source's."""
        feeds = {self.names.get(name, name): value for name, value in inputs.items()}
        if not layers:
            return Results(self.core.run(feeds))
        results = Results({})
        wanted = set(layers)

        def observe(name: str, value: Any) -> None:
            source = self.wiring.sources.get(name)
            for known in {source, name} & wanted if source else ():
                if hasattr(value, "dtype"):
                    results.layers[known] = value

        results.outputs = self.core.run_observed(feeds, observe)
        return results


def runner_for(
    reference: Any, reading: Mapping[str, Any], input_names: Sequence[str] | None, per_layer: bool
) -> Runner:
    """The framework that the reference's own format belongs to, if it is installed.

    Layer by layer, ONNX Runtime needs the onnx package to say what there is between.
    """
    if isinstance(reference, Model):
        return CoreRunner(_load(reference, reading), input_names)
    source_format = "onnx" if is_onnx_proto(reference) else _core.detect_format(_path_or_bytes(reference))
    cut = any(reading.get(key) for key in ("inputs", "outputs"))
    shows_layers = not per_layer or source_format != "onnx" or installed("onnx")
    if source_format == "onnx" and not cut and shows_layers and installed("onnxruntime"):
        from modelconv.runners.onnxruntime import OnnxRuntimeRunner

        return OnnxRuntimeRunner(reference, input_names)
    of_tensorflow = source_format in ("saved_model", "tensorflow")
    if of_tensorflow and isinstance(reference, str | PathLike) and installed("tensorflow"):
        from modelconv.runners.tensorflow import TensorFlowRunner

        return TensorFlowRunner(fspath(reference), _load(reference, reading), reading, input_names)
    if source_format in ("caffe", "darknet") and isinstance(reference, str | PathLike) and not per_layer:
        own = CoreRunner(_load(reference, reading), input_names)
        if cut or not installed("cv2"):
            return own
        from modelconv.runners.opencv import opencv_runner

        return opencv_runner(source_format, fspath(reference), own, reading)
    as_the_file_says = not (cut or reading.get("options") or reading.get("input_layout"))
    if source_format == "tflite" and as_the_file_says and (installed("ai_edge_litert") or installed("tensorflow")):
        from modelconv.runners.tflite import TFLiteRunner

        return TFLiteRunner(_path_or_bytes(reference), _load(reference, reading), input_names)
    return CoreRunner(_load(reference, reading), input_names)


def renaming(own: Sequence[str], given: Sequence[str] | None) -> dict[str, str]:
    """Given name -> the reference's own, by position."""
    if given is None or len(given) != len(own) or set(given) == set(own):
        return {}
    return dict(zip(given, own, strict=True))


def names_of(names: Iterable[str]) -> str:
    """`'a', 'b'`, for messages."""
    return ", ".join(f"'{name}'" for name in names)


def installed(module: str) -> bool:
    """Without importing it."""
    return importlib.util.find_spec(module) is not None


def _load(reference: Any, reading: Mapping[str, Any]) -> _core.Model:
    options: dict[str, Any] = {key: value for key, value in reading.items() if value}
    for key in ("inputs", "outputs"):
        if key in options:
            options[key] = list(options[key])
    if "weights" in options:
        options["weights"] = fspath(options["weights"])
    return load_source(reference, **options)


def _path_or_bytes(reference: Any) -> str | bytes:
    return fspath(reference) if isinstance(reference, str | PathLike) else bytes(reference)
