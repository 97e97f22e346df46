"""Graphs (see tensorflow_graph_cases.py) with variables, tables and pipelines."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.tensorflow_arguments import f, i
from support.tensorflow_graph_cases import GraphCase

X = f(4, 3)
VALUES = f(4, 3)
SAVING = "SaveV2 RestoreV2 ShardedFilename MergeV2Checkpoints"


# --- variables, saved in a checkpoint


def variable(tf: Any, resource: bool, name: str = "state", array: np.ndarray = VALUES) -> Any:
    return tf.compat.v1.get_variable(name, initializer=array, use_resource=resource)


def assigned_references(tf: Any, x: Any) -> Any:
    v1 = tf.compat.v1
    assigns = (v1.assign, v1.assign_add, v1.assign_sub)
    return [assign(variable(tf, False, f"state{n}"), x) * 2.0 for n, assign in enumerate(assigns)]


def assigned_integers(tf: Any, x: Any) -> Any:
    v1 = tf.compat.v1
    assigns = (v1.assign, v1.assign_add, v1.assign_sub)
    array = np.arange(5, dtype=np.int32)
    return [assign(variable(tf, False, f"state{n}", array), x) - x for n, assign in enumerate(assigns)]


def assigned_beside(tf: Any, x: Any) -> Any:
    """The result does not need what is assigned: moving statistics in a graph of inference."""
    results = []
    for n, assign in enumerate(("assign", "assign_add", "assign_sub")):
        state = variable(tf, True, f"state{n}")
        value = tf.identity(state)
        with tf.control_dependencies([value]):
            assignment = getattr(state, assign)(x, read_value=False)
        with tf.control_dependencies([assignment]):
            results.append(tf.identity(value * x))
    return results


def assigned_beside_doubles(tf: Any, x: Any) -> Any:
    results = []
    for n, assign in enumerate(("assign", "assign_add", "assign_sub")):
        state = variable(tf, True, f"state{n}", np.arange(5.0))
        value = tf.identity(state)
        with tf.control_dependencies([value]):
            assignment = getattr(state, assign)(x, read_value=False)
        with tf.control_dependencies([assignment]):
            results.append(tf.identity(value - x))
    return results


def old_variables(tf: Any, x: Any) -> Any:
    """References of the oldest kind and of the next; tf.raw_ops does not build them."""
    v1, results = tf.compat.v1, []
    attrs = {
        "dtype": v1.AttrValue(type=tf.as_dtype(x.dtype).as_datatype_enum),
        "shape": v1.AttrValue(shape=tf.TensorShape(x.shape).as_proto()),
    }
    for op in ("Variable", "VariableV2"):
        state = v1.get_default_graph().create_op(op, [], [x.dtype._as_ref], name=op, attrs=attrs).outputs[0]
        start = np.arange(x.shape.num_elements(), dtype=x.dtype.as_numpy_dtype).reshape(x.shape)
        v1.add_to_collection("initialize", tf.raw_ops.Assign(ref=state, value=start).op)
        v1.add_to_collection("saved", state)
        results.append(tf.raw_ops.Identity(input=state) * x)
    return results


def variables(tf: Any, x: Any) -> Any:
    rows = tf.raw_ops.ResourceGather(
        resource=variable(tf, True).handle, indices=np.array([2, 0], np.int32), dtype=tf.float32
    )
    return [tf.matmul(x, variable(tf, False, "weights"), transpose_b=True), rows]


def variables_by_computed_rows(tf: Any, x: Any) -> Any:
    rows = tf.raw_ops.ResourceGather(resource=variable(tf, True).handle, indices=x, dtype=tf.float32)
    return rows + variable(tf, False, "bias", VALUES[0])


def initialized(tf: Any, x: Any) -> Any:
    v1 = tf.compat.v1
    known = [v1.is_variable_initialized(variable(tf, False)), v1.is_variable_initialized(variable(tf, True, "other"))]
    return [tf.logical_and(x > 0.0, flag) for flag in known]


def initialized_chooses(tf: Any, x: Any) -> Any:
    v1 = tf.compat.v1
    reference, resource = variable(tf, False), variable(tf, True, "other")
    return [
        tf.where(v1.is_variable_initialized(reference), x, x * 0.0) + reference,
        tf.where(v1.is_variable_initialized(resource), x, x * 0.0) + resource,
    ]


def saved(build: Any, covers: str, x: np.ndarray = X) -> GraphCase:
    return GraphCase(build, covers, {"x": x}, from_checkpoint=True)


READ = "VarHandleOp ReadVariableOp VariableV2"
CHECKPOINT_CASES = [
    saved(old_variables, "Variable VariableV2"),
    saved(old_variables, "Variable VariableV2", i(5)),
    saved(assigned_references, f"Assign AssignAdd AssignSub VariableV2 {SAVING}"),
    saved(assigned_integers, f"Assign AssignAdd AssignSub VariableV2 {SAVING}", i(5)),
    saved(assigned_beside, "AssignVariableOp AssignAddVariableOp AssignSubVariableOp VarHandleOp ReadVariableOp"),
    saved(
        assigned_beside_doubles,
        "AssignVariableOp AssignAddVariableOp AssignSubVariableOp VarHandleOp ReadVariableOp",
        np.arange(5.0) * 0.5,
    ),
    saved(variables, f"{READ.replace('ReadVariableOp ', '')} ResourceGather {SAVING}"),
    saved(variables_by_computed_rows, "ResourceGather VarHandleOp VariableV2", i(2, 3, low=0, high=4)),
    saved(initialized, "IsVariableInitialized VarIsInitializedOp"),
    saved(initialized_chooses, "IsVariableInitialized VarIsInitializedOp"),
]


# --- tables


def table_results(tf: Any, table: Any, x: Any, version: str, default: Any) -> Any:
    lookup = getattr(tf.raw_ops, f"LookupTableFind{version}")
    size = getattr(tf.raw_ops, f"LookupTableSize{version}")
    return [lookup(table_handle=table, keys=x, default_value=default), size(table_handle=table)]


def fill(tf: Any, table: Any, keys: np.ndarray, values: np.ndarray, op: str) -> None:
    filling = getattr(tf.raw_ops, op)(table_handle=table, keys=keys, values=values)
    tf.compat.v1.add_to_collection("initialize", filling)


NUMBERS = np.array([7, -3, 100], np.int64), np.array([1.5, 2.5, -1], np.float32)
COUNTED = np.arange(4, dtype=np.int64), np.array([30, 20, 10, 5], np.int64)


def made_table(tf: Any, x: Any, kind: str, version: str, filling: str, contents: Any) -> Any:
    keys, values = contents
    made = getattr(tf.raw_ops, kind + version)(key_dtype=keys.dtype, value_dtype=values.dtype)
    fill(tf, made, keys, values, filling + version)
    return table_results(tf, made, x, version, values.dtype.type(-9))


def table_case(kind: str, version: str, filling: str, contents: Any, name: str) -> GraphCase:
    def build(tf: Any, x: Any) -> Any:
        return made_table(tf, x, kind, version, filling, contents)

    build.__name__ = f"{kind}{version}_{filling}_{name}"
    covers = [kind, filling, "LookupTableFind", "LookupTableSize"]
    wanted = np.array([[3, 7, -3], [0, 100, 2]], np.int64)
    return GraphCase(build, " ".join(op + version for op in covers), {"x": wanted})


TABLE_CASES = [
    table_case(kind, version, filling, contents, name)
    for version in ("", "V2")
    for kind, filling in (
        ("HashTable", "LookupTableImport"),
        ("MutableHashTable", "LookupTableInsert"),
    )
    for name, contents in (("numbers", NUMBERS), ("counted", COUNTED))
]


# --- pipelines: what they hand out is fed in both frameworks


def handed_out(tf: Any, parts: Any, shapes: list[list[int]]) -> Any:
    """The tensors are found again in this collection, to be fed."""
    for part in parts:
        tf.compat.v1.add_to_collection("fed", part)
    numbers, factors = (tf.ensure_shape(part, shape) for part, shape in zip(parts, shapes, strict=True))
    return numbers * tf.cast(factors, tf.float32)


def queue_case(op: str, queue: str, name: str, factor: type) -> GraphCase:
    many = {} if op.removesuffix("V2") == "QueueDequeue" else {"n": 4}
    sizes = [4] if many else []

    def build(tf: Any) -> Any:
        types = [tf.float32, tf.as_dtype(factor)]
        made = getattr(tf.raw_ops, queue)(component_types=types, shapes=[[3], [1]])
        parts = getattr(tf.raw_ops, op)(handle=made, component_types=types, **many)
        return handed_out(tf, parts, [[*sizes, 3], [*sizes, 1]])

    build.__name__ = f"{op}_{name}"
    return GraphCase(build, f"{op} {queue}", {"numbers": f(*sizes, 3), "factors": i(*sizes, 1).astype(factor)})


def iterator_case(op: str, name: str, factor: type) -> GraphCase:
    def build(tf: Any) -> Any:
        types, shapes = [tf.float32, tf.as_dtype(factor)], [[4, 3], [4, 1]]
        if op == "OneShotIterator":
            dataset = tf.function(
                lambda: (
                    tf.data.Dataset.from_tensors(
                        (np.zeros((4, 3), np.float32), np.zeros((4, 1), factor))
                    )._variant_tensor
                )
            ).get_concrete_function()
            made = tf.raw_ops.OneShotIterator(dataset_factory=dataset, output_types=types, output_shapes=shapes)
        else:
            made = getattr(tf.raw_ops, op)(shared_name="", container="", output_types=types, output_shapes=shapes)
        parts = tf.raw_ops.IteratorGetNext(iterator=made, output_types=types, output_shapes=shapes)
        return handed_out(tf, parts, shapes)

    build.__name__ = f"{op}_{name}"
    return GraphCase(build, f"{op} IteratorGetNext", {"numbers": f(4, 3), "factors": i(4, 1).astype(factor)})


FACTORS = (("int32", np.int32), ("double", np.float64))
PIPELINE_CASES = [
    *(
        queue_case(op + version, "FIFOQueue" + version, name, factor)
        for op in ("QueueDequeue", "QueueDequeueMany", "QueueDequeueUpTo")
        for version in ("", "V2")
        for name, factor in FACTORS
    ),
    *(
        iterator_case(op, name, factor)
        for op in ("Iterator", "IteratorV2", "OneShotIterator")
        for name, factor in FACTORS
    ),
]
