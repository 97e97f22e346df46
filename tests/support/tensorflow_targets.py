"""The operators that modelconv aims at: all that tf2onnx or OpenVINO's TensorFlow reader handle, by name.

Counted in their sources. Some are no operators of TensorFlow but names that those converters use inside.

    cd tests; PYTHONPATH=../python:. python -m conformance.tensorflow_operators

prints how many of them are read, and how many of those have two or more compared cases.
"""

from collections import Counter
from pathlib import Path

from modelconv import _core
from support.tensorflow_formula_cases import FORMULA_CASES, OTHER_CASES
from support.tensorflow_graph_cases import FLOW_CASES
from support.tensorflow_op_cases import CASES
from support.tensorflow_state_cases import CHECKPOINT_CASES, PIPELINE_CASES, TABLE_CASES

TARGETS = (Path(__file__).parents[1] / "data/tensorflow_targets.txt").read_text(encoding="utf-8").split()


def read_targets() -> set[str]:
    read = {name.removeprefix("tf.") for name, _, is_read, *_ in _core.operators("tensorflow") if is_read}
    return read & set(TARGETS)


def numbers_of_cases() -> Counter[str]:
    """Cases by operator, all compared with TensorFlow or with a formula; those of graphs for all that they cover."""
    counts = Counter({op: len(cases) for table in (CASES, FORMULA_CASES, OTHER_CASES) for op, cases in table.items()})
    for case in (*FLOW_CASES, *CHECKPOINT_CASES, *TABLE_CASES, *PIPELINE_CASES):
        counts.update(case.covers.split())
    return counts


def compared_targets() -> set[str]:
    counts = numbers_of_cases()
    return {op for op in read_targets() if counts[op] >= 2}


def coverage() -> str:
    read, compared = read_targets(), compared_targets()
    lines = [f"{len(read)} of {len(TARGETS)} are read, {len(compared)} have two or more compared cases"]
    lines.append("read, with fewer cases: " + " ".join(sorted(read - compared)))
    lines.append("not read: " + " ".join(sorted(set(TARGETS) - read)))
    return "\n".join(lines)
