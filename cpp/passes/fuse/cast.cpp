#include "ops/attributes.h"
#include "passes/fuse/fuse.h"

namespace modelconv {
namespace {

// Every value of `from` is a value of `to`, so that going through `to` loses nothing.
bool holds_exactly(DType from, DType to) {
  if (from == to) return true;
  const auto bits = [](DType dtype) { return bit_width(dtype); };
  if (from == DType::boolean) return is_integer(to) || is_float(to);
  if (is_integer(from) && is_integer(to))
    return is_signed(from) == is_signed(to) ? bits(to) >= bits(from) : is_signed(to) && bits(to) > bits(from);
  // Integers up to the mantissa's width: 11 bits for float16, 24 for float32, 53 for float64.
  if (is_integer(from))
    return (to == DType::float64 && bits(from) <= 32) || (to == DType::float32 && bits(from) <= 16) ||
           (to == DType::float16 && bits(from) <= 8);
  if (from == DType::float16 || from == DType::bfloat16) return to == DType::float32 || to == DType::float64;
  return from == DType::float32 && to == DType::float64;
}

// Cast(Cast(x, A), B) is Cast(x, B) when A holds every value of x. bool is left alone: it maps all but 0 to 1.
Outcome fuse_casts(Node& node, Patch& patch) {
  const Node* inner = node.input(0)->producer();
  if (!inner || inner->op() != OpName("Cast")) return no_match();
  Value& x = *inner->input(0);
  const DType from = x.dtype(), between = inner->output()->dtype();
  if (from == DType::undefined || between == DType::undefined) return refuse("a dtype is not known");
  if (!holds_exactly(from, between)) return refuse("{} loses values of {}", name_of(between), name_of(from));
  if (from == node.output()->dtype()) return replace_root(patch, x);
  return replace_root(patch, patch.add("Cast", {&x}, node.attrs));
}

}  // namespace

Rules fuse_cast_rules() {
  return {Rule("fuse_casts")
              .describe("two Casts are one when the dtype in between holds every value of the first")
              .on({"Cast"}, fuse_casts)};
}

}  // namespace modelconv
