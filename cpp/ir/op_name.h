// Interned operator names: compared by address, cheap to copy.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace modelconv {

// Written "domain.Name": "tf.Conv2D", "com.microsoft.Gelu". The canonical operators (ONNX semantics at the pinned
// opset, see ops/schema.h) have the empty domain: "Conv".
class OpName {
 public:
  OpName();  // the empty name
  OpName(std::string_view domain, std::string_view name);
  OpName(const char* text) : OpName(parse(text)) {}         // NOLINT: "Conv" is an operator name
  OpName(const std::string& text) : OpName(parse(text)) {}  // NOLINT
  // The last dot separates domain and name; a name that holds a dot itself stands in braces: "acme.{v1.Gelu}".
  static OpName parse(std::string_view text);

  const std::string& domain() const { return entry_->domain; }
  const std::string& name() const { return entry_->name; }
  const std::string& str() const { return entry_->text; }
  bool is_canonical() const { return entry_->domain.empty(); }

  friend bool operator==(OpName a, OpName b) { return a.entry_ == b.entry_; }
  size_t hash() const { return std::hash<const void*>{}(entry_); }
  // Alphabetical, for tables that are printed; the order of addresses would change from run to run.
  friend bool operator<(OpName a, OpName b) { return a.str() < b.str(); }

 private:
  struct Entry {
    std::string domain, name, text;
  };
  struct Table;
  explicit OpName(const Entry* entry) : entry_(entry) {}
  const Entry* entry_;
};

}  // namespace modelconv

template <>
struct std::hash<modelconv::OpName> {
  size_t operator()(modelconv::OpName op) const { return op.hash(); }
};
