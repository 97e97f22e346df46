#include "ops/axes.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.h"
#include "ops/attributes.h"
#include "ops/schema.h"

namespace modelconv {
namespace {

template <class Sizes>
Sizes permuted_sizes(const Sizes& sizes, const Permutation& p) {
  ENSURE(sizes.size() == p.size(), InternalError, "a permutation of {} axes was applied to {} axes", p.size(),
         sizes.size());
  Sizes result;
  result.reserve(p.size());
  for (const size_t axis : p) result.push_back(sizes[axis]);
  return result;
}

// The same movement of the last axes of a tensor of higher rank.
Permutation extended(const Permutation& p, size_t rank) {
  const size_t leading = rank - p.size();
  Permutation result(rank);
  std::iota(result.begin(), result.end(), size_t{0});
  for (size_t i = 0; i < p.size(); ++i) result[leading + i] = leading + p[i];
  return result;
}

// copy(to, from): element number `to` of the result is element number `from` of the source.
template <class Copy>
void for_each_moved_element(const Dims& dims, const Permutation& p, const Copy& copy) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  const Dims target = permuted(dims, p);
  const int64_t count = element_count(target);
  std::vector<int64_t> index(target.size(), 0);
  int64_t from = 0;
  for (int64_t to = 0; to < count; ++to) {
    copy(static_cast<size_t>(to), static_cast<size_t>(from));
    for (size_t axis = target.size(); axis-- > 0;) {
      from += strides[p[axis]];
      if (++index[axis] < target[axis]) break;
      from -= target[axis] * strides[p[axis]];
      index[axis] = 0;
    }
  }
}

Dims with_leading_ones(const Dims& dims, size_t rank) {
  Dims result(rank - dims.size(), 1);
  result.insert(result.end(), dims.begin(), dims.end());
  return result;
}

std::vector<std::optional<Permutation>> for_each_output(const Node& node, const Permutation& p) {
  std::vector<std::optional<Permutation>> outputs;
  for (const Value* output : node.outputs())
    outputs.push_back(output ? std::optional<Permutation>(p) : std::nullopt);
  return outputs;
}

// Rank of the broadcast of all inputs; nothing when one of them is not known.
std::optional<size_t> broadcast_rank(const Node& node) {
  size_t rank = 0;
  for (const Value* input : node.inputs()) {
    if (!input) continue;
    if (!input->shape().has_rank()) return std::nullopt;
    rank = std::max(rank, input->shape().rank());
  }
  return rank;
}

}  // namespace

Permutation inverse(const Permutation& p) {
  Permutation result(p.size());
  for (size_t i = 0; i < p.size(); ++i) result[p[i]] = i;
  return result;
}

Permutation compose(const Permutation& p, const Permutation& q) { return permuted_sizes(p, q); }

bool is_identity(const Permutation& p) {
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i] != i) return false;
  return true;
}

Dims permuted(const Dims& dims, const Permutation& p) { return permuted_sizes(dims, p); }

Shape permuted(const Shape& shape, const Permutation& p) {
  return shape.has_rank() ? Shape(permuted_sizes(shape.dims(), p)) : Shape::unranked();
}

Tensor permuted(const Tensor& tensor, const Permutation& p) {
  const Dims& dims = tensor.dims();
  if (is_packed(tensor.dtype())) {
    const auto count = static_cast<size_t>(tensor.size());
    std::vector<uint8_t> from(count), to(count);
    unpack(tensor.dtype(), tensor.bytes().data(), tensor.size(), from.data());
    for_each_moved_element(dims, p, [&](size_t target, size_t source) { to[target] = from[source]; });
    Tensor result = Tensor::allocate(tensor.dtype(), permuted(dims, p));
    pack(to.data(), tensor.size(), tensor.dtype(), result.mutable_bytes().data());
    return result;
  }
  Tensor result = Tensor::allocate(tensor.dtype(), permuted(dims, p));
  if (tensor.dtype() == DType::string) {
    const auto from = tensor.data<std::string>();
    const auto to = result.mutable_data<std::string>();
    for_each_moved_element(dims, p, [&](size_t target, size_t source) { to[target] = from[source]; });
    return result;
  }
  const auto width = static_cast<size_t>(bit_width(tensor.dtype()) / 8);
  const std::byte* from = tensor.bytes().data();
  std::byte* to = result.mutable_bytes().data();
  for_each_moved_element(dims, p, [&](size_t target, size_t source) {
    std::memcpy(to + target * width, from + source * width, width);
  });
  return result;
}

Permutation to_permutation(const std::vector<int64_t>& perm) {
  Permutation result;
  std::vector<bool> seen(perm.size(), false);
  for (const int64_t axis : perm) {
    const bool valid =
        axis >= 0 && static_cast<size_t>(axis) < perm.size() && !seen[static_cast<size_t>(axis)];
    ENSURE(valid, MalformedModelError, "perm = {} does not name each of {} axes once", to_string(perm),
           perm.size());
    seen[static_cast<size_t>(axis)] = true;
    result.push_back(static_cast<size_t>(axis));
  }
  return result;
}

std::vector<int64_t> to_attribute(const Permutation& p) { return {p.begin(), p.end()}; }

std::optional<AxisMove> axes_elementwise(const Node& node, size_t index, const Permutation& p) {
  const std::optional<size_t> rank = broadcast_rank(node);
  const Value* moved = node.input(index);
  if (!rank || !moved || moved->shape().rank() != p.size()) return std::nullopt;
  const Permutation full = extended(p, *rank);
  AxisMove move{std::vector<std::optional<Permutation>>(node.input_count()),
                for_each_output(node, full),
                node.attrs,
                {}};
  for (size_t i = 0; i < node.input_count(); ++i) {
    const Value* input = node.input(i);
    if (!input) continue;
    const Shape& shape = input->shape();
    if (i == index)
      move.inputs[i] = p;
    else if (shape.rank() == *rank)
      move.inputs[i] = full;
    else if (shape.element_count().equals(1))
      continue;  // one element broadcasts the same way wherever the axes go
    else if (input->is_constant())
      move.replaced_inputs.emplace_back(
          i, permuted(input->constant().reshaped(with_leading_ones(input->constant().dims(), *rank)), full));
    else
      return std::nullopt;
  }
  return move;
}

std::optional<AxisMove> axes_follow_first(const Node& node, size_t index, const Permutation& p) {
  if (index != 0) return std::nullopt;
  AxisMove move{
      std::vector<std::optional<Permutation>>(node.input_count()), for_each_output(node, p), node.attrs, {}};
  move.inputs[0] = p;
  return move;
}

std::optional<AxisMove> axes_follow_axis(const Node& node, size_t index, const Permutation& p) {
  const OpSchema* schema = find_schema(node.op());
  const bool drops_axis = schema && schema->attribute("keepdims") && int_attr(node, "keepdims") == 0;
  if (!node.input(index) || drops_axis) return std::nullopt;
  AxisMove move{{}, for_each_output(node, p), node.attrs, {}};
  for (const Value* input : node.inputs()) {
    if (!input) {
      move.inputs.push_back(std::nullopt);
      continue;
    }
    if (!input->shape().has_rank() || input->shape().rank() != p.size()) return std::nullopt;
    move.inputs.emplace_back(p);
  }
  const size_t axis = normalize_axis(int_attr(node, "axis"), p.size());
  move.attrs.set("axis", static_cast<int64_t>(inverse(p)[axis]));
  return move;
}

}  // namespace modelconv
