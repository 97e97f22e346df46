// MultiHeadAttention and GroupQueryAttention.
//
// Queries, keys and values are brought to [rest..., heads, steps, size]: `steps` are all axes that attention runs over,
// as one; `rest` are the batch and the other axes.
#include <algorithm>
#include <cmath>

#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/attention_masks.h"

namespace modelconv::keras {
namespace {

// Where the axes of a layer's input are.
struct Axes {
  std::vector<int64_t> rest, attended;
  size_t rank() const { return rest.size() + attended.size() + 1; }  // of the input: features stand last
  bool is_plain() const { return rest.size() == 1 && attended.size() == 1; }
};

Axes axes_of_attention(const Translation& t) {
  const size_t rank = t.rank_of(need_argument(t, "query"));
  if (rank < 3 || rank != t.rank_of(need_argument(t, "value")) || rank != t.rank_of(need_argument(t, "key")))
    t.refuse("its query, key and value have not the same number of axes, or less than three");
  std::vector<int64_t> wanted = ints_of(t, "attention_axes");
  if (wanted.empty())
    for (int64_t axis = 1; axis + 1 < static_cast<int64_t>(rank); ++axis) wanted.push_back(axis);
  Axes axes;
  for (int64_t axis : wanted) {
    // Keras counts from the end in [batch, ..., heads, size], one axis more than the input has.
    if (axis < 0) axis += static_cast<int64_t>(rank) + (rank == 3 ? 0 : 1);
    if (axis < 1 || axis + 1 >= static_cast<int64_t>(rank))
      t.refuse("attention over axis {} is not read", axis);
    axes.attended.push_back(axis);
  }
  for (int64_t axis = 0; axis + 1 < static_cast<int64_t>(rank); ++axis)
    if (std::find(wanted.begin(), wanted.end(), axis) == wanted.end()) axes.rest.push_back(axis);
  if (axes.rank() != rank) t.refuse("attention over axes {} is not read", to_string(wanted));
  return axes;
}

// x [..., dim] times the kernel [dim, heads, size], as [..., heads, size].
Value& project(Translation& t, Value& x, const std::string& part) {
  Value& kernel = weight(t, part + "/kernel", 3);
  const Dims dims = dims_of(kernel);
  Value& flat = t.add("Reshape", {&kernel, &t.ints({dims[0], dims[1] * dims[2]})});
  Value* y = &t.add("MatMul", {&x, &flat});
  if (Value* bias = argument(t, part + "/bias"))
    y = &t.add("Add", {y, &t.add("Reshape", {bias, &t.ints({-1})})});
  std::vector<int64_t> shape(t.rank_of(x) - 1, 0);
  shape.push_back(dims[1]);
  shape.push_back(dims[2]);
  return t.add("Reshape", {y, &t.ints(shape)});
}

// Attended values [..., heads, size] times the kernel [heads, size, out...].
Value& project_back(Translation& t, Value& x) {
  Value& kernel = need_argument(t, "output_dense/kernel");
  if (!kernel.is_constant()) t.refuse("its output kernel is computed");
  const Dims dims = dims_of(kernel);
  ENSURE(dims.size() >= 3, MalformedModelError, "{}: its output kernel has the shape {}", t.node().describe(),
         to_string(dims));
  Value& flat = t.add("Reshape", {&kernel, &t.ints({dims[0] * dims[1], -1})});
  std::vector<int64_t> shape(t.rank_of(x) - 2, 0);
  shape.push_back(-1);
  Value* y = &t.add("MatMul", {&t.add("Reshape", {&x, &t.ints(shape)}), &flat});
  if (dims.size() > 3) {
    shape.pop_back();
    shape.insert(shape.end(), dims.begin() + 2, dims.end());
    y = &t.add("Reshape", {y, &t.ints(shape)});
  }
  if (Value* bias = argument(t, "output_dense/bias")) y = &t.add("Add", {y, bias});
  return *y;
}

// The input's axes, heads and size in the order [rest..., attended..., heads, size].
std::vector<int64_t> grouped_order(const Axes& axes) {
  std::vector<int64_t> order = axes.rest;
  order.insert(order.end(), axes.attended.begin(), axes.attended.end());
  const auto heads = static_cast<int64_t>(axes.rank()) - 1;
  order.push_back(heads);
  order.push_back(heads + 1);
  return order;
}

// [..., heads, size] as [rest..., steps, heads, size]
Value& with_one_step_axis(Translation& t, Value& x, const Axes& axes) {
  Value& ordered = t.transpose(x, grouped_order(axes));
  if (axes.attended.size() == 1) return ordered;
  const Shape& shape = x.shape();
  std::vector<int64_t> wanted(axes.rest.size(), 0);
  wanted.push_back(-1);
  for (size_t axis = axes.rank() - 1; axis <= axes.rank(); ++axis) wanted.push_back(shape[axis].value());
  return t.add("Reshape", {&ordered, &t.ints(wanted)});
}

// The way back; `like` has the sizes of the axes.
Value& with_all_axes(Translation& t, Value& y, Value& like, const Axes& axes) {
  Value* split = &y;
  if (axes.attended.size() > 1) {
    Value& ordered = t.transpose(like, grouped_order(axes));
    const auto rest = static_cast<int64_t>(axes.rest.size());
    std::vector<int64_t> zeros(axes.rest.size(), 0);
    Value& shape =
        t.add("Concat",
              {&t.ints(zeros), &sizes(t, ordered, rest, rest + static_cast<int64_t>(axes.attended.size())),
               &sizes(t, y, -2, kEnd)},
              {{"axis", int64_t{0}}});
    split = &t.add("Reshape", {&y, &shape});
  }
  return t.transpose(*split, inverse_of(grouped_order(axes)));
}

// A mask [..., queries..., keys...] as [rest..., 1, steps, steps]: axes in front of the queries are filled up.
Value& fitting_mask(Translation& t, Value& mask, const Axes& axes, size_t head_axes) {
  const size_t inner = 2 * axes.attended.size(), rank = t.rank_of(mask),
               wanted = axes.rest.size() + head_axes + inner;
  if (rank < inner || rank > wanted) t.refuse("its mask has {} axes", rank);
  Value* fitting = &mask;
  for (size_t i = rank; i < wanted; ++i)
    fitting = &unsqueeze(t, *fitting, {-static_cast<int64_t>(inner) - 1});
  if (axes.attended.size() == 1) return *fitting;
  const auto part = [&](size_t from_end, size_t to_end) -> Value& {
    Value& some =
        sizes(t, mask, -static_cast<int64_t>(from_end), to_end == 0 ? kEnd : -static_cast<int64_t>(to_end));
    return t.add("ReduceProd", {&some, &t.ints({0})}, {{"keepdims", int64_t{1}}});
  };
  std::vector<int64_t> zeros(wanted - inner, 0);
  Value& shape =
      t.add("Concat", {&t.ints(zeros), &part(inner, inner / 2), &part(inner / 2, 0)}, {{"axis", int64_t{0}}});
  return t.add("Reshape", {fitting, &shape});
}

// All masks of the call as one.
Value* joined_mask(Translation& t) {
  const auto as_bool = [&](const char* name, int64_t axis) -> Value* {
    Value* mask = argument(t, name);
    return mask ? &unsqueeze(t, t.cast(*mask, DType::boolean), {axis}) : nullptr;
  };
  Value* mask = both(t, as_bool("query_mask", -1), as_bool("value_mask", -2));
  mask = both(t, mask, as_bool("key_mask", -2));
  Value* given = argument(t, "attention_mask");
  return both(t, mask, given ? &t.cast(*given, DType::boolean) : nullptr);
}

// Keras computes plain attention with -0.7 * the largest number in the place of stopped scores; with dropout, or when
// the weights are wanted, or over other axes, by its Softmax layer, which also makes their weights 0. Keras 2 adds -1e9.
Value& masked_softmax(Translation& t, Value& scores, Value* mask, bool is_plain) {
  if (!mask) return t.add("Softmax", {&scores}, {{"axis", int64_t{-1}}});
  if (flag_of(t, "old_keras", false)) {
    Value& stopped = t.cast(t.add("Not", {mask}), element_type(t, scores));
    Value& lower = t.add("Mul", {&stopped, &t.scalar_like(scores, -1e9)});
    return t.add("Softmax", {&t.add("Add", {&scores, &lower})}, {{"axis", int64_t{-1}}});
  }
  const bool by_layer =
      !is_plain || flag_of(t, "drops", false) || flag_of(t, "return_attention_scores", false);
  const bool is_half = element_type(t, scores) == DType::float16;
  const double low = is_half ? -4.5e4 : by_layer ? -1e9 : -0.7 * std::numeric_limits<float>::max();
  Value& pushed = t.add("Where", {mask, &scores, &t.scalar_like(scores, low)});
  Value& weights = t.add("Softmax", {&pushed}, {{"axis", int64_t{-1}}});
  return by_layer ? t.add("Where", {mask, &weights, &t.scalar_like(weights, 0)}) : weights;
}

Value* mask_of(Translation& t, Value& scores, const Axes& axes, bool grouped) {
  Value* mask = joined_mask(t);
  const bool is_causal = flag_of(t, "use_causal_mask", false);
  const int64_t window = int_of(t, "sliding_window", 0);
  if (!axes.is_plain() && (is_causal || window > 0 || argument(t, "query_mask") ||
                           argument(t, "value_mask") || argument(t, "key_mask")))
    t.refuse("of masks, only attention_mask is read with attention over several axes");
  if (mask) mask = &fitting_mask(t, *mask, axes, grouped ? 2 : 1);
  if (is_causal) mask = both(t, mask, &causal_mask(t, scores));
  return window > 0 ? both(t, mask, &window_mask(t, scores, window)) : mask;
}

// [rest..., queries, heads, size] of what attention hands on, and its weights; `groups` heads of the query share each
// head of key and value.
struct Attended {
  Value *values, *weights;
};

Attended attend(Translation& t, Value& query, Value& key, Value& value, const Axes& axes, int64_t groups) {
  Value* q = &query;
  const size_t rank = t.rank_of(query), rest = axes.rest.size();
  const int64_t heads = q->shape()[rank - 2].value(), size = q->shape()[rank - 1].value();
  // [rest..., heads, steps, size]
  std::vector<int64_t> heads_first = axes_up_to(rank);
  std::swap(heads_first[rest], heads_first[rest + 1]);
  std::vector<int64_t> keys_last = heads_first;
  std::swap(keys_last[rank - 2], keys_last[rank - 1]);
  Value *k = &t.transpose(key, keys_last), *v = &t.transpose(value, heads_first);
  const double scale = 1.0 / std::sqrt(static_cast<double>(size));
  std::vector<int64_t> to_heads = heads_first, back = heads_first;
  if (groups > 1) {
    q = &t.add("Reshape", {q, &t.ints({0, 0, heads / groups, groups, size})});
    to_heads = {0, 2, 3, 1, 4};
    back = {0, 3, 1, 2, 4};
    k = &unsqueeze(t, *k, {2});
    v = &unsqueeze(t, *v, {2});
  }
  Value& scaled = t.add("Mul", {&t.transpose(*q, to_heads), &t.scalar_like(*q, scale)});
  Value& scores = t.add("MatMul", {&scaled, k});
  Value& weights = masked_softmax(t, scores, mask_of(t, scores, axes, groups > 1), axes.is_plain());
  Value* y = &t.transpose(t.add("MatMul", {&weights, v}), back);
  if (groups > 1) {
    const Dims value_dims = dims_of(need_argument(t, "value_dense/kernel"));
    y = &t.add("Reshape", {y, &t.ints({0, 0, heads, value_dims[2]})});
  }
  return {y, &weights};
}

// [rest..., heads, queries..., keys...]
Value& weights_as_shown(Translation& t, Value& weights, Value& query, Value& key, const Axes& axes,
                        int64_t heads, int64_t groups) {
  if (groups > 1) {
    Value& shape =
        t.add("Concat", {&t.ints({0, heads}), &sizes(t, weights, -2, kEnd)}, {{"axis", int64_t{0}}});
    return t.add("Reshape", {&weights, &shape});
  }
  if (axes.attended.size() == 1) return weights;
  const auto first = static_cast<int64_t>(axes.rest.size()),
             end = first + static_cast<int64_t>(axes.attended.size());
  const auto attended_sizes = [&](Value& x) -> Value& {
    return sizes(t, t.transpose(x, grouped_order(axes)), first, end);
  };
  std::vector<int64_t> zeros(axes.rest.size() + 1, 0);
  Value& shape =
      t.add("Concat", {&t.ints(zeros), &attended_sizes(query), &attended_sizes(key)}, {{"axis", int64_t{0}}});
  return t.add("Reshape", {&weights, &shape});
}

void raise_multi_head(Translation& t) {
  const Axes axes = axes_of_attention(t);
  Value& query = project(t, need_argument(t, "query"), "query_dense");
  Value& key = project(t, need_argument(t, "key"), "key_dense");
  Value& value = project(t, need_argument(t, "value"), "value_dense");
  const Dims q = dims_of(need_argument(t, "query_dense/kernel")),
             k = dims_of(need_argument(t, "key_dense/kernel"));
  ENSURE(q[1] > 0 && k[1] > 0 && q[1] % k[1] == 0 && q[2] == k[2], MalformedModelError,
         "{}: kernels of shapes {} and {} do not fit together", t.node().describe(), to_string(q),
         to_string(k));
  const int64_t groups = q[1] / k[1];
  if (groups > 1 && !axes.is_plain()) t.refuse("its heads are grouped, over several axes");
  const Attended attended = attend(t, with_one_step_axis(t, query, axes), with_one_step_axis(t, key, axes),
                                   with_one_step_axis(t, value, axes), axes, groups);
  Value* values = &with_all_axes(t, *attended.values, query, axes);
  if (flag_of(t, "use_gate", false)) {
    Value& gate = t.add("Sigmoid", {&project(t, need_argument(t, "query"), "gate_dense")});
    values = &t.add("Mul", {values, &gate});
  }
  t.set_output(0, project_back(t, *values));
  if (t.node().output_count() > 1)
    t.set_output(1, weights_as_shown(t, *attended.weights, query, key, axes, q[1], groups));
}

}  // namespace

OpMappings multi_head_attention_ops() {
  return {
      {"keras.GroupQueryAttention", "Softmax", raise_multi_head, nullptr, ""},
      {"keras.MultiHeadAttention", "Softmax", raise_multi_head, nullptr, ""},
  };
}

}  // namespace modelconv::keras
