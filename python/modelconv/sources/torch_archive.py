"""`.pt2` archives (torch.export.save) without torch: the program is JSON, the weights are stored as they are in memory.

Source of keys and numbers: torch/_export/serde/schema.py (schema version 8) and torch/export/pt2_archive/constants.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from modelconv.errors import MalformedModelError, ModelConvError, UnsupportedOpError, malformed
from modelconv.sources import json_text
from modelconv.sources.mapped_archive import MappedArchive
from modelconv.sources.torch_control import call_higher_order
from modelconv.sources.torch_names import output_names
from modelconv.sources.torch_program import CHECKS, PYTHON_NAMES, DType, Program, Variable

LARGEST_PROGRAM = 1 << 30
SCALAR_TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8e4m3fn", 30: "float8e5m2",
    31: "float8e4m3fnuz", 32: "float8e5m2fnuz", 33: "float8e8m0", 34: "uint32", 35: "uint64",
}  # fmt: skip
KEYWORD = 2  # ArgumentKind.KEYWORD
# Parameters behind the "*" of some operator's schema in native_functions.yaml.
NAMED_ONLY = {
    "alpha", "approximate", "beta", "correction", "device", "dtype", "enable_gqa", "generator", "include_self",
    "layout", "memory_format", "out_int32", "pin_memory", "reduce", "right", "rounding_mode", "scale", "side",
    "sorter", "value",
}  # fmt: skip
# Arguments that say where and how a tensor is stored.
STORAGE = {"as_memory_format", "as_layout", "as_device"}


def read_archive(data: memoryview, describe: str) -> tuple[Program, list[str], list[Any]]:
    """The program of an archive, the names of its results, and the results: Variables and numbers."""
    archive = MappedArchive(data, describe)
    root = root_of(archive)
    text = archive.read(f"{root}models/model.json", LARGEST_PROGRAM)
    return read_program(text, describe, lambda: StoredTensors(archive, root).tensor)


def read_program(
    text: bytes, describe: str, tensors: Callable[[], Callable[[str], Any]]
) -> tuple[Program, list[str], list[Any]]:
    """As `read_archive`, from the program's JSON; `tensors()` gives what finds a weight by its name."""
    try:
        return ProgramReader(json_text.parse(text)["graph_module"], describe, tensors()).read()
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError, ValueError) as problem:
        if isinstance(problem, ModelConvError):
            raise
        why = f"{type(problem).__name__}: {problem}"
        raise malformed("the program is not written as torch.export writes it", describe, why) from problem


def root_of(archive: MappedArchive) -> str:
    """The folder that all members are in."""
    for name in archive:
        if name.endswith("models/model.json"):
            return name.removesuffix("models/model.json")
    raise malformed("the archive has no models/model.json", archive.describe)


class StoredTensors:
    """Weights and constants of an archive by their names, as views."""

    def __init__(self, archive: MappedArchive, root: str) -> None:
        self._archive, self._root = archive, root
        self._configs = {
            "weights": self._config("data/weights/model_weights_config.json"),
            "constants": self._config("data/constants/model_constants_config.json"),
        }

    def tensor(self, name: str) -> Any:
        """A NumPy array, or (element type, bit patterns)."""
        for folder, config in self._configs.items():
            if name in config:
                return self._array(f"{self._root}data/{folder}/", name, config[name])
        raise malformed(f"the archive lacks the tensor '{name}'", self._archive.describe)

    def _array(self, folder: str, name: str, entry: Mapping[str, Any]) -> Any:
        """A view of the stored bytes, in the tensor's shape."""
        if entry["use_pickle"]:
            raise malformed(f"tensor '{name}' is stored as a pickle", self._archive.describe)
        meta = entry["tensor_meta"]
        dtype = scalar_type(meta["dtype"])
        sizes, strides = integers(meta["sizes"]), integers(meta["strides"])
        offset = int(meta["storage_offset"]["as_int"])
        storage = np.frombuffer(self._archive.view(folder + entry["path_name"]), stored_as(dtype))
        reach = 1 + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
        if math.prod(sizes) == 0:
            array = np.zeros(sizes, storage.dtype)
        elif min([offset, *sizes, *strides]) < 0 or offset + reach > storage.size:
            raise malformed(
                f"tensor '{name}' is cut short",
                self._archive.describe,
                f"it needs {offset + reach} elements, {storage.size} are stored",
            )
        else:
            steps = [stride * storage.itemsize for stride in strides]
            array = np.lib.stride_tricks.as_strided(storage[offset:], sizes, steps, writeable=False)
        return array if array.dtype.name == dtype else (dtype, array)

    def _config(self, name: str) -> Mapping[str, Any]:
        path = self._root + name
        if path not in self._archive:
            return {}
        config = json_text.parse(self._archive.read(path, LARGEST_PROGRAM))["config"]
        return config if isinstance(config, dict) else {}


class ProgramReader:
    """Walks one graph module."""

    def __init__(self, module: Mapping[str, Any], describe: str, tensor: Callable[[str], Any]) -> None:
        self._module, self._describe, self._tensor = module, describe, tensor

    def read(self) -> tuple[Program, list[str], list[Any]]:
        """Inputs, nodes, results."""
        program = Program()
        graph = self._module["graph"]
        walk = GraphWalk(program, graph, {})
        for spec in self._module["signature"]["input_specs"]:
            self._define_input(walk, spec)
        results = walk.run()
        specs = self._module["signature"]["output_specs"]
        wanted = [value for spec, value in zip(specs, results, strict=True) if "user_output" in spec]
        return program, output_names(self._out_spec(), len(wanted)), wanted

    def _define_input(self, walk: GraphWalk, spec: Mapping[str, Any]) -> None:
        ((kind, content),) = spec.items()
        if kind == "user_input":
            walk.define_input(content["arg"])
        elif kind == "parameter":
            walk.values[content["arg"]["name"]] = self._weight(walk.program, content["parameter_name"])
        elif kind == "buffer":
            walk.values[content["arg"]["name"]] = self._weight(walk.program, content["buffer_name"])
        elif kind == "tensor_constant":
            walk.values[content["arg"]["name"]] = self._weight(walk.program, content["tensor_constant_name"])
        elif kind == "constant_input":
            value = next(iter(content["value"].values()))
            walk.program.notes.append(f"argument '{content['name']}' is {value!r}, as in the example: it is no input")
        else:
            raise malformed(f"the program has an input of kind '{kind}'", self._describe)

    def _weight(self, program: Program, name: str) -> Variable:
        return program.constant(name, self._tensor(name))

    def _out_spec(self) -> Any:
        for entry in self._module["module_call_graph"]:
            if entry["fqn"] == "" and entry["signature"]:
                return json_text.parse(entry["signature"]["out_spec"])
        return None


class GraphWalk:
    """One graph, calls in order; inner graphs use the values of the outer ones by their arguments."""

    def __init__(self, program: Program, graph: Mapping[str, Any], values: dict[str, Any]) -> None:
        self.program, self._graph, self.values = program, graph, values

    def define_input(self, argument: Mapping[str, Any]) -> None:
        """An input of the model."""
        ((kind, content),) = argument.items()
        if kind == "as_tensor":
            meta = self._graph["tensor_values"][content["name"]]
            shape = [dimension(size) for size in meta["sizes"]]
            name = text_of(content["name"])
            self.values[name] = self.program.input(name, scalar_type(meta["dtype"]), shape)
        elif kind in ("as_sym_int", "as_sym_float", "as_sym_bool") and "as_name" in content:
            dtype = {"as_sym_int": "int64", "as_sym_float": "float64", "as_sym_bool": "bool"}[kind]
            name = text_of(content["as_name"])
            self.values[name] = self.program.input(name, dtype, [], is_number=True)

    def run(self) -> list[Any]:
        """Call every node; the graph's results."""
        for node in self._graph["nodes"]:
            self._call(node)
        return [self.argument(output) for output in self._graph["outputs"]]

    def _call(self, node: Mapping[str, Any]) -> None:
        positional, named = split_arguments(node["inputs"])
        args = [self.argument(entry["arg"]) for entry in positional]
        kwargs = {entry["name"]: self.argument(entry["arg"]) for entry in named}
        target = str(node["target"])
        name = text_of(node.get("name") or "")
        results = result_names(node["outputs"])
        names = [result for result, _ in results]
        if target.startswith("torch.ops.higher_order."):
            found = call_higher_order(self.program, target.rpartition(".")[2], args, kwargs, names, name)
        else:
            op = operator_name(target)
            if op in CHECKS:
                return
            is_number = any(number for _, number in results)
            found = self.program.call(op, args, kwargs, names, name, is_number)
        for (result, _), value in zip(results, found, strict=True):
            self.values[result] = value

    def argument(self, argument: Mapping[str, Any]) -> Any:
        """A number, a text, a Variable, a list of them, a graph."""
        ((kind, content),) = argument.items()
        if kind == "as_none" or kind in STORAGE:
            return None
        if kind == "as_tensor":
            return self.values[content["name"]]
        if kind == "as_tensors":
            return [self.values[item["name"]] for item in content]
        if kind in ("as_optional_tensor", "as_optional_tensors"):
            items = content if isinstance(content, list) else [content]
            values = [self.values[item["as_tensor"]["name"]] if "as_tensor" in item else None for item in items]
            return values if isinstance(content, list) else values[0]
        if kind.startswith("as_sym_"):
            return [self._symbolic(item) for item in content] if isinstance(content, list) else self._symbolic(content)
        if kind == "as_scalar_type":
            return DType(scalar_type(content))
        if kind in ("as_float", "as_floats"):
            return [float(item) for item in content] if isinstance(content, list) else float(content)
        if kind == "as_complex":
            return complex(content["real"], content["imag"])
        if kind == "as_nested_tensors":
            return [[self.values[item["name"]] for item in row] for row in content]
        if kind == "as_graph":
            return self._inner(content["graph"])
        if kind in ("as_int", "as_ints", "as_string", "as_strings", "as_bool", "as_bools", "as_int_lists"):
            return plain(content)
        raise UnsupportedOpError(f"the program has an argument of kind '{kind}'")

    def _symbolic(self, content: Mapping[str, Any]) -> Any:
        if "as_name" in content:
            return self.values[content["as_name"]]
        return plain(next(iter(content.values())))

    def _inner(self, graph: Mapping[str, Any]) -> Any:
        """A branch or body: called with a program to write into and its arguments."""

        def run(program: Program, arguments: Sequence[Any]) -> list[Any]:
            names = [name for name, _ in result_names(graph["inputs"])]
            return GraphWalk(program, graph, dict(zip(names, arguments, strict=True))).run()

        return run


def split_arguments(inputs: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Those given by place, and those given by name; which they are is written down since PyTorch 2.7."""

    def is_named(entry: Mapping[str, Any]) -> bool:
        kind = entry.get("kind")
        if kind is not None:
            return bool(kind == KEYWORD)
        return entry["name"] in NAMED_ONLY or not STORAGE.isdisjoint(entry["arg"])

    first = next((i for i, entry in enumerate(inputs) if is_named(entry)), len(inputs))
    return inputs[:first], inputs[first:]


def result_names(outputs: Sequence[Mapping[str, Any]]) -> list[tuple[str, bool]]:
    """Names of a node's results, each with whether it is a number; a list of tensors is several results."""
    names: list[tuple[str, bool]] = []
    for output in outputs:
        ((kind, content),) = output.items()
        if kind == "as_none":
            continue
        if kind == "as_tensors":
            names += [(text_of(item["name"]), False) for item in content]
        elif kind.startswith("as_sym_"):
            names.append((text_of(content["as_name"]), True))
        elif isinstance(content, dict) and "as_tensor" in content:
            names.append((text_of(content["as_tensor"]["name"]), False))
        else:
            names.append((text_of(content["name"]), False))
    return names


def text_of(value: Any) -> str:
    """A name: anything else is an error of the file."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} stands for a name")
    return value


def plain(value: Any) -> Any:
    """A number, a text, or lists of them: nothing that could be taken for what this reader makes of arguments."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, bool | int | float | str | None):
        raise TypeError(f"{value!r} stands for a number")
    return value


def operator_name(target: str) -> str:
    """`torch.ops.aten.add.Tensor` -> `aten.add`; Python's own functions -> `py.add`."""
    if target.startswith("torch.ops."):
        parts = target.removeprefix("torch.ops.").split(".")
        return f"{parts[0]}.{parts[1]}"
    name = target.rpartition(".")[2]
    if name not in PYTHON_NAMES:
        raise UnsupportedOpError(f"the program calls {target}, which is no operator")
    return f"py.{PYTHON_NAMES[name]}"


def scalar_type(number: Any) -> str:
    """ONNX's spelling of an element type."""
    if number not in SCALAR_TYPES:
        raise MalformedModelError(f"there is no element type number {number}")
    return SCALAR_TYPES[number]


def stored_as(dtype: str) -> Any:
    """The NumPy type of the stored elements; bit patterns for types that NumPy does not have."""
    if dtype == "bfloat16":
        return np.dtype("<u2")
    return np.dtype("u1") if dtype.startswith("float8") else np.dtype(dtype).newbyteorder("<")


def integers(sizes: Sequence[Mapping[str, Any]]) -> list[int]:
    """Sizes of a weight: all are numbers."""
    return [int(size["as_int"]) for size in sizes]


def dimension(size: Mapping[str, Any]) -> int | str | None:
    """A number, a symbol, or None for an expression: `Symbol('s77', positive=True, integer=True)` -> `s77`."""
    if "as_int" in size:
        return int(size["as_int"])
    text = size["as_expr"]["expr_str"]
    symbol = re.fullmatch(r"(?:Symbol\('(\w+)'[^()]*\))|(\w+)", text)
    return (symbol[1] or symbol[2]) if symbol else None
