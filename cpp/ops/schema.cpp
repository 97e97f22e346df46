#include "ops/schema.h"

#include <algorithm>
#include <unordered_map>

#include "ops/channels_last.h"
#include "ops/schema_table.h"

namespace modelconv {
namespace {

// All versions of one operator, oldest first.
using Versions = std::span<const OpSchema>;

std::unordered_map<OpName, Versions> group_by_name() {
  std::unordered_map<OpName, Versions> groups;
  const auto table = schema_table();
  for (auto first = table.begin(); first != table.end();) {
    const auto last = std::find_if(first, table.end(), [&](const OpSchema& schema) {
      return schema.name != first->name || schema.domain != first->domain;
    });
    groups.emplace(OpName(first->domain, first->name), Versions(first, last));
    first = last;
  }
  return groups;
}

Versions versions_of(OpName op) {
  static const auto groups = group_by_name();
  const auto found = groups.find(op);
  return found == groups.end() ? Versions() : found->second;
}

// The last parameter, when variadic, takes every further value.
const ParameterSchema* parameter(std::span<const ParameterSchema> parameters, size_t index) {
  if (index < parameters.size()) return &parameters[index];
  const bool repeats = !parameters.empty() && parameters.back().option == ParameterSchema::Option::variadic;
  return repeats ? &parameters.back() : nullptr;
}

}  // namespace

const AttributeSchema* OpSchema::attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const AttributeSchema& attribute) { return attribute.name == wanted; });
  return found == attributes.end() ? nullptr : &*found;
}

const ParameterSchema* OpSchema::input(size_t index) const { return parameter(inputs, index); }
const ParameterSchema* OpSchema::output(size_t index) const { return parameter(outputs, index); }

const OpSchema* find_schema(OpName op, int64_t opset) {
  const Versions versions = versions_of(op);
  const auto newer = std::find_if(versions.begin(), versions.end(),
                                  [&](const OpSchema& schema) { return schema.since_version > opset; });
  return newer == versions.begin() ? nullptr : &*(newer - 1);
}

const OpSchema* find_schema(OpName op) {
  if (is_channels_last(op)) op = canonical_form(op);
  return find_schema(op, op.is_canonical() ? kCanonicalOpset : newest_opset(op.domain()));
}

std::span<const OpSchema> all_schemas() { return schema_table(); }

int64_t newest_opset(std::string_view domain) {
  for (const DomainVersion& version : domain_versions())
    if (version.domain == domain) return version.newest_opset;
  return 0;
}

}  // namespace modelconv
