"""Functions of one, two and three tensors, element by element; comparisons, logic, choices, element types."""

from __future__ import annotations

from support.aten import Case, bools, case, floats, ints

X, Y = floats(3, 4), floats(3, 4, seed=1)
OTHER = (floats(5, 4), floats(5, 4, seed=1))
INTS, MORE = ints(3, 4), ints(3, 4, seed=1)
BOOLS, MORE_BOOLS = bools(3, 4), bools(3, 4, seed=1)
BYTES = ints(3, 4, low=0, high=256, dtype="uint8")

CASES: list[Case] = [
    # --- comparisons
    case("aten.eq", lambda torch, x, y: x == y, INTS, MORE),
    case("aten.eq", lambda torch, x: x == 2, INTS),
    case("aten.eq", lambda torch, x, y: x == y, BOOLS, MORE_BOOLS),
    case("aten.ne", lambda torch, x, y: x != y, INTS, MORE.astype("int32")),
    case("aten.ne", lambda torch, x: x != 0.5, X),
    case("aten.lt", lambda torch, x, y: x < y, X, Y, other=OTHER),
    case("aten.lt", lambda torch, x: x < 2, INTS),
    case("aten.lt", lambda torch, x, y: x < y, BOOLS, MORE_BOOLS),
    case("aten.le", lambda torch, x, y: x <= y, INTS, MORE),
    case("aten.le", lambda torch, x: x <= 0.5, INTS),
    case("aten.gt", lambda torch, x, y: x > y, X, INTS),
    case("aten.gt", lambda torch, x: x > 7, BYTES),
    case("aten.ge", lambda torch, x, y: x >= y, X, Y.astype("float64")),
    case("aten.ge", lambda torch, x: x >= 0, INTS.astype("int8")),
    case("aten.greater", lambda torch, x, y: torch.greater(x, y), X, Y),
    case("aten.greater", lambda torch, x: torch.greater(x, 1), INTS),
    case("aten.greater_equal", lambda torch, x, y: torch.greater_equal(x, y), X, Y),
    case("aten.greater_equal", lambda torch, x: torch.greater_equal(x, 1), INTS),
    case("aten.less", lambda torch, x, y: torch.less(x, y), X, Y),
    case("aten.less", lambda torch, x: torch.less(x, 1), INTS),
    case("aten.less_equal", lambda torch, x, y: torch.less_equal(x, y), X, Y),
    case("aten.less_equal", lambda torch, x: torch.less_equal(x, 1), INTS),
    case("aten.not_equal", lambda torch, x, y: torch.not_equal(x, y), INTS, MORE),
    case("aten.not_equal", lambda torch, x: torch.not_equal(x, 1), INTS),
    # --- logic
    case("aten.logical_and", lambda torch, x, y: torch.logical_and(x, y), BOOLS, MORE_BOOLS),
    case("aten.logical_and", lambda torch, x, y: torch.logical_and(x, y), INTS, X),
    case("aten.logical_or", lambda torch, x, y: torch.logical_or(x, y), BOOLS, MORE_BOOLS),
    case("aten.logical_or", lambda torch, x, y: torch.logical_or(x, y), INTS, MORE),
    case("aten.logical_xor", lambda torch, x, y: torch.logical_xor(x, y), BOOLS, MORE_BOOLS),
    case("aten.logical_xor", lambda torch, x, y: torch.logical_xor(x, y), INTS, MORE),
    case("aten.logical_not", lambda torch, x: torch.logical_not(x), BOOLS),
    case("aten.logical_not", lambda torch, x: torch.logical_not(x), INTS),
    case("aten.bitwise_and", lambda torch, x, y: x & y, BOOLS, MORE_BOOLS),
    case("aten.bitwise_and", lambda torch, x, y: torch.bitwise_and(x, y), INTS, MORE),
    case("aten.bitwise_and", lambda torch, x: torch.bitwise_and(x, 6), BYTES),
    case("aten.bitwise_or", lambda torch, x, y: torch.bitwise_or(x, y), INTS.astype("int32"), MORE.astype("int32")),
    case("aten.bitwise_or", lambda torch, x, y: x | y, BOOLS, MORE_BOOLS),
    case("aten.bitwise_xor", lambda torch, x, y: torch.bitwise_xor(x, y), INTS, MORE),
    case("aten.bitwise_xor", lambda torch, x, y: x ^ y, BOOLS, MORE_BOOLS),
    case("aten.bitwise_not", lambda torch, x: ~x, BOOLS),
    case("aten.bitwise_not", lambda torch, x: ~x, INTS),
    case("aten.bitwise_left_shift", lambda torch, x, y: x << y, INTS, ints(3, 4, low=0, high=5)),
    case("aten.bitwise_left_shift", lambda torch, x: torch.bitwise_left_shift(x, 3), INTS.astype("int32")),
    case("aten.bitwise_right_shift", lambda torch, x, y: x >> y, INTS * 9, ints(3, 4, low=0, high=5)),
    case("aten.bitwise_right_shift", lambda torch, x: torch.bitwise_right_shift(x, 2), INTS * 7),
    case("aten.__lshift__", lambda torch, x: x << 2, INTS),
    case("aten.__lshift__", lambda torch, x: x << 1, INTS.astype("int32")),
    case("aten.__rshift__", lambda torch, x: x >> 2, INTS * 11),
    case("aten.__rshift__", lambda torch, x: x >> 1, INTS.astype("int32")),
    # --- choices
    case("aten.where", lambda torch, c, x, y: torch.where(c, x, y), BOOLS, X, Y),
    case("aten.where", lambda torch, c, x: torch.where(c, x, 0.0), BOOLS, X),
    case("aten.where", lambda torch, c, x: torch.where(c, 1, x), BOOLS[:1], INTS),
    case("aten.where", lambda torch, c, x, y: torch.where(c, x, y), BOOLS, X, INTS),
    case("aten.where", lambda torch, c, x, y: torch.where(c, x, y), BOOLS, MORE_BOOLS, BOOLS[::-1].copy()),
    case("aten.where", lambda torch, c: torch.where(c), BOOLS),
    case("aten.masked_fill", lambda torch, x, m: x.masked_fill(m, float("-inf")), X, BOOLS),
    case("aten.masked_fill", lambda torch, x, m: x.masked_fill(m, 7), INTS, BOOLS[0]),
    case(
        "aten.masked_fill", lambda torch, x, m: x.masked_fill(m, x.sum()), X, BOOLS, other=(floats(5, 4), bools(5, 4))
    ),
    case("aten.clamp", lambda torch, x: x.clamp(-0.5, 0.5), X),
    case("aten.clamp", lambda torch, x: x.clamp(min=0), INTS),
    case("aten.clamp", lambda torch, x: x.clamp(max=1.5), INTS),
    case("aten.clamp", lambda torch, x, y: torch.clamp(x, y, y + 0.5), X, Y),
    case("aten.clamp", lambda torch, x, y: torch.clamp(x, max=y), X, Y[0]),
    case("aten.clip", lambda torch, x: torch.clip(x, -1, 1), X),
    case("aten.clip", lambda torch, x: torch.clip(x, max=0.25), X),
    case("aten.clamp_min", lambda torch, x: torch.clamp_min(x, 0.1), X),
    case("aten.clamp_min", lambda torch, x, y: torch.clamp_min(x, y), X, Y),
    case("aten.clamp_max", lambda torch, x: torch.clamp_max(x, 2), INTS),
    case("aten.clamp_max", lambda torch, x, y: torch.clamp_max(x, y), X, Y),
    case("aten.fill", lambda torch, x: torch.fill(x, 3), X),
    case("aten.fill", lambda torch, x: torch.ops.aten.fill(x, x.sum()), INTS),
    case("aten.copy", lambda torch, x, y: torch.ops.aten.copy(x, y), X, INTS[0]),
    case("aten.copy", lambda torch, x, y: torch.ops.aten.copy(x, y), INTS, X),
    # --- element types
    case("aten.to", lambda torch, x: x.to(torch.int64), X * 3),
    case("aten.to", lambda torch, x: x.to(torch.bool), INTS),
    case("aten.to", lambda torch, x, y: x.to(y), BOOLS, X),
    case("aten.to", lambda torch, x: x.half(), X),
    case("aten.to", lambda torch, x: x.to("cpu"), X),
    case("aten._to_copy", lambda torch, x: torch.ops.aten._to_copy(x, dtype=torch.float64), X),
    case("aten._to_copy", lambda torch, x: torch.ops.aten._to_copy(x, dtype=torch.uint8), BOOLS),
    case("aten.type_as", lambda torch, x, y: x.type_as(y), INTS, X),
    case("aten.type_as", lambda torch, x, y: x.type_as(y), X * 4, INTS.astype("int32")),
]
