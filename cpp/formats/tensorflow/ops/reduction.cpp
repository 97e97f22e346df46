// Reductions, arg-maximum, running sums.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

// An empty list of axes reduces nothing, which ONNX has to be told.
Value& reduce(Translation& t, Value& x) {
  const int64_t keep = flag_of(t, "keep_dims", false) ? 1 : 0;
  Attrs attrs = {{"keepdims", keep}};
  const auto axes = t.known_ints(1);
  if (!axes || axes->empty()) attrs.set("noop_with_empty_axes", int64_t{1});
  return t.add(t.target(), {&x, &as_int64_vector(t, t.required(1))}, attrs);
}

void raise_reduction(Translation& t) { t.set_output(0, reduce(t, t.required(0))); }

// All and Any: minimum and maximum of 0 and 1.
void raise_boolean(Translation& t) {
  t.set_output(0, t.cast(reduce(t, t.cast(t.required(0), DType::int32)), DType::boolean));
}

void raise_arg(Translation& t) {
  const auto axis = t.constant_ints(1, "the axis");
  ENSURE(axis.size() == 1, MalformedModelError, "the axis is given as {} numbers", axis.size());
  Value& index = t.add(t.target(), {&t.required(0)}, {{"axis", axis[0]}, {"keepdims", int64_t{0}}});
  t.set_output(0, t.cast(index, type_of(t, "output_type", DType::int64)));
}

void raise_cumsum(Translation& t) {
  Attrs attrs = {{"exclusive", int64_t{flag_of(t, "exclusive", false)}},
                 {"reverse", int64_t{flag_of(t, "reverse", false)}}};
  t.set_output(0, t.add(t.target(), {&t.required(0), &t.required(1)}, attrs));
}

}  // namespace

OpMappings reduction_ops() {
  return {
      {"tf.All", "ReduceMin", raise_boolean, nullptr, ""},
      {"tf.Any", "ReduceMax", raise_boolean, nullptr, ""},
      {"tf.ArgMax", "ArgMax", raise_arg, nullptr, "constant axis"},
      {"tf.ArgMin", "ArgMin", raise_arg, nullptr, "constant axis"},
      {"tf.Cumsum", "CumSum", raise_cumsum, nullptr, ""},
      {"tf.EuclideanNorm", "ReduceL2", raise_reduction, nullptr, ""},
      {"tf.Max", "ReduceMax", raise_reduction, nullptr, ""},
      {"tf.Mean", "ReduceMean", raise_reduction, nullptr, ""},
      {"tf.Min", "ReduceMin", raise_reduction, nullptr, ""},
      {"tf.Prod", "ReduceProd", raise_reduction, nullptr, ""},
      {"tf.Sum", "ReduceSum", raise_reduction, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
