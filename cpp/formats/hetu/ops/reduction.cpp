// Reductions. Hetu says for each axis whether it is kept; a result without axes has one of size 1.
#include "formats/hetu/ops/all_ops.h"
#include "formats/hetu/ops/settings.h"

namespace modelconv::hetu {
namespace {

void raise_reduction(Translation& t) {
  Value& x = t.required(0);
  const std::vector<int64_t> axes = axes_of(t, need_ints(t, "axes"), x);
  std::vector<int64_t> kept = ints_of(t, "keepdims").value_or(std::vector<int64_t>{0});
  kept.resize(axes.size(), kept.empty() ? 0 : kept.back());
  std::vector<int64_t> dropped;
  for (size_t i = 0; i < axes.size(); ++i)
    if (kept[i] == 0) dropped.push_back(axes[i]);
  Value& y = t.add(t.target(), {&x, &t.ints(axes)}, {{"keepdims", int64_t{1}}});
  if (dropped.empty()) return t.set_output(0, t.add("Identity", {&y}));
  if (dropped.size() == t.rank(0)) dropped.pop_back();
  if (dropped.empty()) return t.set_output(0, t.add("Identity", {&y}));
  t.set_output(0, t.add("Squeeze", {&y, &t.ints(dropped)}));
}

// A vector's sum keeps its axis.
void raise_sum_of_rows(Translation& t) {
  const int64_t keep = t.rank(0) > 1 ? 0 : 1;
  t.set_output(0, t.add("ReduceSum", {&t.required(0), &t.ints({0})}, {{"keepdims", keep}}));
}

void raise_sum_of_images(Translation& t) {
  t.set_output(0, t.add("ReduceSum", {&t.required(0), &t.ints({0, 2, 3})}, {{"keepdims", int64_t{0}}}));
}

// All arrays of Hetu's are float32, positions too.
void raise_argmax(Translation& t) {
  Value& x = t.required(0);
  const std::vector<int64_t> axes = axes_of(t, {t.node().attrs.has("dim") ? int_of(t, "dim") : 0}, x);
  const int64_t keep = t.rank(0) > 1 ? 0 : 1;
  t.set_output(0, t.cast(t.add("ArgMax", {&x}, {{"axis", axes[0]}, {"keepdims", keep}}), DType::float32));
}

// Of two arrays, or along an axis, which is dropped whatever the node says of keeping it.
void raise_extreme(Translation& t) {
  Value& x = t.required(0);
  const bool is_max = t.node().op().name() == "Max";
  if (t.input_count() > 1) return t.set_output(0, t.add(is_max ? "Max" : "Min", {&x, &t.required(1)}));
  const std::vector<int64_t> axes = axes_of(t, {int_of(t, "dim")}, x);
  t.set_output(0, t.add(t.target(), {&x, &t.ints(axes)}, {{"keepdims", int64_t{0}}}));
}

void raise_norm(Translation& t) {
  Value& x = t.required(0);
  const double p = number_of(t, "p");
  if (p != 1 && p != 2) t.refuse("a norm of power {}", p);
  const std::vector<int64_t> axes = axes_of(t, {int_of(t, "axis")}, x);
  const int64_t keep = flag_of(t, "keepdims");
  t.set_output(0, t.add(p == 1 ? "ReduceL1" : "ReduceL2", {&x, &t.ints(axes)}, {{"keepdims", keep}}));
}

// Positions, as float32.
void raise_argsort(Translation& t) {
  Value& x = t.required(0);
  const int64_t axis = axes_of(t, {int_of(t, "dim")}, x)[0];
  Value& size = t.add("Gather", {&t.shape_of(x), &t.ints({axis})});
  Node& sorted =
      t.add_node("TopK", {&x, &size}, {{"axis", axis}, {"largest", int64_t{flag_of(t, "descending")}}}, 2);
  t.set_output(0, t.cast(*sorted.output(1), DType::float32));
}

// A number is added to all sums.
void raise_cumulative_sum(Translation& t) {
  Value& x = t.required(0);
  Value& axis = t.scalar(DType::int64, static_cast<double>(axes_of(t, {int_of(t, "dim")}, x)[0]));
  Value& sums = t.add("CumSum", {&x, &axis});
  t.set_output(0, t.add("Add", {&sums, &t.scalar_like(x, number_of(t, "bias"))}));
}

}  // namespace

OpMappings reduction_ops() {
  return {
      {"hetu.Argmax", "ArgMax", raise_argmax, nullptr, ""},
      {"hetu.Conv2d_ReduceSum", "ReduceSum", raise_sum_of_images, nullptr, ""},
      {"hetu.ReduceMean", "ReduceMean", raise_reduction, nullptr, ""},
      {"hetu.ReduceMin", "ReduceMin", raise_reduction, nullptr, ""},
      {"hetu.ReduceMul", "ReduceProd", raise_reduction, nullptr, ""},
      {"hetu.ReduceNorm1", "ReduceL1", raise_reduction, nullptr, ""},
      {"hetu.ReduceNorm2", "ReduceL2", raise_reduction, nullptr, ""},
      {"hetu.ReduceSum", "ReduceSum", raise_reduction, nullptr, ""},
      {"hetu.Argsort", "TopK", raise_argsort, nullptr, ""},
      {"hetu.Cumsum", "CumSum", raise_cumulative_sum, nullptr, ""},
      {"hetu.Max", "ReduceMax", raise_extreme, nullptr, ""},
      {"hetu.Min", "ReduceMin", raise_extreme, nullptr, ""},
      {"hetu.Norm", "ReduceL2", raise_norm, nullptr, "powers 1 and 2"},
      {"hetu.ReduceSumAxisZero", "ReduceSum", raise_sum_of_rows, nullptr, ""},
  };
}

}  // namespace modelconv::hetu
