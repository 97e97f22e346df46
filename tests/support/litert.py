"""LiteRT's interpreter as a judge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def run_litert(path: Path, inputs: Mapping[str, Any], *, reference: bool = False) -> dict[str, np.ndarray]:
    """Outputs of the only signature, in the order of the subgraph's; builtin operators alone, by the reference kernels
    where asked for."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kind = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    interpreter = Interpreter(model_path=str(path), num_threads=1, experimental_op_resolver_type=kind)
    results = interpreter.get_signature_runner()(**inputs)
    (signature,) = interpreter.get_signature_list().values()
    return {name: np.array(results[name]) for name in signature["outputs"]}


def operators_of(path: Path) -> list[str]:
    """Names of the first subgraph's operators, in order."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    graph = model.Subgraphs(0)
    codes = [model.OperatorCodes(graph.Operators(i).OpcodeIndex()) for i in range(graph.OperatorsLength())]
    return [names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes]


def tensor_types_of(path: Path) -> set[str]:
    """Element types of the first subgraph's tensors."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    return {np.dtype(tensor["dtype"]).name for tensor in interpreter.get_tensor_details()}
