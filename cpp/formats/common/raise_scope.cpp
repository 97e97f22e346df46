#include "formats/common/raise_scope.h"

namespace modelconv {
namespace {

thread_local RaiseScope* innermost = nullptr;

}  // namespace

RaiseScope::RaiseScope(RaiseSurvey& survey) : outer_(innermost), survey_(&survey) {
  if (outer_) wanted_ = outer_->wanted_;
  innermost = this;
}

RaiseScope::RaiseScope(const std::vector<std::string>& wanted) : outer_(innermost), wanted_(&wanted) {
  if (outer_) survey_ = outer_->survey_;
  innermost = this;
}

RaiseScope::~RaiseScope() { innermost = outer_; }

RaiseSurvey* RaiseScope::survey() { return innermost ? innermost->survey_ : nullptr; }

const std::vector<std::string>* RaiseScope::wanted() { return innermost ? innermost->wanted_ : nullptr; }

}  // namespace modelconv
