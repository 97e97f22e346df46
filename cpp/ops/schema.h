// What the onnx package says of its operators: generated at build time (tools/generate_schemas.py), never typed by hand.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/dtype.h"
#include "ir/op_name.h"

namespace modelconv {

// The opset whose semantics the canonical graph has. Other opsets are raised to it and lowered from it by
// formats/onnx/versions/. The onnx package that the build uses must know it; the build checks that.
inline constexpr int64_t kCanonicalOpset = 28;

// Sets of DType as bit masks: bit number = numeric value of the DType.
struct TypeSet {
  uint64_t tensor = 0;
  uint64_t sequence = 0;           // seq(tensor(...))
  uint64_t optional_tensor = 0;    // optional(tensor(...))
  uint64_t optional_sequence = 0;  // optional(seq(tensor(...)))
  bool other = false;              // maps, sparse tensors, opaque types
  bool allows(DType dtype) const { return (tensor >> static_cast<unsigned>(dtype)) & 1; }
};

struct ParameterSchema {
  enum class Option : uint8_t { single, optional, variadic };
  std::string_view name;
  std::string_view
      type_name;  // "T" shared by parameters of the same type, or a type's own spelling, "tensor(int64)"
  TypeSet types;
  Option option;
  bool homogeneous;  // of a variadic parameter: all of one type
};

struct AttributeSchema {
  enum class Kind : uint8_t {
    integer,
    floating,
    string,
    tensor,
    graph,
    sparse_tensor,
    type,
    integers,
    floats,
    strings,
    tensors,
    graphs,
    sparse_tensors,
    types
  };
  std::string_view name;
  Kind kind;
  bool required;
  bool has_default;
  // The default; which one counts follows from `kind`.
  int64_t default_int;
  float default_float;
  std::string_view default_string;
  std::span<const int64_t> default_ints;
  std::span<const float> default_floats;
  std::span<const std::string_view> default_strings;
};

struct OpSchema {
  std::string_view domain;  // "" for the default domain, "ai.onnx.ml", ...
  std::string_view name;
  int32_t since_version;
  bool deprecated;
  bool deterministic;                                        // false for random operators
  int32_t min_inputs, max_inputs, min_outputs, max_outputs;  // INT32_MAX: no limit
  std::span<const ParameterSchema> inputs, outputs;
  std::span<const AttributeSchema> attributes;

  const AttributeSchema* attribute(std::string_view name) const;
  // The parameter that the index-th input belongs to (variadic ones included); null when there is none.
  const ParameterSchema* input(size_t index) const;
  const ParameterSchema* output(size_t index) const;
};

// The schema in force at `opset`: the newest whose since_version is not above it. Null when the operator is not known
// or did not exist yet. A deprecated schema is returned too.
const OpSchema* find_schema(OpName op, int64_t opset);
// At kCanonicalOpset for the default domain, at the newest version for others.
const OpSchema* find_schema(OpName op);
// Every schema, sorted by domain, name, since_version.
std::span<const OpSchema> all_schemas();
// Newest opset of a domain that the onnx package knows; 0 for an unknown domain.
int64_t newest_opset(std::string_view domain);

}  // namespace modelconv
