#include "formats/caffe/ops/settings.h"

#include <algorithm>
#include <cmath>

namespace modelconv::caffe {
namespace {

[[noreturn]] void wrong_kind(const Translation& t, std::string_view name, const char* wanted) {
  fail(t, "{} is not {}", name, wanted);
}

// One value of a list, or the value itself: the last one counts, as in protobuf.
template <class T>
std::optional<T> last(const Attribute& attribute) {
  if (const auto* one = std::get_if<T>(&attribute)) return *one;
  if (const auto* many = std::get_if<std::vector<T>>(&attribute))
    if (!many->empty()) return many->back();
  return std::nullopt;
}

}  // namespace

int64_t int_of(const Translation& t, std::string_view name, int64_t fallback) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return fallback;
  if (const auto value = last<int64_t>(*found)) return *value;
  const auto real = last<float>(*found);
  if (!real || *real != std::floor(*real) || std::abs(*real) > 1e9F) wrong_kind(t, name, "a whole number");
  return static_cast<int64_t>(*real);
}

float float_of(const Translation& t, std::string_view name, float fallback) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return fallback;
  if (const auto value = last<float>(*found)) return *value;
  const auto whole = last<int64_t>(*found);
  if (!whole) wrong_kind(t, name, "a number");
  return static_cast<float>(*whole);
}

std::string text_of(const Translation& t, std::string_view name, std::string fallback) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return fallback;
  const auto value = last<std::string>(*found);
  if (!value) wrong_kind(t, name, "a word");
  return *value;
}

std::vector<int64_t> ints_of(const Translation& t, std::string_view name) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return {};
  if (const auto* one = std::get_if<int64_t>(found)) return {*one};
  if (const auto* many = std::get_if<std::vector<int64_t>>(found)) return *many;
  wrong_kind(t, name, "a list of whole numbers");
}

std::vector<float> floats_of(const Translation& t, std::string_view name) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return {};
  if (const auto* one = std::get_if<float>(found)) return {*one};
  if (const auto* many = std::get_if<std::vector<float>>(found)) return *many;
  std::vector<float> values;
  for (const int64_t value : ints_of(t, name)) values.push_back(static_cast<float>(value));
  return values;
}

std::string enum_of(const Translation& t, std::string_view name, const std::vector<std::string>& names,
                    int64_t first, const std::string& fallback) {
  const Attribute* found = t.node().attrs.find(name);
  if (!found) return fallback;
  if (const auto number = last<int64_t>(*found)) {
    const int64_t index = *number - first;
    if (index < 0 || index >= static_cast<int64_t>(names.size()))
      fail(t, "{} has no value {}", name, *number);
    return names[static_cast<size_t>(index)];
  }
  std::string word = text_of(t, name, fallback);
  if (std::find(names.begin(), names.end(), word) == names.end()) fail(t, "{} has no value {}", name, word);
  return word;
}

Term bottom(Translation& t, size_t index) {
  if (index >= bottom_count(t)) fail(t, "it has {} bottoms, number {} is wanted", bottom_count(t), index);
  return input(t, index);
}

std::vector<Term> bottoms(Translation& t) {
  std::vector<Term> all;
  for (size_t i = 0; i < bottom_count(t); ++i) all.push_back(input(t, i));
  if (all.empty()) fail(t, "it has no bottoms");
  return all;
}

size_t blob_count(const Translation& t) { return t.input_count() - bottom_count(t); }

const Tensor& blob_tensor(const Translation& t, size_t index, std::string_view what) {
  if (index >= blob_count(t))
    fail(t, "it has {} blobs; blob {}, its {}, is missing", blob_count(t), index, what);
  return t.constant(bottom_count(t) + index, what);
}

Term blob(Translation& t, size_t index, const Dims& dims, std::string_view what) {
  const Tensor& tensor = blob_tensor(t, index, what);
  for (const int64_t size : dims)
    if (size < 0 || size > (int64_t{1} << 40))
      fail(t, "its {} would have the shape {}", what, to_string(dims));
  if (tensor.dims() == dims) return input(t, bottom_count(t) + index);
  if (tensor.size() != element_count(dims))
    fail(t, "its {} have the shape {}, {} is wanted", what, to_string(tensor.dims()), to_string(dims));
  return {t, t.constant(tensor.reshaped(dims))};
}

int64_t axis_of(const Translation& t, size_t rank, int64_t axis) {
  const int64_t counted = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  if (counted < 0 || counted > static_cast<int64_t>(rank)) fail(t, "there is no axis {} of {}", axis, rank);
  return counted;
}

int64_t axis_of(const Translation& t, const Term& x, std::string_view name, int64_t fallback) {
  return axis_of(t, x.rank(), int_of(t, name, fallback));
}

int64_t known_size(const Term& x, size_t axis, std::string_view what) {
  const Shape& shape = x.value().shape();
  if (!shape.has_rank() || axis >= shape.rank() || !shape[axis].is_known())
    x.translation().refuse("{} is not known; give input_shapes=", what);
  return shape[axis].value();
}

Term constant(Translation& t, Dims dims, const std::vector<float>& values) {
  return {t, t.constant(Tensor::of<float>(std::move(dims), values))};
}

}  // namespace modelconv::caffe
