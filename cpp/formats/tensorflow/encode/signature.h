// What TensorFlow's own registry says of an operator: enough to give a node the attributes that name its types, and its
// outputs their types.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace modelconv::tensorflow {

// Types that only TensorFlow has; in the graph a TensorList is a value whose type is a sequence.
inline constexpr int64_t kResource = 20, kVariant = 21;

struct Argument {
  std::string_view name;       // of an output
  std::string_view type_attr;  // the attribute that says its type, or a list of types
  int64_t type = 0;            // the type's number, where it is always the same
  std::string_view count;      // the attribute that says how many there are
  bool is_list = false;        // `type_attr` is a list: one tensor per type
};

enum class AttrKind {
  type,
  integer,
  floating,
  boolean,
  string,
  shape,
  tensor,
  function,
  integers,
  floats,
  types,
  shapes,
  strings
};

struct AttrSpec {
  std::string_view name;
  AttrKind kind;
  std::vector<int64_t> types;  // of a type: those that the CPU has kernels for; empty: all
};

struct Signature {
  std::vector<Argument> inputs, outputs;
  std::vector<AttrSpec> attrs;
  const AttrSpec* attr(std::string_view name) const;
};

// InternalError for an operator that tests/support/tensorflow_signatures.py does not list.
const Signature& signature_of(OpName op);

// The number of a value's type; InternalError when it is not known, BadArgument when TensorFlow has no such type.
int64_t type_number_of(const Value& value);

// The attributes that follow from the inputs (types, how many of them), and those that the node has.
struct TypeAttrs {
  std::map<std::string_view, std::vector<int64_t>> types;  // one for a type, several for a list
  std::map<std::string_view, int64_t> counts;
  std::vector<const Argument*> arguments;  // per output of the node
  std::vector<size_t> places;              // its place among the tensors of that argument
};
TypeAttrs type_attrs_of(const Node& node);

// Gives the outputs of a node "tf.X" their element types; nodes of other domains are inferred as always.
void infer_types(Node& node);

}  // namespace modelconv::tensorflow
