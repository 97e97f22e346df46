// Parameters of an overload, as written in a rule ("self, dim:int, keepdim:bool=false"), and whether a call fits them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelconv::torch {

struct Parameter {
  std::string name, kind;
  std::optional<nlohmann::json> fallback;  // none: it has to be given
};

// The parameters of a form; parsed once per text, which has to live as long as the program does.
const std::vector<Parameter>& parameters_of(std::string_view form);

struct Bound {
  std::vector<nlohmann::json> values;  // one per parameter
  std::vector<bool> given;             // and not None
};

// Nothing when the call does not fit.
std::optional<Bound> bind(const std::vector<Parameter>& parameters, const nlohmann::json& args,
                          const nlohmann::json& kwargs);

}  // namespace modelconv::torch
