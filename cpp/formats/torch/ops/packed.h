// Packed sequences: the first elements of all sequences (longest first), then the second ones, ...
#pragma once

#include "formats/torch/ops/terms.h"

namespace modelconv::torch {

class Packing {
 public:
  // int64 [steps]: how many sequences have that step.
  explicit Packing(const Term& batch_sizes);
  // int64 [batch] -> the same.
  static Packing of_lengths(const Term& lengths);

  Term lengths() const;                                     // int32 [batch]
  Term batch_sizes() const;                                 // int64 [steps]
  Term pack(const Term& x) const;                           // [steps, batch, ...] -> [elements, ...]
  Term unpack(const Term& data, double padding = 0) const;  // and back

 private:
  explicit Packing(const Term& is_there, int) : is_there_(is_there) {}
  Term places() const;  // int64 [elements, 2]: step and sequence
  Term is_there_;       // bool [steps, batch]
};

}  // namespace modelconv::torch
