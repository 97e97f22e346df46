"""Every row has cases, and what other converters read is read."""

from __future__ import annotations

from modelconv import _core
from support.tensorflow_op_cases import CASES
from support.tensorflow_targets import TARGETS

# Not built by tf.raw_ops any more (removed from GraphDef version 7), or only with a variable or a printer.
WITHOUT_CASES = {"Print", "ReadVariableOp", "ResourceGather", "TopK", "If", "Loop"}

# Tested by themselves: random numbers, tables, state, the compiler's operators, and what TensorFlow does not register.
WITH_TESTS_OF_THEIR_OWN = {
    "Assign",
    "AssignAdd",
    "AssignSub",
    "HardSwish",
    "IsVariableInitialized",
    "LogicalXor",
    "LookupTableFind",
    "LookupTableFindV2",
    "LookupTableSize",
    "LookupTableSizeV2",
    "Mish",
    "Multinomial",
    "RandomShuffle",
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "Swish",
    "VarIsInitializedOp",
    "XlaConv",
    "XlaConvV2",
    "XlaDot",
    "XlaDotV2",
}


def test_every_row_has_two_cases() -> None:
    rows = {
        name.removeprefix("tf.")
        for name, canonical, is_read, is_written, _ in _core.operators("tensorflow")
        if canonical and (is_read or not is_written)
    }
    assert rows - set(CASES) == WITHOUT_CASES | WITH_TESTS_OF_THEIR_OWN
    assert [op for op, cases in CASES.items() if len(cases) < 2] == []


def missing_targets() -> list[str]:
    read = {name.removeprefix("tf.") for name, _, is_read, *_ in _core.operators("tensorflow") if is_read}
    return sorted(set(TARGETS) - read)


def coverage() -> str:
    missing = missing_targets()
    return f"{len(TARGETS) - len(missing)} of {len(TARGETS)}; missing: {' '.join(missing)}"


def test_coverage_of_the_targets() -> None:
    """The operators that other converters read."""
    assert len(TARGETS) == len(set(TARGETS)) == 380
    assert len(missing_targets()) <= 23, coverage()
