// Complex numbers. ONNX has no tensors of them: a complex tensor is a real one with one axis more, of size 2, real part
// first. So it is at inputs, outputs and constants, too.
#include "formats/tensorflow/ops/complex.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "formats/common/angle.h"
#include "formats/common/fourier.h"
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term real_part(const Term& x) { return slice(x, -1, 0, 1); }
Term imaginary_part(const Term& x) { return slice(x, -1, 1, 2); }

void raise_complex(Translation& t) {
  const Term real = input(t, 0), imaginary = input(t, 1);
  const Term both_parts = compute("Expand", {imaginary, shape_of(real)});
  set_output(t, 0,
             concat({unsqueeze(expand(real, shape_of(both_parts)), {-1}), unsqueeze(both_parts, {-1})}, -1));
}

void raise_real(Translation& t) { set_output(t, 0, squeeze(real_part(input(t, 0)), {-1})); }
void raise_imag(Translation& t) { set_output(t, 0, squeeze(imaginary_part(input(t, 0)), {-1})); }

void raise_angle(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, squeeze(angle_of(imaginary_part(x), real_part(x)), {-1}));
}

void raise_abs(Translation& t) { set_output(t, 0, reduce("ReduceL2", input(t, 0), {-1})); }

Term conjugate(const Term& x) { return concat({real_part(x), -imaginary_part(x)}, -1); }

void raise_conj(Translation& t) {
  const Term x = input(t, 0);
  set_output(t, 0, is_complex(element_type(t)) ? conjugate(x) : x);
}

void raise_conjugate_transpose(Translation& t) {
  auto perm = t.constant_ints(1, "the permutation");
  const bool has_parts = is_complex(element_type(t));
  if (has_parts) perm.push_back(static_cast<int64_t>(perm.size()));
  const Term x = transpose(input(t, 0), perm);
  set_output(t, 0, has_parts ? conjugate(x) : x);
}

// How many axes the operator's name says: FFT, FFT2D, FFT3D.
int64_t rank_of_transform(const Translation& t) {
  const std::string_view name = t.node().op().name();
  return name.ends_with("3D") ? 3 : name.ends_with("2D") ? 2 : 1;
}

// The operator wants an axis for the batch.
Term with_batch(const Term& x, int64_t axes) {
  return static_cast<int64_t>(x.rank()) == axes + 1 ? unsqueeze(x, {0}) : x;
}
Term without_batch(const Term& y, const Term& x, int64_t axes) {
  return static_cast<int64_t>(x.rank()) == axes + 1 ? squeeze(y, {0}) : y;
}

void fourier(Translation& t, bool inverse) {
  const int64_t axes = rank_of_transform(t);
  const Term x = input(t, 0);
  Term y = with_batch(x, axes);
  for (int64_t axis = 0; axis < axes; ++axis) y = transform(y, -2 - axis, nullptr, inverse, false);
  set_output(t, 0, without_batch(y, x, axes));
}

void raise_fourier(Translation& t) { fourier(t, false); }
void raise_inverse_fourier(Translation& t) { fourier(t, true); }

Term length_of(Translation& t, int64_t axes, int64_t axis) {  // `axis` 0 is the last one
  const Term lengths = reshape(index_input(t, 1), {axes});
  return squeeze(slice(lengths, 0, axes - 1 - axis, axes - axis), {0});
}

// Of real numbers: half of the result follows from the other half and is left out along the last axis.
void raise_real_fourier(Translation& t) {
  const int64_t axes = rank_of_transform(t);
  const Term x = unsqueeze(input(t, 0), {-1});
  Term y = with_batch(x, axes);
  for (int64_t axis = 0; axis < axes; ++axis) {
    const Term length = length_of(t, axes, axis);
    y = transform(y, -2 - axis, &length, false, axis == 0);
  }
  set_output(t, 0, without_batch(y, x, axes));
}

void raise_inverse_real_fourier(Translation& t) {
  const int64_t axes = rank_of_transform(t);
  const Term x = input(t, 0);
  Term y = with_batch(x, axes);
  for (int64_t axis = axes - 1; axis > 0; --axis) {
    const Term length = length_of(t, axes, axis);
    y = transform(y, -2 - axis, &length, true, false);
  }
  y = transform(complete_half(y, -2, length_of(t, axes, 0)), -2, nullptr, true, false);
  set_output(t, 0, squeeze(real_part(without_batch(y, x, axes)), {-1}));
}

bool works_on_complex_numbers(const Node& node) {
  return std::any_of(node.attrs.begin(), node.attrs.end(), [](const auto& entry) {
    const Type* type = std::get_if<Type>(&entry.second);
    return type && is_complex(type->dtype);
  });
}

void collect_unaware(const Graph& graph, std::map<std::string, std::vector<std::string>>& found) {
  for (const Node* node : graph.node_list()) {
    for (const Graph* subgraph : node->subgraphs()) collect_unaware(*subgraph, found);
    if (node->op().domain() == "tf" && !knows_complex_numbers(node->op().name()) &&
        works_on_complex_numbers(*node))
      found[node->op().str()].push_back(node->name());
  }
}

}  // namespace

// Besides those of this file: what works part by part, or knows of the additional axis.
bool knows_complex_numbers(std::string_view op) {
  static const std::unordered_set<std::string_view> kOps = {
      "Add",     "AddV2",      "Angle",     "Cast",
      "Complex", "ComplexAbs", "Conj",      "ConjugateTranspose",
      "FFT",     "FFT2D",      "FFT3D",     "IFFT",
      "IFFT2D",  "IFFT3D",     "IRFFT",     "IRFFT2D",
      "IRFFT3D", "Identity",   "IdentityN", "Imag",
      "Mul",     "Neg",        "RFFT",      "RFFT2D",
      "RFFT3D",  "Real",       "Reshape",   "StopGradient",
      "Sub",     "Transpose",  "Snapshot"};
  return kOps.contains(op);
}

void refuse_complex_numbers(const Graph& graph) {
  std::map<std::string, std::vector<std::string>> found;
  collect_unaware(graph, found);
  std::vector<MissingOp> missing;
  for (const auto& [op, nodes] : found) missing.push_back({op, nodes, "it works on complex numbers"});
  if (!missing.empty()) throw UnsupportedOpError("reading TensorFlow", std::move(missing));
}

OpMappings complex_ops() {
  const std::string note = "complex tensors as real ones with a last axis of 2";
  OpMappings rows = {
      {"tf.Angle", "Atan", raise_angle, nullptr, note},
      {"tf.Complex", "Concat", raise_complex, nullptr, note},
      {"tf.ComplexAbs", "ReduceL2", raise_abs, nullptr, note},
      {"tf.Conj", "Neg", raise_conj, nullptr, note},
      {"tf.ConjugateTranspose", "Transpose", raise_conjugate_transpose, nullptr, note},
      {"tf.Imag", "Slice", raise_imag, nullptr, note},
      {"tf.Real", "Slice", raise_real, nullptr, note},
  };
  for (const std::string rank : {"", "2D", "3D"}) {
    rows.push_back({OpName("tf", "FFT" + rank), "DFT", raise_fourier, nullptr, note});
    rows.push_back({OpName("tf", "IFFT" + rank), "DFT", raise_inverse_fourier, nullptr, note});
    rows.push_back({OpName("tf", "IRFFT" + rank), "DFT", raise_inverse_real_fourier, nullptr, note});
    rows.push_back({OpName("tf", "RFFT" + rank), "DFT", raise_real_fourier, nullptr, note});
  }
  return rows;
}

}  // namespace modelconv::tensorflow
