// A graph of "tflite.X" operators to bytes.
#pragma once

#include "ir/model.h"
#include "wire/protobuf.h"

namespace modelconv::tflite {

// The graph as decode() gives it. Operator versions are the lowest that the node's types and options allow. One signature,
// with the names of the inputs and outputs, is always written. Equal models give equal bytes; constants are written from
// where they lie. UnsupportedOpError naming every node that is not of this format; BadArgument above 2 GiB.
protobuf::Rope encode(const Model& model);

}  // namespace modelconv::tflite
