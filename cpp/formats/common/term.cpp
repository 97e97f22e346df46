#include "formats/common/term.h"

namespace modelconv::formula {
namespace {

Term like(const Term& a, double value) {
  return {a.translation(), a.translation().scalar_like(a.value(), value)};
}

Attrs keep_dims(bool keep) { return {{"keepdims", int64_t{keep}}}; }

}  // namespace

Term input(Translation& t, size_t index) { return {t, t.required(index)}; }
Term number(Translation& t, DType dtype, double value) { return {t, t.scalar(dtype, value)}; }
Term numbers(Translation& t, const std::vector<int64_t>& values) { return {t, t.ints(values)}; }

Term filled(const Term& shape, DType dtype, double value) {
  return compute("ConstantOfShape", {shape}, {{"value", Tensor::filled(dtype, {1}, value)}});
}

Term range(const Term& count) {
  Translation& t = count.translation();
  const Term scalar = reshape(count, std::vector<int64_t>{});
  return compute("Range", {number(t, DType::int64, 0), scalar, number(t, DType::int64, 1)});
}

void set_output(Translation& t, size_t index, const Term& term) { t.set_output(index, term.value()); }

Term compute(OpName op, const std::vector<Term>& inputs, Attrs attrs) {
  Translation& t = inputs.at(0).translation();
  std::vector<Value*> values;
  for (const Term& term : inputs) values.push_back(&term.value());
  return {t, t.add(op, std::move(values), std::move(attrs))};
}

Term operator+(const Term& a, const Term& b) { return compute("Add", {a, b}); }
Term operator-(const Term& a, const Term& b) { return compute("Sub", {a, b}); }
Term operator*(const Term& a, const Term& b) { return compute("Mul", {a, b}); }
Term operator/(const Term& a, const Term& b) { return compute("Div", {a, b}); }
Term operator<(const Term& a, const Term& b) { return compute("Less", {a, b}); }
Term operator<=(const Term& a, const Term& b) { return compute("LessOrEqual", {a, b}); }
Term operator+(const Term& a, double b) { return a + like(a, b); }
Term operator-(const Term& a, double b) { return a - like(a, b); }
Term operator-(double a, const Term& b) { return like(b, a) - b; }
Term operator*(const Term& a, double b) { return a * like(a, b); }
Term operator/(const Term& a, double b) { return a / like(a, b); }
Term operator<(const Term& a, double b) { return a < like(a, b); }
Term operator<=(const Term& a, double b) { return a <= like(a, b); }
Term operator-(const Term& a) { return compute("Neg", {a}); }
Term equal(const Term& a, const Term& b) { return compute("Equal", {a, b}); }
Term equal(const Term& a, double b) { return equal(a, like(a, b)); }
Term both(const Term& a, const Term& b) { return compute("And", {a, b}); }
Term either(const Term& a, const Term& b) { return compute("Or", {a, b}); }
Term negated(const Term& a) { return compute("Not", {a}); }
Term minimum(const Term& a, const Term& b) { return compute("Min", {a, b}); }
Term maximum(const Term& a, const Term& b) { return compute("Max", {a, b}); }
Term clip(const Term& x, double low, double high) {
  return compute("Clip", {x, like(x, low), like(x, high)});
}
Term modulo(const Term& a, const Term& b) { return compute("Mod", {a, b}); }
// ONNX Runtime chooses no bool.
Term where(const Term& c, const Term& a, const Term& b) {
  if (a.dtype() == DType::boolean) return either(both(c, a), both(negated(c), b));
  return compute("Where", {c, a, b});
}
Term where(const Term& c, const Term& a, double b) { return where(c, a, like(a, b)); }
Term cast(const Term& x, DType dtype) { return {x.translation(), x.translation().cast(x.value(), dtype)}; }

Term shape_of(const Term& x) { return {x.translation(), x.translation().shape_of(x.value())}; }
Term size_of(const Term& x, int64_t axis) {
  if (axis == -1) return slice(shape_of(x), 0, -1, kEnd);
  return slice(shape_of(x), 0, axis, axis + 1);
}
Term shape_part(const Term& x, int64_t first, int64_t end) { return slice(shape_of(x), 0, first, end); }
Term shape_from(const Term& x, int64_t first) { return slice(shape_of(x), 0, first, kEnd); }
Term reshape(const Term& x, const Term& shape) {
  return compute("Reshape", {x, shape}, {{"allowzero", int64_t{1}}});
}
Term reshape(const Term& x, const std::vector<int64_t>& shape) {
  return compute("Reshape", {x, numbers(x.translation(), shape)});
}
Term unsqueeze(const Term& x, const std::vector<int64_t>& axes) {
  return compute("Unsqueeze", {x, numbers(x.translation(), axes)});
}
Term squeeze(const Term& x, const std::vector<int64_t>& axes) {
  return compute("Squeeze", {x, numbers(x.translation(), axes)});
}
Term expand(const Term& x, const Term& shape) { return compute("Expand", {x, shape}); }
Term transpose(const Term& x, const std::vector<int64_t>& perm) {
  return {x.translation(), x.translation().transpose(x.value(), perm)};
}
Term concat(const std::vector<Term>& parts, int64_t axis) {
  return parts.size() == 1 ? parts[0] : compute("Concat", parts, {{"axis", axis}});
}

Term slice(const Term& x, int64_t axis, int64_t start, int64_t end) {
  Translation& t = x.translation();
  return slice(x, axis, numbers(t, {start}), numbers(t, {end}));
}
Term slice(const Term& x, int64_t axis, const Term& start, const Term& end) {
  return compute("Slice", {x, start, end, numbers(x.translation(), {axis})});
}
Term reversed(const Term& x, int64_t axis) {
  Translation& t = x.translation();
  return compute("Slice",
                 {x, numbers(t, {-1}), numbers(t, {INT64_MIN}), numbers(t, {axis}), numbers(t, {-1})});
}
Term gather(const Term& x, const Term& indices, int64_t axis) {
  return compute("Gather", {x, indices}, {{"axis", axis}});
}
Term gather_nd(const Term& x, const Term& indices, int64_t batch_dims) {
  return compute("GatherND", {x, indices}, {{"batch_dims", batch_dims}});
}
Term scatter_nd(const Term& x, const Term& indices, const Term& updates, const std::string& reduction) {
  return compute("ScatterND", {x, indices, updates}, {{"reduction", reduction}});
}

Term reduce(OpName op, const Term& x, const std::vector<int64_t>& axes, bool keep) {
  return compute(op, {x, numbers(x.translation(), axes)}, keep_dims(keep));
}

Term cumulative_sum(const Term& x, int64_t axis, bool exclusive, bool reverse) {
  return compute("CumSum", {x, number(x.translation(), DType::int64, static_cast<double>(axis))},
                 {{"exclusive", int64_t{exclusive}}, {"reverse", int64_t{reverse}}});
}

}  // namespace modelconv::formula
