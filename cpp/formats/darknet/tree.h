// A tree of classes ("tree=9k.tree"): one line "name parent" per class, parents before children, -1 for a root; classes with
// the same parent, which stand together, are one group, and a softmax is taken in each.
// Source: tree.c of github.com/AlexeyAB/darknet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/darknet/section.h"

namespace modelconv::darknet {

struct Tree {
  std::vector<int64_t> parents;      // per class; -1: none
  std::vector<int64_t> group_sizes;  // in the order of the classes
};

// The file that the section's `tree` names, looked for in `folders`. Throws FileError, MalformedModelError.
Tree read_tree(const Section& section, const std::vector<std::string>& folders);

}  // namespace modelconv::darknet
