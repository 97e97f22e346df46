// Settings of a layer by the names of caffe.proto, its bottoms and its blobs.
#pragma once

#include <string>
#include <vector>

#include "formats/common/term.h"

namespace modelconv::caffe {

using namespace formula;

int64_t int_of(const Translation& t, std::string_view name, int64_t fallback);
inline bool flag_of(const Translation& t, std::string_view name, bool fallback) {
  return int_of(t, name, fallback ? 1 : 0) != 0;
}
float float_of(const Translation& t, std::string_view name, float fallback);
std::string text_of(const Translation& t, std::string_view name, std::string fallback);
std::vector<int64_t> ints_of(const Translation& t, std::string_view name);  // empty when it is not there
std::vector<float> floats_of(const Translation& t, std::string_view name);
// An enumeration, which files spell as a word or a number: `names` in the order of the numbers, from `first` on.
std::string enum_of(const Translation& t, std::string_view name, const std::vector<std::string>& names,
                    int64_t first, const std::string& fallback);

inline size_t bottom_count(const Translation& t) { return static_cast<size_t>(int_of(t, "bottoms", 0)); }
Term bottom(Translation& t, size_t index);  // MalformedModelError when the layer has fewer
std::vector<Term> bottoms(Translation& t);

size_t blob_count(const Translation& t);
// Blob `index`, brought to `dims` where the file stores it with other axes (old files always have four).
// MalformedModelError when it is missing or has another number of elements.
Term blob(Translation& t, size_t index, const Dims& dims, std::string_view what);
const Tensor& blob_tensor(const Translation& t, size_t index, std::string_view what);

// An axis that may count from the end, of a value of known rank.
int64_t axis_of(const Translation& t, const Term& x, std::string_view name, int64_t fallback);
int64_t axis_of(const Translation& t, size_t rank, int64_t axis);
// A size that is known; refused otherwise.
int64_t known_size(const Term& x, size_t axis, std::string_view what);

Term constant(Translation& t, Dims dims, const std::vector<float>& values);

template <class... Args>
[[noreturn]] void fail(const Translation& t, fmt::format_string<Args...> format, Args&&... args) {
  throw MalformedModelError(
      fmt::format("layer '{}': {}", t.node().name(), fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace modelconv::caffe
