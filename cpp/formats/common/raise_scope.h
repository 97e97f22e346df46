// What raise_graph() is told, and tells, beside its arguments: readers of formats call it, and none of them has an
// opinion on either.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace modelconv {

// What raising finds in the graph that a format decoded, for plans.
struct RaiseSurvey {
  std::map<std::string, int64_t> ops;  // operator -> nodes, subgraphs included, before anything is raised
  // Where to end the graph so that all of it can be raised, names for ReadRequest::outputs: the tensors that refused
  // operators take, and the outputs that do not need them. Empty when nothing is refused, or nothing worth keeping is
  // left: constants and the graph's inputs are not listed.
  std::vector<std::string> cuts;
  // Where to begin it instead, names for ReadRequest::inputs: what refused operators give, and the inputs that the rest
  // needs besides. Empty when nothing lies behind.
  std::vector<std::string> begins;
};

// In force on this thread while it is alive; inner scopes keep what they do not set.
class RaiseScope {
 public:
  explicit RaiseScope(RaiseSurvey& survey);
  // What the caller gives and the only tensors that matter to it, each list empty for all that the graph has: operators
  // that are refused do no harm where they stand in front of the given ones, or none of the wanted ones needs them.
  RaiseScope(const std::vector<std::string>& given, const std::vector<std::string>& wanted);
  ~RaiseScope();
  RaiseScope(const RaiseScope&) = delete;
  RaiseScope& operator=(const RaiseScope&) = delete;

  static RaiseSurvey* survey();                     // null: none in force
  static const std::vector<std::string>* given();   // null, too
  static const std::vector<std::string>* wanted();  // null, too

 private:
  RaiseScope* const outer_;
  RaiseSurvey* survey_ = nullptr;
  const std::vector<std::string>* given_ = nullptr;
  const std::vector<std::string>* wanted_ = nullptr;
};

}  // namespace modelconv
