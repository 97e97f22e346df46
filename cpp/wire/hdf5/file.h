// Reader of HDF5 files: .h5 and .hdf5 of Keras and TensorLayer, the weights in a .keras archive. A file is a graph of groups
// and datasets that may have cycles; objects with the same address are the same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wire/hdf5/attributes.h"
#include "wire/hdf5/dataset.h"
#include "wire/hdf5/heaps.h"
#include "wire/hdf5/links.h"
#include "wire/hdf5/superblock.h"

namespace modelconv::hdf5 {

class Object;

// The value of an attribute; its bytes are in the file.
struct Value {
  Datatype type;
  Dataspace space;
  Bytes bytes;
};

// The bytes must outlive it and the views that it gives. Everything is read when it is asked for, and once. Throws
// MalformedModelError. Not for several threads.
class File {
 public:
  // Without `verify`, checksums of metadata are not looked at.
  explicit File(Bytes bytes, bool verify = true);
  ~File();

  Object& root() { return object(superblock_.root); }
  Object& object(uint64_t address);  // of an object's header, from a hard link

  // The texts of elements of Kind::text or long_text. In sum they are no larger than the file.
  std::vector<std::string_view> texts(const Datatype& type, Bytes elements, uint64_t count);

 private:
  friend class Object;
  std::string_view long_text(Bytes element);

  Superblock superblock_;
  GlobalHeaps heaps_;
  std::unordered_map<uint64_t, std::unique_ptr<Object>> objects_;  // by address
};

class Object {
 public:
  Object(File& file, uint64_t address);

  uint64_t address() const { return address_; }
  bool is_group() const;
  bool is_dataset() const;

  // Empty for what is not a group. Sorted by name.
  const std::vector<Link>& links();
  const Link* find_link(std::string_view name);  // null: no such member

  const std::vector<Attribute>& attributes();
  std::optional<Value> attribute(std::string_view name);

  // Of a dataset.
  const Dataset& dataset();
  const Elements& elements();

 private:
  const Message* find(MessageType type) const;
  Bytes body_of(const Message& message);

  File& file_;
  uint64_t address_;
  std::vector<Message> header_;
  std::optional<std::vector<Link>> links_;
  std::optional<std::vector<Attribute>> attributes_;
  std::optional<Dataset> dataset_;
  std::optional<Elements> elements_;
};

}  // namespace modelconv::hdf5
