"""Conditions and loops of TorchScript: followed where they are known, an If or a Loop where they depend on data."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelconv.errors import UnsupportedOpError
from modelconv.sources.torch_control import loop
from modelconv.sources.torch_growing import GrowingProgram
from modelconv.sources.torch_program import Variable

if TYPE_CHECKING:
    from modelconv.sources.torchscript_run import Environment, Interpreter

# A loop of known length becomes that many copies of its body, up to here.
LONGEST_UNROLLED = 4096


def run_if(interpreter: Interpreter, statement: ast.If, environment: Environment) -> None:
    """One branch, or both."""
    condition = interpreter.value(statement.test, environment)
    if isinstance(condition, Variable):
        condition = interpreter.concrete(Variable(condition.handle, True, owner=condition.owner))
    if not isinstance(condition, Variable):
        interpreter.run(statement.body if condition else statement.orelse, environment)
    elif only_raises(statement.body):  # a check: the program is right about its inputs
        interpreter.run(statement.orelse, environment)
    elif only_raises(statement.orelse):
        interpreter.run(statement.body, environment)
    else:
        branch_on_data(interpreter, statement, condition, environment)


def only_raises(body: Sequence[ast.stmt]) -> bool:
    """The branch ends in an error whatever happens."""
    return any(
        isinstance(statement, ast.Expr) and "prim.RaiseException(" in ast.unparse(statement.value) for statement in body
    )


def branch_on_data(interpreter: Interpreter, statement: ast.If, condition: Variable, environment: Environment) -> None:
    """Both branches; the names that either assigns become results of the If."""
    program = interpreter.program
    outside = seen_from_inside(program, environment)
    programs, results = [], []
    for body in (statement.body, statement.orelse):
        inner = program.inner()
        inside = copy.copy(outside)
        interpreter.inside(inner).run(body, inside)
        programs.append(inner)
        results.append(inside)
    merged: list[str] = []
    for name in sorted(set(results[0]) & set(results[1])):
        then, otherwise = results[0][name], results[1][name]
        if then is otherwise or (not has_variable(then) and not has_variable(otherwise) and then == otherwise):
            if then is not outside.get(name):
                environment[name] = then
            continue
        merged.append(name)
    flat = [flatten(results[0][name]) for name in merged]
    other = [flatten(results[1][name]) for name in merged]
    for name, a, b in zip(merged, flat, other, strict=True):
        if len(a) != len(b) or not all(is_value(item) for item in (*a, *b)):
            raise UnsupportedOpError(f"'{name}' is one thing or another, as a condition on data decides")
    count = 0
    for a, b in zip(flat, other, strict=True):
        for x, y in zip(a, b, strict=True):
            programs[0].output(f"then_{count}", programs[0].as_variable(x))
            programs[1].output(f"else_{count}", programs[1].as_variable(y))
            count += 1
    if not count:
        return
    attributes = {"then_branch": programs[0].as_subgraph(), "else_branch": programs[1].as_subgraph()}
    found = iter(program.call("prim.If", [condition], None, [""] * count, "if", attributes=attributes))
    for name in merged:
        environment[name] = refill(results[0][name], found)


def run_loop(interpreter: Interpreter, statement: ast.For | ast.While, environment: Environment) -> None:
    """`for i in range(n)` and `while condition`."""
    if isinstance(statement, ast.For):
        if not isinstance(statement.iter, ast.Call):
            raise interpreter.unknown(statement)
        trips = interpreter.value(statement.iter.args[0], environment)
        if isinstance(trips, Variable):
            loop_on_data(interpreter, statement, trips, environment)
            return
        if trips > LONGEST_UNROLLED:
            raise UnsupportedOpError(f"a loop of {trips} turns is too long to be unrolled")
        for turn in range(trips):
            interpreter.assign(statement.target, turn, environment)
            interpreter.run(statement.body, environment)
        return
    for _ in range(LONGEST_UNROLLED):
        condition = interpreter.value(statement.test, environment)
        if isinstance(condition, Variable):
            loop_on_data(interpreter, statement, None, environment)
            return
        if not condition:
            return
        interpreter.run(statement.body, environment)
    raise UnsupportedOpError(f"a loop does not end within {LONGEST_UNROLLED} turns")


def loop_on_data(
    interpreter: Interpreter, statement: ast.For | ast.While, trips: Any, environment: Environment
) -> None:
    """A Loop: the names that the body assigns and that were there before go round."""
    program = interpreter.program
    assigned = {
        node.id for part in statement.body for node in ast.walk(part) if isinstance(node, ast.Name) and is_store(node)
    }
    names = [name for name in sorted(assigned) if name in environment and is_value(environment[name])]
    refuse_growing_lists(statement, environment)
    begins = [program.as_variable(environment[name]) for name in names]
    shapes = [program.shape(value) for value in begins]
    for _ in range(4):  # until the types that go round stay
        inner = program.inner()
        iteration = inner.input("iteration", "int64", [], is_number=True)
        inner.input("condition", "bool", [])
        inside = seen_from_inside(program, environment)
        for name, begin, shape in zip(names, begins, shapes, strict=True):
            inside[name] = inner.input(name, program.dtype(begin) or "float32", shape, is_number=begin.is_number)
        runner = interpreter.inside(inner)
        if isinstance(statement, ast.For):
            runner.assign(statement.target, iteration, inside)
        runner.run(statement.body, inside)
        results = [inner.as_variable(inside[name]) for name in names]
        general = [generalized(a, inner.shape(b)) for a, b in zip(shapes, results, strict=True)]
        if general == shapes:
            break
        shapes = general
    again = runner.value(statement.test, inside) if isinstance(statement, ast.While) else True
    inner.output("again", inner.as_variable(again))
    first = interpreter.value(statement.test, environment) if isinstance(statement, ast.While) else None
    found = loop(program, inner, trips, first, begins, results, [], [""] * len(names), "loop")
    environment.update(zip(names, found, strict=True))


def generalized(a: list[int | str | None] | None, b: list[int | str | None] | None) -> list[int | str | None] | None:
    """A shape that both have."""
    if a is None or b is None or len(a) != len(b):
        return None
    return [x if x == y else None for x, y in zip(a, b, strict=True)]


def refuse_growing_lists(statement: ast.AST, environment: Environment) -> None:
    """A list of a length that depends on data cannot be followed."""
    for node in ast.walk(statement):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("torch.append", "torch.extend"):
            continue
        target = node.args[0]
        if isinstance(target, ast.Name) and isinstance(environment.get(target.id), list):
            raise UnsupportedOpError(
                f"the list '{target.id}' grows in a loop whose length depends on the input\n"
                "  try:   input_shapes= or example_inputs=, so that the length is known"
            )


def seen_from_inside(program: GrowingProgram, environment: Environment) -> Environment:
    """The environment for an inner graph: tensors are those of now, lists are copies."""
    return {name: copied(program, value) for name, value in environment.items()}


def copied(program: GrowingProgram, value: Any) -> Any:
    """Variables as seen from an inner graph; all else as it is."""
    if isinstance(value, Variable):
        return program.outside(value)
    if type(value) in (list, tuple):
        return type(value)(copied(program, item) for item in value)
    return value


def is_store(node: ast.Name) -> bool:
    """The name is assigned here."""
    return isinstance(node.ctx, ast.Store)


def is_value(value: Any) -> bool:
    """What a branch or a loop can give."""
    return isinstance(value, Variable | bool | int | float)


def has_variable(value: Any) -> bool:
    """A tensor or symbolic number in it."""
    return any(isinstance(item, Variable) for item in flatten(value))


def flatten(value: Any) -> list[Any]:
    """The leaves of nested lists and tuples."""
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in flatten(item)]
    return [value]


def refill(value: Any, leaves: Any) -> Any:
    """The same nesting with other leaves; symbolic numbers stay such."""
    if type(value) in (list, tuple):
        return type(value)(refill(item, leaves) for item in value)
    leaf = next(leaves)
    leaf.is_number = not isinstance(value, Variable) or value.is_number
    return leaf
