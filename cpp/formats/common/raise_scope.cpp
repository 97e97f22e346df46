#include "formats/common/raise_scope.h"

namespace modelconv {
namespace {

thread_local RaiseScope* innermost = nullptr;

}  // namespace

RaiseScope::RaiseScope(RaiseSurvey& survey) : outer_(innermost), survey_(&survey) {
  if (outer_) given_ = outer_->given_, wanted_ = outer_->wanted_;
  innermost = this;
}

RaiseScope::RaiseScope(const std::vector<std::string>& given, const std::vector<std::string>& wanted)
    : outer_(innermost),
      given_(given.empty() ? nullptr : &given),
      wanted_(wanted.empty() ? nullptr : &wanted) {
  if (outer_) survey_ = outer_->survey_;
  innermost = this;
}

RaiseScope::~RaiseScope() { innermost = outer_; }

RaiseSurvey* RaiseScope::survey() { return innermost ? innermost->survey_ : nullptr; }

const std::vector<std::string>* RaiseScope::given() { return innermost ? innermost->given_ : nullptr; }

const std::vector<std::string>* RaiseScope::wanted() { return innermost ? innermost->wanted_ : nullptr; }

}  // namespace modelconv
