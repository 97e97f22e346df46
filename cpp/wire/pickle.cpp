#include "wire/pickle.h"

#include <bit>
#include <charconv>
#include <unordered_map>

#include "wire/pickle_text.h"

namespace modelconv {

using Kind = PickleValue::Kind;

// The stack machine that a pickle is a program for. Every opcode makes at most one object, and takes a byte at least.
class PickleMachine {
 public:
  PickleMachine(ByteCursor& cursor, const IsKnownGlobal& is_known, Pickle& pickle)
      : cursor_(cursor), is_known_(is_known), pickle_(pickle) {
    pickle_.nodes_.emplace_back();  // node 0: None, what state() is when nothing was set
  }

  void run() {
    while (true) {
      const size_t at = cursor_.position();
      const auto opcode = cursor_.take_number<uint8_t>();
      if (opcode == '.') break;
      const bool is_understood = push_number(opcode) || push_text(opcode) || push_container(opcode) ||
                                 change_container(opcode) || use_memo(opcode) || describe_call(opcode) ||
                                 move_stack(opcode);
      ENSURE(is_understood, MalformedModelError, "pickle: opcode 0x{:02x} at byte {} is not understood",
             opcode, at);
    }
    pickle_.root_ = pop();
  }

 private:
  // A model's archive describes its tensors in some thousand objects; this many take about 400 MB.
  static constexpr size_t kMostObjects = 4'000'000;

  uint32_t add(PickleNode node) {
    ENSURE(pickle_.nodes_.size() < kMostObjects, MalformedModelError, "the pickle has more than {} objects",
           kMostObjects);
    pickle_.nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(pickle_.nodes_.size() - 1);
  }
  bool push(PickleNode node) {
    stack_.push_back(add(std::move(node)));
    return true;
  }
  bool push_integer(int64_t value) { return push({.kind = Kind::integer, .integer = value}); }
  bool push_string(Kind kind, std::string text) { return push({.kind = kind, .text = std::move(text)}); }
  bool push_bytes(uint64_t size) { return push({.kind = Kind::bytes, .raw = cursor_.take(size)}); }
  bool push_items(Kind kind, std::vector<uint32_t> items) {
    return push({.kind = kind, .items = std::move(items)});
  }

  void need(size_t count) const {
    const size_t bottom = marks_.empty() ? 0 : marks_.back();
    ENSURE(stack_.size() >= bottom + count, MalformedModelError,
           "pickle: an opcode before byte {} needs {} objects on the stack", cursor_.position(), count);
  }
  uint32_t pop() {
    need(1);
    const uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }
  std::vector<uint32_t> pop_many(size_t count) {
    need(count);
    std::vector<uint32_t> items(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  std::vector<uint32_t> pop_to_mark() {
    ENSURE(!marks_.empty(), MalformedModelError, "pickle: no mark is set before byte {}", cursor_.position());
    std::vector<uint32_t> items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  PickleNode& top() {
    need(1);
    return pickle_.nodes_[stack_.back()];
  }

  std::string take_text(uint64_t size) { return std::string(as_text(cursor_.take(size))); }
  std::string take_line() {
    std::string line;
    while (true) {
      const auto next = cursor_.take_number<char>();
      if (next == '\n') return line;
      line += next;
    }
  }
  uint64_t take_size(int bytes) {
    if (bytes == 1) return cursor_.take_number<uint8_t>();
    if (bytes == 4) return cursor_.take_number<uint32_t>();
    return cursor_.take_number<uint64_t>();
  }

  // Little-endian two's complement of any length.
  bool push_long(const std::string& bytes) {
    if (bytes.size() > 8) return push({.kind = Kind::large_integer});
    uint64_t value = 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    if (!bytes.empty() && bytes.size() < 8 && (bytes.back() & 0x80))
      value |= ~uint64_t{0} << (8 * bytes.size());
    return push_integer(static_cast<int64_t>(value));
  }
  bool push_decimal(std::string_view line) {
    if (line.ends_with('L')) line.remove_suffix(1);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    ENSURE(error != std::errc::invalid_argument && end == line.data() + line.size(), MalformedModelError,
           "pickle: '{}' is no number", line.substr(0, 40));
    if (error == std::errc::result_out_of_range) return push({.kind = Kind::large_integer});
    return push_integer(value);
  }
  bool push_boolean(bool value) { return push({.kind = Kind::boolean, .integer = value}); }
  bool push_real(double value) { return push({.kind = Kind::real, .real = value}); }
  bool push_decimal_real(const std::string& line) {
    double value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    ENSURE(error != std::errc::invalid_argument && end == line.data() + line.size(), MalformedModelError,
           "pickle: '{}' is no number", line.substr(0, 40));
    return push_real(value);
  }
  double take_big_endian_real() {
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | cursor_.take_number<uint8_t>();
    return std::bit_cast<double>(bits);
  }

  bool push_number(uint8_t opcode) {
    switch (opcode) {
      case 'N': return push({});
      case 0x88: return push_boolean(true);
      case 0x89: return push_boolean(false);
      case 'I': {
        const std::string line = take_line();
        if (line == "00" || line == "01") return push_boolean(line == "01");
        return push_decimal(line);
      }
      case 'J': return push_integer(cursor_.take_number<int32_t>());
      case 'K': return push_integer(cursor_.take_number<uint8_t>());
      case 'M': return push_integer(cursor_.take_number<uint16_t>());
      case 'L': return push_decimal(take_line());
      case 0x8a: return push_long(take_text(take_size(1)));
      case 0x8b: return push_long(take_text(take_size(4)));
      case 'F': return push_decimal_real(take_line());
      case 'G': return push_real(take_big_endian_real());
      default: return false;
    }
  }

  bool push_text(uint8_t opcode) {
    switch (opcode) {
      case 'S': return push_string(Kind::bytes, pickle::unquote(take_line()));
      case 'T':
      case 'B': return push_bytes(take_size(4));
      case 'U':
      case 'C': return push_bytes(take_size(1));
      case 0x8e:
      case 0x96: return push_bytes(take_size(8));
      case 'V': return push_string(Kind::text, pickle::decode_raw_unicode(take_line()));
      case 'X': return push_string(Kind::text, take_text(take_size(4)));
      case 0x8c: return push_string(Kind::text, take_text(take_size(1)));
      case 0x8d: return push_string(Kind::text, take_text(take_size(8)));
      default: return false;
    }
  }

  bool push_container(uint8_t opcode) {
    switch (opcode) {
      case ']': return push_items(Kind::list, {});
      case 'l': return push_items(Kind::list, pop_to_mark());
      case ')': return push_items(Kind::tuple, {});
      case 't': return push_items(Kind::tuple, pop_to_mark());
      case 0x85: return push_items(Kind::tuple, pop_many(1));
      case 0x86: return push_items(Kind::tuple, pop_many(2));
      case 0x87: return push_items(Kind::tuple, pop_many(3));
      case '}': return push_items(Kind::dict, {});
      case 'd': return push_items(Kind::dict, paired(pop_to_mark()));
      case 0x8f: return push_items(Kind::set, {});
      case 0x91: return push_items(Kind::set, pop_to_mark());
      default: return false;
    }
  }

  std::vector<uint32_t> paired(std::vector<uint32_t> items) const {
    ENSURE(items.size() % 2 == 0, MalformedModelError,
           "pickle: a dict before byte {} has a key without a value", cursor_.position());
    return items;
  }
  bool append(const std::vector<uint32_t>& items) {
    PickleNode& target = top();
    const bool takes = target.kind == Kind::list || target.kind == Kind::set || target.kind == Kind::call;
    ENSURE(takes, MalformedModelError, "pickle: something is appended to {}", name_of(target.kind));
    target.items.insert(target.items.end(), items.begin(), items.end());
    return true;
  }
  bool set_pairs(const std::vector<uint32_t>& items) {
    PickleNode& target = top();
    ENSURE(target.kind == Kind::dict || target.kind == Kind::call, MalformedModelError,
           "pickle: a key is set in {}", name_of(target.kind));
    std::vector<uint32_t>& held = target.kind == Kind::dict ? target.items : target.pairs;
    held.insert(held.end(), items.begin(), items.end());
    return true;
  }

  bool change_container(uint8_t opcode) {
    switch (opcode) {
      case 'a': return append(pop_many(1));
      case 'e':
      case 0x90: return append(pop_to_mark());
      case 's': return set_pairs(pop_many(2));
      case 'u': return set_pairs(paired(pop_to_mark()));
      default: return false;
    }
  }

  bool keep(uint64_t key) {
    need(1);
    memo_[key] = stack_.back();
    return true;
  }
  bool recall(uint64_t key) {
    const auto found = memo_.find(key);
    ENSURE(found != memo_.end(), MalformedModelError, "pickle: object {} is used before it is kept", key);
    stack_.push_back(found->second);
    return true;
  }
  uint64_t take_decimal_key() {
    const std::string line = take_line();
    uint64_t key = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), key);
    ENSURE(error == std::errc() && end == line.data() + line.size(), MalformedModelError,
           "pickle: '{}' is no number of an object", line.substr(0, 40));
    return key;
  }

  bool use_memo(uint8_t opcode) {
    switch (opcode) {
      case 'g': return recall(take_decimal_key());
      case 'h': return recall(take_size(1));
      case 'j': return recall(take_size(4));
      case 'p': return keep(take_decimal_key());
      case 'q': return keep(take_size(1));
      case 'r': return keep(take_size(4));
      case 0x94: return keep(memo_.size());
      default: return false;
    }
  }

  bool push_global(const std::string& module, const std::string& name) {
    std::string global = module + "." + name;
    pickle_.globals_.push_back(global);
    if (!is_known_(global)) throw forbidden_global(global);
    return push_string(Kind::global, std::move(global));
  }
  bool push_call(uint32_t callee, uint32_t arguments) {
    ENSURE(pickle_.nodes_[arguments].kind == Kind::tuple, MalformedModelError,
           "pickle: the arguments of a call are {}", name_of(pickle_.nodes_[arguments].kind));
    return push({.kind = Kind::call, .callee = callee, .arguments = arguments});
  }
  // copyreg.__newobj__(cls, *args) and copyreg._reconstructor(cls, base, state) are how old protocols say cls(...).
  bool reduce(uint32_t callee, uint32_t arguments) {
    const PickleNode& tuple = pickle_.nodes_[arguments];
    const std::string& name = pickle_.nodes_[callee].text;
    const bool is_wrapper = pickle_.nodes_[callee].kind == Kind::global &&
                            (name == "copyreg.__newobj__" || name == "copyreg._reconstructor" ||
                             name == "copy_reg._reconstructor");
    if (!is_wrapper || tuple.kind != Kind::tuple || tuple.items.empty()) return push_call(callee, arguments);
    const uint32_t cls = tuple.items[0];
    std::vector<uint32_t> rest(tuple.items.begin() + 1, tuple.items.end());
    if (name != "copyreg.__newobj__") rest.clear();  // the base class and its state
    return push_call(cls, add({.kind = Kind::tuple, .items = std::move(rest)}));
  }

  bool describe_call(uint8_t opcode) {
    switch (opcode) {
      case 'c': {
        const std::string module = take_line();
        return push_global(module, take_line());
      }
      case 0x93: {
        const std::vector<uint32_t> names = pop_many(2);
        const PickleNode &module = pickle_.nodes_[names[0]], &name = pickle_.nodes_[names[1]];
        ENSURE(module.kind == Kind::text && name.kind == Kind::text, MalformedModelError,
               "pickle: the name of a class is no text");
        return push_global(std::string(module.text), std::string(name.text));
      }
      case 'R':
      case 0x81: {
        const std::vector<uint32_t> parts = pop_many(2);
        return reduce(parts[0], parts[1]);
      }
      case 0x92: {  // class, arguments, keyword arguments
        const std::vector<uint32_t> parts = pop_many(3);
        return push_call(parts[0], parts[1]);
      }
      case 'b': {
        const uint32_t state = pop();
        ENSURE(top().kind == Kind::call || top().kind == Kind::global, MalformedModelError,
               "pickle: a state is given to {}", name_of(top().kind));
        top().state = state;
        return true;
      }
      case 'i': {
        const std::string module = take_line();
        std::vector<uint32_t> arguments = pop_to_mark();
        push_global(module, take_line());
        const uint32_t cls = pop();
        return push_call(cls, add({.kind = Kind::tuple, .items = std::move(arguments)}));
      }
      case 'o': {
        std::vector<uint32_t> parts = pop_to_mark();
        ENSURE(!parts.empty(), MalformedModelError, "pickle: an object has no class");
        const uint32_t cls = parts.front();
        parts.erase(parts.begin());
        return push_call(cls, add({.kind = Kind::tuple, .items = std::move(parts)}));
      }
      case 'P': {
        const uint32_t id = add({.kind = Kind::text, .text = take_line()});
        return push_items(Kind::persistent_id, {id});
      }
      case 'Q': return push_items(Kind::persistent_id, {pop()});
      default: return false;
    }
  }

  bool move_stack(uint8_t opcode) {
    switch (opcode) {
      case 0x80: {
        const auto protocol = cursor_.take_number<uint8_t>();
        ENSURE(protocol <= 5, MalformedModelError, "pickle: protocol {} is not known (0 to 5 are)", protocol);
        return true;
      }
      case 0x95:
        cursor_.take_number<uint64_t>();
        return true;  // size of the frame: of use to buffered readers only
      case '(': marks_.push_back(stack_.size()); return true;
      case '0':
        if (!marks_.empty() && marks_.back() == stack_.size())
          marks_.pop_back();
        else
          pop();
        return true;
      case '1': pop_to_mark(); return true;
      case '2':
        need(1);
        stack_.push_back(stack_.back());
        return true;
      default: return false;
    }
  }

  ByteCursor& cursor_;
  const IsKnownGlobal& is_known_;
  Pickle& pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, uint32_t> memo_;
};

Pickle::Pickle(ByteCursor& cursor, const IsKnownGlobal& is_known) {
  PickleMachine(cursor, is_known, *this).run();
}

}  // namespace modelconv
