// Interpreter of Python pickles (protocols 0 to 5) that can build containers and can call nothing: what a pickle wants to
// have called stays a description of the call. Source: the opcode table of CPython's pickletools module.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/byte_cursor.h"

namespace modelconv {

class Pickle;

// One object of a pickle; a light handle, valid as long as its Pickle. Objects may contain each other: whoever walks them
// limits the depth.
class PickleValue {
 public:
  enum class Kind : uint8_t {
    none,
    boolean,
    integer,
    large_integer,  // more than 64 bits; what it is is not kept
    real,
    text,   // str
    bytes,  // bytes, bytearray, and str of Python 2 opcodes
    list,
    tuple,
    dict,
    set,
    global,         // text(): "module.name"
    call,           // callee()(*arguments()), then state(), items() and pairs() set on the result
    persistent_id,  // items()[0]: what the pickle's writer says instead of the object
  };

  Kind kind() const;
  bool is(Kind kind) const { return this->kind() == kind; }
  bool is_none() const { return is(Kind::none); }
  // Each throws MalformedModelError when the object is of another kind; `what` names it there.
  int64_t as_integer(std::string_view what) const;  // bool too
  double as_real(std::string_view what) const;      // integers too
  bool as_bool(std::string_view what) const;
  std::string_view as_text(std::string_view what) const;  // bytes too: Python 2 wrote its text as such
  // A view of the pickle itself where the bytes stand there as they are; valid as long as its Pickle and what it was read from.
  Bytes as_bytes(std::string_view what) const;
  // Of a list, tuple or set; of a call: what was appended to its result.
  std::vector<PickleValue> items() const;
  // Of a dict, in order; of a call: what was set in its result.
  std::vector<std::pair<PickleValue, PickleValue>> pairs() const;

  // The global's name; empty for other kinds.
  std::string_view global() const;
  // Of a call (empty, none or no items otherwise). A call of "copyreg.__newobj__" stands as a call of the class itself.
  std::string_view callee() const;  // the global's name; empty when it is no global
  std::vector<PickleValue> arguments() const;
  // What `object.__setstate__` would get; none when there is none.
  PickleValue state() const;
  // The object again for whoever keeps a table of objects that were met.
  uint32_t index() const { return index_; }

 private:
  friend class Pickle;
  PickleValue(const Pickle* pickle, uint32_t index) : pickle_(pickle), index_(index) {}
  const struct PickleNode& node() const;
  std::vector<PickleValue> values(const std::vector<uint32_t>& indices) const;
  [[noreturn]] void refuse(std::string_view what, std::string_view wanted) const;
  const Pickle* pickle_;
  uint32_t index_;
};

std::string_view name_of(PickleValue::Kind kind);

// What is thrown for a class or function that the pickle's reader does not stand in for.
MalformedModelError forbidden_global(std::string_view global);

struct PickleNode {
  PickleValue::Kind kind = PickleValue::Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string text{};
  Bytes raw{};  // of bytes that stand in the pickle as they are, in place of text: weights are not copied
  std::vector<uint32_t> items{};  // of a dict: key, value, key, value; of a call: what was appended
  std::vector<uint32_t> pairs{};  // of a call: key, value, ...
  uint32_t callee = 0, arguments = 0, state = 0;  // node 0 is None
};

// Is a class or function ("torch._utils._rebuild_tensor_v2") one that the reader knows how to stand in for?
using IsKnownGlobal = std::function<bool(std::string_view global)>;

class Pickle {
 public:
  // Takes one pickle from the front of the cursor, up to its STOP. A global that is not known is a MalformedModelError
  // that names it, as is everything that the opcodes do not allow. The number of objects is limited.
  Pickle(ByteCursor& cursor, const IsKnownGlobal& is_known);
  PickleValue root() const { return {this, root_}; }
  // Every global that the pickle names, in the order in which they appear.
  const std::vector<std::string>& globals() const { return globals_; }
  // Every persistent id, in the same order.
  std::vector<PickleValue> persistent_ids() const;

 private:
  friend class PickleValue;
  friend class PickleMachine;
  std::vector<PickleNode> nodes_;
  std::vector<std::string> globals_;
  uint32_t root_ = 0;
};

}  // namespace modelconv
