// SPDX-License-Identifier: MIT
/// The protocols models are compared by, each leak-free and as published.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <cytode/core/workers.hpp>

#include "../dynamics/dataset.hpp"
#include "contender.hpp"

namespace program {

/// Which numbers are asked for; the letters are those of the README.
enum class Protocol { a, b, e };

/// A: one time point left out at a time, predicted from the real cells of the time before; exact W1
/// in z-scores. B: the same in the coordinates as they are. E: carried from the first time with
/// weights; exact W1 and error of the mass at every later time, in the coordinates as they are.
inline const std::map<std::string, Protocol> protocol_names = {
    {"A", Protocol::a}, {"B", Protocol::b}, {"E", Protocol::e}};

/// How much of the left-out cells a model gets to see.
///
///   leak_free     A: z-scores of the cells kept. B: scaled inside by the cells kept. E: each inner
///                 time left out in turn. Real times.
///   as_published  A: z-scores of all cells, those left out included. B: not scaled. E: fitted at
///                 all times and scored there. Time points 0, 1, 2, …
enum class Variant { leak_free, as_published };

[[nodiscard]] inline const char* name_of(Variant v) {
  return v == Variant::leak_free ? "leak-free" : "as published";
}

/// One number of the table, with everything that tells it from the others.
struct Result {
  std::string protocol, variant, method;
  std::string left_out;  // label; "nothing" for a fit at all times
  std::string time;      // label of the time point predicted
  std::uint64_t seed = 0;
  bool learned = true;  // false for a baseline, which has no seed
  double w1 = 0, w2 = 0;
  double mass_error = 0;  // |predicted − observed| / observed mass, relative to the start
  double seconds = 0;     // of training, of the model that made it
  long evaluations = 0;
  std::string problem{};  // why there is no number; empty if there is one
};

/// Everything one protocol and variant gives, baselines first: the cells of the time models start
/// from as they are, and cells moved along the exact plan between the times before and after; at
/// the last time of E as published along that between the two times before, straight on.
/// `hold_out`: labels of inner time points. `each(results)` is called with the results of every
/// model as soon as they are there.
struct Comparison {
  const Dataset& data;
  const std::vector<Contender>& contenders;
  const std::vector<std::string>& hold_out;
  const std::vector<std::uint64_t>& seeds;
};

/// Models that a comparison will train.
[[nodiscard]] long models_of(Protocol p, Variant v, const Comparison& c);

void compare(Protocol p, Variant v, const Comparison& c, Workers& workers,
             const std::function<void(const std::string&)>& begin,
             const std::function<void(const std::vector<Result>&)>& each);

}  // namespace program
