#include "formats/torch/ops/terms.h"

#include <algorithm>
#include <numeric>

#include "formats/torch/ops/complex.h"

namespace modelconv::torch {

Term tensor(const Call& call, std::string_view name) { return {call.translation(), call.tensor(name)}; }

Term operand(const Call& call, std::string_view name, DType dtype) {
  return {call.translation(), call.operand(name, dtype)};
}

Term index(const Call& call, std::string_view name) {
  Translation& t = call.translation();
  if (const auto known = call.known_integer(name)) return numbers(t, {*known});
  return unsqueeze(operand(call, name, DType::int64), {0});
}

void give(const Term& y, size_t index) {
  Translation& t = y.translation();
  const auto inputs = t.node().inputs();
  const bool is_input =
      y.value().is_constant() || std::find(inputs.begin(), inputs.end(), &y.value()) != inputs.end();
  Value& result = is_input ? t.add("Identity", {&y.value()}) : y.value();
  if (has_complex_input(t))
    mark_complex(result);  // the rules that give real numbers for complex ones do not come here
  t.set_output(index, result);
}

Term sizes(const Call& call, std::string_view name, int64_t instead) {
  Translation& t = call.translation();
  std::vector<Term> parts;
  std::vector<int64_t> known;
  for (Value* scalar : call.int_scalars(name)) {
    if (!scalar->is_constant()) {
      parts.push_back(unsqueeze({t, *scalar}, {0}));
      continue;
    }
    const int64_t size = scalar->constant().to_int64().at(0);
    known.push_back(size == -1 ? instead : size);
    parts.push_back(numbers(t, {known.back()}));
  }
  return known.size() == parts.size() ? numbers(t, known) : concat(parts, 0);
}

std::vector<int64_t> all_axes(size_t rank) {
  std::vector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Term swap_axes(const Term& x, int64_t a, int64_t b) {
  std::vector<int64_t> perm = all_axes(x.rank());
  if (!perm.empty()) std::swap(perm.at(static_cast<size_t>(a)), perm.at(static_cast<size_t>(b)));
  return transpose(x, perm);
}

Term to_front(const Term& x, int64_t axis) {
  std::vector<int64_t> perm = all_axes(x.rank());
  std::rotate(perm.begin(), perm.begin() + axis, perm.begin() + axis + 1);
  return transpose(x, perm);
}

Term from_front(const Term& x, int64_t axis) {
  std::vector<int64_t> perm = all_axes(x.rank());
  std::rotate(perm.begin(), perm.begin() + 1, perm.begin() + axis + 1);
  return transpose(x, perm);
}

Term put(const Term& x, int64_t axis, const Term& indices, const Term& part, const std::string& reduction) {
  const Term front = to_front(x, axis);
  return from_front(scatter_nd(front, unsqueeze(indices, {1}), to_front(part, axis), reduction), axis);
}

std::vector<Term> meeting(const Call& call, std::string_view name) {
  Translation& t = call.translation();
  const std::vector<Value*> values = call.tensors(name);
  DType dtype = DType::undefined;
  for (const Value* value : values)
    if (value) dtype = promote_types(t, dtype, value->dtype());
  std::vector<Term> terms;
  for (Value* value : values) {
    if (!value) t.refuse("one of its tensors is None");
    terms.emplace_back(t, t.cast(*value, dtype));
  }
  if (terms.empty()) t.refuse("it has no tensors");
  return terms;
}

}  // namespace modelconv::torch
