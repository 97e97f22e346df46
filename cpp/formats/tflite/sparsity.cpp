#include "formats/tflite/sparsity.h"

#include <algorithm>
#include <cstring>

#include "formats/tflite/schema.h"

namespace modelconv::tflite {
namespace {

// One step of the traversal: a dimension of the tensor, or of the blocks that it is made of.
struct Level {
  bool is_dense;
  int64_t size;  // of a dense one
  std::vector<int64_t> segments,
      indices;    // of a compressed one: where each row's entries begin, and their indices
  size_t axis;    // of the tensor
  bool is_block;  // within a block
};

std::vector<int64_t> read_indices(const flatbuffer::Table& level, Field type_field, Field field) {
  enum : uint8_t { kInt32 = 1, kUint16 = 2, kUint8 = 3 };
  const auto table = level.table(field, "sparse indices");
  ENSURE(table, MalformedModelError, "a compressed dimension has no indices");
  const auto widened = [](const auto& values) { return std::vector<int64_t>(values.begin(), values.end()); };
  switch (level.number<uint8_t>(type_field)) {
    case kInt32: return widened(table->numbers<int32_t>(0));
    case kUint16: return widened(table->numbers<uint16_t>(0));
    case kUint8: return widened(table->numbers<uint8_t>(0));
    default: throw MalformedModelError("a compressed dimension has indices of an unknown type");
  }
}

std::vector<Level> read_levels(const flatbuffer::Table& sparsity, size_t rank) {
  const auto order = sparsity.numbers<int32_t>(SparsityField::traversal_order);
  const auto block_map = sparsity.numbers<int32_t>(SparsityField::block_map);
  const auto tables = sparsity.tables(SparsityField::dim_metadata, "DimensionMetadata");
  ENSURE(order.size() == tables.size() && order.size() == rank + block_map.size(), MalformedModelError,
         "a sparse tensor of rank {} is traversed in {} steps, {} are described", rank, order.size(),
         tables.size());
  std::vector<Level> levels;
  for (size_t i = 0; i < tables.size(); ++i) {
    Level level{};
    level.is_dense = tables[i].number<int8_t>(DimensionField::format) == 0;
    level.size = tables[i].number<int32_t>(DimensionField::dense_size);
    ENSURE(level.size >= 0, MalformedModelError, "a dimension of a sparse tensor has the size {}",
           level.size);
    if (!level.is_dense) {
      level.segments =
          read_indices(tables[i], DimensionField::array_segments_type, DimensionField::array_segments);
      level.indices =
          read_indices(tables[i], DimensionField::array_indices_type, DimensionField::array_indices);
    }
    const auto step = static_cast<size_t>(order[i]);
    level.is_block = step >= rank;
    ENSURE(order[i] >= 0 && step < order.size(), MalformedModelError, "a sparse tensor has no dimension {}",
           order[i]);
    level.axis = level.is_block ? static_cast<size_t>(block_map[step - rank]) : step;
    ENSURE(level.axis < rank, MalformedModelError, "a sparse tensor has no dimension {}", level.axis);
    levels.push_back(std::move(level));
  }
  return levels;
}

class Expander {
 public:
  Expander(const std::vector<Level>& levels, Tensor& dense, size_t width, Bytes values)
      : levels_(levels), dense_(dense), width_(width), values_(values), index_(dense.rank()) {}

  void run() {
    walk(0, 0);
    ENSURE(at_ == values_.size(), MalformedModelError,
           "a sparse tensor has {} bytes of values, {} have a place", values_.size(), at_);
  }

 private:
  // `row`: which entry of the level before led here.
  void walk(size_t depth, int64_t row) {
    if (depth == levels_.size()) return put();
    const Level& level = levels_[depth];
    if (level.is_dense) {
      for (int64_t i = 0; i < level.size; ++i) enter(depth, i, row * level.size + i);
      return;
    }
    const auto entry = static_cast<size_t>(row);
    ENSURE(entry + 1 < level.segments.size(), MalformedModelError,
           "a sparse tensor's row {} is not described", row);
    const int64_t begin = level.segments[entry], end = level.segments[entry + 1];
    ENSURE(0 <= begin && begin <= end && static_cast<size_t>(end) <= level.indices.size(),
           MalformedModelError, "a sparse tensor's row {} would be entries {} to {} of {}", row, begin, end,
           level.indices.size());
    for (int64_t i = begin; i < end; ++i) enter(depth, level.indices[static_cast<size_t>(i)], i);
  }

  void enter(size_t depth, int64_t coordinate, int64_t row) {
    const Level& level = levels_[depth];
    int64_t& index = index_[level.axis];
    const int64_t before = index;
    // Each level enters a place of the tensor once at most; rows that overlap would walk without end.
    ENSURE(++steps_ <= static_cast<int64_t>(levels_.size()) * (dense_.size() + 1), MalformedModelError,
           "a sparse tensor describes more than its {} places", dense_.size());
    index = level.is_block ? before * level.size + coordinate : coordinate;
    walk(depth + 1, row);
    index = before;
  }

  void put() {
    int64_t place = 0;
    for (size_t axis = 0; axis < index_.size(); ++axis) {
      ENSURE(index_[axis] >= 0 && index_[axis] < dense_.dims()[axis], MalformedModelError,
             "a sparse tensor {} has a value at index {} of axis {}", to_string(dense_.dims()), index_[axis],
             axis);
      place = place * dense_.dims()[axis] + index_[axis];
    }
    ENSURE(at_ + width_ <= values_.size(), MalformedModelError,
           "a sparse tensor has fewer values than places");
    std::memcpy(dense_.mutable_bytes().data() + static_cast<size_t>(place) * width_, values_.data() + at_,
                width_);
    at_ += width_;
  }

  const std::vector<Level>& levels_;
  Tensor& dense_;
  size_t width_;
  Bytes values_;
  std::vector<int64_t> index_;
  size_t at_ = 0;  // in the values
  int64_t steps_ = 0;
};

}  // namespace

// Source of the meaning: tensorflow/lite/kernels/internal/utils/sparsity_format_converter.cc.
Tensor expand_sparse(const flatbuffer::Table& sparsity, DType dtype, const Dims& dims, Bytes values) {
  ENSURE(bit_width(dtype) % 8 == 0 && dtype != DType::string, MalformedModelError,
         "a sparse tensor of {} is not known", name_of(dtype));
  // Shapes come from the file: one that is a thousand times larger than what is stored of it is no sparse weight.
  constexpr size_t kSparsest = 1024, kSmall = size_t{1} << 20;
  const size_t size = storage_bytes(dtype, element_count(dims));
  ENSURE(size <= kSparsest * values.size() + kSmall, MalformedModelError,
         "a sparse tensor {} takes {} bytes, of which {} are stored", to_string(dims), size, values.size());
  const std::vector<Level> levels = read_levels(sparsity, dims.size());
  Tensor dense = Tensor::allocate(dtype, dims);
  std::ranges::fill(dense.mutable_bytes(), std::byte{0});
  Expander(levels, dense, static_cast<size_t>(bit_width(dtype)) / 8, values).run();
  return dense;
}

}  // namespace modelconv::tflite
