#include "passes/recurrent/linear_form.h"

#include <algorithm>

#include "ops/attributes.h"
#include "passes/recurrent/loop_values.h"

namespace modelconv {
namespace {

constexpr size_t kMostWork = size_t{1} << 31;  // multiplications and copies for one loop: seconds
constexpr int kDeepest = 200;

std::optional<size_t> width_of(const Value& value) {
  if (value.dtype() != DType::float32 || !value.shape().has_rank() || value.shape().rank() != 2)
    return std::nullopt;
  const Dim& last = value.shape()[1];
  if (!last.is_known() || last.value() <= 0 || last.value() > 1'000'000) return std::nullopt;
  return static_cast<size_t>(last.value());
}

std::optional<Matrix> constant_matrix(const Value* value, bool transposed) {
  value = behind_identities(value);
  if (!value || !value->is_constant() || value->dtype() != DType::float32 || value->constant().rank() != 2)
    return std::nullopt;
  const Tensor tensor = value->constant().aligned();
  const auto data = tensor.data<float>();
  const auto rows = static_cast<size_t>(tensor.dims()[0]), columns = static_cast<size_t>(tensor.dims()[1]);
  Matrix matrix = {rows, columns, false, {data.begin(), data.end()}};
  if (!transposed) return matrix;
  Matrix turned = {columns, rows, false, std::vector<float>(data.size())};
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; ++j) turned.elements[j * rows + i] = data[i * columns + j];
  return turned;
}

Matrix rows_of(const Matrix& matrix, size_t from, size_t count) {
  const auto begin = matrix.elements.begin() + static_cast<std::ptrdiff_t>(from * matrix.columns);
  return {count, matrix.columns, false, {begin, begin + static_cast<std::ptrdiff_t>(count * matrix.columns)}};
}

Matrix multiply(const Matrix& a, const Matrix& b) {
  if (a.is_diagonal) {
    Matrix result = b;
    for (size_t i = 0; i < b.rows; ++i)
      for (size_t j = 0; j < b.columns; ++j) result.elements[i * b.columns + j] *= a.elements[i];
    return result;
  }
  Matrix result = {a.rows, b.columns, false, std::vector<float>(a.rows * b.columns)};
  for (size_t i = 0; i < a.rows; ++i)
    for (size_t k = 0; k < a.columns; ++k)
      for (size_t j = 0; j < b.columns; ++j)
        result.elements[i * b.columns + j] += a.elements[i * a.columns + k] * b.elements[k * b.columns + j];
  return result;
}

Matrix dense(const Matrix& matrix) {
  if (!matrix.is_diagonal) return matrix;
  Matrix result = {matrix.columns, matrix.columns, false,
                   std::vector<float>(matrix.columns * matrix.columns)};
  for (size_t i = 0; i < matrix.columns; ++i) result.elements[i * matrix.columns + i] = matrix.elements[i];
  return result;
}

void add_term(LinearForm& form, const Value* leaf, Matrix matrix, float sign) {
  auto [place, is_new] = form.terms.try_emplace(leaf, matrix);
  Matrix& sum = place->second;
  if (is_new) {
    for (float& element : sum.elements) element *= sign;
    return;
  }
  if (sum.is_diagonal != matrix.is_diagonal) {
    sum = dense(sum);
    matrix = dense(matrix);
  }
  for (size_t i = 0; i < sum.elements.size(); ++i) sum.elements[i] += sign * matrix.elements[i];
}

LinearForm leaf_form(const Value& value, size_t width) {
  LinearForm form = {width, {}, std::vector<float>(width)};
  form.terms[&value] = {1, width, true, std::vector<float>(width, 1.0F)};
  return form;
}

}  // namespace

std::optional<std::vector<float>> constant_row(const Value& given, size_t width) {
  const Value& value = *behind_identities(&given);
  if (!value.is_constant() || value.dtype() != DType::float32) return std::nullopt;
  const Tensor tensor = value.constant().aligned();
  const auto data = tensor.data<float>();
  if (data.size() == 1) return std::vector<float>(width, data[0]);
  if (data.size() != width || tensor.rank() > 2 || tensor.dims().back() != static_cast<int64_t>(width))
    return std::nullopt;
  return std::vector<float>(data.begin(), data.end());
}

std::optional<Columns> columns_of(const Value& value) {
  const Node* node = value.producer();
  const auto count = width_of(value);
  if (!node || !count) return std::nullopt;
  const OpName op = node->op();
  if (op == OpName("Split")) {
    if (node->attrs.get_or<int64_t>("axis", 0) != 1 && node->attrs.get_or<int64_t>("axis", 0) != -1)
      return std::nullopt;
    size_t from = 0;
    for (size_t i = 0; i < value.output_index(); ++i) {
      const auto width = node->output(i) ? width_of(*node->output(i)) : std::nullopt;
      if (!width) return std::nullopt;
      from += *width;
    }
    return Columns{node->input(0), from, *count};
  }
  if (op == OpName("Slice") && node->input_count() >= 4) {
    std::vector<int64_t> numbers;
    for (size_t i = 1; i < node->input_count(); ++i) {
      const Value* input = node->input(i);
      if (!input || !input->is_constant() || input->constant().size() != 1) return std::nullopt;
      numbers.push_back(input->constant().to_int64()[0]);
    }
    const auto whole = width_of(*node->input(0));
    if (!whole || (numbers[2] != 1 && numbers[2] != -1) || (numbers.size() > 3 && numbers[3] != 1))
      return std::nullopt;
    const int64_t from = numbers[0] < 0 ? numbers[0] + static_cast<int64_t>(*whole) : numbers[0];
    if (from >= 0) return Columns{node->input(0), static_cast<size_t>(from), *count};
  }
  return std::nullopt;
}

const LinearForm* LinearForms::of(const Value& value) {
  const Value& at = *behind_identities(&value);
  if (const auto found = known_.find(&at); found != known_.end()) return found->second.get();
  const auto width = width_of(at);
  if (!width || at.is_constant()) return nullptr;
  if (++depth_ > kDeepest) return --depth_, nullptr;
  std::optional<LinearForm> form;
  if (!leaves_.contains(&at)) form = compute(at);
  --depth_;
  if (!form) form = leaf_form(at, *width);
  auto& place = known_[&at];
  place = std::make_unique<LinearForm>(std::move(*form));
  for (const auto& [leaf, matrix] : place->terms) work_ += matrix.elements.size();
  return work_ > kMostWork ? nullptr : place.get();
}

std::optional<LinearForm> LinearForms::compute(const Value& value) {
  const Node* node = value.producer();
  if (!node) return std::nullopt;
  const OpName op = node->op();
  if (op == OpName("MatMul")) {
    const auto right = constant_matrix(node->input(1), false);
    return right ? product(*node->input(0), *right) : std::nullopt;
  }
  if (op == OpName("Gemm")) return affine(*node);
  if (op == OpName("Add")) return sum(*node->input(0), *node->input(1), 1);
  if (op == OpName("Sub")) return sum(*node->input(0), *node->input(1), -1);
  if (op == OpName("Mul")) {
    if (auto form = scaled(*node->input(0), *node->input(1))) return form;
    return scaled(*node->input(1), *node->input(0));
  }
  if (const auto taken = columns_of(value)) return columns(*taken->whole, taken->from, taken->count);
  return std::nullopt;
}

const LinearForm* LinearForms::part(const Value& value, size_t from, size_t count) {
  auto form = columns(value, from, count);
  if (!form) return nullptr;
  return parts_.emplace_back(std::make_unique<LinearForm>(std::move(*form))).get();
}

std::optional<LinearForm> LinearForms::product(const Value& given, const Matrix& right) {
  const Value& left = *behind_identities(&given);
  const Node* node = left.producer();
  if (node && node->op() == OpName("Concat") && left.shape().has_rank() && left.shape().rank() == 2) {
    const int64_t axis = node->attrs.get_or<int64_t>("axis", 0);
    if (axis != 1 && axis != -1) return std::nullopt;
    LinearForm total = {right.columns, {}, std::vector<float>(right.columns)};
    size_t from = 0;
    for (const Value* part : node->inputs()) {
      const auto width = part ? width_of(*part) : std::nullopt;
      if (!width || from + *width > right.rows) return std::nullopt;
      const auto form = product(*part, rows_of(right, from, *width));
      if (!form) return std::nullopt;
      for (const auto& [leaf, matrix] : form->terms) add_term(total, leaf, matrix, 1);
      for (size_t i = 0; i < total.width; ++i) total.bias[i] += form->bias[i];
      from += *width;
    }
    return from == right.rows ? std::optional(std::move(total)) : std::nullopt;
  }
  const LinearForm* form = of(left);
  if (!form || form->width != right.rows) return std::nullopt;
  LinearForm result = {right.columns, {}, std::vector<float>(right.columns)};
  for (const auto& [leaf, matrix] : form->terms) {
    work_ += matrix.elements.size() * (matrix.is_diagonal ? 1 : right.columns);
    if (work_ > kMostWork) return std::nullopt;
    result.terms[leaf] = multiply(matrix, right);
  }
  for (size_t k = 0; k < right.rows; ++k)
    for (size_t j = 0; j < right.columns && form->bias[k] != 0; ++j)
      result.bias[j] += form->bias[k] * right.elements[k * right.columns + j];
  return result;
}

std::optional<LinearForm> LinearForms::affine(const Node& gemm) {
  if (gemm.attrs.get_or<float>("alpha", 1) != 1 || gemm.attrs.get_or<float>("beta", 1) != 1 ||
      gemm.attrs.get_or<int64_t>("transA", 0) != 0)
    return std::nullopt;
  const auto right = constant_matrix(gemm.input(1), gemm.attrs.get_or<int64_t>("transB", 0) != 0);
  auto form = right ? product(*gemm.input(0), *right) : std::nullopt;
  if (!form || !gemm.input(2)) return form;
  if (const auto row = constant_row(*gemm.input(2), form->width)) {
    for (size_t i = 0; i < form->width; ++i) form->bias[i] += (*row)[i];
    return form;
  }
  const LinearForm* added = of(*gemm.input(2));
  if (!added || added->width != form->width) return std::nullopt;
  for (const auto& [leaf, matrix] : added->terms) add_term(*form, leaf, matrix, 1);
  for (size_t i = 0; i < form->width; ++i) form->bias[i] += added->bias[i];
  return form;
}

std::optional<LinearForm> LinearForms::sum(const Value& a, const Value& b, float sign) {
  const Value *first = &a, *second = &b;
  if (behind_identities(first)->is_constant() && sign > 0) std::swap(first, second);
  const LinearForm* form = of(*first);
  if (!form) return std::nullopt;
  LinearForm result = *form;
  if (const auto row = constant_row(*second, form->width)) {
    for (size_t i = 0; i < result.width; ++i) result.bias[i] += sign * (*row)[i];
    return result;
  }
  const LinearForm* added = of(*second);
  if (!added || added->width != form->width) return std::nullopt;
  for (const auto& [leaf, matrix] : added->terms) add_term(result, leaf, matrix, sign);
  for (size_t i = 0; i < result.width; ++i) result.bias[i] += sign * added->bias[i];
  return result;
}

std::optional<LinearForm> LinearForms::scaled(const Value& a, const Value& factor) {
  const LinearForm* form = of(a);
  const auto row = form ? constant_row(factor, form->width) : std::nullopt;
  if (!row) return std::nullopt;
  LinearForm result = *form;
  for (auto& [leaf, matrix] : result.terms)
    for (size_t i = 0; i < matrix.elements.size(); ++i) matrix.elements[i] *= (*row)[i % result.width];
  for (size_t i = 0; i < result.width; ++i) result.bias[i] *= (*row)[i];
  return result;
}

std::optional<LinearForm> LinearForms::columns(const Value& value, size_t from, size_t count) {
  const LinearForm* form = of(value);
  if (!form || from + count > form->width) return std::nullopt;
  LinearForm result = {count, {}, {}};
  const auto cut = [&](const std::vector<float>& row, size_t start, std::vector<float>& target) {
    const auto begin = row.begin() + static_cast<std::ptrdiff_t>(start + from);
    target.insert(target.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  for (const auto& [leaf, matrix] : form->terms) {
    const Matrix whole = dense(matrix);
    Matrix& part = result.terms[leaf] = {whole.rows, count, false, {}};
    for (size_t i = 0; i < whole.rows; ++i) cut(whole.elements, i * whole.columns, part.elements);
  }
  cut(form->bias, 0, result.bias);
  return result;
}

}  // namespace modelconv
