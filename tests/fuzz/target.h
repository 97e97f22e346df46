// What the targets share that read whole models.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "formats/common/format.h"

namespace modelconv::fuzz {

// The fuzzer's bytes, kept by what is read from them.
inline Source source_of(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  return {{}, false, std::as_bytes(std::span(*bytes)), bytes};
}

inline ReadRequest request_of(const uint8_t* data, size_t size) {
  ReadRequest request;
  request.source = source_of(data, size);
  return request;
}

// Lets typed errors pass: a refusal is what most inputs deserve. An InternalError is a contradiction of our own.
template <class Read>
int expect_typed_errors(const Read& read) {
  try {
    read();
  } catch (const InternalError&) {
    throw;
  } catch (const Error&) {
  }
  return 0;
}

// Recognised or not, the bytes are read as the format.
inline int read_as(const Format& format, const uint8_t* data, size_t size) {
  const ReadRequest request = request_of(data, size);
  format.recognises(request.source);
  return expect_typed_errors([&] { format.read(request).graph->verify(); });
}

}  // namespace modelconv::fuzz
