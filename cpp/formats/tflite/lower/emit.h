// What the lowering rules of this folder are written with. TFLite's operators have no shape rules here: each gets the type
// that the canonical operator had.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv::tflite {

// "tflite.NAME" with one output of this type.
Value& emit(Translation& t, const std::string& name, std::vector<Value*> inputs, Attrs attrs,
            const Type& type);
// The node's one output is that of "tflite.NAME", which has the node's type.
void finish(Translation& t, const std::string& name, std::vector<Value*> inputs, Attrs attrs = {});

// The target of the row, with the node's own inputs.
void lower_name(Translation& t);

Value& int32s(Translation& t, const std::vector<int64_t>& values);  // constant, [n]
Value& int32_scalar(Translation& t, int64_t value);
// Integers as int32: constants at once, else through a Cast.
Value& as_int32(Translation& t, Value& value);

// The canonical operators of a formula in text form (ir/text.h), to be lowered in turn. Free names are `operands`; the
// values named are returned. A name that is bound to null is an operand left out.
using Operands = std::vector<std::pair<std::string, Value*>>;
Value& expand(Translation& t, const std::string& formula, const Operands& operands,
              const std::string& result = "y");

// The constant behind `value`, also where it is dequantised on its way; null for what is computed.
const Tensor* constant_behind(const Value& value);
// `value` with its axes permuted and its sizes changed: constants at once, also dequantised ones, whose parameters follow
// (the quantised axis must keep its size); others through Transpose and Reshape. An empty permutation is the identity.
Value& rearranged(Translation& t, Value& value, const std::vector<size_t>& p, const Dims& dims);

Value& reshaped(Translation& t, Value& value, const std::vector<int64_t>& sizes);
Value& squeezed(Translation& t, Value& value, const std::vector<int64_t>& axes);
Value& unsqueezed(Translation& t, Value& value, const std::vector<int64_t>& axes);

// `count` indices of one axis of a constant, from `start`; a dequantised one too, with its parameters. Refuses others.
Value& constant_part(Translation& t, Value& value, size_t axis, int64_t start, int64_t count);

// Sizes of the axes; refuses when one is not known.
Dims static_dims(Translation& t, const Value& value);
int64_t static_dim(Translation& t, const Value& value, size_t axis);

}  // namespace modelconv::tflite
