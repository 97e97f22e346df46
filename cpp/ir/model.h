// A graph with what a file says around it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

struct Model {
  std::unique_ptr<Graph> graph = std::make_unique<Graph>();
  // Format that the model was read from ("onnx", "tensorflow", ...); empty for one that was built here.
  std::string source_format;
  // Operator-set version per ONNX domain as the source had it ("" is the default domain). The graph itself is at the
  // canonical opset once raised; the ONNX writer takes these as its wish when none is given.
  std::map<std::string, int64_t> opset_imports;
  int64_t ir_version = 0;  // of the source ONNX file; 0: not from ONNX
  std::string producer_name, producer_version, domain, doc;
  int64_t model_version = 0;
  // What its reader guessed, ignored or dropped, one sentence each: the user's report shows them.
  std::vector<std::string> notes;
  Metadata metadata;  // ONNX metadata_props and the like; kept from format to format

  Model clone() const;
};

}  // namespace modelconv
