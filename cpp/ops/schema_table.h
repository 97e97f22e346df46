// What tools/generate_schemas.py writes at build time; ops/schema.h is its reader.
#pragma once

#include <span>

#include "ops/schema.h"

namespace modelconv {

struct DomainVersion {
  std::string_view domain;
  int64_t newest_opset;
};

std::span<const OpSchema> schema_table();  // sorted by domain, name, since_version
std::span<const DomainVersion> domain_versions();

}  // namespace modelconv
