from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy.typing as npt

_Array = npt.NDArray[Any]
_Shape = tuple[int | str | None, ...]
_Progress = Callable[[str, int, int], None] | None
_Dimension = int | str | None

class CustomOpValue:
    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def shape(self) -> _Shape | None: ...
    @property
    def constant(self) -> _Array | None: ...

class CustomOpNode:
    @property
    def op(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> list[CustomOpValue | None]: ...
    @property
    def output_count(self) -> int: ...
    @property
    def attributes(self) -> dict[str, Any]: ...

class CustomOpBuilder:
    def op(self, op: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any: ...
    def constant(self, array: Any) -> CustomOpValue: ...

class Model:
    @property
    def inputs(self) -> list[tuple[str, str, _Shape | None]]: ...
    @property
    def outputs(self) -> list[tuple[str, str, _Shape | None]]: ...
    @property
    def source_format(self) -> str: ...
    @property
    def weight_count(self) -> int: ...
    @property
    def weight_bytes(self) -> int: ...
    @property
    def metadata(self) -> dict[str, str]: ...
    @property
    def notes(self) -> list[str]: ...
    def op_counts(self) -> dict[str, int]: ...
    def weights(self) -> dict[str, _Array]: ...
    def text(self) -> str: ...
    def clone(self) -> Model: ...
    def run(
        self,
        inputs: Mapping[str, Any],
        *,
        threads: int = 0,
        seed: int = 0,
        iteration_limit: int | None = None,
    ) -> dict[str, Any]: ...
    def nodes(self) -> list[tuple[str, str, list[str], list[tuple[str, str]]]]: ...
    def run_observed(
        self,
        inputs: Mapping[str, Any],
        observe: Callable[[str, Any], Any],
        *,
        threads: int = 0,
        seed: int = 0,
    ) -> dict[str, Any]: ...
    def make_inputs(self, *, seed: int = 0, sizes: Mapping[str, int] = ..., length: int = 8) -> dict[str, _Array]: ...
    def simplify(
        self,
        *,
        skip: Sequence[str] = ...,
        enable: Sequence[str] = ...,
        fold_limit: int | None = None,
        opset: int | None = None,
        stop_after: int = -1,
        check: int = 0,
        explain: bool = False,
        progress: _Progress = None,
    ) -> dict[str, Any]: ...
    def replace_weights(self, weights: Model) -> dict[str, Any]: ...
    def cleanup(self, *, progress: _Progress = None) -> dict[str, Any]: ...
    def save(
        self,
        path: str | PathLike[str],
        *,
        target_format: str = "",
        opset: int | None = None,
        external_data: bool | None = None,
        options: Mapping[str, str] = ...,
        progress: _Progress = None,
    ) -> str: ...
    def set_input_shapes(self, shapes: Mapping[str, Sequence[_Dimension]]) -> None: ...
    def set_input_layout(self, layout: str | Mapping[str, str]) -> dict[str, list[int]]: ...
    def to_channels_last(self) -> list[str]: ...
    def rename(self, inputs: Sequence[str], outputs: Sequence[str]) -> None: ...
    def extract(self, inputs: Sequence[str], outputs: Sequence[str]) -> Model: ...

def load(
    path: str | PathLike[str],
    *,
    source_format: str = "",
    inputs: Sequence[str] = ...,
    outputs: Sequence[str] = ...,
    input_names: Sequence[str] = ...,
    output_names: Sequence[str] = ...,
    weights: str | PathLike[str] | None = None,
    options: Mapping[str, str] = ...,
    custom_ops: Mapping[str, Callable[[CustomOpNode, CustomOpBuilder], Any]] = ...,
    progress: _Progress = None,
) -> Model: ...
def load_bytes(
    bytes: bytes,
    *,
    source_format: str = "",
    inputs: Sequence[str] = ...,
    outputs: Sequence[str] = ...,
    input_names: Sequence[str] = ...,
    output_names: Sequence[str] = ...,
    weights: str | PathLike[str] | None = None,
    options: Mapping[str, str] = ...,
    custom_ops: Mapping[str, Callable[[CustomOpNode, CustomOpBuilder], Any]] = ...,
    progress: _Progress = None,
) -> Model: ...
def load_graph(
    inputs: Sequence[tuple[int, str, str, Sequence[_Dimension] | None]],
    constants: Sequence[tuple[int, str, Any]],
    nodes: Sequence[tuple[str, str, Sequence[int], Sequence[tuple[int, str]], Mapping[str, Any]]],
    outputs: Sequence[tuple[int, str]],
    *,
    source_format: str,
    where: str,
    cut_inputs: Sequence[str] = ...,
    cut_outputs: Sequence[str] = ...,
    notes: Sequence[str] = ...,
    custom_ops: Mapping[str, Callable[[CustomOpNode, CustomOpBuilder], Any]] = ...,
    progress: _Progress = None,
) -> Model: ...
def detect_format(source: str | PathLike[str] | bytes) -> str: ...
def takes_weights(format: str) -> bool: ...
def weights_from(arrays: Sequence[tuple[str, Any]], source_format: str = "") -> Model: ...
def formats() -> list[dict[str, Any]]: ...
def passes() -> list[dict[str, Any]]: ...
def operators(format: str) -> list[tuple[str, str, bool, bool, str]]: ...
def compare(value: Any, reference: Any, *, rtol: float = 1e-5, atol: float = 1e-5) -> dict[str, Any]: ...
