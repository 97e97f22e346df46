#include "formats/common/space_batch.h"

#include <limits>

#include "formats/common/index_input.h"

namespace modelconv {
namespace {

// A shape put together from the sizes of `x` and numbers.
class ShapeOf {
 public:
  ShapeOf(Translation& t, Value& x) : t_(t), shape_(t.shape_of(x)) {}
  Value& size(size_t axis) {  // int64 [1]
    const auto at = static_cast<int64_t>(axis);
    return t_.add("Slice", {&shape_, &t_.ints({at}), &t_.ints({at + 1}), &t_.ints({0})});
  }
  Value& times(Value& size, int64_t factor) { return t_.add("Mul", {&size, &t_.ints({factor})}); }
  Value& divided(Value& size, int64_t divisor) { return t_.add("Div", {&size, &t_.ints({divisor})}); }
  Value& joined(const std::vector<Value*>& sizes) { return t_.add("Concat", sizes, {{"axis", int64_t{0}}}); }

 private:
  Translation& t_;
  Value& shape_;
};

struct Blocks {
  std::vector<int64_t> sizes;
  int64_t product = 1;
};

Blocks constant_blocks(const Translation& t) {
  Blocks blocks{t.constant_ints(1, "the block shape"), 1};
  for (const int64_t size : blocks.sizes) {
    ENSURE(size > 0 && size < 65536 && blocks.product < (int64_t{1} << 40), MalformedModelError,
           "a block has the size {}", size);
    blocks.product *= size;
  }
  if (t.rank(0) < blocks.sizes.size() + 1) t.refuse("it has more blocks than the input has axes");
  return blocks;
}

}  // namespace

// [blocks * batch, space, rest] -> [batch, space * blocks, rest], then the crops come off.
void raise_batch_to_space(Translation& t) {
  const Blocks blocks = constant_blocks(t);
  const auto crops = t.constant_ints(2, "the crops");
  Value& x = t.required(0);
  const size_t m = blocks.sizes.size(), rank = t.rank(0);
  ENSURE(crops.size() == 2 * m, MalformedModelError, "there are {} crops for {} blocks", crops.size(), m);
  ShapeOf shape(t, x);

  std::vector<Value*> split, merged;
  for (const int64_t size : blocks.sizes) split.push_back(&t.ints({size}));
  split.push_back(&shape.divided(shape.size(0), blocks.product));
  merged.push_back(split.back());
  std::vector<int64_t> perm = {static_cast<int64_t>(m)};
  for (size_t i = 0; i < m; ++i) {
    perm.push_back(static_cast<int64_t>(m + 1 + i));
    perm.push_back(static_cast<int64_t>(i));
    merged.push_back(&shape.times(shape.size(1 + i), blocks.sizes[i]));
  }
  for (size_t axis = 1; axis < rank; ++axis) split.push_back(&shape.size(axis));
  for (size_t axis = m + 1; axis < rank; ++axis) {
    perm.push_back(static_cast<int64_t>(m + axis));
    merged.push_back(&shape.size(axis));
  }
  Value& y = t.add("Reshape",
                   {&t.transpose(t.add("Reshape", {&x, &shape.joined(split)}), perm), &shape.joined(merged)});

  std::vector<int64_t> starts, ends, axes;
  for (size_t i = 0; i < m; ++i) {
    ENSURE(crops[2 * i] >= 0 && crops[2 * i + 1] >= 0, MalformedModelError, "a crop is negative");
    if (crops[2 * i] == 0 && crops[2 * i + 1] == 0) continue;
    starts.push_back(crops[2 * i]);
    ends.push_back(crops[2 * i + 1] == 0 ? std::numeric_limits<int64_t>::max() : -crops[2 * i + 1]);
    axes.push_back(static_cast<int64_t>(1 + i));
  }
  t.set_output(0, axes.empty() ? y : t.add("Slice", {&y, &t.ints(starts), &t.ints(ends), &t.ints(axes)}));
}

// The other way: padded, then [batch, space, rest] -> [blocks * batch, space / blocks, rest].
void raise_space_to_batch(Translation& t) {
  const Blocks blocks = constant_blocks(t);
  const auto paddings = t.constant_ints(2, "the paddings");
  const size_t m = blocks.sizes.size(), rank = t.rank(0);
  ENSURE(paddings.size() == 2 * m, MalformedModelError, "there are {} paddings for {} blocks",
         paddings.size(), m);
  std::vector<int64_t> pads(2 * rank);
  for (size_t i = 0; i < m; ++i) {
    pads[1 + i] = paddings[2 * i];
    pads[rank + 1 + i] = paddings[2 * i + 1];
  }
  Value& x = t.add("Pad", {&t.required(0), &t.ints(pads)});
  ShapeOf shape(t, x);

  std::vector<Value*> split = {&shape.size(0)}, merged = {&shape.times(shape.size(0), blocks.product)};
  std::vector<int64_t> perm;
  for (size_t i = 0; i < m; ++i) perm.push_back(static_cast<int64_t>(2 + 2 * i));
  perm.push_back(0);
  for (size_t i = 0; i < m; ++i) {
    Value& outer = shape.divided(shape.size(1 + i), blocks.sizes[i]);
    split.push_back(&outer);
    split.push_back(&t.ints({blocks.sizes[i]}));
    merged.push_back(&outer);
    perm.push_back(static_cast<int64_t>(1 + 2 * i));
  }
  for (size_t axis = m + 1; axis < rank; ++axis) {
    split.push_back(&shape.size(axis));
    merged.push_back(split.back());
    perm.push_back(static_cast<int64_t>(m + axis));
  }
  Value& blocked = t.transpose(t.add("Reshape", {&x, &shape.joined(split)}), perm);
  t.set_output(0, t.add("Reshape", {&blocked, &shape.joined(merged)}));
}

}  // namespace modelconv
