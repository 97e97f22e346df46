// Before PyTorch 1.6: pickles of a magic number, a version, the machine's properties, the object and the list of
// storage keys one behind the other; then, per key, the number of elements and the elements.
// Source: torch/serialization.py (_legacy_save, _legacy_load).
#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "formats/torch_checkpoint/containers.h"
#include "formats/torch_checkpoint/objects.h"

namespace modelconv::torch_checkpoint {
namespace {

// MAGIC_NUMBER = 0x1950a86a20f9469cfc6c, as the ten bytes of a pickled long.
constexpr std::string_view kMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);

// Describes a storage on its first mention, when its elements have not been reached yet.
struct Declared {
  DType dtype;
  int64_t elements = 0;
};

struct Window {
  std::string key;
  int64_t offset = 0, elements = -1;  // of a view on the storage; -1: all of it
};

// ('storage', class, key, location, number of elements, view), view: None or (key, offset, number of elements).
// ('module', class, source file, source text) stands where a class of a whole module is.
class Declarations {
 public:
  Window describe(const PickleValue& id) {
    ENSURE(id.is(PickleValue::Kind::persistent_id), MalformedModelError, "a tensor's storage is {}",
           name_of(id.kind()));
    const std::vector<PickleValue> parts = id.items()[0].items();
    ENSURE(parts.size() >= 5 && parts[0].as_text("persistent id") == "storage", MalformedModelError,
           "a tensor's storage is described by {} parts", parts.size());
    Window window{std::string(parts[2].as_text("storage's key"))};
    by_key_.try_emplace(
        window.key, Declared{storage_dtype(parts[1].global()), parts[4].as_integer("number of elements")});
    if (parts.size() > 5 && !parts[5].is_none()) {
      const std::vector<PickleValue> view = parts[5].items();
      ENSURE(view.size() >= 3, MalformedModelError, "a view of a storage has {} parts", view.size());
      window.offset = view[1].as_integer("offset");
      window.elements = view[2].as_integer("number of elements");
    }
    return window;
  }
  const Declared& at(const std::string& key) const {
    const auto found = by_key_.find(key);
    ENSURE(found != by_key_.end(), MalformedModelError, "no tensor uses storage '{}'", key);
    return found->second;
  }

 private:
  std::unordered_map<std::string, Declared> by_key_;
};

std::unordered_map<std::string, Bytes> take_storages(ByteCursor& cursor, const Declarations& declared) {
  const Pickle keys = read_pickle(cursor, false);
  std::unordered_map<std::string, Bytes> storages;
  for (const PickleValue& item : keys.root().items()) {
    const std::string key(item.as_text("storage's key"));
    const auto width = std::max<uint64_t>(1, static_cast<uint64_t>(bit_width(declared.at(key).dtype)) / 8);
    const auto elements = cursor.take_number<int64_t>();
    ENSURE(elements >= 0 && static_cast<uint64_t>(elements) <= cursor.left() / width, MalformedModelError,
           "storage '{}' has {} elements of {} bytes, {} bytes are left in the file", key, elements, width,
           cursor.left());
    storages[key] = cursor.take(static_cast<uint64_t>(elements) * width);
  }
  return storages;
}

// What the pickle says of its machine: numbers of big-endian ones are in another order.
void check_machine(const Pickle& machine) {
  for (const auto& [key, value] : machine.root().pairs())
    if (key.is(PickleValue::Kind::text) && key.as_text("key") == "little_endian")
      ENSURE(value.as_bool("little_endian"), UnknownFormatError,
             "the checkpoint was written on a big-endian machine; its numbers are not read");
}

}  // namespace

bool looks_like_sequence(Bytes bytes) {
  const std::string_view head = as_text(bytes.first(std::min<size_t>(bytes.size(), 32)));
  return head.starts_with('\x80') && head.find(kMagic) != std::string_view::npos;
}

void read_sequence(const Source& source, bool skips_unknown, WeightList& weights) {
  ByteCursor cursor(source.bytes, "PyTorch checkpoint");
  read_pickle(cursor, false);  // the magic number
  const Pickle version = read_pickle(cursor, false);
  ENSURE(version.root().as_integer("version") == 1001, MalformedModelError,
         "the checkpoint's version is {}; 1001 is the only one", version.root().as_integer("version"));
  check_machine(read_pickle(cursor, false));
  const Pickle pickle = read_pickle(cursor, skips_unknown);

  Declarations declared;  // the storages lie behind the pickle that says how wide their elements are
  for (const PickleValue& id : pickle.persistent_ids()) declared.describe(id);
  const std::shared_ptr<const void>& owner = source.keep_alive;
  const std::unordered_map<std::string, Bytes> storages = take_storages(cursor, declared);
  collect_tensors(
      pickle,
      [&](const PickleValue& id) -> Storage {
        const Window window = declared.describe(id);
        const DType dtype = declared.at(window.key).dtype;
        const auto found = storages.find(window.key);
        ENSURE(found != storages.end(), MalformedModelError, "the file holds no storage '{}'", window.key);
        if (window.elements < 0) return {dtype, found->second, owner};
        const auto width = static_cast<uint64_t>(bit_width(dtype)) / 8;
        const uint64_t held = found->second.size() / width;
        ENSURE(window.offset >= 0 && static_cast<uint64_t>(window.offset) <= held &&
                   static_cast<uint64_t>(window.elements) <= held - static_cast<uint64_t>(window.offset),
               MalformedModelError, "a view of storage '{}' reaches outside of it", window.key);
        return {dtype,
                found->second.subspan(static_cast<size_t>(window.offset) * width,
                                      static_cast<size_t>(window.elements) * width),
                owner};
      },
      owner, weights);
}

bool looks_like_pickle(Bytes bytes) {
  return bytes.size() > 3 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5} &&
         bytes[1] >= std::byte{2} && bytes.back() == std::byte{'.'};
}

bool looks_like_tar(Bytes bytes) { return bytes.size() >= 512 && as_text(bytes.subspan(257, 5)) == "ustar"; }

void read_bare_pickle(const Source& source, bool skips_unknown, WeightList& weights) {
  ByteCursor cursor(source.bytes, "pickle");
  const Pickle pickle = read_pickle(cursor, skips_unknown);
  collect_tensors(
      pickle,
      [](const PickleValue&) -> Storage {
        throw MalformedModelError("the pickle names a storage of PyTorch, and holds none");
      },
      source.keep_alive, weights);
}

}  // namespace modelconv::torch_checkpoint
