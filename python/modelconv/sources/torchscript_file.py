"""TorchScript archives (torch.jit.save) without torch: the objects of data.pkl, and the methods' source text.

Source of the layout: torch/csrc/jit/docs/serialization.md. The source text is parsed, never executed; the pickle is
read by an interpreter that knows a few names, and calls nothing else.
"""

from __future__ import annotations

import ast
import io
import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from modelconv.errors import ModelConvError, malformed
from modelconv.sources.mapped_archive import MappedArchive
from modelconv.sources.torch_archive import stored_as

LARGEST_TEXT = 256 << 20
# Names of storage classes -> element types.
STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}  # fmt: skip


@dataclass(eq=False)
class ScriptObject:
    """An instance of a class of the program: mostly a module."""

    type_name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    """Where it stands in the model: `layer1.0.conv`."""

    def __setstate__(self, state: Any) -> None:
        self.attributes = dict(state) if isinstance(state, Mapping) else {"__state__": state}


@dataclass(eq=False)
class StoredTensor:
    """A weight: an array, or (element type, bit patterns)."""

    array: Any
    name: str = ""


class ScriptFile:
    """What an archive holds."""

    def __init__(self, data: memoryview, describe: str) -> None:
        self._archive = MappedArchive(data, describe)
        self.describe = describe
        self._root = self._find_root()
        self._sources: dict[str, ast.Module] = {}
        self.main: ScriptObject = self._load("data", ScriptObject)
        self.constants = list(self._load("constants", tuple)) if f"{self._root}constants.pkl" in self._archive else []
        name_everything(self.main)

    def function(self, qualified: str) -> ast.FunctionDef | None:
        """A function by its full name, `__torch__.torch.nn.functional.relu`."""
        found = self._find(qualified)
        return found if isinstance(found, ast.FunctionDef) else None

    def class_named(self, qualified: str) -> ast.ClassDef | None:
        """A class by its full name."""
        found = self._find(qualified)
        return found if isinstance(found, ast.ClassDef) else None

    def method(self, type_name: str, name: str) -> ast.FunctionDef | None:
        """A method of a class."""
        found = self.class_named(type_name)
        for statement in found.body if found else ():
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                return statement
        return None

    def _find(self, qualified: str) -> ast.stmt | None:
        place, _, name = qualified.rpartition(".")
        return next((s for s in self._source(place).body if getattr(s, "name", "") == name), None)

    def _source(self, place: str) -> ast.Module:
        if place not in self._sources:
            path = f"{self._root}code/{place.replace('.', '/')}.py"
            text = self._archive.read(path, LARGEST_TEXT) if path in self._archive else b""
            try:
                self._sources[place] = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                raise malformed(
                    f"'{path}' is not the source text of a program", self.describe, str(problem)
                ) from problem
        return self._sources[place]

    def _find_root(self) -> str:
        # Programs with newer operators (gelu, ...) have it in .data. Source: PyTorchStreamWriter::writeEndOfFile.
        for name in self._archive:
            root = name.removesuffix("data.pkl")
            if root != name and any(f"{root}{place}version" in self._archive for place in ("", ".data/")):
                return root
        raise malformed("the archive has no data.pkl", self.describe)

    def _load(self, name: str, kind: type) -> Any:
        return read_pickle(self._archive, self._root, name, kind)


def read_pickle(archive: MappedArchive, root: str, name: str, kind: type) -> Any:
    """What a member holds, its tensors as views of the archive; MalformedModelError if it is no `kind`."""
    text = archive.read(f"{root}{name}.pkl", LARGEST_TEXT)
    try:
        loaded = ScriptUnpickler(text, lambda key: archive.view(f"{root}{name}/{key}"), archive.describe).load()
    except ModelConvError:
        raise
    except Exception as problem:  # whatever a damaged pickle makes the interpreter stumble over
        raise malformed(f"'{name}.pkl' is damaged", archive.describe, str(problem)) from problem
    if not isinstance(loaded, kind):
        raise malformed(f"'{name}.pkl' holds a {type(loaded).__name__}", archive.describe)
    return loaded


# The pure Python unpickler: its table of objects grows with the file, not with the numbers in it.
class ScriptUnpickler(pickle._Unpickler):
    """Builds containers, tensors and ScriptObjects."""

    def __init__(self, text: bytes, storage: Callable[[str], memoryview], describe: str) -> None:
        super().__init__(io.BytesIO(text))
        self._storage, self._describe = storage, describe

    def find_class(self, module: str, name: str) -> Any:
        """The few names that a program's pickle may use."""
        if module.startswith("__torch__"):
            return object_of_type(f"{module}.{name}")
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        known: dict[str, Any] = {
            "collections.OrderedDict": dict,
            "torch._utils._rebuild_tensor_v2": self._tensor,
            "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
            "torch.jit._pickle.build_intlist": list,
            "torch.jit._pickle.build_doublelist": list,
            "torch.jit._pickle.build_boollist": list,
            "torch.jit._pickle.build_tensorlist": list,
            "torch.jit._pickle.restore_type_tag": lambda value, *_: value,
            "torch.device": lambda *_: None,
        }
        found = known.get(f"{module}.{name}")
        if found is None:
            raise malformed(
                f"the archive's pickle wants '{module}.{name}', which no program needs",
                self._describe,
                "nothing of it was run",
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        """`("storage", element type, key, device, count)`."""
        _, dtype, key, _, count = pid
        stored = np.frombuffer(self._storage(str(key)), stored_as(dtype))
        if stored.size < count:
            raise malformed(
                f"storage '{key}' is cut short", self._describe, f"{count} elements, {stored.size} are there"
            )
        return dtype, stored

    def _tensor(self, storage: Any, offset: int, sizes: Any, strides: Any, *_: Any) -> StoredTensor:
        dtype, stored = storage
        reach = 1 + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
        if math.prod(sizes) == 0:
            array = np.zeros(sizes, stored.dtype)
        elif min([offset, *sizes, *strides]) < 0 or offset + reach > stored.size:
            raise malformed("a tensor reaches beyond its storage", self._describe)
        else:
            steps = [stride * stored.itemsize for stride in strides]
            array = np.lib.stride_tricks.as_strided(stored[offset:], sizes, steps, writeable=False)
        return StoredTensor(array if array.dtype.name == dtype else (dtype, array))


def object_of_type(name: str) -> type[ScriptObject]:
    """A class whose instances know which class of the program they belong to."""

    class Instance(ScriptObject):
        def __init__(self, *_: Any) -> None:
            super().__init__(name)

        def __new__(cls, *_: Any) -> Any:
            made = object.__new__(cls)
            made.type_name, made.attributes, made.name = name, {}, ""
            return made

    return Instance


def name_everything(main: ScriptObject) -> None:
    """Modules and weights get the names that a state dict would have."""
    waiting: list[tuple[str, Any]] = [("", main)]
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if id(value) in seen:
            continue
        if isinstance(value, StoredTensor):
            seen.add(id(value))
            value.name = value.name or name
        elif isinstance(value, ScriptObject):
            seen.add(id(value))
            value.name = name
            prefix = f"{name}." if name else ""
            waiting += [(prefix + key, item) for key, item in value.attributes.items()]
