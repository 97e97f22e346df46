// Collects what cannot be translated, for one error at the end.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "ir/graph.h"

namespace modelconv::onnx {

class UnsupportedOps {
 public:
  explicit UnsupportedOps(std::string stage) : stage_(std::move(stage)) {}

  // Nodes of one operator with one reason are listed together.
  void add(const Node& node, const std::string& reason) {
    const auto known = std::find_if(ops_.begin(), ops_.end(), [&](const MissingOp& op) {
      return op.op == node.op().str() && op.reason == reason;
    });
    const std::string name = node.name().empty() && node.output() ? node.output()->name() : node.name();
    if (known == ops_.end())
      ops_.push_back({node.op().str(), {name}, reason});
    else
      known->nodes.push_back(name);
  }
  bool empty() const { return ops_.empty(); }
  void throw_if_any() const {
    if (!ops_.empty()) throw UnsupportedOpError(stage_, ops_);
  }

 private:
  std::string stage_;
  std::vector<MissingOp> ops_;
};

}  // namespace modelconv::onnx
