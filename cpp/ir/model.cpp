#include "ir/model.h"

namespace modelconv {

Model Model::clone() const {
  Model copy;
  if (graph)
    copy.graph = graph->clone();
  else
    copy.graph.reset();
  copy.source_format = source_format;
  copy.opset_imports = opset_imports;
  copy.ir_version = ir_version;
  copy.producer_name = producer_name;
  copy.producer_version = producer_version;
  copy.domain = domain;
  copy.doc = doc;
  copy.model_version = model_version;
  copy.notes = notes;
  copy.metadata = metadata;
  return copy;
}

}  // namespace modelconv
