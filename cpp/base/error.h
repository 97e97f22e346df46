// Typed errors: what went wrong, where, why, and what to try.
#pragma once

#include <fmt/core.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace modelconv {

// Base of every error that the core throws. `what()` is the complete text for a person:
//   <what>
//     where: ...
//     why:   ...
//     try:   ...
// Lines without content are left out.
class Error : public std::exception {
 public:
  explicit Error(std::string message);

  // Each setter returns *this, so that a throw site reads as one sentence. `in` keeps an inner
  // place: "tensor 'w'" then in("file 'm.onnx'") gives "tensor 'w', file 'm.onnx'".
  Error& in(const std::string& where);
  Error& because(std::string why);
  Error& hint(std::string what_to_try);

  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }
  const std::string& why() const { return why_; }
  const std::string& hint() const { return hint_; }

 private:
  void render();
  std::string message_, where_, why_, hint_, text_;
};

// No reader recognises the input, or the wanted target has no writer.
class UnknownFormatError : public Error {
 public:
  using Error::Error;
};

// The file is damaged, cut short, or breaks its format's rules.
class MalformedModelError : public Error {
 public:
  using Error::Error;
};

// Shapes or dtypes of a graph do not fit together, or given inputs do not fit the graph.
class ShapeError : public Error {
 public:
  using Error::Error;
};

// The caller's argument makes no sense (unknown tensor name, opset out of range, ...).
class BadArgument : public Error {
 public:
  using Error::Error;
};

// The operating system refused: no such file, no permission, disk full.
class FileError : public Error {
 public:
  using Error::Error;
};

// A graph breaks the invariants of ir/graph.h, or the core contradicts itself: always our bug.
class InternalError : public Error {
 public:
  using Error::Error;
};

// One operator type that cannot be handled, with the nodes that use it.
struct MissingOp {
  std::string op;                  // "tf.Foo", "com.acme.Bar"
  std::vector<std::string> nodes;  // names of all nodes of that type
  std::string reason;              // why not; empty: simply not known
};

// All operators that a stage cannot handle, in one report.
class UnsupportedOpError : public Error {
 public:
  UnsupportedOpError(const std::string& stage, std::vector<MissingOp> ops);
  const std::vector<MissingOp>& ops() const { return ops_; }

 private:
  std::vector<MissingOp> ops_;
};

// "did you mean": the candidates nearest to `word` by edit distance, at most `limit`, best first.
std::vector<std::string> nearest_names(const std::string& word, const std::vector<std::string>& candidates,
                                       size_t limit = 3);

}  // namespace modelconv

// ENSURE(end <= size, MalformedModelError, "tensor '{}' ends at byte {}, the file has {}", name, end, size);
#define ENSURE(condition, ErrorType, ...)          \
  do {                                             \
    if (!(condition)) [[unlikely]]                 \
      throw ErrorType(::fmt::format(__VA_ARGS__)); \
  } while (false)
