// Parts of a tensor along one axis, taken out and put in.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"

namespace modelconv::torch {
namespace {

struct Range {
  Term start, end;  // int64 [1]
  int64_t step;
};

Range range_of(const Call& call) {
  Translation& t = call.translation();
  const Term start = call.has("start") ? index(call, "start") : numbers(t, {0});
  const Term end = call.has("end") ? index(call, "end") : numbers(t, {kEnd});
  return {start, end, call.integer("step")};
}

bool is_number(const Term& x, int64_t value) {
  return x.value().is_constant() && x.value().constant().to_int64() == std::vector<int64_t>{value};
}

bool is_whole(const Range& range) {
  return is_number(range.start, 0) && is_number(range.end, kEnd) && range.step == 1;
}

Term slice(const Term& x, int64_t axis, const Range& range) {
  if (range.step == 1) return slice(x, axis, range.start, range.end);
  Translation& t = x.translation();
  return compute("Slice", {x, range.start, range.end, numbers(t, {axis}), numbers(t, {range.step})});
}

void raise_slice(Translation& t) {
  const Call call(t, "self, dim:int=0, start:int=None, end:int=None, step:int=1");
  const Term x = tensor(call, "self");
  const Range range = range_of(call);
  give(is_whole(range) ? x : slice(x, call.axis("dim", axes_of(x)), range));
}

void raise_narrow(Translation& t) {
  const Call call(t, {"self, dim:int, start:int, length:int", "self, dim:int, start, length:int"});
  const Term x = tensor(call, "self");
  const Term start =
      call.form() == 0 ? index(call, "start") : reshape(cast(tensor(call, "start"), DType::int64), {1});
  Term end = start + index(call, "length");
  const auto first = call.form() == 0 ? call.known_integer("start") : std::nullopt;
  const auto length = call.known_integer("length");
  if (first && length) end = numbers(t, {*first < 0 && *first + *length == 0 ? kEnd : *first + *length});
  give(slice(x, call.axis("dim", axes_of(x)), start, end));
}

void raise_select(Translation& t) {
  const Call call(t, "self, dim:int, index:int");
  const Term x = tensor(call, "self");
  give(gather(x, operand(call, "index", DType::int64), call.axis("dim", axes_of(x))));
}

// What is before it and what is behind it are apart, whatever the size of the axis. The place between a start and an end
// before it is empty, and then they would overlap.
bool is_in_order(const Range& range) {
  if (is_number(range.start, 0) || is_number(range.end, kEnd)) return true;
  if (!range.start.value().is_constant() || !range.end.value().is_constant()) return false;
  const int64_t start = range.start.value().constant().to_int64()[0];
  const int64_t end = range.end.value().constant().to_int64()[0];
  return start <= end && (start < 0) == (end < 0);
}

Term put_range(const Term& x, int64_t axis, const Range& range, const Term& part) {
  Translation& t = x.translation();
  if (range.step != 1 || !is_in_order(range))
    return put(x, axis, slice(formula::range(size_of(x, axis)), 0, range), part, "none");
  std::vector<Term> parts;
  if (!is_number(range.start, 0)) parts.push_back(slice(x, axis, numbers(t, {0}), range.start));
  parts.push_back(part);
  if (!is_number(range.end, kEnd)) parts.push_back(slice(x, axis, range.end, numbers(t, {kEnd})));
  return concat(parts, axis);
}

void raise_slice_scatter(Translation& t) {
  const Call call(t, "self, src, dim:int=0, start:int=None, end:int=None, step:int=1");
  const Term x = tensor(call, "self"), part = cast(tensor(call, "src"), x.dtype());
  const int64_t axis = call.axis("dim", x.rank());
  const Range range = range_of(call);
  const Term place = is_whole(range) ? x : slice(x, axis, range);
  const Term full = expand(part, shape_of(place));
  give(is_whole(range) ? full : put_range(x, axis, range, full));
}

void raise_select_scatter(Translation& t) {
  const Call call(t, "self, src, dim:int, index:int");
  const Term x = tensor(call, "self"), part = cast(tensor(call, "src"), x.dtype());
  const int64_t axis = call.axis("dim", x.rank());
  const Term place = index(call, "index");
  const Term full = unsqueeze(expand(part, shape_of(gather(x, number(t, DType::int64, 0), axis))), {axis});
  const auto known = call.known_integer("index");
  if (!known) return give(put(x, axis, place, full, "none"));
  give(put_range(x, axis, {place, numbers(t, {*known == -1 ? kEnd : *known + 1}), 1}, full));
}

}  // namespace

OpMappings slice_ops() {
  return {
      {"aten.narrow", "Slice", raise_narrow, nullptr, ""},
      {"aten.narrow_copy", "Slice", raise_narrow, nullptr, ""},
      {"aten.select", "Gather", raise_select, nullptr, ""},
      {"aten.select_copy", "Gather", raise_select, nullptr, ""},
      {"aten.select_scatter", "Concat", raise_select_scatter, nullptr, ""},
      {"aten.slice", "Slice", raise_slice, nullptr, ""},
      {"aten.slice_copy", "Slice", raise_slice, nullptr, ""},
      {"aten.slice_scatter", "Concat", raise_slice_scatter, nullptr, ""},
  };
}

}  // namespace modelconv::torch
