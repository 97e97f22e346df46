// Picking elements and putting them somewhere.
#include "formats/common/gather.h"

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

void raise_gather_first(Translation& t) { raise_gather(t, 0, 0); }
void raise_resource_gather(Translation& t) { raise_gather(t, 0, int_of(t, "batch_dims", 0)); }

void raise_gather_v2(Translation& t) {
  const auto axis = t.constant_ints(2, "the axis");
  ENSURE(axis.size() == 1, MalformedModelError, "the axis is given as {} numbers", axis.size());
  raise_gather(t, axis[0], int_of(t, "batch_dims", 0));
}

void raise_gather_nd(Translation& t) {
  t.set_output(0, t.add("GatherND", {&t.required(0), &as_int64(t, t.required(1))}));
}

void raise_scatter_nd(Translation& t) {
  const DType dtype = t.required(1).dtype() == DType::undefined ? element_type(t) : t.required(1).dtype();
  Value& zeros =
      t.add("ConstantOfShape", {&as_int64(t, t.required(2))}, {{"value", Tensor::filled(dtype, {1}, 0)}});
  t.set_output(0, t.add("ScatterND", {&zeros, &as_int64(t, t.required(0)), &t.required(1)},
                        {{"reduction", std::string("add")}}));
}

void scatter_into(Translation& t, const char* reduction) {
  t.set_output(0, t.add("ScatterND", {&t.required(0), &as_int64(t, t.required(1)), &t.required(2)},
                        {{"reduction", std::string(reduction)}}));
}

void raise_scatter_update(Translation& t) { scatter_into(t, "none"); }
void raise_scatter_add(Translation& t) { scatter_into(t, "add"); }
void raise_scatter_max(Translation& t) { scatter_into(t, "max"); }
void raise_scatter_min(Translation& t) { scatter_into(t, "min"); }

void raise_scatter_sub(Translation& t) {
  Value& taken_off = t.add("Neg", {&t.required(2)});
  t.set_output(0, t.add("ScatterND", {&t.required(0), &as_int64(t, t.required(1)), &taken_off},
                        {{"reduction", std::string("add")}}));
}

void raise_one_hot_axis(Translation& t) { raise_one_hot(t, int_of(t, "axis", -1)); }

void top_k(Translation& t, Value& k) {
  Node& top = t.add_node(
      "TopK", {&t.required(0), &k},
      {{"axis", int64_t{-1}}, {"largest", int64_t{1}}, {"sorted", int64_t{flag_of(t, "sorted", true)}}}, 2);
  t.set_output(0, *top.output(0));
  if (t.node().output_count() > 1)
    t.set_output(1, t.cast(*top.output(1), type_of(t, "index_type", DType::int32)));
}

void raise_top_k(Translation& t) { top_k(t, t.ints({int_of(t, "k", 1)})); }
void raise_top_k_v2(Translation& t) { top_k(t, as_int64_vector(t, t.required(1))); }

// Coordinates of what is not zero, one row each.
void raise_where(Translation& t) { t.set_output(0, t.transpose(t.add("NonZero", {&t.required(0)}), {1, 0})); }

}  // namespace

OpMappings gather_ops() {
  return {
      {"tf.Gather", "Gather", raise_gather_first, nullptr, ""},
      {"tf.GatherNd", "GatherND", raise_gather_nd, nullptr, ""},
      {"tf.GatherV2", "Gather", raise_gather_v2, nullptr, "constant axis"},
      {"tf.OneHot", "OneHot", raise_one_hot_axis, nullptr, ""},
      {"tf.ResourceGather", "Gather", raise_resource_gather, nullptr, ""},
      {"tf.ScatterNd", "ScatterND", raise_scatter_nd, nullptr, ""},
      {"tf.TensorScatterAdd", "ScatterND", raise_scatter_add, nullptr, ""},
      {"tf.TensorScatterMax", "ScatterND", raise_scatter_max, nullptr, ""},
      {"tf.TensorScatterMin", "ScatterND", raise_scatter_min, nullptr, ""},
      {"tf.TensorScatterSub", "ScatterND", raise_scatter_sub, nullptr, ""},
      {"tf.TensorScatterUpdate", "ScatterND", raise_scatter_update, nullptr, ""},
      {"tf.TopK", "TopK", raise_top_k, nullptr, ""},
      {"tf.TopKV2", "TopK", raise_top_k_v2, nullptr, ""},
      {"tf.Where", "NonZero", raise_where, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
