#include "formats/common/weights.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/utf8.h"

namespace modelconv {

void WeightList::add(const std::string& name, Tensor tensor) {
  model_.graph->add_constant(std::move(tensor), name.empty() ? "array" : valid_utf8(name));
}

void WeightList::describe(const std::string& key, std::string value) {
  model_.metadata[valid_utf8(key)] = valid_utf8(value);
}

void WeightList::keep_part(const std::string& part) {
  Graph& graph = *model_.graph;
  std::vector<std::string> parts;
  auto kept = std::make_unique<Graph>();
  for (const auto& constant : graph.constants()) {
    const std::string& name = constant->name();
    if (name.starts_with(part + "."))
      kept->add_constant(constant->constant(), name.substr(part.size() + 1));
    else if (const std::string first = name.substr(0, name.find('.')); parts.empty() || parts.back() != first)
      parts.push_back(first);
  }
  if (kept->constants().empty()) {
    std::string list;
    for (size_t i = 0; i < std::min<size_t>(parts.size(), 10); ++i) list += (i ? ", " : "") + parts[i];
    throw BadArgument(fmt::format("the file holds no tensors below '{}'", part))
        .hint(list.empty() ? "it holds none at all" : "its parts are " + list);
  }
  model_.graph = std::move(kept);
}

bool holds_weights_only(const Graph& graph) {
  return graph.node_count() == 0 && graph.inputs().empty() && graph.outputs().empty() &&
         !graph.constants().empty();
}

std::string dotted(std::string_view outer, std::string_view inner) {
  if (outer.empty()) return std::string(inner);
  return fmt::format("{}.{}", outer, inner);
}

namespace {

// Copies that are larger than what the file holds are made up to this size.
constexpr size_t kLargestRepetition = size_t{64} << 20;

// The last element that is reached, counted from the first.
int64_t reach_of(const Dims& dims, const std::vector<int64_t>& strides) {
  int64_t reach = 0;
  for (size_t i = 0; i < dims.size(); ++i) {
    int64_t step = 0;
    const bool overflows =
        __builtin_mul_overflow(dims[i] - 1, strides[i], &step) || __builtin_add_overflow(reach, step, &reach);
    ENSURE(!overflows, MalformedModelError, "a tensor's strides are too large");
  }
  return reach;
}

bool lies_in_order(const Dims& dims, const std::vector<int64_t>& strides) {
  int64_t expected = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] == 1) continue;
    if (strides[i] != expected) return false;
    expected *= dims[i];
  }
  return true;
}

// Row after row of the innermost axis.
void gather(const Dims& dims, const std::vector<int64_t>& strides, size_t width, const std::byte* source,
            std::byte* target) {
  const size_t inner = dims.size() - 1;
  std::vector<int64_t> index(dims.size(), 0);
  int64_t at = 0;
  while (true) {
    for (int64_t i = 0; i < dims[inner]; ++i, target += width)
      std::memcpy(target, source + static_cast<size_t>(at + i * strides[inner]) * width, width);
    size_t axis = inner;
    while (axis > 0 && ++index[axis - 1] == dims[axis - 1]) {
      --axis;
      at -= (dims[axis] - 1) * strides[axis];
      index[axis] = 0;
    }
    if (axis == 0) return;
    at += strides[axis - 1];
  }
}

}  // namespace

Tensor strided_tensor(DType dtype, Dims dims, const std::vector<int64_t>& strides, int64_t offset,
                      Bytes storage, const std::shared_ptr<const void>& keep_alive) {
  ENSURE(dims.size() == strides.size(), MalformedModelError, "a tensor has {} sizes and {} strides",
         dims.size(), strides.size());
  int64_t count = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    ENSURE(dims[i] >= 0 && strides[i] >= 0, MalformedModelError, "a tensor has a size {} and a stride {}",
           dims[i], strides[i]);
    ENSURE(!__builtin_mul_overflow(count, dims[i], &count), MalformedModelError, "a tensor is too large");
  }
  ENSURE(offset >= 0 && !is_packed(dtype), MalformedModelError, "a tensor begins at element {}", offset);
  if (count == 0) return Tensor::allocate(dtype, std::move(dims));
  const auto width = static_cast<size_t>(bit_width(dtype)) / 8;
  const int64_t held = static_cast<int64_t>(storage.size() / width);
  const int64_t reach = reach_of(dims, strides);
  ENSURE(reach < held && offset < held - reach, MalformedModelError,
         "a tensor reaches from element {} to {} elements behind it, its storage has {}", offset, reach,
         held);
  const Bytes part = storage.subspan(static_cast<size_t>(offset) * width);
  const size_t nbytes = storage_bytes(dtype, count);
  if (lies_in_order(dims, strides))
    return Tensor::view(dtype, std::move(dims), part.first(nbytes), keep_alive);
  ENSURE(nbytes <= std::max(storage.size(), kLargestRepetition), MalformedModelError,
         "a tensor of {} bytes repeats a storage of {}", nbytes, storage.size());
  Tensor tensor = Tensor::allocate(dtype, dims);
  gather(dims, strides, width, part.data(), tensor.mutable_bytes().data());
  return tensor;
}

std::vector<int64_t> column_major_strides(const Dims& dims) {
  std::vector<int64_t> strides(dims.size());
  int64_t stride = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    strides[i] = stride;
    if (__builtin_mul_overflow(stride, dims[i], &stride)) stride = std::numeric_limits<int64_t>::max();
  }
  return strides;
}

}  // namespace modelconv
