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

  // `in` keeps an inner place: "tensor 'w'" then in("file 'm.onnx'") gives "tensor 'w', file 'm.onnx'".
  void in(const std::string& where);
  void because(std::string why);
  void hint(std::string what_to_try);

  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }
  const std::string& why() const { return why_; }
  const std::string& hint() const { return hint_; }

 private:
  void render();
  std::string message_, where_, why_, hint_, text_;
};

// The setters again, returning the error's own type: `throw ShapeError("...").because("...").hint("...")` reads as one
// sentence and throws a ShapeError, not a copy of its base.
template <class Derived>
class ErrorOf : public Error {
 public:
  using Error::Error;
  Derived& in(const std::string& where) {
    Error::in(where);
    return self();
  }
  Derived& because(std::string why) {
    Error::because(std::move(why));
    return self();
  }
  Derived& hint(std::string what_to_try) {
    Error::hint(std::move(what_to_try));
    return self();
  }
  using Error::hint;

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
};

// No reader recognises the input, or the wanted target has no writer.
class UnknownFormatError : public ErrorOf<UnknownFormatError> {
 public:
  using ErrorOf::ErrorOf;
};

// The file is damaged, cut short, or breaks its format's rules.
class MalformedModelError : public ErrorOf<MalformedModelError> {
 public:
  using ErrorOf::ErrorOf;
};

// Shapes or dtypes of a graph do not fit together, or given inputs do not fit the graph.
class ShapeError : public ErrorOf<ShapeError> {
 public:
  using ErrorOf::ErrorOf;
};

// The caller's argument makes no sense (unknown tensor name, opset out of range, ...).
class BadArgument : public ErrorOf<BadArgument> {
 public:
  using ErrorOf::ErrorOf;
};

// The operating system refused: no such file, no permission, disk full.
class FileError : public ErrorOf<FileError> {
 public:
  using ErrorOf::ErrorOf;
};

// A graph breaks the invariants of ir/graph.h, or the core contradicts itself: always our bug.
class InternalError : public ErrorOf<InternalError> {
 public:
  using ErrorOf::ErrorOf;
};

// One operator type that cannot be handled, with the nodes that use it.
struct MissingOp {
  std::string op;                  // "tf.Foo", "com.acme.Bar"
  std::vector<std::string> nodes;  // names of all nodes of that type
  std::string reason;              // why not; empty: simply not known
};

// All operators that a stage cannot handle, in one report.
class UnsupportedOpError : public ErrorOf<UnsupportedOpError> {
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
