// All that modelconv knows about one operator, beyond its schema. One file per operator or close family defines it,
// all_ops.cpp lists it.
#pragma once

#include <vector>

#include "ir/op_name.h"
#include "ops/axes.h"
#include "ops/infer.h"
#include "ops/kernel.h"
#include "ops/schema.h"

namespace modelconv {

class OpDef {
 public:
  explicit OpDef(OpName op) : op_(op) {}

  OpDef& infer(InferFn shape_rule) {
    infer_ = shape_rule;
    return *this;
  }
  OpDef& axes(AxesFn move_rule) {
    axes_ = move_rule;
    return *this;
  }
  OpDef& evaluate(KernelFn compute) {
    kernel_ = compute;
    return *this;
  }

  // float16 and bfloat16 (and narrower floats) reach the kernel as float32 and its float32 outputs are rounded back.
  OpDef& widen_half() {
    widen_half_ = true;
    return *this;
  }
  // The kernel moves elements without looking at them: packed types reach it as one byte per element
  // (int4 -> int8, uint4 -> uint8, float4 -> uint8, ...) and its outputs are packed again.
  OpDef& unpack() {
    unpack_ = true;
    return *this;
  }
  // Output element i depends on input elements i only (after broadcasting).
  OpDef& elementwise() {
    elementwise_ = true;
    return *this;
  }
  // The first two inputs may change places.
  OpDef& commutative() {
    commutative_ = true;
    return *this;
  }
  // Results differ between runs (random numbers): never folded, never shared.
  OpDef& random() {
    random_ = true;
    return *this;
  }

  OpName op() const { return op_; }
  InferFn infer_rule() const { return infer_; }
  AxesFn axes_rule() const { return axes_; }
  KernelFn kernel() const { return kernel_; }
  bool widens_half() const { return widen_half_; }
  bool unpacks() const { return unpack_; }
  bool is_elementwise() const { return elementwise_; }
  bool is_commutative() const { return commutative_; }
  bool is_random() const { return random_; }

 private:
  OpName op_;
  InferFn infer_ = nullptr;
  AxesFn axes_ = nullptr;
  KernelFn kernel_ = nullptr;
  bool widen_half_ = false, unpack_ = false, elementwise_ = false, commutative_ = false, random_ = false;
};

using OpDefs = std::vector<OpDef>;

// Null when the operator is not in the table.
const OpDef* find_op(OpName op);
// Sorted by name.
std::vector<const OpDef*> all_ops();

}  // namespace modelconv
