// SPDX-License-Identifier: MIT
/// report.html: what was learned, how good it is, and what to look at.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outputs.hpp"

namespace program {

/// Everything a report shows.
struct Findings {
  std::vector<Score> scores;
  std::vector<std::pair<std::string, std::vector<double>>> losses;  // by model
  std::vector<double> seconds;
  std::optional<Agreement> agreement;
  std::string outputs_from;
};

/// The page as text.
std::string report_html(const Model& model, const Dataset& data, const Options& o,
                        const Paths& paths, const Findings& f, Workers& workers);

}  // namespace program
