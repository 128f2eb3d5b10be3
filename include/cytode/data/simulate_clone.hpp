// SPDX-License-Identifier: MIT
/// One clone of a gene circuit: a founder whose descendants move, divide and die until a day.
#pragma once

#include <cmath>
#include <concepts>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/random.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/gene_circuit.hpp>

namespace cytode::data {

struct CloneOptions {
  double step = 0.02;        ///< Largest Euler–Maruyama step, days.
  double asynchrony = 1;     ///< Founders leave the progenitor state up to so many days before day
                             ///< 0, evenly spread, and do not divide before it.
  Index max_cells = 100000;  ///< More descendants of one founder than this are an error.
};

/// One step of the chemical Langevin equation, x ← |x + h (p − k ∘ x) + noise √(h (p + k ∘ x)) ∘
/// z|.
///
/// Euler–Maruyama, reflected at zero [Kloeden 1992]: strong order 1/2, means of order 1. x, p, k
/// and z (standard normals) are arrays of one length; x is overwritten.
template <class X, class P, class K, class Z, std::floating_point S>
void langevin_step(X&& x, const P& p, const K& k, S noise, S h, const Z& z) {
  x = (x + h * (p - k * x) + noise * (h * (p + k * x)).sqrt() * z).abs();
}

/// The living descendants, on `day`, of one founder: genes × cells, relatives side by side.
///
/// A branching diffusion: the cell moves by langevin_step; within a step of h days it divides with
/// probability 1 − exp(−h · division(x)) into two cells of the same state, or dies with probability
/// 1 − exp(−h · death(x)). Every random number is a function of (stream, the cell's path of
/// divisions, step), so a clone is the same whatever is simulated beside it, and a clone to an
/// earlier day on the same grid of steps is the same clone earlier. Throws std::invalid_argument
/// for misuse and std::runtime_error past max_cells.
template <std::floating_point S>
[[nodiscard]] Matrix<S> simulate_clone(const GeneCircuit<S>& circuit, const Stream& stream,
                                       double day, const CloneOptions& options = {}) {
  constexpr auto me = "data::simulate_clone";
  check_not_negative(me, "day", day);
  check_positive(me, "step", options.step);
  check_not_negative(me, "asynchrony", options.asynchrony);
  struct Cell {
    Vector<S> x;
    Stream stream;
    Index step;
  };
  const auto noise = static_cast<S>(circuit.options().noise);
  const Index genes = circuit.dims();
  Vector<S> p(genes);
  // float: the normals cost more than the rest, and need no more digits
  Vector<deferred_t<float, S>> z(genes);
  const auto steps_of = [&](double span) {
    return static_cast<Index>(std::ceil(span / options.step - 1e-9));
  };
  const auto move = [&](Vector<S>& x, const Stream& at, double h) {
    at.fill_normal(0, z.data(), genes);
    circuit.production(x, p);
    langevin_step(x.array(), p.array(), circuit.decay().array(), noise, static_cast<S>(h),
                  z.array().template cast<S>());
  };

  Vector<S> x = circuit.founder();
  stream.fork(1).fill_normal(0, z.data(), genes);
  x.array() = (x.array() + noise * x.array().sqrt() * z.array().template cast<S>())
                  .abs();  // at rest: variance x / Ω
  const double before = options.asynchrony * stream.fork(2).uniform(0);
  const Index early = steps_of(before), last = steps_of(day);
  for (Index s = 0; s < early; ++s) {
    move(x, stream.fork(3).at(static_cast<std::uint64_t>(s)), before / static_cast<double>(early));
  }
  const double h = last > 0 ? day / static_cast<double>(last) : 0;
  std::vector<Cell> waiting{{std::move(x), stream.fork(4), 0}};
  std::vector<Vector<S>> alive;
  while (!waiting.empty()) {
    Cell cell = std::move(waiting.back());
    waiting.pop_back();
    bool dead = false;
    for (; cell.step < last; ++cell.step) {
      const Stream now = cell.stream.at(static_cast<std::uint64_t>(cell.step));
      const double u = now.fork(5).uniform(0);
      const double divides = -std::expm1(-h * static_cast<double>(circuit.division(cell.x)));
      dead = u > 1 + std::expm1(-h * static_cast<double>(circuit.death(cell.x)));
      if (dead) break;
      move(cell.x, now, h);
      if (u < divides) {
        waiting.push_back({cell.x, cell.stream.fork(7), cell.step + 1});
        cell.stream = cell.stream.fork(6);
      }
    }
    if (!dead) alive.push_back(std::move(cell.x));
    if (static_cast<Index>(alive.size() + waiting.size()) > options.max_cells) {
      std::ostringstream text;
      text << me << ": more than " << options.max_cells << " cells of one founder on day " << day
           << "; lower the division rate";
      throw std::runtime_error(text.str());
    }
  }
  Matrix<S> cells(genes, static_cast<Index>(alive.size()));
  for (Index i = 0; i < cells.cols(); ++i) cells.col(i) = alive[static_cast<std::size_t>(i)];
  return cells;
}

}  // namespace cytode::data
