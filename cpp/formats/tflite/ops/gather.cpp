// Picking elements and putting them somewhere.
#include "formats/common/gather.h"

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_gather_axis(Translation& t) { raise_gather(t, int_of(t, "axis"), int_of(t, "batch_dims")); }
void raise_gather_nd(Translation& t) { set_output(t, 0, gather_nd(input(t, 0), index_input(t, 1))); }
void raise_one_hot_axis(Translation& t) { raise_one_hot(t, int_of(t, "axis")); }

// Inputs: numbers of rows, the rows.
void raise_embedding_lookup(Translation& t) { set_output(t, 0, gather(input(t, 1), input(t, 0))); }

// Inputs: indices, updates, shape. Updates of the same place add up.
void raise_scatter_nd(Translation& t) {
  const Term updates = input(t, 1);
  set_output(t, 0,
             scatter_nd(filled(index_input(t, 2), updates.dtype(), 0), index_input(t, 0), updates, "add"));
}

// Inputs: indices (scalar, [n] or [n, rank]), shape, values (scalar or [n]), value of the rest.
void raise_sparse_to_dense(Translation& t) {
  const Term shape = index_input(t, 1), values = input(t, 2), rest = input(t, 3);
  Term indices = index_input(t, 0);
  if (indices.rank() < 2) indices = reshape(indices, {-1, 1});
  const Term updates = expand(reshape(values, {-1}), size_of(indices, 0));
  set_output(t, 0,
             scatter_nd(expand(reshape(rest, std::vector<int64_t>{}), shape), indices, updates, "none"));
}

void raise_top_k(Translation& t) {
  const Node& top = t.add_node("TopK", {&t.required(0), &as_vector(t, 1)},
                               {{"axis", int64_t{-1}}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}}, 2);
  t.set_output(0, *top.output(0));
  if (Value* places = t.node().output(1)) {
    const DType dtype = places->dtype() == DType::undefined ? DType::int32 : places->dtype();
    t.set_output(1, t.cast(*top.output(1), dtype));
  }
}

// Coordinates of what is not zero, one row each.
void raise_where(Translation& t) { set_output(t, 0, transpose(compute("NonZero", {input(t, 0)}), {1, 0})); }

// ONNX's runtimes know the operator for few integer types: the others go through int64.
void raise_unique(Translation& t) {
  const Term x = input(t, 0);
  const Term values = is_integer(x.dtype()) ? cast(x, DType::int64) : x;
  const Node& found = t.add_node("Unique", {&values.value()}, {{"sorted", int64_t{0}}}, 3);
  t.set_output(0, t.cast(*found.output(0), x.dtype()));
  t.set_output(1, t.cast(*found.output(2), dtype_of(t, "idx_out_type")));
}

// How many boundaries are not above the element.
void raise_bucketize(Translation& t) {
  const auto* boundaries = t.node().attrs.get<std::vector<float>>("boundaries");
  const Term x = cast(input(t, 0), DType::float32);
  if (!boundaries || boundaries->empty()) return set_output(t, 0, filled(shape_of(x), DType::int32, 0));
  const Term limits = {t, t.constant(Tensor::vector(*boundaries))};
  set_output(t, 0, reduce("ReduceSum", cast(limits <= unsqueeze(x, {-1}), DType::int32), {-1}));
}

}  // namespace

OpMappings gather_ops() {
  return {
      {"tflite.BUCKETIZE", "LessOrEqual", raise_bucketize, nullptr, ""},
      {"tflite.EMBEDDING_LOOKUP", "Gather", raise_embedding_lookup, nullptr, ""},
      {"tflite.GATHER", "Gather", raise_gather_axis, nullptr, ""},
      {"tflite.GATHER_ND", "GatherND", raise_gather_nd, nullptr, ""},
      {"tflite.ONE_HOT", "OneHot", raise_one_hot_axis, nullptr, ""},
      {"tflite.SCATTER_ND", "ScatterND", raise_scatter_nd, nullptr, ""},
      {"tflite.SPARSE_TO_DENSE", "ScatterND", raise_sparse_to_dense, nullptr, ""},
      {"tflite.TOPK_V2", "TopK", raise_top_k, nullptr, ""},
      {"tflite.UNIQUE", "Unique", raise_unique, nullptr, ""},
      {"tflite.WHERE", "NonZero", raise_where, nullptr, ""},
  };
}

}  // namespace modelconv::tflite
