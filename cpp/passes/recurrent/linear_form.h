// Values of a loop's body as linear functions of a few others: sum of leaf x matrix, and a vector.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// Row-major; rows: the leaf's columns, columns: the form's. A diagonal has one row, which scales the leaf's columns.
struct Matrix {
  size_t rows = 0, columns = 0;
  bool is_diagonal = false;
  std::vector<float> elements;
};

struct LinearForm {
  size_t width = 0;
  std::map<const Value*, Matrix> terms;  // by leaf
  std::vector<float> bias;               // of `width`
};

// For float32 values [batch, width] with constant weights. What is not linear is a leaf of its own.
class LinearForms {
 public:
  // This value is not looked into.
  void take_as_leaf(const Value& value) { leaves_.insert(&value); }
  // Null when the value has no known width, or the work would be out of proportion.
  const LinearForm* of(const Value& value);
  // Some columns of a value's form.
  const LinearForm* part(const Value& value, size_t from, size_t count);

 private:
  std::optional<LinearForm> compute(const Value& value);
  std::optional<LinearForm> product(const Value& left, const Matrix& right);
  std::optional<LinearForm> sum(const Value& a, const Value& b, float sign);
  std::optional<LinearForm> scaled(const Value& a, const Value& b);
  std::optional<LinearForm> columns(const Value& value, size_t from, size_t count);
  std::optional<LinearForm> affine(const Node& gemm);

  std::unordered_map<const Value*, std::unique_ptr<LinearForm>> known_;
  std::unordered_set<const Value*> leaves_;
  std::vector<std::unique_ptr<LinearForm>> parts_;
  size_t work_ = 0;
  int depth_ = 0;
};

// What Split and Slice take of a matrix.
struct Columns {
  const Value* whole;
  size_t from, count;
};
std::optional<Columns> columns_of(const Value& value);

// A constant [width], [1, width] or of one element as `width` numbers; nothing for anything else.
std::optional<std::vector<float>> constant_row(const Value& value, size_t width);

}  // namespace modelconv
