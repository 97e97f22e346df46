// Reductions, positions of extremes, running sums.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

// An empty list of axes reduces nothing, which ONNX has to be told.
Term reduced(Translation& t, const Term& x) {
  Attrs attrs = {{"keepdims", int_of(t, "keep_dims")}};
  const auto axes = t.known_ints(1);
  if (!axes || axes->empty()) attrs.set("noop_with_empty_axes", int64_t{1});
  return compute(t.target(), {x, {t, as_vector(t, 1)}}, attrs);
}

void raise_reduction(Translation& t) { set_output(t, 0, reduced(t, input(t, 0))); }

// All and any: minimum and maximum of 0 and 1.
void raise_boolean(Translation& t) {
  set_output(t, 0, cast(reduced(t, cast(input(t, 0), DType::int32)), DType::boolean));
}

void raise_arg(Translation& t) {
  const auto axis = t.constant_ints(1, "the axis");
  ENSURE(axis.size() == 1, MalformedModelError, "the axis is given as {} numbers", axis.size());
  Term x = input(t, 0);
  if (x.dtype() == DType::boolean) x = cast(x, DType::uint8);
  const Term place = compute(t.target(), {x}, {{"axis", axis[0]}, {"keepdims", int64_t{0}}});
  set_output(t, 0, cast(place, dtype_of(t, "output_type")));
}

void raise_cumsum(Translation& t) {
  set_output(t, 0,
             compute("CumSum", {input(t, 0), input(t, 1)},
                     {{"exclusive", int_of(t, "exclusive")}, {"reverse", int_of(t, "reverse")}}));
}

}  // namespace

OpMappings reduction_ops() {
  return {
      {"tflite.ARG_MAX", "ArgMax", raise_arg, nullptr, "constant axis"},
      {"tflite.ARG_MIN", "ArgMin", raise_arg, nullptr, "constant axis"},
      {"tflite.CUMSUM", "CumSum", raise_cumsum, nullptr, ""},
      {"tflite.MEAN", "ReduceMean", raise_reduction, nullptr, ""},
      {"tflite.REDUCE_ALL", "ReduceMin", raise_boolean, nullptr, ""},
      {"tflite.REDUCE_ANY", "ReduceMax", raise_boolean, nullptr, ""},
      {"tflite.REDUCE_MAX", "ReduceMax", raise_reduction, nullptr, ""},
      {"tflite.REDUCE_MIN", "ReduceMin", raise_reduction, nullptr, ""},
      {"tflite.REDUCE_PROD", "ReduceProd", raise_reduction, nullptr, ""},
      {"tflite.SUM", "ReduceSum", raise_reduction, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
