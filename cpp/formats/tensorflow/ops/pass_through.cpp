// Operators that hand on their input: identities, casts.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void raise_identity(Translation& t) {
  for (size_t i = 0; i < t.node().output_count() && i < t.input_count(); ++i) t.set_output(i, t.required(i));
}

void raise_cast(Translation& t) {
  const DType to = type_of(t, "DstT");
  if (to == DType::undefined) t.refuse("it makes a type that ONNX does not have");
  const bool from_complex = is_complex(type_of(t, "SrcT"));
  if (is_complex(to)) {
    const DType part = to == DType::complex64 ? DType::float32 : DType::float64;
    const Term x = cast(input(t, 0), part);
    const Term real = unsqueeze(x, {-1});
    return set_output(t, 0, from_complex ? x : concat({real, real * 0.0}, -1));
  }
  if (from_complex) {
    const Term real = squeeze(slice(input(t, 0), -1, 0, 1), {-1});
    return set_output(t, 0, cast(real, to));
  }
  t.set_output(0, t.cast(t.required(0), to));
}

}  // namespace

OpMappings pass_through_ops() {
  OpMappings rows;
  for (const char* name :
       {"CheckNumerics", "CheckNumericsV2", "EnsureShape", "Identity", "IdentityN", "PlaceholderWithDefault",
        "PreventGradient", "Print", "ReadVariableOp", "Snapshot", "StopGradient"})
    rows.push_back({OpName("tf", name), "Identity", raise_identity, nullptr, "handed on without a node"});
  rows.push_back({"tf.Cast", "Cast", raise_cast, nullptr, ""});
  return rows;
}

}  // namespace modelconv::tensorflow
