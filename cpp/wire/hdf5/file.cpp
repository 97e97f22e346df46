#include "wire/hdf5/file.h"

#include <algorithm>

namespace modelconv::hdf5 {
namespace {

template <class Named>
const Named* find_named(const std::vector<Named>& sorted, std::string_view name) {
  const auto found =
      std::lower_bound(sorted.begin(), sorted.end(), name,
                       [](const Named& item, std::string_view key) { return item.name < key; });
  return found != sorted.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

File::File(Bytes bytes, bool verify) : superblock_(read_superblock(bytes, verify)) {}

File::~File() = default;

Object& File::object(uint64_t address) {
  std::unique_ptr<Object>& object = objects_[address];
  if (!object) object = std::make_unique<Object>(*this, address);
  return *object;
}

std::vector<std::string_view> File::texts(const Datatype& type, Bytes elements, uint64_t count) {
  std::vector<std::string_view> texts;
  uint64_t left = superblock_.source.bytes().size();
  for (uint64_t i = 0; i < count; ++i) {
    const Bytes element = elements.subspan(static_cast<size_t>(i * type.size), type.size);
    texts.push_back(type.kind == Datatype::Kind::text ? text_in(element, type.padding) : long_text(element));
    ENSURE(type.kind == Datatype::Kind::text || texts.back().size() <= left, MalformedModelError,
           "its texts are larger than the file");
    left -= std::min<uint64_t>(left, texts.back().size());
  }
  return texts;
}

// IV.B: a length, and the address and the number of an object in a global heap; address 0: no text.
std::string_view File::long_text(Bytes element) {
  Cursor cursor(element, "a text", superblock_.source.widths());
  const auto size = cursor.take_number<uint32_t>();
  const uint64_t collection = cursor.take_offset();
  const auto index = cursor.take_number<uint32_t>();
  if (size == 0 || collection == 0 || superblock_.source.is_undefined(collection)) return {};
  const Bytes object = heaps_.object(superblock_.source, collection, index);
  ENSURE(size <= object.size(), MalformedModelError, "a text of {} bytes has {} in the heap", size,
         object.size());
  return as_text(object.first(size));
}

Object::Object(File& file, uint64_t address)
    : file_(file), address_(address), header_(read_object_header(file.superblock_.source, address)) {}

const Message* Object::find(MessageType type) const {
  for (const Message& message : header_)
    if (message.type == type) return &message;
  return nullptr;
}

bool Object::is_group() const { return find(MessageType::symbol_table) || find(MessageType::link_info); }

bool Object::is_dataset() const { return !is_group() && find(MessageType::layout); }

const std::vector<Link>& Object::links() {
  if (!links_) links_ = is_group() ? read_links(file_.superblock_.source, header_) : std::vector<Link>();
  return *links_;
}

const Link* Object::find_link(std::string_view name) { return find_named(links(), name); }

const std::vector<Attribute>& Object::attributes() {
  if (!attributes_) attributes_ = read_attributes(file_.superblock_.source, header_);
  return *attributes_;
}

std::optional<Value> Object::attribute(std::string_view name) {
  const Attribute* attribute = find_named(attributes(), name);
  if (!attribute) return {};
  Value value{read_datatype(body_of(attribute->type)),
              read_dataspace(body_of(attribute->space), file_.superblock_.source.widths()), attribute->data};
  const uint64_t size = value.space.bytes(value.type.size);
  ENSURE(size <= value.bytes.size(), MalformedModelError, "the attribute '{}' is cut short", name);
  value.bytes = value.bytes.first(static_cast<size_t>(size));
  return value;
}

// IV.A.1.c: a shared message is that of a committed datatype's header, or lies in a heap of the file's own, which only
// files have that ask for it when they are created.
Bytes Object::body_of(const Message& message) {
  if (!message.is_shared) return message.body;
  Cursor cursor(message.body, "a shared message", file_.superblock_.source.widths());
  const auto version = cursor.take_number<uint8_t>(), kind = cursor.take_number<uint8_t>();
  ENSURE(version >= 1 && version <= 3 && (version < 3 || kind == 2), MalformedModelError,
         "a message of type {:#x} is shared in a table of the file, which is not read",
         static_cast<int>(message.type));
  if (version == 1) cursor.take(6);
  const Message* found = file_.object(cursor.take_offset()).find(message.type);
  ENSURE(found && !found->is_shared, MalformedModelError, "a shared message is missing");
  return found->body;
}

const Dataset& Object::dataset() {
  if (dataset_) return *dataset_;
  const Message *type = find(MessageType::datatype), *space = find(MessageType::dataspace),
                *layout = find(MessageType::layout), *filters = find(MessageType::filters);
  ENSURE(type && space && layout, MalformedModelError, "it is not an array");
  const Widths widths = file_.superblock_.source.widths();
  Dataset dataset;
  dataset.type = read_datatype(body_of(*type));
  dataset.space = read_dataspace(body_of(*space), widths);
  dataset.layout = read_layout(body_of(*layout), widths);
  if (filters) dataset.filters = read_filters(body_of(*filters));
  for (const MessageType kind : {MessageType::fill_value, MessageType::old_fill_value})
    if (const Message* fill = find(kind); fill && dataset.fill.empty())
      dataset.fill = read_fill_value({kind, false, body_of(*fill)});
  dataset.is_in_other_files =
      find(MessageType::external_files) || dataset.layout.kind == Layout::Kind::virtual_;
  dataset_ = std::move(dataset);
  return *dataset_;
}

const Elements& Object::elements() {
  if (!elements_) elements_ = read_elements(file_.superblock_.source, dataset());
  return *elements_;
}

}  // namespace modelconv::hdf5
