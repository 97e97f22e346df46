"""The ways in which a backend test is run: modelconv's three, and the peers'."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Feeds = dict[str, Any]
Runner = Callable[[Feeds], list[Any]]  # outputs in the model's order


def source_of(case: Any) -> Any:
    """A path where the model lies in a file, else its bytes."""
    return Path(case.model_dir) / "model.onnx" if case.model is None else case.model.SerializeToString()


def runner_of(model: Any) -> Runner:
    names = [spec.name for spec in model.outputs]

    def run(feeds: Feeds) -> list[Any]:
        results = model.run(feeds, threads=1)
        return [results[name] for name in names]

    return run


def load(case: Any) -> Runner:
    import modelconv

    return runner_of(modelconv.load(source_of(case)))


def load_simplified(case: Any) -> Runner:
    import modelconv

    return runner_of(modelconv.simplify(source_of(case)))


def load_written(case: Any) -> Runner:
    """Written at the source's own opset, and read again."""
    import modelconv

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "written.onnx"
        modelconv.load(source_of(case)).save(target)
        return runner_of(modelconv.load(target.read_bytes()))


def load_reference(case: Any) -> Runner:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(case.model if case.model is not None else str(source_of(case)))
    return lambda feeds: list(session.run(None, feeds))


def load_onnxruntime(case: Any) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    source = source_of(case)
    session = onnxruntime.InferenceSession(
        source if isinstance(source, bytes) else str(source), options, providers=["CPUExecutionProvider"]
    )
    return lambda feeds: list(session.run(None, feeds))


def outputs_as_arrays(values: list[Any]) -> list[Any]:
    """TensorFlow's text is bytes."""
    import numpy as np

    arrays = [np.asarray(value) for value in values]
    return [
        np.array([item.decode() for item in array.ravel()], dtype=object).reshape(array.shape)
        if array.dtype == object
        else array
        for array in arrays
    ]


def load_tensorflow(case: Any, target_format: str) -> Runner:
    """Written as TensorFlow's and run by TensorFlow."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import modelconv
    import tensorflow as tf

    model = modelconv.load(source_of(case))
    renamed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default() as graph:
        target = Path(folder) / ("model.pb" if target_format == "tensorflow" else "model")
        model._core.save(target, target_format=target_format, renamed=renamed)
        session = tf.compat.v1.Session(graph=graph)
        if target_format == "tensorflow":
            definition = tf.compat.v1.GraphDef.FromString(target.read_bytes())
            tf.import_graph_def(definition, name="")
            tensors = {spec.name: f"{renamed.get(spec.name, spec.name)}:0" for spec in [*model.inputs, *model.outputs]}
        else:
            meta = tf.compat.v1.saved_model.load(session, ["serve"], str(target))
            signature = meta.signature_def["serving_default"]
            infos = {**signature.outputs, **signature.inputs}
            tensors = {spec.name: infos[renamed.get(spec.name, spec.name)].name for spec in model.outputs}
            tensors |= {spec.name: signature.inputs[renamed.get(spec.name, spec.name)].name for spec in model.inputs}
            outputs = [signature.outputs[renamed.get(spec.name, spec.name)].name for spec in model.outputs]
    if target_format == "tensorflow":
        outputs = [tensors[spec.name] for spec in model.outputs]
    wanted = {spec.name for spec in model.inputs}

    def run(feeds: Feeds) -> list[Any]:
        values = session.run(outputs, {tensors[name]: value for name, value in feeds.items() if name in wanted})
        return outputs_as_arrays(values)

    return run


def load_frozen(case: Any) -> Runner:
    return load_tensorflow(case, "tensorflow")


def load_saved_model(case: Any) -> Runner:
    return load_tensorflow(case, "saved_model")


def load_onnx2tf(case: Any) -> Runner:
    """A SavedModel by onnx2tf, run by TensorFlow. It is asked to leave the inputs' axes in their order; an output that
    it returns with the channels last counts as well."""
    import numpy as np
    import onnx
    import onnx2tf
    import tensorflow as tf

    model = case.model if case.model is not None else onnx.load(source_of(case))
    inputs = [info.name for info in model.graph.input]
    declared = {info.name: [d.dim_value for d in info.type.tensor_type.shape.dim] for info in model.graph.output}
    with tempfile.TemporaryDirectory() as folder:
        source, target = str(Path(folder) / "model.onnx"), str(Path(folder) / "saved")
        onnx.save(model, source)
        settings = {"output_signaturedefs": True, "keep_shape_absolutely_input_names": inputs, "non_verbose": True}
        onnx2tf.convert(input_onnx_file_path=source, output_folder_path=target, **settings)
        module = tf.saved_model.load(target)
    signature = module.signatures["serving_default"]
    wanted = set(signature.structured_input_signature[1])

    def as_declared(name: str, array: Any) -> Any:
        shape = declared[name]
        channels_last = len(shape) > 2 and list(array.shape) == [shape[0], *shape[2:], shape[1]]
        return np.moveaxis(array, -1, 1) if channels_last and list(array.shape) != shape else array

    def run(feeds: Feeds) -> list[Any]:
        results = signature(**{name: tf.constant(value) for name, value in feeds.items() if name in wanted})
        # It calls them as the model does, or output_0, output_1, ...
        named = declared if set(declared) <= set(results) else sorted(results, key=lambda name: (len(name), name))
        arrays = outputs_as_arrays([results[name].numpy() for name in named])
        return [as_declared(name, array) for name, array in zip(declared, arrays, strict=True)]

    run.module = module  # type: ignore[attr-defined]  # its variables live as long as it does
    return run


OWN: dict[str, Callable[[Any], Runner]] = {"load": load, "simplify": load_simplified, "write/read": load_written}
TENSORFLOW: dict[str, Callable[[Any], Runner]] = {"pb": load_frozen, "saved_model": load_saved_model}
PEERS: dict[str, Callable[[Any], Runner]] = {"onnx.reference": load_reference, "onnxruntime": load_onnxruntime}
# In an environment that has it, and some seconds per test: on a sample.
TENSORFLOW_PEERS: dict[str, Callable[[Any], Runner]] = {"onnx2tf": load_onnx2tf}
