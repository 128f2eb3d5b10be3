// SPDX-License-Identifier: MIT
/// report.html: what was learned, how good it is, and what to look at.
#pragma once

#include <string>

#include "outputs.hpp"

namespace program {

/// The page as text.
std::string report_html(const Dataset& data, const Options& o, const Paths& paths,
                        const Findings& f);

}  // namespace program
