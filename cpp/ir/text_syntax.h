// The syntax tree of the text form (ir/text.h). Rewrite patterns are written in the same expressions and use it too.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "ir/attribute.h"
#include "ir/op_name.h"
#include "ir/tensor.h"
#include "ir/type.h"

namespace modelconv::syntax {

// `at` is everywhere the offset in the text where the thing begins, for messages.

struct Call;

struct Operand {
  enum class Kind : uint8_t {
    value,    // x, or x? when it is optional
    missing,  // _
    literal,  // 1.0, 2, zeros[2, 3], float16[]{0.5}
    call,     // Conv(x, w), or c = Conv(x, w)
    rest,     // *rest (in patterns)
  };
  Kind kind = Kind::missing;
  size_t at = 0;
  std::string name;            // of a value, of a rest, or what a call's result is called; else empty
  bool optional = false;       // a value followed by '?' (in patterns)
  Tensor literal;              // a bare number is a scalar: float32 or int64
  std::unique_ptr<Call> call;  // never null when kind is call
};

struct GraphText;
using GraphTextPtr = std::shared_ptr<const GraphText>;

struct AttributeText {
  std::string name;
  size_t at = 0;
  std::variant<Attribute, GraphTextPtr, std::vector<GraphTextPtr>> value;
};

struct Call {
  size_t at = 0;
  std::vector<OpName> ops;  // one, or the alternatives of `Conv|ConvTranspose(x, w)` (in patterns)
  std::vector<AttributeText> attributes;
  std::vector<Operand> operands;
};

struct Result {
  std::string name;  // empty: `_`, an output left out
  size_t at = 0;
  Type type;  // unknown when none is written
};

struct Statement {
  size_t at = 0;
  std::vector<Result> results;  // none for a call alone
  std::optional<Operand>
      value;              // a call, a literal or the name of a value; nothing for a declaration, `x: int64[]`
  std::string node_name;  // from `# name`
};

struct OutputText {
  Result result;      // the slot's name and declared type
  std::string value;  // the name of the value that fills it
};

struct GraphText {
  size_t at = 0;
  std::string name;
  std::vector<Result> inputs;
  std::vector<OutputText> outputs;
  std::vector<Statement> statements;
};

struct Document {
  bool has_header = false;  // else only `graph.statements` has content
  GraphText graph;
};

// All throw BadArgument with line and column. Nesting deeper than 100 is refused.
Document parse_document(std::string_view text);                  // with or without a header
std::vector<Statement> parse_statements(std::string_view text);  // without

// "line 3, column 14"; counted in bytes from 1.
std::string place_of(std::string_view text, size_t at);
BadArgument error_at(std::string_view text, size_t at, const std::string& message);

}  // namespace modelconv::syntax
