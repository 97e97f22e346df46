// Operators that hand on their input: identities, casts, variables that have become constants.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

void raise_identity(Translation& t) {
  for (size_t i = 0; i < t.node().output_count() && i < t.input_count(); ++i) t.set_output(i, t.required(i));
}

void raise_cast(Translation& t) {
  const DType to = type_of(t, "DstT");
  if (to == DType::undefined) t.refuse("it makes a type that ONNX does not have");
  t.set_output(0, t.cast(t.required(0), to));
}

void raise_variable(Translation& t) {
  t.refuse("its value is not in the file: freeze the graph, or convert the SavedModel folder instead");
}

}  // namespace

OpMappings pass_through_ops() {
  OpMappings rows;
  for (const char* name : {"CheckNumerics", "EnsureShape", "Identity", "IdentityN", "PlaceholderWithDefault",
                           "PreventGradient", "Print", "ReadVariableOp", "Snapshot", "StopGradient"})
    rows.push_back({OpName("tf", name), "Identity", raise_identity, nullptr, "handed on without a node"});
  rows.push_back({"tf.Cast", "Cast", raise_cast, nullptr, ""});
  for (const char* name : {"AutoReloadVariable", "VarHandleOp", "Variable", "VariableV2"})
    rows.push_back(
        {OpName("tf", name), OpName(), raise_variable, nullptr, "a constant, where its value is known"});
  return rows;
}

}  // namespace modelconv::tensorflow
