// Contents of lookup tables: which keys and values the graph itself, or a file beside it, puts into each.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/tensorflow/flatten.h"
#include "ir/tensor.h"

namespace modelconv::tensorflow {

struct TableContents {
  Tensor keys, values;  // [n], and n of something
};

class LookupTables {
 public:
  // `init_nodes`: nodes of the graph that initialise tables somewhere behind them, in functions, too. `files`: names of
  // constants (assets of a SavedModel) and the files that they stand for.
  LookupTables(const GraphDef& graph, const std::vector<std::string>& init_nodes,
               std::map<std::string, std::filesystem::path> files = {});

  // Of a table by its flat name; nothing when the graph does not say.
  std::optional<TableContents> find(const std::string& table) const;

 private:
  void read_initialiser(const FlatGraph& flat, const FlatNode& node, const GraphDef& graph);
  std::map<std::string, TableContents> contents_;
  std::map<std::string, std::filesystem::path> files_;
};

}  // namespace modelconv::tensorflow
