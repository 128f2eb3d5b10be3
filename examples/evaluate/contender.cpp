// SPDX-License-Identifier: MIT
#include "contender.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <cytode/data/nearest.hpp>

#include "../dynamics/recipe.hpp"
#include "../shared/program.hpp"

namespace program {

namespace {

/// Options of one method, given for all, are meant for that one.
void forget_what_is_not_its_own(Options& o) {
  if (o.method != Method::curly) o.velocity_scale = o.bandwidth = 0;
  if (o.method != Method::simulation) o.energy = 0;
}

}  // namespace

Contender read_contender(const std::string& text, const Options& shared) {
  Contender c{text, shared};
  std::istringstream parts(text);
  std::string part;
  const auto unknown = [&](const std::vector<std::string>& known) {
    throw std::invalid_argument("--methods: '" + part + "' in '" + text +
                                "' is no method and no "
                                "part of one" +
                                cytode::data::suggest(part, known));
  };
  for (bool first = true; std::getline(parts, part, '+'); first = false) {
    std::vector<std::string> names;
    if (first) {
      for (const auto& [name, value] : method_names) names.push_back(name);
      const auto found = method_names.find(part);
      if (found == method_names.end()) unknown(names);
      c.options.method = found->second;
      forget_what_is_not_its_own(c.options);
      continue;
    }
    double number = 0;
    if (part == "mean") {
      c.options.targets = Targets::mean;
    } else if (part == "growth") {
      c.options.growth = true;
    } else if (part == "rates") {
      c.options.rates = true;
    } else if (part.starts_with("noise=") && parse_whole(part.substr(6), number) && number > 0) {
      c.options.noise = number;
    } else if (part.starts_with("energy=") && parse_whole(part.substr(7), number) && number > 0 &&
               std::isfinite(number)) {
      c.options.energy = number;
    } else if (part.starts_with("guidance=") && parse_whole(part.substr(9), number) &&
               std::isfinite(number)) {
      c.options.guidance = number;
    } else if (const auto metric = metric_names.find(part); metric != metric_names.end()) {
      c.options.metric = metric->second;
    } else if (const auto coupling = coupling_names.find(part); coupling != coupling_names.end()) {
      c.options.coupling = coupling->second;
    } else {
      names = {"growth", "mean", "rates", "noise=NUMBER", "energy=NUMBER", "guidance=NUMBER"};
      for (const auto& [name, value] : metric_names) names.push_back(name);
      for (const auto& [name, value] : coupling_names) names.push_back(name);
      unknown(names);
    }
  }
  about("--methods: " + text, [&] { return recipe_of(c.options); });
  return c;
}

}  // namespace program
