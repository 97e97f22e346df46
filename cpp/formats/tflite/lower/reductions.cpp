// Sums, means and extremes along axes; what runs along an axis.
#include <algorithm>
#include <limits>
#include <numeric>

#include "formats/common/term.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"
#include "formats/tflite/types.h"
#include "ops/attributes.h"

namespace modelconv::tflite {
namespace {

// Axes counted from the front. Nothing: the node reduces nothing, because it names no axes and says so.
std::optional<std::vector<int64_t>> reduced_axes(Translation& t) {
  std::vector<int64_t> axes;
  const bool named = t.input(1) != nullptr;
  if (named) axes = t.constant_ints(1, "the list of axes");
  if (axes.empty()) {
    if (int_attr(t.node(), "noop_with_empty_axes") != 0) return std::nullopt;
    axes.resize(t.rank(0));
    std::iota(axes.begin(), axes.end(), int64_t{0});
  }
  for (int64_t& axis : axes) axis = static_cast<int64_t>(normalize_axis(axis, t.rank(0)));
  return axes;
}

constexpr size_t kMostReducedAxes = 6;

// Neighbours that are reduced together, or stay together, as one axis.
void reduce_merged(Translation& t, const std::vector<int64_t>& axes) {
  const Dims dims = static_dims(t, t.required(0));
  std::vector<int64_t> merged, reduced;
  bool was_reduced = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    const bool is_reduced = std::count(axes.begin(), axes.end(), static_cast<int64_t>(i)) > 0;
    if (i > 0 && is_reduced == was_reduced) {
      merged.back() *= dims[i];
      continue;
    }
    if (is_reduced) reduced.push_back(static_cast<int64_t>(merged.size()));
    merged.push_back(dims[i]);
    was_reduced = is_reduced;
  }
  if (merged.size() > kMostReducedAxes) t.refuse("{} axes", dims.size());
  Value& sum = t.add(t.node().op(), {&reshaped(t, t.required(0), merged), &t.ints(reduced)},
                     {{"keepdims", int64_t{0}}});
  t.set_output(0, reshaped(t, sum, static_dims(t, *t.node().output())));
}

// What nothing at all is reduced to.
void reduce_nothing(Translation& t) {
  const std::string& op = t.node().op().name();
  const DType dtype = t.node().output()->dtype();
  const double infinity = std::numeric_limits<double>::infinity();
  if (op == "ReduceMean" || ((op == "ReduceMax" || op == "ReduceMin") && !is_float(dtype)))
    t.refuse("an empty tensor");
  const double neutral = op == "ReduceProd"  ? 1
                         : op == "ReduceMax" ? -infinity
                         : op == "ReduceMin" ? infinity
                                             : 0;
  t.set_output(0, t.constant(Tensor::filled(dtype, static_dims(t, *t.node().output()), neutral)));
}

void lower_reduce(Translation& t) {
  const auto axes = reduced_axes(t);
  if (!axes || t.rank(0) == 0) return t.set_output(0, t.add("Identity", {t.input(0)}));
  if (t.input(0)->shape().element_count().equals(0)) return reduce_nothing(t);
  if (t.rank(0) > kMostReducedAxes) return reduce_merged(t, *axes);
  finish(t, t.target().name(), {t.input(0), &int32s(t, *axes)},
         {{"keep_dims", int_attr(t.node(), "keepdims")}});
}

// A sum of something of x, or something of a sum.
void lower_composed(Translation& t) {
  static const std::vector<std::pair<OpName, const char*>> steps = {
      {"ReduceL1", "Abs | ReduceSum |"},
      {"ReduceL2", "Square | ReduceSum | Sqrt"},
      {"ReduceLogSum", "| ReduceSum | Log"},
      {"ReduceSumSquare", "Square | ReduceSum |"},
  };
  const auto row =
      std::find_if(steps.begin(), steps.end(), [&](const auto& each) { return each.first == t.node().op(); });
  std::string text = row->second;
  const auto step = [&](Value& value) -> Value& {
    const size_t end = text.find('|');
    std::string name = text.substr(0, end);
    text.erase(0, end == std::string::npos ? text.size() : end + 1);
    name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
    if (name.empty()) return value;
    if (name == "Square") return t.add("Mul", {&value, &value});
    if (!name.starts_with("Reduce")) return t.add(name, {&value});
    std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
    inputs[0] = &value;
    return t.add(name, inputs, t.node().attrs);
  };
  Value& before = step(t.required(0));
  Value& reduced = step(before);
  Value& y = step(reduced);
  t.set_output(0, &y == t.input(0) ? t.add("Identity", {&y}) : y);
}

// Less the largest element, so that no exponential overflows.
void lower_log_sum_exp(Translation& t) {
  Value& x = t.required(0);
  std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
  Attrs kept = t.node().attrs;
  kept.set("keepdims", int64_t{1});
  Value& largest = t.add("ReduceMax", inputs, kept);
  inputs[0] = &t.add("Exp", {&t.add("Sub", {&x, &largest})});
  Value& sum = t.add("Log", {&t.add("ReduceSum", inputs, t.node().attrs)});
  inputs[0] = &largest;
  t.set_output(0, t.add("Add", {&sum, &t.add("ReduceMax", inputs, t.node().attrs)}));
}

// The last of equals is the first one from behind.
void lower_last_extreme(Translation& t, size_t axis) {
  Value& x = t.required(0);
  const int64_t size = static_dim(t, x, axis);
  Value& reversed = t.add("Slice", {&x, &t.ints({-1}), &t.ints({-size - 1}),
                                    &t.ints({static_cast<int64_t>(axis)}), &t.ints({-1})});
  Attrs attrs = t.node().attrs;
  attrs.remove("select_last_index");
  Value& index = t.add(t.node().op(), {&reversed}, attrs);
  t.set_output(0, t.add("Sub", {&t.scalar(DType::int64, static_cast<double>(size - 1)), &index}));
}

void lower_arg_extreme(Translation& t) {
  const size_t axis = normalize_axis(int_attr(t.node(), "axis"), t.rank(0));
  if (int_attr(t.node(), "select_last_index") != 0) return lower_last_extreme(t, axis);
  const bool keeps = int_attr(t.node(), "keepdims") != 0;
  Type type = t.node().output()->type;
  if (keeps && type.shape.has_rank()) {
    std::vector<Dim> dims = type.shape.dims();
    dims.erase(dims.begin() + static_cast<int64_t>(axis));
    type.shape = Shape(dims);
  }
  Value& index = emit(t, t.target().name(), {t.input(0), &int32_scalar(t, static_cast<int64_t>(axis))},
                      {{"output_type", std::string("INT64")}}, type);
  t.set_output(0, keeps ? unsqueezed(t, index, {static_cast<int64_t>(axis)}) : index);
}

// --- along the last axis

// The same operator on a tensor whose axis is last.
void with_axis_last(Translation& t, size_t axis) {
  std::vector<int64_t> perm(t.rank(0));
  std::iota(perm.begin(), perm.end(), int64_t{0});
  std::swap(perm[axis], perm.back());
  Attrs attrs = t.node().attrs;
  attrs.set("axis", int64_t{-1});
  std::vector<Value*> inputs(t.node().inputs().begin(), t.node().inputs().end());
  inputs[0] = &t.transpose(*inputs[0], perm);
  Node& made = t.add_node(t.node().op(), inputs, attrs, t.node().output_count());
  for (size_t i = 0; i < made.output_count(); ++i)
    if (t.node().output(i)) t.set_output(i, t.transpose(*made.output(i), perm));
}

// Of up to four axes; more are seen as two.
constexpr size_t kMostSoftmaxAxes = 4;

void lower_softmax(Translation& t) {
  const size_t rank = t.rank(0);
  if (rank == 0)
    return t.set_output(
        0, t.add("Sub", {&t.add("Add", {t.input(0), &t.scalar_like(*t.input(0), 1)}), t.input(0)}));
  const size_t axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  if (axis + 1 != rank) return with_axis_last(t, axis);
  if (rank > kMostSoftmaxAxes) {
    Value& rows = reshaped(t, t.required(0), {-1, static_dim(t, t.required(0), rank - 1)});
    std::vector<int64_t> dims;
    for (const Dim& dim : t.input(0)->shape().dims()) dims.push_back(dim.known().value_or(-1));
    return t.set_output(0, reshaped(t, t.add(t.node().op(), {&rows}, {{"axis", int64_t{1}}}), dims));
  }
  if (t.node().op() == OpName("LogSoftmax")) return finish(t, "LOG_SOFTMAX", {t.input(0)});
  finish(t, "SOFTMAX", {t.input(0)}, {{"beta", 1.0f}});
}

void lower_hardmax(Translation& t) {
  const size_t axis = normalize_axis(int_attr(t.node(), "axis"), t.rank(0));
  Value& index =
      t.add("ArgMax", {t.input(0)}, {{"axis", static_cast<int64_t>(axis)}, {"keepdims", int64_t{0}}});
  Value& depth = t.ints({static_dim(t, t.required(0), axis)});
  t.set_output(0, t.add("OneHot", {&index, &depth, &t.constant(Tensor::vector(std::vector<float>{0, 1}))},
                        {{"axis", static_cast<int64_t>(axis)}}));
}

void lower_cumsum(Translation& t) {
  const auto axis = t.constant_ints(1, "the axis");
  finish(t, "CUMSUM",
         {t.input(0), &int32_scalar(t, static_cast<int64_t>(normalize_axis(axis.at(0), t.rank(0))))},
         {{"exclusive", int_attr(t.node(), "exclusive")}, {"reverse", int_attr(t.node(), "reverse")}});
}

// Each step multiplies by what stands twice as far in front, so that few steps reach the first element.
void lower_cumprod(Translation& t) {
  const size_t place = normalize_axis(t.constant_ints(1, "the axis").at(0), t.rank(0));
  const auto axis = static_cast<int64_t>(place);
  const int64_t size = static_dim(t, t.required(0), place);
  const bool reverse = int_attr(t.node(), "reverse") != 0;
  const auto moved_on = [&](const formula::Term& x, int64_t by) {
    std::vector<int64_t> pads(2 * x.rank(), 0);
    pads[place] = by;
    const formula::Term front = formula::slice(x, axis, 0, size - by);
    return formula::compute("Pad", {front, formula::numbers(t, pads), formula::number(t, x.dtype(), 1)});
  };
  formula::Term y = formula::input(t, 0);
  if (reverse) y = formula::reversed(y, axis);
  if (int_attr(t.node(), "exclusive") != 0) y = moved_on(y, 1);
  for (int64_t by = 1; by < size; by *= 2) y = y * moved_on(y, by);
  if (reverse) y = formula::reversed(y, axis);
  formula::set_output(t, 0, formula::compute("Identity", {y}));
}

void lower_top_k(Translation& t) {
  const size_t rank = t.rank(0), axis = normalize_axis(int_attr(t.node(), "axis"), rank);
  if (axis + 1 != rank) return with_axis_last(t, axis);
  Value* x = &t.required(0);
  const bool largest = int_attr(t.node(), "largest") != 0;
  if (!largest) x = &t.add("Neg", {x});
  Node& node = t.add_node("tflite.TOPK_V2", {x, &as_int32(t, reshaped(t, t.required(1), {}))}, {}, 2);
  node.output(0)->type = x->type;
  node.output(0)->type.shape = t.node().output(0)->shape();
  node.output(1)->type = Type::tensor(DType::int32, t.node().output(0)->shape());
  t.set_output(0, largest ? *node.output(0) : t.add("Neg", {node.output(0)}));
  t.set_output(1, t.cast(*node.output(1), DType::int64));
}

}  // namespace

OpMappings lower_reductions() {
  const auto reduce = [](const char* name, const char* canonical) {
    return OpMapping{OpName("tflite", name), canonical, nullptr, lower_reduce, "constant axes"};
  };
  return {
      reduce("MEAN", "ReduceMean"),
      reduce("SUM", "ReduceSum"),
      reduce("REDUCE_MAX", "ReduceMax"),
      reduce("REDUCE_MIN", "ReduceMin"),
      reduce("REDUCE_PROD", "ReduceProd"),
      {"tflite.SUM", "ReduceL1", nullptr, lower_composed, ""},
      {"tflite.SUM", "ReduceL2", nullptr, lower_composed, ""},
      {"tflite.SUM", "ReduceLogSum", nullptr, lower_composed, ""},
      {"tflite.SUM", "ReduceSumSquare", nullptr, lower_composed, ""},
      {"tflite.SUM", "ReduceLogSumExp", nullptr, lower_log_sum_exp, ""},
      {"tflite.ARG_MAX", "ArgMax", nullptr, lower_arg_extreme, "the first of equals"},
      {"tflite.ARG_MIN", "ArgMin", nullptr, lower_arg_extreme, "the first of equals"},
      {"tflite.SOFTMAX", "Softmax", nullptr, lower_softmax, ""},
      {"tflite.LOG_SOFTMAX", "LogSoftmax", nullptr, lower_softmax, ""},
      {"tflite.ONE_HOT", "Hardmax", nullptr, lower_hardmax, ""},
      {"tflite.CUMSUM", "CumSum", nullptr, lower_cumsum, ""},
      {"tflite.MUL", "CumProd", nullptr, lower_cumprod, "constant axis of known size"},
      {"tflite.TOPK_V2", "TopK", nullptr, lower_top_k, ""},
  };
}

}  // namespace modelconv::tflite
