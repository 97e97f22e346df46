// Products of matrices.
#include <algorithm>
#include <cctype>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term product(const Term& a, const Term& b) {
  const bool are_matrices = a.rank() == 2 && b.rank() == 2;
  return compute(are_matrices ? "tf.MatMul" : "tf.BatchMatMulV2", {a, b});
}

// A vector is a matrix of one row on the left, of one column on the right.
void lower_matmul(Translation& t) {
  Term a = input(t, 0), b = input(t, 1);
  const bool is_row = a.rank() == 1, is_column = b.rank() == 1;
  if (is_row) a = unsqueeze(a, {0});
  if (is_column) b = unsqueeze(b, {1});
  Term result = product(a, b);
  if (is_column) result = compute("tf.Squeeze", {result}, {{"squeeze_dims", std::vector<int64_t>{-1}}});
  if (is_row)
    result = compute("tf.Squeeze", {result}, {{"squeeze_dims", std::vector<int64_t>{is_column ? -1 : -2}}});
  set_output(t, 0, result);
}

void lower_gemm(Translation& t) {
  const Term a = input(t, 0);
  Term result =
      compute("tf.MatMul", {a, input(t, 1)},
              {{"transpose_a", int_attr(t.node(), "transA")}, {"transpose_b", int_attr(t.node(), "transB")}});
  const double alpha = double{float_attr(t.node(), "alpha")}, beta = double{float_attr(t.node(), "beta")};
  if (alpha != 1) result = result * alpha;
  if (!t.input(2) || beta == 0) return set_output(t, 0, result);
  Term c = input(t, 2);
  if (beta != 1) c = c * beta;
  const Shape &bias = c.value().shape(), &whole = t.node().output()->shape();
  const bool is_bias = bias.has_rank() && bias.rank() == 1 && whole.has_rank() && bias[0] == whole[1];
  set_output(t, 0, compute(is_bias ? "tf.BiasAdd" : "Add", {result, c}));
}

// TensorFlow wants the result's letters said: those that occur once, in alphabetical order.
std::string explicit_equation(std::string equation) {
  std::erase_if(equation, [](unsigned char c) { return std::isspace(c) != 0; });
  if (equation.find("->") != std::string::npos) return equation;
  std::string letters;
  for (const char c : equation)
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 &&
        std::count(equation.begin(), equation.end(), c) == 1)
      letters += c;
  std::sort(letters.begin(), letters.end());
  return equation + "->" + (equation.find("...") != std::string::npos ? "..." : "") + letters;
}

void lower_einsum(Translation& t) {
  if (t.input_count() > 2) t.refuse("it has {} inputs, TensorFlow's has at most 2", t.input_count());
  std::vector<Term> inputs;
  for (size_t i = 0; i < t.input_count(); ++i) inputs.push_back(input(t, i));
  set_output(
      t, 0,
      compute("tf.Einsum", inputs, {{"equation", explicit_equation(string_attr(t.node(), "equation"))}}));
}

}  // namespace

OpMappings lower_matrices() {
  return {
      {"tf.MatMul", "MatMul", nullptr, lower_matmul, ""},
      {"tf.MatMul", "Gemm", nullptr, lower_gemm, ""},
      {"tf.Einsum", "Einsum", nullptr, lower_einsum, "one or two inputs"},
      {"tf.MatrixDeterminant", "Det", nullptr, translate_name, ""},
  };
}

}  // namespace modelconv::tensorflow
