#include "formats/tensorflow/slice_spec.h"

#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

namespace modelconv::tensorflow {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

int64_t parse_number(std::string_view text, const std::string& spec) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  ENSURE(error == std::errc() && end == text.data() + text.size() && number >= 0, MalformedModelError,
         "'{}' describes no part of a tensor", spec);
  return number;
}

struct Part {
  std::vector<int64_t> starts;
  Dims dims;
};

Part parse_part(const Tensor& whole, const std::string& spec) {
  const auto words = split(spec, ' ');
  ENSURE(words.size() == whole.rank() + 1, MalformedModelError,
         "'{}' describes no part of a tensor of shape {}", spec, to_string(whole.dims()));
  const auto axes = split(words.back(), ':');
  ENSURE(axes.size() == whole.rank(), MalformedModelError, "'{}' describes no part of a tensor of shape {}",
         spec, to_string(whole.dims()));
  Part part;
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    const int64_t size = whole.dims()[axis];
    int64_t start = 0, length = size;
    if (axes[axis] != "-") {
      const auto numbers = split(axes[axis], ',');
      ENSURE(numbers.size() == 2, MalformedModelError, "'{}' describes no part of a tensor", spec);
      start = parse_number(numbers[0], spec);
      length = parse_number(numbers[1], spec);
    }
    ENSURE(parse_number(words[axis], spec) == size && length <= size && start <= size - length,
           MalformedModelError, "'{}' describes no part of a tensor of shape {}", spec,
           to_string(whole.dims()));
    part.starts.push_back(start);
    part.dims.push_back(length);
  }
  return part;
}

}  // namespace

Tensor take_slice(const Tensor& whole, const std::string& spec) {
  const Part part = parse_part(whole, spec);
  ENSURE(whole.dtype() != DType::string, MalformedModelError, "a variable of strings comes in parts");
  const size_t width = storage_bytes(whole.dtype(), 1), rank = part.dims.size();
  Tensor result = Tensor::allocate(whole.dtype(), part.dims);
  if (result.size() == 0) return result;
  const size_t row = rank == 0 ? 1 : static_cast<size_t>(part.dims[rank - 1]);
  std::byte* target = result.mutable_bytes().data();
  std::vector<int64_t> at(rank);
  for (size_t done = 0; done < static_cast<size_t>(result.size()); done += row) {
    size_t from = 0;
    for (size_t axis = 0; axis < rank; ++axis)
      from =
          from * static_cast<size_t>(whole.dims()[axis]) + static_cast<size_t>(part.starts[axis] + at[axis]);
    std::memcpy(target + done * width, whole.bytes().data() + from * width, row * width);
    for (size_t axis = rank < 2 ? 0 : rank - 1; axis-- > 0;) {
      if (++at[axis] < part.dims[axis]) break;
      at[axis] = 0;
    }
  }
  return result;
}

}  // namespace modelconv::tensorflow
