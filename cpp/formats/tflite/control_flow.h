// Calls, conditions, loops, variables and tables of a graph that decode() made, in the form that operators are raised from.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv::tflite {

// Variables become the values that were assigned last; CALL_ONCE gives the first ones. A table becomes its keys and values,
// in front of the other inputs of HASHTABLE_FIND and HASHTABLE_SIZE.
//
// What a run assigns is lost after it, unless `as_inputs`: then each variable that a run changes is an input, and its last
// value an output named after it with "_next" behind. `notes` gets a sentence for the user where there are such variables.
void resolve_resources(Graph& graph, bool as_inputs, std::vector<std::string>& notes);

// IF and WHILE become "tflite.If" and "tflite.Loop" (formats/common/control_flow.h), CALL what it calls.
void resolve_control_flow(Graph& graph);

// Puts copies of the nodes of `callee`, in which `arguments` take the inputs' places, in front of `before` (null: at the
// end). Returns what its outputs have become.
std::vector<Value*> inline_graph(const Graph& callee, Graph& target, Node* before,
                                 const std::vector<Value*>& arguments);

}  // namespace modelconv::tflite
