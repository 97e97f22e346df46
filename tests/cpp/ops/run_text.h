// Operators in the text form: run on constants, inferred on symbols.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eval/evaluator.h"
#include "ir/text.h"
#include "ops/infer.h"

namespace modelconv {

// Results of a graph without inputs; each must have the type that inference gave its value.
inline std::vector<RuntimeValue> run_constants(const std::string& text) {
  const std::unique_ptr<Graph> graph = parse_graph(text);
  infer_graph(*graph);
  EvalOptions options;
  options.threads = 2;
  std::vector<RuntimeValue> results = Evaluator(*graph, options).run({});
  for (size_t i = 0; i < results.size(); ++i) {
    const Type& inferred = graph->outputs()[i].value->type;
    if (!results[i].is_tensor() || !inferred.is_tensor()) continue;
    EXPECT_EQ(inferred.dtype, results[i].tensor().dtype()) << text;
    EXPECT_TRUE(inferred.shape.compatible_with(Shape::of(results[i].tensor().dims())))
        << text << "\ninferred " << inferred.str() << ", computed " << to_string(results[i].tensor().dims());
  }
  return results;
}

// Every statement in `text` gives y, which must be the literal `expected`.
inline void expect_result(const std::string& statements, const std::string& expected) {
  SCOPED_TRACE(statements);
  const auto results = run_constants("graph test() -> (y, expected) {\n" + statements +
                                     "\nexpected = Identity(" + expected + ")\n}");
  const Tensor &y = results[0].tensor(), &wanted = results[1].tensor();
  EXPECT_EQ(y.dims(), wanted.dims());
  EXPECT_TRUE(y.identical_to(wanted)) << "wanted " << expected;
}

// The type that inference gives value `name`.
inline std::string inferred_type(const std::string& text, const std::string& name = "y") {
  const std::unique_ptr<Graph> graph = parse_graph(text);
  infer_graph(*graph);
  const Value* value = graph->find_value(name);
  return value ? value->type.str() : "no value " + name;
}

}  // namespace modelconv
