// HDF5 files of today's form for tests: messages are given as bytes, sizes and checksums are put around them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/hdf5/checksum.h"
#include "zip_builder.h"

namespace modelconv {

inline Bytes as_bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

inline std::string summed(const std::string& bytes) {
  return bytes + little_endian(hdf5::lookup3(as_bytes_of(bytes)), 4);
}

struct Hdf5Message {
  int type;
  std::string body;
  int flags = 0;
};

struct Hdf5Builder {
  std::string file = std::string(48, '\0');  // the superblock's place

  uint64_t add(const std::string& bytes) {
    file += bytes;
    return file.size() - bytes.size();
  }

  static std::string messages(const std::vector<Hdf5Message>& given) {
    std::string bytes;
    for (const Hdf5Message& message : given)
      bytes += little_endian(static_cast<uint64_t>(message.type), 1) + little_endian(message.body.size(), 2) +
               little_endian(static_cast<uint64_t>(message.flags), 1) + message.body;
    return bytes;
  }

  uint64_t add_header(const std::vector<Hdf5Message>& given) {
    const std::string bytes = messages(given);
    return add(summed(std::string("OHDR\x02\x02", 6) + little_endian(bytes.size(), 4) + bytes));
  }

  std::string finish(uint64_t root) {
    const std::string none(8, '\xFF');
    std::string front("\x89HDF\r\n\x1a\n\x02\x08\x08\0", 12);
    front += little_endian(0, 8) + none + little_endian(file.size(), 8) + little_endian(root, 8);
    return summed(front) + file.substr(48);
  }

  static std::string link(const std::string& name, uint64_t address) {
    return std::string("\x01\0", 2) + little_endian(name.size(), 1) + name + little_endian(address, 8);
  }

  // A group whose links are in its header.
  static Hdf5Message no_dense_links() { return {0x02, std::string(2, '\0') + std::string(16, '\xFF')}; }

  static std::string space(const std::vector<uint64_t>& dims) {
    std::string bytes = "\x02" + little_endian(dims.size(), 1) + std::string("\0\x01", 2);
    for (const uint64_t size : dims) bytes += little_endian(size, 8);
    return bytes;
  }

  static std::string int32() {
    return std::string("\x10\x08\0\0", 4) + little_endian(4, 4) + little_endian(0, 2) + little_endian(32, 2);
  }

  static std::string long_text() {
    return std::string("\x19\x01\0\0", 4) + little_endian(16, 4) +
           std::string("\x10\0\0\0\x01\0\0\0\0\0\x08\0", 12);
  }

  static std::string contiguous(uint64_t address, uint64_t size) {
    return "\x03\x01" + little_endian(address, 8) + little_endian(size, 8);
  }

  static std::string attribute(const std::string& name, const std::string& type, const std::string& dims,
                               const std::string& data) {
    return std::string("\x03\0", 2) + little_endian(name.size() + 1, 2) + little_endian(type.size(), 2) +
           little_endian(dims.size(), 2) + '\0' + name + '\0' + type + dims + data;
  }
};

}  // namespace modelconv
