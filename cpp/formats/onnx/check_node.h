// What an operator's schema asks of a node, checked when it is read: runtimes refuse such nodes too, and nothing that
// comes later has to expect them.
#pragma once

#include "formats/onnx/messages.h"
#include "ops/schema.h"

namespace modelconv::onnx {

// MalformedModelError for too few or too many inputs or outputs, and for a required input that is left empty.
void check_parameters(const NodeMessage& node, const OpSchema& schema);

// MalformedModelError for an attribute of another kind than the schema's. One that the schema lacks is kept as it is.
// `name` is the node's own for it: the attribute may be an argument of a function call, by another name.
void check_attribute(Text name, const AttributeMessage& attribute, const OpSchema& schema);

}  // namespace modelconv::onnx
