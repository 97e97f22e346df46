// A canonical Loop in the form that dialects with a WHILE write: a condition and a body that take one and the same state,
// of which the body returns the next. Its parts in order: number of the iteration, condition, variables, and what the
// iterations collect, as the dialect carries it.
#pragma once

#include <span>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv {

class WhileForm {
 public:
  // Carries number, condition and variables. The node is a Loop; it may have no other variables than tensors.
  explicit WhileForm(Translation& t);

  const GraphPtr& body() const { return body_; }
  size_t variables() const { return variables_; }
  Value* limit() const {
    return limit_;
  }  // most iterations, int64 of rank 0; null: as many as the condition allows
  bool runs_to_limit() const { return runs_to_limit_; }                // no condition ends it before
  std::span<Value* const> collected() const { return collected_; }     // what one iteration adds, in the body
  const std::vector<Value*>& beginning() const { return beginning_; }  // the state in front of the loop
  const std::vector<Type>& types() const { return types_; }            // that hold for all iterations

  // One more part of the state: `first` is its value in front of the loop; the body takes `now`, an input of its own, and
  // returns `next`.
  void carry(Value& first, const Type& type, Value& now, Value& next);
  // Holds while the Loop's condition does and iterations are left. To be made when all is carried.
  GraphPtr condition() const;
  // Where the variables stand among the outputs of the WHILE; what is collected follows them.
  static constexpr size_t kFirstVariable = 2;

 private:
  Translation& t_;
  const GraphPtr body_;
  const size_t variables_;
  Value* limit_ = nullptr;
  bool runs_to_limit_ = false;
  std::vector<Value*> collected_, beginning_;
  std::vector<Type> types_;
};

}  // namespace modelconv
