// Parts of tensors, joining, splitting, padding.
#include <algorithm>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term scalar(const Term& x) { return reshape(x, std::vector<int64_t>{}); }

void lower_concat(Translation& t) {
  std::vector<Term> parts;
  for (size_t i = 0; i < t.input_count(); ++i) parts.push_back(input(t, i));
  if (parts.size() == 1) return set_output(t, 0, compute("Identity", parts));
  parts.push_back(number(t, DType::int64, static_cast<double>(int_attr(t.node(), "axis"))));
  set_output(t, 0, compute("tf.ConcatV2", parts));
}

void set_outputs(Translation& t, Node& split) {
  for (size_t i = 0; i < t.node().output_count(); ++i) t.set_output(i, *split.output(i));
}

// Equal parts, but for a smaller last one.
std::optional<std::vector<int64_t>> part_sizes(const Translation& t, int64_t axis, size_t count) {
  if (t.input(1)) return t.known_ints(1);
  if (!t.required(0).shape().has_rank()) return std::nullopt;
  const Dim length = t.required(0).shape()[normalize_axis(axis, t.rank(0))];
  if (!length.is_known()) return std::nullopt;
  const auto parts = static_cast<int64_t>(count), part = (length.value() + parts - 1) / parts;
  std::vector<int64_t> sizes(count, part);
  sizes.back() = length.value() - part * (parts - 1);
  if (sizes.back() < 0) t.refuse("it makes {} parts of {} elements", count, length.value());
  return sizes;
}

void lower_split(Translation& t) {
  const int64_t axis = int_attr(t.node(), "axis");
  const size_t count = t.node().output_count();
  Value& place = t.scalar(DType::int32, static_cast<double>(axis));
  const Attrs attrs = {{"num_split", static_cast<int64_t>(count)}};
  const auto sizes = part_sizes(t, axis, count);
  if (!sizes && t.input(1))
    return set_outputs(
        t, t.add_node("tf.SplitV", {&t.required(0), &as_int64(t, t.required(1)), &place}, attrs, count));
  const bool are_equal = !sizes || std::all_of(sizes->begin(), sizes->end(),
                                               [&](int64_t size) { return size == sizes->front(); });
  if (are_equal) return set_outputs(t, t.add_node("tf.Split", {&place, &t.required(0)}, attrs, count));
  set_outputs(t, t.add_node("tf.SplitV", {&t.required(0), &t.ints(*sizes), &place}, attrs, count));
}

// Starts, ends or steps for the axes 0, 1, ... of which some are left alone: `by_axis` says where each one's stands.
Term spread(const Term& given, const std::vector<int64_t>& by_axis, int64_t otherwise) {
  Translation& t = given.translation();
  if (given.value().is_constant()) {
    const auto values = given.value().constant().to_int64();
    std::vector<int64_t> spread_values;
    for (const int64_t place : by_axis)
      spread_values.push_back(place < 0 ? otherwise : values.at(static_cast<size_t>(place)));
    return numbers(t, spread_values);
  }
  const Shape& count = given.value().shape();
  bool as_given = count.has_rank() && count[0].equals(static_cast<int64_t>(by_axis.size()));
  std::vector<int64_t> places;
  for (size_t axis = 0; axis < by_axis.size(); ++axis) {
    as_given = as_given && by_axis[axis] == static_cast<int64_t>(axis);
    places.push_back(by_axis[axis] + 1);
  }
  if (as_given) return given;
  return gather(concat({numbers(t, {otherwise}), given}, 0), numbers(t, places));
}

Term known_or_computed(Translation& t, size_t index) {
  const auto known = t.known_ints(index);
  return known ? numbers(t, *known) : index_input(t, index);
}

// Values for some axes that are only known when it runs, among values for all.
Term scattered(const Term& all, const Term& axes, const Term& values) {
  return scatter_nd(all, unsqueeze(modulo(axes, size_of(all, 0)), {1}), values, "none");
}

void slice_computed_axes(Translation& t) {
  const Term x = input(t, 0), axes = index_input(t, 3), sizes = shape_of(x);
  const Term zeros = sizes * 0.0, ones = zeros + 1.0;
  const Term starts = scattered(zeros, axes, index_input(t, 1)),
             ends = scattered(sizes, axes, index_input(t, 2));
  const Term steps = t.input(4) ? scattered(ones, axes, index_input(t, 4)) : ones;
  set_output(t, 0, compute("tf.StridedSlice", {x, starts, ends, steps}));
}

void lower_slice(Translation& t) {
  if (t.input(3) && !t.known_ints(3)) return slice_computed_axes(t);
  const Term starts = known_or_computed(t, 1), ends = known_or_computed(t, 2);
  const Shape& count = starts.value().shape();
  std::vector<int64_t> axes;
  if (t.input(3)) {
    axes = t.constant_ints(3, "axes");
  } else {
    if (!count.has_rank() || !count[0].is_known()) t.refuse("how many axes it cuts is not known");
    for (int64_t axis = 0; axis < count[0].value(); ++axis) axes.push_back(axis);
  }
  const bool counts_from_end = std::any_of(axes.begin(), axes.end(), [](int64_t axis) { return axis < 0; });
  if (counts_from_end)
    for (int64_t& axis : axes) axis = static_cast<int64_t>(normalize_axis(axis, t.rank(0)));
  const int64_t last = axes.empty() ? -1 : *std::max_element(axes.begin(), axes.end());
  if (last >= 32) t.refuse("it cuts axis {}", last);
  std::vector<int64_t> by_axis(static_cast<size_t>(last + 1), -1);
  for (size_t i = 0; i < axes.size(); ++i) by_axis[static_cast<size_t>(axes[i])] = static_cast<int64_t>(i);
  int64_t untouched = 0;
  for (size_t axis = 0; axis < by_axis.size(); ++axis)
    if (by_axis[axis] < 0) untouched |= int64_t{1} << axis;
  const Term steps = t.input(4) ? known_or_computed(t, 4) : numbers(t, std::vector<int64_t>(axes.size(), 1));
  if (axes.empty()) return set_output(t, 0, compute("Identity", {input(t, 0)}));
  set_output(
      t, 0,
      compute("tf.StridedSlice",
              {input(t, 0), spread(starts, by_axis, 0), spread(ends, by_axis, 0), spread(steps, by_axis, 1)},
              {{"begin_mask", untouched}, {"end_mask", untouched}}));
}

// --- Pad
struct Pads {
  Term before, after;  // int64 [rank]
};

// One amount per axis of the input, whatever axes are named.
Pads pads_of(Translation& t) {
  const size_t rank = t.rank(0);
  const Term given = known_or_computed(t, 1);
  if (t.input(3) && !t.known_ints(3)) {
    const Term zeros = shape_of(input(t, 0)) * 0.0, axes = index_input(t, 3), axis_count = size_of(axes, 0);
    return {scattered(zeros, axes, slice(given, 0, numbers(t, {0}), axis_count)),
            scattered(zeros, axes, slice(given, 0, axis_count, axis_count * 2.0))};
  }
  std::vector<int64_t> by_axis(rank, -1);
  size_t count = rank;
  if (t.input(3)) {
    const auto axes = t.constant_ints(3, "axes");
    count = axes.size();
    for (size_t i = 0; i < axes.size(); ++i) by_axis[normalize_axis(axes[i], rank)] = static_cast<int64_t>(i);
  } else {
    for (size_t i = 0; i < rank; ++i) by_axis[i] = static_cast<int64_t>(i);
  }
  std::vector<int64_t> behind = by_axis;
  for (int64_t& place : behind)
    if (place >= 0) place += static_cast<int64_t>(count);
  return {spread(given, by_axis, 0), spread(given, behind, 0)};
}

bool has_only_positive(const Term& pads) {
  if (!pads.value().is_constant()) return true;
  const auto values = pads.value().constant().to_int64();
  return std::all_of(values.begin(), values.end(), [](int64_t value) { return value >= 0; });
}

// int64 [rank, 2]. Known amounts are written as one constant: who reads the file needs them for shapes.
Term paddings(const Pads& pads) {
  const Value &before = pads.before.value(), &after = pads.after.value();
  if (before.is_constant() && after.is_constant()) {
    std::vector<int64_t> rows;
    const auto front = before.constant().to_int64(), back = after.constant().to_int64();
    for (size_t i = 0; i < front.size(); ++i) rows.insert(rows.end(), {front[i], back[i]});
    Translation& t = pads.before.translation();
    return {t, t.constant(Tensor::of<int64_t>({static_cast<int64_t>(front.size()), 2}, rows))};
  }
  return concat({unsqueeze(pads.before, {1}), unsqueeze(pads.after, {1})}, 1);
}

Term zero_pads(const Term& pads) { return maximum(pads, numbers(pads.translation(), {0})); }

// Negative amounts cut off.
Term cut(const Term& x, const Pads& pads) {
  Translation& t = x.translation();
  const Term zero = numbers(t, {0});
  const Term starts = maximum(-pads.before, zero);
  const Term ends = shape_of(x) + minimum(pads.after, zero);
  return compute("Slice", {x, starts, ends});
}

// Which element stands at position p of the padded axis, counted from the first of the input.
Term source_of(const Term& p, const Term& length, const std::string& mode) {
  Translation& t = p.translation();
  const Term zero = number(t, DType::int64, 0), last = length - 1.0;
  if (mode == "edge") return minimum(maximum(p, zero), last);
  if (mode == "wrap") return modulo(p, length);
  const Term period = maximum(last * 2.0, number(t, DType::int64, 1));  // to and fro
  const Term place = modulo(p, period);
  return minimum(place, period - place);
}

Term pad_by_copies(Term x, const Pads& pads, const std::string& mode) {
  Translation& t = x.translation();
  for (int64_t axis = 0; axis < static_cast<int64_t>(t.rank(0)); ++axis) {
    const auto is_untouched = [&](const Term& side) {
      return side.value().is_constant() && side.value().constant().to_int64()[static_cast<size_t>(axis)] == 0;
    };
    if (is_untouched(pads.before) && is_untouched(pads.after)) continue;
    const Term length = size_of(x, axis);
    const Term before = slice(pads.before, 0, axis, axis + 1), after = slice(pads.after, 0, axis, axis + 1);
    const Term first = scalar(-before), end = scalar(length + after);
    const Term positions = compute("Range", {first, end, number(t, DType::int64, 1)});
    x = compute("tf.GatherV2", {x, source_of(positions, scalar(length), mode),
                                number(t, DType::int64, static_cast<double>(axis))});
  }
  return x;
}

void lower_pad(Translation& t) {
  Term x = input(t, 0);
  Pads pads = pads_of(t);
  const std::string mode = string_attr(t.node(), "mode");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    t.refuse("its mode is '{}'", mode);
  const bool are_known = pads.before.value().is_constant() && pads.after.value().is_constant();
  if (!are_known && mode == "constant") {
    x = cut(x, pads);
    pads = {zero_pads(pads.before), zero_pads(pads.after)};
  }
  if (!has_only_positive(pads.before) || !has_only_positive(pads.after)) {
    if (mode != "constant") t.refuse("it takes elements away in the mode '{}'", mode);
    x = cut(x, pads);
    pads = {zero_pads(pads.before), zero_pads(pads.after)};
  }
  if (mode != "constant") return set_output(t, 0, pad_by_copies(x, pads, mode));
  const Term value = t.input(2)                    ? scalar(input(t, 2))
                     : x.dtype() == DType::boolean ? Term(t, t.constant(Tensor::boolean(false)))
                                                   : number(t, x.dtype(), 0);
  set_output(t, 0, compute("tf.PadV2", {x, paddings(pads), value}));
}

}  // namespace

OpMappings lower_slices() {
  return {
      {"tf.ConcatV2", "Concat", nullptr, lower_concat, ""},
      {"tf.SplitV", "Split", nullptr, lower_split, ""},
      {"tf.StridedSlice", "Slice", nullptr, lower_slice, "constant axes"},
      {"tf.PadV2", "Pad", nullptr, lower_pad, "reflect, edge, wrap: no negative pads"},
  };
}

}  // namespace modelconv::tensorflow
