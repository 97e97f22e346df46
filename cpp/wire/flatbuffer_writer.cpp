#include "wire/flatbuffer_writer.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"

namespace modelconv::flatbuffer {

Object Object::text(std::string_view text) { return Object(Packed{std::string(text), text.size(), 1, true}); }

Object Object::view(Bytes bytes, std::shared_ptr<const void> keep_alive, size_t alignment) {
  return Object(View{bytes, std::move(keep_alive), alignment});
}

void Object::set(size_t field, Object child) {
  std::get<Fields>(content_)[field] = {"", std::make_shared<const Object>(std::move(child))};
}

void Object::set_text(size_t field, std::string_view text) {
  if (!text.empty()) set(field, Object::text(text));
}

void Object::set_number(size_t field, const void* bytes, size_t size) {
  std::get<Fields>(content_)[field] = {std::string(static_cast<const char*>(bytes), size), nullptr};
}

namespace {

constexpr uint64_t kLargestFile = 0x7FFFFFFF;

uint64_t aligned(uint64_t position, uint64_t alignment) {
  return (position + alignment - 1) / alignment * alignment;
}

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

// Field tables first, each once; then tables, vectors and texts, parents before children; views last.
class Layout {
 public:
  explicit Layout(const Object& root) : root_(root) {
    end_ = 8;  // the root's offset and the identifier
    add_field_tables(root);
    place(root);
    for (const Object* view : views_) place_view(*view);
    ENSURE(end_ <= kLargestFile, BadArgument,
           "the model would take {} bytes: a flatbuffer's offsets reach no further than 2 GiB", end_);
  }

  Rope write(std::string_view identifier) const {
    Rope rope;
    std::string head = bytes_of(static_cast<uint32_t>(positions_.at(&root_)));
    head += identifier;
    head.resize(8);
    for (const std::string* table : field_table_order_) head += *table;
    for (const Object* object : order_) {
      head.resize(positions_.at(object));
      append(head, *object);
    }
    rope.append(head);
    for (const Object* object : views_) {
      const auto& view = std::get<Object::View>(object->content_);
      rope.append(std::string(positions_.at(object) - rope.size(), '\0'));
      rope.append(bytes_of(static_cast<uint32_t>(view.bytes.size())));
      rope.append_view(view.bytes, view.keep_alive);
    }
    return rope;
  }

 private:
  struct Inline {
    std::vector<std::pair<size_t, size_t>> places;  // field number, byte in the table
    size_t size = 4, alignment = 4;
  };

  // Wide fields first, so that none needs padding in front of it except the first.
  static Inline arrange(const Object::Fields& fields) {
    std::vector<std::pair<size_t, size_t>> by_size;
    for (const auto& [number, field] : fields) by_size.emplace_back(field.size(), number);
    std::stable_sort(by_size.begin(), by_size.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Inline result;
    for (const auto& [size, number] : by_size) {
      result.alignment = std::max(result.alignment, size);
      const size_t place = aligned(result.size, size);
      result.places.emplace_back(number, place);
      result.size = place + size;
    }
    return result;
  }

  static std::string field_table(const Object::Fields& fields, const Inline& arranged) {
    const size_t count = fields.empty() ? 0 : fields.rbegin()->first + 1;
    std::vector<uint16_t> entries(count + 2);
    entries[0] = static_cast<uint16_t>(entries.size() * 2);
    entries[1] = static_cast<uint16_t>(arranged.size);
    for (const auto& [number, place] : arranged.places) entries[2 + number] = static_cast<uint16_t>(place);
    return {reinterpret_cast<const char*>(entries.data()), entries.size() * 2};
  }

  void add_field_tables(const Object& object) {
    if (const auto* list = std::get_if<Object::List>(&object.content_))
      for (const Object& item : *list) add_field_tables(item);
    const auto* fields = std::get_if<Object::Fields>(&object.content_);
    if (!fields) return;
    const auto [known, is_new] = field_tables_.try_emplace(field_table(*fields, arrange(*fields)), end_);
    if (is_new) {
      field_table_order_.push_back(&known->first);
      end_ += known->first.size();
    }
    for (const auto& [number, field] : *fields)
      if (field.child) add_field_tables(*field.child);
  }

  void put(const Object& object, uint64_t position, uint64_t size) {
    order_.push_back(&object);
    positions_[&object] = position;
    end_ = position + size;
  }

  void place(const Object& object) {
    if (std::holds_alternative<Object::View>(object.content_)) {
      views_.push_back(&object);
    } else if (const auto* packed = std::get_if<Object::Packed>(&object.content_)) {
      const uint64_t alignment = std::max<uint64_t>(4, packed->element_size);
      put(object, aligned(end_ + 4, alignment) - 4, 4 + packed->bytes.size() + (packed->is_text ? 1 : 0));
    } else if (const auto* list = std::get_if<Object::List>(&object.content_)) {
      put(object, aligned(end_, 4), 4 + 4 * list->size());
      for (const Object& item : *list) place(item);
    } else {
      const auto& fields = std::get<Object::Fields>(object.content_);
      const Inline arranged = arrange(fields);
      put(object, aligned(end_, arranged.alignment), arranged.size);
      for (const auto& [number, field] : fields)
        if (field.child) place(*field.child);
    }
  }

  void place_view(const Object& object) {
    const auto& view = std::get<Object::View>(object.content_);
    positions_[&object] = aligned(end_ + 4, view.alignment) - 4;
    end_ = positions_[&object] + 4 + view.bytes.size();
  }

  std::string offset_to(const Object& target, uint64_t from) const {
    return bytes_of(static_cast<uint32_t>(positions_.at(&target) - from));
  }

  void append(std::string& out, const Object& object) const {
    const uint64_t start = out.size();
    if (const auto* packed = std::get_if<Object::Packed>(&object.content_)) {
      out += bytes_of(static_cast<uint32_t>(packed->count)) + packed->bytes;
      if (packed->is_text) out += '\0';
    } else if (const auto* list = std::get_if<Object::List>(&object.content_)) {
      out += bytes_of(static_cast<uint32_t>(list->size()));
      for (const Object& item : *list) out += offset_to(item, out.size());
    } else {
      const auto& fields = std::get<Object::Fields>(object.content_);
      const Inline arranged = arrange(fields);
      const uint64_t field_table_at = field_tables_.at(field_table(fields, arranged));
      out += bytes_of(static_cast<int32_t>(start - field_table_at));
      for (const auto& [number, place] : arranged.places) {
        const Object::Field& field = fields.at(number);
        out.resize(start + place);
        out += field.child ? offset_to(*field.child, start + place) : field.number;
      }
    }
  }

  const Object& root_;
  std::map<std::string, uint64_t> field_tables_;  // contents, position
  std::vector<const std::string*> field_table_order_;
  std::vector<const Object*> order_, views_;
  std::unordered_map<const Object*, uint64_t> positions_;
  uint64_t end_ = 0;
};

Rope finish(const Object& root, std::string_view identifier) { return Layout(root).write(identifier); }

}  // namespace modelconv::flatbuffer
