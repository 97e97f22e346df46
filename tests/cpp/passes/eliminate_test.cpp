#include "passes/eliminate/eliminate.h"

#include <gtest/gtest.h>

#include "passes/assert_rewrites.h"

namespace modelconv::testing {
namespace {

struct Case {
  const char* before;
  const char* after;  // null: stays
};

void check(const Rules& rules, const std::vector<Case>& cases) {
  for (const Case& row : cases) expect_rewrites(rules, row.before, row.after ? row.after : row.before);
}

TEST(Eliminate, Noop) {
  check(eliminate_noop_rules(),
        {
            {"x: float32[2, 3]; y = Relu(Identity(x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Relu(Cast[to=1](x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Cast[to=11](x)", nullptr},
            {"x: float32[2, 3]; y = Relu(Transpose[perm=[0, 1]](x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Transpose[perm=[1, 0]](x)", nullptr},
            {"x: float32[2, 3]; y = Relu(Reshape(x, int64[2]{2, 3}))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Reshape(x, int64[2]{3, 2})", nullptr},
            {"x: float32[2, 3]; y = Relu(Dropout(x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Relu(Concat[axis=0](x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Relu(Pad(x, int64[4]{0, 0, 0, 0}))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Pad(x, int64[4]{0, 1, 0, 0})", nullptr},
            {"x: float32[2, 3]; y = Relu(Slice(x, int64[1]{0}, int64[1]{100}, int64[1]{1}))",
             "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Slice(x, int64[1]{-1}, int64[1]{-100}, int64[1]{1}, int64[1]{-1})",
             nullptr},
            {"x: float32[2, 3]; y = Relu(Expand(x, int64[2]{1, 3}))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[1, 3]; y = Expand(x, int64[2]{2, 3})", nullptr},
        });
}

TEST(Eliminate, NeutralElement) {
  check(eliminate_neutral_element_rules(),
        {
            {"x: float32[2, 3]; y = Relu(Mul(x, 1.0))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Relu(Mul(1.0, x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[3]; y = Mul(x, ones[2, 3])", nullptr},  // broadcasts x
            {"x: float32[2, 3]; y = Relu(Mul(x, ones[2, 3]))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Mul(x, 0.0)", nullptr},  // x may hold NaN
            {"x: float32[2, 3]; y = Add(x, 0.0)", nullptr},  // -0.0 + 0.0 is 0.0
            {"x: float32[2, 3]; y = Relu(Add(x, -0.0))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: int64[2, 3]; y = Neg(Add(x, 0))", "x: int64[2, 3]; y = Neg(x)"},
            {"x: float32[2, 3]; y = Relu(Sub(x, 0.0))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Sub(0.0, x)", nullptr},
            {"x: float32[2, 3]; y = Relu(Div(x, 1.0))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Div(1.0, x)", nullptr},
            {"x: float32[2, 3]; y = Relu(Pow(x, 1.0))", "x: float32[2, 3]; y = Relu(x)"},
        });
}

TEST(Eliminate, Repeated) {
  check(eliminate_idempotent_rules(),
        {
            {"x: float32[2, 3]; y = Relu(Relu(x))", "x: float32[2, 3]; y = Relu(x)"},
            {"x: float32[2, 3]; y = Relu(Sigmoid(x))", "x: float32[2, 3]; y = Sigmoid(x)"},
            {"x: float32[2, 3]; y = Floor(Ceil(x))", "x: float32[2, 3]; y = Ceil(x)"},
            {"x: float32[2, 3]; y = Relu(Tanh(x))", nullptr},
            {"x: float32[2, 3]; y = Abs(Relu(x))", nullptr},
        });
}

TEST(Eliminate, SoftmaxBeforeArgMax) {
  check(eliminate_monotone_argmax_rules(),
        {
            {"x: float32[2, 3]; y = ArgMax[axis=1](Softmax[axis=1](x))",
             "x: float32[2, 3]; y = ArgMax[axis=1](x)"},
            {"x: float32[2, 3]; y = ArgMax[axis=1](Softmax(x))", "x: float32[2, 3]; y = ArgMax[axis=1](x)"},
            {"x: float32[2, 3]; y = ArgMax[axis=-1, keepdims=0](LogSoftmax(x))",
             "x: float32[2, 3]; y = ArgMax[axis=-1, keepdims=0](x)"},
            {"x: float32[2, 3]; y = ArgMax[axis=0, select_last_index=1](LogSoftmax[axis=-2](x))",
             "x: float32[2, 3]; y = ArgMax[axis=0, select_last_index=1](x)"},
            {"x: float32[2, 3]; y = ArgMax[axis=0](Softmax[axis=1](x))", nullptr},  // rows get other divisors
            {"x: float32[2, 3]; y = ArgMin[axis=1](Softmax[axis=1](x))", nullptr},  // small ones become 0
            {"x: float32[2, 3]; y = ArgMax[axis=1](Sigmoid(x))", nullptr},          // large ones become 1
            {"x: float32[2, 3]; s = Softmax(x); y = ArgMax[axis=1](s); z = Relu(s)", nullptr},
        });
}

}  // namespace
}  // namespace modelconv::testing
