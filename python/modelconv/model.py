"""A model in memory: canonical graph, inputs, outputs, weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from modelconv import _core
from modelconv.argument_checks import require_lists
from modelconv.errors import ModelConvError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx

    from modelconv.explanation import SimplificationReport
    from modelconv.weights import WeightsReport

    Array = npt.NDArray[np.generic]
else:
    Array = Any  # NumPy takes longer to import than most conversions take: it is imported when arrays are wanted

# What flows in and out of run(): an array, a list for a sequence, None for an empty optional.
RuntimeValue = Any


class TensorSpec(NamedTuple):
    """Name and type of an input or output."""

    name: str
    dtype: str
    """`"float32"`, `"int64"`, ...; `"seq(...)"` and `"optional(...)"` for values that are not tensors."""
    shape: tuple[int | str | None, ...] | None
    """Sizes; a `str` is a dynamic dimension's name or formula, `None` an unnamed one. `None` altogether: any rank."""


class Model:
    """A graph with ONNX operator semantics, whatever file it came from.

    Made by `modelconv.load`, `modelconv.convert` and `modelconv.simplify`. Weights stay views of the file that they
    were read from until something changes them; the file must not be overwritten in place meanwhile.
    """

    def __init__(self, core: _core.Model) -> None:
        self._core = core
        self._simplified: tuple[dict[str, Any], dict[str, int]] | None = None
        # Input -> axes that take its array back to the source's order, where `input_layout` changed it.
        self._restoring_orders: dict[str, list[int]] = {}
        self._replaced_weights: WeightsReport | None = None

    @property
    def report(self) -> SimplificationReport | None:
        """What simplify() did, when it made this model."""
        if self._simplified is None:
            return None
        from modelconv.explanation import report_of

        result, ops_before = self._simplified
        return report_of(result, ops_before, self.op_counts())

    @property
    def inputs(self) -> list[TensorSpec]:
        """Inputs in order."""
        return [TensorSpec(name, dtype, shape) for name, dtype, shape in self._core.inputs]

    @property
    def outputs(self) -> list[TensorSpec]:
        """Outputs in order."""
        return [TensorSpec(name, dtype, shape) for name, dtype, shape in self._core.outputs]

    @property
    def source_format(self) -> str:
        """Name of the format that the model was read from."""
        return self._core.source_format

    def run(
        self,
        inputs: Mapping[str, RuntimeValue] | None = None,
        *,
        threads: int = 0,
        seed: int = 0,
        iteration_limit: int | None = None,
    ) -> dict[str, RuntimeValue]:
        """Evaluate the model with modelconv's own kernels.

        Args:
            inputs: One entry per input: an array of the declared dtype and shape; a list for a sequence; `None` for an
                empty optional.
            threads: 0 takes all cores.
            seed: For random operators that have no seed of their own.
            iteration_limit: Most iterations of all loops together, against loops that never end. Default: 10,000,000.

        Raises:
            BadArgumentError: A loop has not ended at the limit.
            ShapeError: An input is missing or does not fit, or shapes disagree inside the model.
            UnsupportedOpError: The model has operators without a kernel; all are named.
        """
        return self._core.run(dict(inputs or {}), threads=threads, seed=seed, iteration_limit=iteration_limit)

    def op_counts(self) -> dict[str, int]:
        """Operator -> number of nodes, subgraphs included."""
        return self._core.op_counts()

    @property
    def node_count(self) -> int:
        """Number of nodes, subgraphs included."""
        return sum(self.op_counts().values())

    @property
    def weights(self) -> Mapping[str, Array]:
        """Constants by name. The arrays are read-only views, nothing is copied."""
        return self._core.weights()

    def extract(self, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> Model:
        """The part of the model between the named tensors, as a model of its own.

        Empty lists keep the model's own inputs or outputs. Raises ModelConvError for unknown names, and when the part
        needs an input that is not named.
        """
        require_lists(inputs=inputs, outputs=outputs)
        return Model(self._core.extract(list(inputs), list(outputs)))

    def save(self, path: str | PathLike[str], *, opset: int | None = None, external_data: bool | None = None) -> None:
        """Write the model; the suffix names the format, a path without one is a SavedModel's folder.

        An existing file is replaced only when all went well.
        """
        from modelconv.targets import save

        save(self._core, path, opset=opset, external_data=external_data)

    def to_onnx(self, *, opset: int | None = None) -> onnx.ModelProto:
        """The model as a protobuf message of the `onnx` package, which must be installed."""
        try:
            import onnx
        except ImportError as error:
            raise ModelConvError("to_onnx() needs the onnx package: pip install modelconv[onnx]") from error
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            self._core.save(path, opset=opset)
            return onnx.load(path)

    def summary(self) -> str:
        """A few lines for people: inputs, outputs, operators, size of the weights."""
        lines = [f"read from {self.source_format or 'memory'}"]
        lines += [f"input   {describe_spec(spec)}" for spec in self.inputs]
        lines += [f"output  {describe_spec(spec)}" for spec in self.outputs]
        counts = sorted(self.op_counts().items(), key=lambda item: (-item[1], item[0]))
        lines.append(f"weights {self._core.weight_count} tensors, {describe_bytes(self._core.weight_bytes)}")
        lines.append(f"nodes   {self.node_count}: " + ", ".join(f"{op} {count}" for op, count in counts))
        return "\n".join(lines)

    def text(self) -> str:
        """The graph in modelconv's text form."""
        return self._core.text()

    def to_html(self, title: str = "") -> str:
        """The graph as a page: a picture to pan, search and click. Weights are told by type, their numbers left out."""
        from modelconv.reports.graph_page import graph_page

        return graph_page(self, title)

    def _repr_html_(self) -> str:
        from modelconv.reports.notebook import model_cell

        return model_cell(self)

    def __repr__(self) -> str:
        inputs = ", ".join(describe_spec(spec) for spec in self.inputs)
        outputs = ", ".join(describe_spec(spec) for spec in self.outputs)
        return f"<modelconv.Model ({inputs}) -> ({outputs}), {self.node_count} nodes>"


def describe_spec(spec: TensorSpec) -> str:
    """`x: float32[N, 3, 224, 224]`."""
    return f"{spec.name}: {spec.dtype}{describe_shape(spec.shape)}"


def describe_shape(shape: tuple[int | str | None, ...] | None) -> str:
    """`[N, 3, ?]`, `[...]` for any rank."""
    if shape is None:
        return "[...]"
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def describe_bytes(size: float) -> str:
    """`4.1 MB`; decimal units, as file managers show."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
