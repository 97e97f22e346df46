#include "wire/hdf5/datatype.h"

#include "wire/byte_cursor.h"

namespace modelconv::hdf5 {
namespace {

using Kind = Datatype::Kind;

constexpr std::string_view kWhat = "a datatype";
// By class; 0, 1, 3, 8 and 9 are read where they are of the common forms.
constexpr std::string_view kClasses[] = {"integers of an unusual form",
                                         "floats of an unusual form",
                                         "times",
                                         "texts of an unusual form",
                                         "bit fields",
                                         "opaque",
                                         "compound",
                                         "references",
                                         "enumerations of an unusual form",
                                         "lists",
                                         "arrays",
                                         "complex numbers"};

struct Head {
  uint8_t kind, version;
  uint32_t bits, size;
};

Head take_head(ByteCursor& cursor) {
  const auto first = cursor.take_number<uint32_t>();
  return {static_cast<uint8_t>(first & 0xF), static_cast<uint8_t>(first >> 4 & 0xF), first >> 8,
          cursor.take_number<uint32_t>()};
}

Datatype integer(const Head& head, ByteCursor& cursor) {
  const auto offset = cursor.take_number<uint16_t>(), precision = cursor.take_number<uint16_t>();
  const bool is_common = head.size == 1 || head.size == 2 || head.size == 4 || head.size == 8;
  Datatype type;
  type.is_big_endian = (head.bits & 1) != 0;
  type.is_signed = (head.bits & 8) != 0;
  if (is_common && offset == 0 && precision == 8 * head.size) type.kind = Kind::integer;
  return type;
}

// IEEE's binary16, 32 and 64. `bits`: 0 and 6 are the order of bytes, 4 and 5 the form of the mantissa (2: its first bit is
// not stored), 8 to 15 where the sign is.
Datatype floating(const Head& head, ByteCursor& cursor) {
  struct Form {
    uint32_t size;
    uint32_t fields;  // place and bits of the exponent, then of the mantissa: a byte each, the lowest first
    uint32_t bias;
  };
  constexpr Form kForms[] = {{2, 0x0A'00'05'0A, 15}, {4, 0x17'00'08'17, 127}, {8, 0x34'00'0B'34, 1023}};
  const auto offset = cursor.take_number<uint16_t>(), precision = cursor.take_number<uint16_t>();
  const auto fields = cursor.take_number<uint32_t>(), bias = cursor.take_number<uint32_t>();
  const bool is_ordered = (head.bits & 1 << 6) == 0, is_implied = (head.bits >> 4 & 3) == 2;
  const bool is_whole = offset == 0 && precision == 8 * head.size && (head.bits >> 8 & 0xFF) + 1 == precision;
  Datatype type;
  type.is_big_endian = (head.bits & 1) != 0;
  for (const Form& form : kForms)
    if (form.size == head.size && form.fields == fields && form.bias == bias && is_ordered && is_implied &&
        is_whole)
      type.kind = Kind::floating;
  return type;
}

// The names are padded to 8 bytes each before version 3.
bool takes_truth(ByteCursor& cursor, const Head& head, uint32_t count) {
  if (count != 2) return false;
  for (const std::string_view name : {std::string_view("FALSE\0", 6), std::string_view("TRUE\0", 5)}) {
    const Bytes taken = cursor.take(head.version < 3 ? 8 : name.size());
    if (!as_text(taken).starts_with(name)) return false;
  }
  return cursor.take_number<uint8_t>() == 0 && cursor.take_number<uint8_t>() == 1;
}

// What is not a truth value is the integer below it.
Datatype enumeration(const Head& head, ByteCursor& cursor) {
  const Head below = take_head(cursor);
  if (below.kind != 0 || below.size != head.size) return {};
  Datatype type = integer(below, cursor);
  if (type.kind == Kind::integer && type.size <= 1 && head.size == 1 &&
      takes_truth(cursor, head, head.bits & 0xFFFF))
    type.kind = Kind::boolean;
  return type;
}

Datatype text(const Head& head) {
  Datatype type;
  constexpr uint32_t kLongest = 1 << 30;
  if ((head.bits & 0xF) > 2 || head.size > kLongest) return type;
  type.kind = Kind::text;
  type.padding = static_cast<Datatype::Padding>(head.bits & 0xF);
  return type;
}

}  // namespace

std::string Datatype::numpy_name() const {
  if (kind == Kind::boolean) return "|b1";
  const char letter = kind == Kind::floating ? 'f' : is_signed ? 'i' : 'u';
  return fmt::format("{}{}{}", size == 1 ? '|' : is_big_endian ? '>' : '<', letter, size);
}

Datatype read_datatype(Bytes message) {
  ByteCursor cursor(message, kWhat);
  const Head head = take_head(cursor);
  Datatype type;
  switch (head.kind) {
    case 0: type = integer(head, cursor); break;
    case 1: type = floating(head, cursor); break;
    case 3: type = text(head); break;
    case 8: type = enumeration(head, cursor); break;
    case 9: type.kind = (head.bits & 0xF) == 1 ? Kind::long_text : Kind::unsupported; break;
    default: break;
  }
  type.size = head.size;
  ENSURE(type.size > 0, MalformedModelError, "a datatype has elements of no bytes");
  type.name = head.kind < std::size(kClasses) ? kClasses[head.kind] : "of an unknown type";
  return type;
}

std::string_view text_in(Bytes element, Datatype::Padding padding) {
  const std::string_view text = as_text(element);
  if (padding == Datatype::Padding::null_terminated) return text.substr(0, text.find('\0'));
  const char fill = padding == Datatype::Padding::nulls ? '\0' : ' ';
  return text.substr(0, text.find_last_not_of(fill) + 1);
}

}  // namespace modelconv::hdf5
