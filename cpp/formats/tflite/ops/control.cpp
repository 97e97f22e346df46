// Loops, conditions, tables and state, as control_flow.h leaves them.
#include "formats/common/control_flow.h"
#include "formats/common/lookup.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_find(Translation& t) {
  if (!t.required(0).is_constant()) t.refuse("what the table holds is not known");
  raise_lookup(t);
}

void raise_size(Translation& t) { set_output(t, 0, numbers(t, {t.constant(0, "the table's keys").size()})); }

// What a tensor that keeps its contents holds at the beginning.
void raise_variable(Translation& t) {
  const Value& output = *t.node().output();
  const auto dims = output.shape().static_dims();
  if (!dims || output.dtype() == DType::undefined) t.refuse("its shape is not known");
  set_output(t, 0, filled(numbers(t, *dims), output.dtype(), 0));
}

// The keys are a sorted vector; each one that is wanted is there, or else its row is zero and its hit 0.
// Inputs: wanted [m], keys [n], values [n, ...]; outputs: rows [m, ...], hits [m].
void raise_hashtable_lookup(Translation& t) {
  const Term matches = equal(unsqueeze(input(t, 0), {1}), input(t, 1)), values = input(t, 2);
  const Term hits = reduce("ReduceMax", cast(matches, DType::int32), {1});
  const Term place =
      compute("ArgMax", {cast(matches, DType::int32)}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
  Term is_there = cast(hits, DType::boolean);
  std::vector<int64_t> inner;
  for (size_t axis = 1; axis < values.rank(); ++axis) inner.push_back(static_cast<int64_t>(axis));
  const Term mask = inner.empty() ? is_there : unsqueeze(is_there, inner);
  set_output(t, 0, where(mask, gather(values, place), 0.0));
  set_output(t, 1, cast(hits, DType::uint8));
}

}  // namespace

OpMappings control_ops() {
  const std::string table = "constant contents";
  return {
      {"tflite.HASHTABLE_FIND", "Where", raise_find, nullptr, table},
      {"tflite.HASHTABLE_LOOKUP", "Gather", raise_hashtable_lookup, nullptr, ""},
      {"tflite.HASHTABLE_SIZE", "Constant", raise_size, nullptr, table},
      {"tflite.If", "If", raise_if, nullptr, "IF"},
      {"tflite.Loop", "Loop", raise_loop, nullptr, "WHILE"},
      {"tflite.VARIABLE", "ConstantOfShape", raise_variable, nullptr,
       "tensors with is_variable; zeros in each run"},
  };
}

}  // namespace modelconv::tflite
