"""Interpreter of TorchScript's methods: Python's values are computed, tensors become nodes of a program.

Where a condition is known it is followed; where it depends on data both branches are, and become an If. Loops whose
length is known are unrolled, others become a Loop. Nothing of the program's text is executed by Python.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from modelconv.errors import ModelConvError, UnsupportedOpError, malformed
from modelconv.sources import torchscript_flow
from modelconv.sources.torch_growing import GrowingProgram
from modelconv.sources.torch_program import Variable
from modelconv.sources.torchscript_file import ScriptFile, ScriptObject, StoredTensor
from modelconv.sources.torchscript_tensors import call_on_tensors
from modelconv.sources.torchscript_values import ALWAYS, call_on_values, has_tensor, is_number

Environment = dict[str, Any]
DEEPEST_CALL = 200


class ScriptError(ModelConvError):
    """The program raises an error of its own."""


class NamedFields(tuple[Any, ...]):
    """A NamedTuple of the program."""

    fields: tuple[str, ...] = ()


class _Returned(Exception):  # noqa: N818 - a way out of nested statements, no error
    def __init__(self, value: Any) -> None:
        self.value = value


class Interpreter:
    """Runs methods of one file into one program; `inside()` gives one for a branch or a loop's body."""

    def __init__(self, file: ScriptFile, program: GrowingProgram) -> None:
        self.file, self.program = file, program
        self._weights: dict[int, Variable] = {}
        self._changed: dict[tuple[int, str], Any] = {}
        self._depth = 0

    def inside(self, program: GrowingProgram) -> Interpreter:
        """The same file, another graph."""
        inner = Interpreter(self.file, program)
        inner._weights = {key: program.outside(value) for key, value in self._weights.items()}
        inner._changed = dict(self._changed)
        inner._depth = self._depth
        return inner

    # --- calls

    def call_method(self, target: ScriptObject, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a method of an object of the program."""
        method = self.file.method(target.type_name, name)
        if method is None:
            raise UnsupportedOpError(f"the program calls '{name}' of a {target.type_name}, which has no source text")
        return self.call(method, [target, *args], kwargs)

    def call(self, function: ast.FunctionDef, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function of the program."""
        self._depth += 1
        if self._depth > DEEPEST_CALL:
            raise malformed("the program's functions call each other without end", self.file.describe)
        parameters = [parameter.arg for parameter in function.args.args]
        environment: Environment = dict(zip(parameters, args, strict=False))
        environment.update(kwargs)
        defaults = function.args.defaults
        for parameter, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
            if parameter not in environment:
                environment[parameter] = self.value(default, environment)
        missing = [parameter for parameter in parameters if parameter not in environment]
        if missing:
            raise malformed(f"'{function.name}' is called without its argument '{missing[0]}'", self.file.describe)
        try:
            self.run(function.body, environment)
        except _Returned as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    # --- statements

    def run(self, body: Sequence[ast.stmt], environment: Environment) -> None:
        """Statements in order."""
        for statement in body:
            if isinstance(statement, ast.Assign):
                wanted = statement.targets[0]
                count = len(wanted.elts) if isinstance(wanted, ast.Tuple) else 0
                self.assign(wanted, self.value(statement.value, environment, count), environment)
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                self.assign(statement.target, self.value(statement.value, environment), environment)
            elif isinstance(statement, ast.With):  # no_grad and its kin: nothing is computed by them
                self.run(statement.body, environment)
            elif isinstance(statement, ast.Expr):
                self.value(statement.value, environment)
            elif isinstance(statement, ast.Return):
                raise _Returned(None if statement.value is None else self.value(statement.value, environment))
            elif isinstance(statement, ast.If):
                torchscript_flow.run_if(self, statement, environment)
            elif isinstance(statement, ast.For | ast.While):
                torchscript_flow.run_loop(self, statement, environment)
            elif isinstance(statement, ast.Assert):
                continue
            elif not isinstance(statement, ast.Pass):
                raise self.unknown(statement)

    def assign(self, target: ast.expr, value: Any, environment: Environment) -> None:
        """`x = ...`, `x, y = ...`, `self.x = ...`, `x[i] = ...`."""
        if isinstance(target, ast.Name):
            environment[target.id] = value
        elif isinstance(target, ast.Tuple):
            values = list(value)
            if len(values) != len(target.elts):
                raise malformed(f"{len(values)} values for {len(target.elts)} names", self.file.describe)
            for part, item in zip(target.elts, values, strict=True):
                self.assign(part, item, environment)
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, environment)
            if isinstance(owner, ScriptObject):
                self.note_state(owner, target.attr)
                self._changed[(id(owner), target.attr)] = value
        elif isinstance(target, ast.Subscript):
            self.value(target.value, environment)[self.value(target.slice, environment)] = value
        else:
            raise self.unknown(target)

    def note_state(self, owner: ScriptObject, attribute: str) -> None:
        """A run of the model does not remember: every run begins with the file's state."""
        name = f"{owner.name}.{attribute}" if owner.name else attribute
        text = f"the program changes its '{name}'; every run of the model begins with the value in the file"
        if text not in self.program.notes:
            self.program.notes.append(text)

    # --- expressions

    def value(self, node: ast.expr, environment: Environment, count: int = 0) -> Any:
        """What an expression is; `count`: to how many names it is assigned (0: one, as a whole)."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.id, environment)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, environment)
        if isinstance(node, ast.Call):
            return self._call(node, environment, count)
        if isinstance(node, ast.Tuple):
            return tuple(self.value(item, environment) for item in node.elts)
        if isinstance(node, ast.List):
            return [self.value(item, environment) for item in node.elts]
        if isinstance(node, ast.Dict):
            keys = [self.value(key, environment) for key in node.keys if key is not None]
            return dict(zip(keys, (self.value(item, environment) for item in node.values), strict=True))
        if isinstance(node, ast.Subscript):
            return self.value(node.value, environment)[self.value(node.slice, environment)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.value(node.operand, environment)
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return slice(*(None if part is None else self.value(part, environment) for part in parts))
        raise self.unknown(node)

    def _name(self, name: str, environment: Environment) -> Any:
        if name in environment:
            return environment[name]
        if name in ("inf", "infj", "nan"):
            return float(name[:3])
        raise malformed(f"the program uses '{name}' before it is there", self.file.describe)

    def _attribute(self, node: ast.Attribute, environment: Environment) -> Any:
        dotted = dotted_name(node)
        if dotted is not None and dotted.startswith("CONSTANTS.c"):
            return self._lift(self.file.constants[int(dotted.removeprefix("CONSTANTS.c"))])
        if dotted is not None and dotted.startswith("__torch__.") and dotted.partition(".")[0] not in environment:
            return dotted
        return self.attribute(self.value(node.value, environment), node.attr)

    def attribute(self, owner: Any, name: str) -> Any:
        """An attribute of an object, as it is by now; constants of its class included."""
        if isinstance(owner, NamedFields):
            return owner[owner.fields.index(name)]
        if not isinstance(owner, ScriptObject):
            raise UnsupportedOpError(f"the program reads '{name}' of a {type(owner).__name__}")
        if (id(owner), name) in self._changed:
            return self._changed[(id(owner), name)]
        if name in owner.attributes:
            return self._lift(owner.attributes[name])
        declared = self.file.class_named(owner.type_name)
        for statement in declared.body if declared else ():
            if isinstance(statement, ast.AnnAssign) and dotted_name(statement.target) == name and statement.value:
                return self.value(statement.value, {})
        raise malformed(f"a {owner.type_name} has no '{name}'", self.file.describe)

    def _lift(self, value: Any) -> Any:
        """Weights become constants of the graph, once."""
        if isinstance(value, StoredTensor):
            if id(value) not in self._weights:
                self._weights[id(value)] = self.program.constant(value.name or "constant", value.array)
            return self._weights[id(value)]
        if isinstance(value, list):
            return [self._lift(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self._lift(item) for item in value)
        if isinstance(value, dict):
            return {key: self._lift(item) for key, item in value.items()}
        return value

    def _call(self, node: ast.Call, environment: Environment, count: int) -> Any:
        function = node.func
        name = dotted_name(function) or ""
        if name in ("annotate", "unchecked_cast"):
            value = self.value(node.args[1], environment)
            is_tensor = isinstance(value, Variable) and not value.is_number
            return self.operator("prim.item", [value], {}, 1) if is_tensor and is_number_type(node.args[0]) else value
        if name == "uninitialized":
            return None
        args = [self.value(arg, environment) for arg in node.args]
        kwargs = {keyword.arg: self.value(keyword.value, environment) for keyword in node.keywords if keyword.arg}
        if name == "getattr":
            return self.attribute(args[0], args[1])
        if name in ("int", "float", "bool", "str"):
            return self.operator(f"prim.{name.capitalize()}" if name != "str" else "prim.str", args, {}, count)
        if name.startswith(("torch.", "ops.")):
            return self.operator(name.removeprefix("ops."), args, kwargs, count)
        if isinstance(function, ast.Name) and isinstance(environment.get(function.id), str):
            return self._call_by_name(environment[function.id], args, kwargs)
        if name.startswith("__torch__."):
            return self._call_by_name(name, args, kwargs)
        if isinstance(function, ast.Attribute):
            owner = self.value(function.value, environment)
            if isinstance(owner, ScriptObject):
                return self.call_method(owner, function.attr, args, kwargs)
        raise self.unknown(node)

    def _call_by_name(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        found = self.file.function(name)
        if found is not None:
            return self.call(found, args, kwargs)
        if name.endswith(".__new__"):
            return ScriptObject(name.removesuffix(".__new__"))
        declared = self.file.class_named(name)
        if declared is not None:
            made = NamedFields(args)
            made.fields = tuple(
                statement.target.id
                for statement in declared.body
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
            )
            return made
        raise malformed(f"the program calls '{name}', which has no source text", self.file.describe)

    def operator(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], count: int) -> Any:
        """An operator by its name: `torch.add`, `prim.min`, `torchvision.nms`."""
        namespace, _, short = name.rpartition(".")
        if short == "RaiseException":
            raise ScriptError(f"the program raises an error of its own: {args[0]}")
        of_tensors = has_tensor(args) or has_tensor(list(kwargs.values())) or creates(short, args)
        if short not in ALWAYS and (of_tensors or not (args or kwargs)):
            try:
                return self.concrete(call_on_tensors(self.program, namespace, short, args, kwargs, count))
            except NotImplementedError:
                pass
        try:
            return self.concrete(call_on_values(self.program, short, args, kwargs))
        except KeyError:
            return self.concrete(call_on_tensors(self.program, namespace, short, args, kwargs, count))

    def concrete(self, value: Any) -> Any:
        """A symbolic number that is known becomes a number of Python."""
        if isinstance(value, Variable) and value.is_number:
            known = self.program.known(value)
            if known is None:
                return value
            return bool(known) if self.program.dtype(value) == "bool" else known
        return value

    def unknown(self, node: ast.AST) -> UnsupportedOpError:
        """For what TorchScript does not write."""
        text = ast.unparse(node)
        return UnsupportedOpError(f"the program's text cannot be read: {text[:200]}\n  where: {self.file.describe}")


def creates(name: str, args: Sequence[Any]) -> bool:
    """Functions that make a tensor of numbers."""
    makers = (
        "zeros", "ones", "full", "empty", "rand", "randn", "arange", "linspace", "eye", "tensor", "scalar_tensor",
        "NumToTensor", "as_tensor", "tril_indices", "triu_indices", "hann_window", "logspace", "normal", "randint",
    )  # fmt: skip
    return name in makers and all(is_number(arg) or isinstance(arg, list | tuple) or arg is None for arg in args)


def is_number_type(node: ast.expr) -> bool:
    """A tensor of one element given for this type is a number from there on."""
    return isinstance(node, ast.Name) and node.id in ("number", "int", "float", "bool")


def dotted_name(node: ast.AST) -> str | None:
    """`a.b.c`; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return None
