from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy.typing as npt

_Array = npt.NDArray[Any]
_Shape = tuple[int | str | None, ...]
_Progress = Callable[[str, int, int], None] | None
_Dimension = int | str | None

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
    def op_counts(self) -> dict[str, int]: ...
    def weights(self) -> dict[str, _Array]: ...
    def text(self) -> str: ...
    def clone(self) -> Model: ...
    def run(self, inputs: Mapping[str, Any], *, threads: int = 0, seed: int = 0) -> dict[str, Any]: ...
    def run_observed(
        self,
        inputs: Mapping[str, Any],
        observe: Callable[[str, str, str, Any], None],
        *,
        threads: int = 0,
        seed: int = 0,
    ) -> dict[str, Any]: ...
    def make_inputs(self, *, seed: int = 0, sizes: Mapping[str, int] = ...) -> dict[str, _Array]: ...
    def simplify(
        self,
        *,
        skip: Sequence[str] = ...,
        fold_limit: int | None = None,
        stop_after: int = -1,
        progress: _Progress = None,
        trace: Callable[[str, str, bool, str], None] | None = None,
    ) -> dict[str, Any]: ...
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
    progress: _Progress = None,
) -> Model: ...
def detect_format(source: str | PathLike[str] | bytes) -> str: ...
def formats() -> list[dict[str, Any]]: ...
def operators(format: str) -> list[tuple[str, str, bool, bool, str]]: ...
def compare(value: Any, reference: Any, *, rtol: float = 1e-5, atol: float = 1e-5) -> dict[str, Any]: ...
