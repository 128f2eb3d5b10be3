// SPDX-License-Identifier: MIT
#include "verdict.hpp"

#include <algorithm>

namespace program {
namespace {

/// Left-out times at which the model is nearer than a baseline.
template <class Baseline>
std::string wins(const std::vector<Score>& scores, Baseline baseline) {
  const auto n = std::count_if(scores.begin(), scores.end(),
                               [&](const Score& s) { return s.w1 < baseline(s); });
  return std::to_string(n) + " of " + std::to_string(scores.size());
}

}  // namespace

std::string verdict(const Dataset& data, const Findings& f) {
  if (f.scores.empty() && data.snapshots.size() == 2) {
    return "Nothing here tests the model: with two time points there is none between them to leave "
           "out.";
  }
  if (f.scores.empty()) {
    return "Nothing here tests the model: no time point was left out. Run again with "
           "--hold-out all to see how well it predicts cells it never saw.";
  }
  const Score m = mean(f.scores);
  const std::string against_line =
      wins(f.scores, [](const Score& s) { return s.ot_interpolate_w1; });
  const std::string against_rest = wins(f.scores, [](const Score& s) { return s.previous_w1; });
  const std::string counts = " (nearer than the line at " + against_line +
                             " left-out times, nearer than no change at " + against_rest + ").";
  if (m.w1 >= m.previous_w1) {
    return "Do not use this model: on average it predicts left-out cells no better than assuming "
           "that nothing changes" +
           counts;
  }
  if (m.w1 >= m.ot_interpolate_w1) {
    return "The model knows where cells go, but not better than a straight line between the "
           "neighbouring times, which needs no learning: do not read more into its curves than "
           "that line says" +
           counts;
  }
  return "The model predicts left-out cells better, on average, than a straight line between the "
         "neighbouring times, which needs no learning" +
         counts;
}

std::vector<std::string> cautions(const Findings& f) {
  std::vector<std::string> out;
  if (f.course.strayed() > 0) {
    out.push_back(std::to_string(f.course.strayed()) + " of " + std::to_string(f.course.paths()) +
                  " paths followed from the first to the last time leave the range of the measured "
                  "cells, where the field is a guess");
  }
  return out;
}

namespace {

/// What the size of the population was taken from.
std::string source_of_mass(const Dataset& data, const Options& o) {
  if (!data.growth) return "the numbers of cells are taken for the size of the population.";
  return "growth by " + data.growth->source + " was taken for known" +
         (o.mass == MassFrom::counts
              ? ", up to the numbers of cells, which are taken for the size "
                "of the population."
              : ", and the size of the population for what follows from it.");
}

}  // namespace

std::string limits(const Dataset& data, const Options& o, const Findings& f) {
  const auto& all = data.snapshots;
  Index fewest = all.front().cells.cols(), most = fewest;
  for (const auto& s : all) {
    fewest = std::min(fewest, s.cells.cols());
    most = std::max(most, s.cells.cols());
  }
  std::string text =
      "Snapshots of different cells do not fix the path of any one cell: many fields lead from one "
      "snapshot to the next, and this is one of them.";
  if (f.draws) {
    text +=
        " This one draws where a cell goes next: a path is one of many the cell may take "
        "(futures.csv has more), straight between time points; cells have no velocity at the "
        "last time and no past.";
  }
  text +=
      f.grows
          ? std::string(
                " The model moves cells and lets them multiply and die; how much of a change is "
                "movement and how much is growth the snapshots alone do not say, and ") +
                source_of_mass(data, o)
          : " The model moves cells and neither makes nor removes any; where some cells "
            "divide or die faster than others, it makes up for it by moving cells between "
            "kinds.";
  if (most > 2 * fewest && !f.grows) {
    text += " Here the time points have from " + std::to_string(fewest) + " to " +
            std::to_string(most) +
            " cells: if that is growth and not sampling, be wary of paths between kinds.";
  }
  if (fewest < 50) {
    text += " With only " + std::to_string(fewest) +
            " cells at one time point, chance alone moves all these numbers.";
  }
  return text;
}

}  // namespace program
