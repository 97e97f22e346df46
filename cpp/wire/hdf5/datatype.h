// Element types, the numbers and texts of them (IV.A.2.d).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/mapped_file.h"

namespace modelconv::hdf5 {

struct Datatype {
  enum class Kind : uint8_t {
    integer,
    boolean,  // an enumeration of FALSE and TRUE, as h5py writes it
    floating,
    text,         // of `size` bytes
    long_text,    // an address in a global heap
    unsupported,  // called `name` in errors
  };
  enum class Padding : uint8_t { null_terminated, nulls, spaces };

  Kind kind = Kind::unsupported;
  uint32_t size = 0;  // of an element, in bytes
  bool is_big_endian = false, is_signed = false;
  Padding padding = Padding::null_terminated;
  std::string name;  // "compound"

  bool is_number() const { return kind <= Kind::floating; }
  bool is_text() const { return kind == Kind::text || kind == Kind::long_text; }
  // As NumPy writes the type: "<f4". Of numbers only.
  std::string numpy_name() const;
};

// Types that are not read are Kind::unsupported: what has one may be there as long as nobody asks for its value.
Datatype read_datatype(Bytes message);

// A text of fixed length without what fills it up.
std::string_view text_in(Bytes element, Datatype::Padding padding);

}  // namespace modelconv::hdf5
