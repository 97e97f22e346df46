#include "wire/hdf5/links.h"

#include <algorithm>

#include "wire/hdf5/b_tree.h"
#include "wire/hdf5/dense.h"
#include "wire/hdf5/heaps.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kNode = "a node of a group's symbols", kLink = "a link",
                           kInfo = "a group's message";
constexpr uint8_t kHard = 0, kSoft = 1, kExternal = 64;

// III.B and III.C: a name, an object, and four numbers that repeat what is elsewhere, or say where a soft link leads.
Link take_symbol(Cursor& cursor, const LocalHeap& names, Source& source) {
  Link link;
  link.name = names.name_at(cursor.take_offset());
  link.address = cursor.take_offset();
  const auto kind = cursor.take_number<uint32_t>();
  cursor.take(4);
  const auto target = cursor.take_number<uint32_t>();
  cursor.take(12);
  if (kind == 2) {
    link.kind = Link::Kind::soft;
    link.target = names.name_at(target);
  } else if (source.is_undefined(link.address)) {
    link.kind = Link::Kind::other;
  }
  source.visited(link.name.size() + link.target.size());
  return link;
}

// IV.A.2.r: a B-tree of nodes of symbols, whose names are in a heap.
void read_symbol_table(Source& source, Bytes message, std::vector<Link>& links) {
  Cursor cursor(message, kInfo, source.widths());
  const uint64_t tree = cursor.take_offset();
  const LocalHeap names(source, cursor.take_offset());
  const auto key_size = static_cast<size_t>(source.widths().length);
  for (const TreeEntry& entry : entries_of_tree(source, tree, TreeType::group, key_size)) {
    Cursor node = source.from(entry.child, kNode);
    expect_signature(node, "SNOD", kNode);
    expect_version(node, 1, kNode);
    node.take(1);
    const auto count = node.take_number<uint16_t>();
    source.visited(8 + count * static_cast<uint64_t>(2 * source.widths().offset + 24));
    for (int i = 0; i < count; ++i) links.push_back(take_symbol(node, names, source));
  }
}

// IV.A.2.g
Link read_link(Bytes message, Widths widths) {
  Cursor cursor(message, kLink, widths);
  expect_version(cursor, 1, kLink);
  const auto flags = cursor.take_number<uint8_t>();
  const auto kind = (flags & 1 << 3) != 0 ? cursor.take_number<uint8_t>() : kHard;
  if (flags & 1 << 2) cursor.take(8);  // order of creation
  if (flags & 1 << 4) cursor.take(1);  // ASCII or UTF-8
  Link link;
  link.name = as_text(cursor.take(take_uint(cursor, 1 << (flags & 3))));
  if (kind == kHard) {
    link.address = cursor.take_offset();
  } else if (kind == kSoft) {
    link.kind = Link::Kind::soft;
    link.target = as_text(cursor.take(cursor.take_number<uint16_t>()));
  } else {
    link.kind = kind == kExternal ? Link::Kind::external : Link::Kind::other;
  }
  return link;
}

void read_dense_links(Source& source, Bytes message, std::vector<Link>& links) {
  const std::optional<Dense> dense = find_dense(source, message, 8, kInfo);
  if (!dense) return;
  for (const Bytes record : records_of_tree(source, dense->tree, RecordType::links_by_name)) {
    ByteCursor fields(record, kLink);
    fields.take(4);  // hash of the name
    const Bytes id = fields.take(dense->heap.id_size());
    links.push_back(read_link(dense->heap.object(source, id), source.widths()));
  }
}

}  // namespace

std::vector<Link> read_links(Source& source, const std::vector<Message>& header) {
  std::vector<Link> links;
  for (const Message& message : header) {
    if (message.type == MessageType::symbol_table) read_symbol_table(source, message.body, links);
    if (message.type == MessageType::link) links.push_back(read_link(message.body, source.widths()));
    if (message.type == MessageType::link_info) read_dense_links(source, message.body, links);
  }
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.name < b.name; });
  for (size_t i = 1; i < links.size(); ++i)
    ENSURE(links[i - 1].name != links[i].name, MalformedModelError, "a group has two members '{}'",
           links[i].name);
  return links;
}

}  // namespace modelconv::hdf5
