// SPDX-License-Identifier: MIT
/// What a user of learn_dynamics can ask for.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace program {

/// Which cells the scaling is fitted on.
enum class Standardize { none, train, all };

/// How cells of neighbouring times are paired while training.
enum class Method { otcfm, icfm };

/// How cells are carried through the learned field.
enum class Solver { dopri5, euler };

/// Everything a user can ask for.
struct Options {
  std::string data;
  std::string time;
  std::string basis = "X_pca";
  long dims = 0;  // 0: every coordinate of the basis
  Standardize standardize = Standardize::train;
  Method method = Method::otcfm;
  double sigma = 0.1;
  std::vector<long> hidden = {64, 64, 64};
  long steps = 5000;
  long batch = 256;
  double learning_rate = 1e-3;
  std::vector<std::string> hold_out;
  std::vector<std::string> genes;
  std::map<std::string, double> time_values;
  std::uint64_t seed = 0;
  int threads = 1;
  Solver solver = Solver::dopri5;
  bool resume = false;
  std::string out;
};

inline const std::map<std::string, Standardize> standardize_names = {
    {"none", Standardize::none}, {"train", Standardize::train}, {"all", Standardize::all}};
inline const std::map<std::string, Method> method_names = {{"otcfm", Method::otcfm},
                                                           {"icfm", Method::icfm}};
inline const std::map<std::string, Solver> solver_names = {{"dopri5", Solver::dopri5},
                                                           {"euler", Solver::euler}};

/// The name a choice has on the command line.
template <class Choice>
const std::string& name_of(const std::map<std::string, Choice>& names, Choice choice) {
  for (const auto& [name, value] : names) {
    if (value == choice) return name;
  }
  throw std::logic_error("a choice without a name");
}

/// True if every inner time point is to be left out in turn.
inline bool leaves_out_each(const Options& o) {
  return o.hold_out.size() == 1 && o.hold_out[0] == "all";
}

}  // namespace program
