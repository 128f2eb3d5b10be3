// SPDX-License-Identifier: MIT
/// Fitting a field to populations by simulation: Sinkhorn divergences to what was seen at each
/// time.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <cytode/adjoint/differentiate.hpp>
#include <cytode/adjoint/gradient.hpp>
#include <cytode/core/checks.hpp>
#include <cytode/core/finite.hpp>
#include <cytode/core/random.hpp>
#include <cytode/ot/sinkhorn_divergence.hpp>
#include <cytode/ot/weight_sampler.hpp>

namespace cytode::adjoint {

/// What PopulationFit compares and asks for besides.
struct PopulationFitOptions {
  ot::DivergenceOptions divergence{.tolerance = 1e-4};
  Index batch = 0;         ///< Cells drawn anew from every population a step; 0: all of them.
  double energy = 0;       ///< λ, in loss over (features² / time).
  Index energy_steps = 4;  ///< Straight pieces an interval is cut into for the energy.
};

/// The first population carried through all times, against the population of each, a
/// train::Objective:
///
///   L(θ) = Σ_{k ≥ 1} S_ε(x(t_k; θ), y_k) + λ Σ_i a_i ∫ |ẋ_i|² dt,   dx/dt = f_θ(t, x),
///
/// x(t_0) the n cells of the first population (features × n), y_k those of the k-th, S_ε the
/// Sinkhorn divergence: the loss of models trained by simulation [Tong 2020, Huguet 2022]. The
/// energy is that of straight pieces between `energy_steps` states an interval: a lower bound, its
/// error falling with the square of the spacing.
///
///   adjoint::PopulationFit loss(field, days, ode::Dopri5{}, adjoint::Discrete{},
///                               {.divergence = {.epsilon = 0.1}, .batch = 256}, workers);
///
///   populations  a range of anything with a `time`, features × cells `cells` and, where it has
///                them, `weights`, one a cell: data::Snapshots is one
///   gradient     Discrete{…}, Continuous{…}, Interpolating{…}, Forward{}, Reversible{…}
///
/// Weights are carried unchanged and count as shares; with a batch, cells are drawn in proportion
/// to them, and batches in which groups of cells have other shares pull cells across: take them
/// large. A solve that fails makes loss and gradient NaN; status() and solution().diagnosis say
/// why. Draws are functions of the stream alone and results do not depend on the number of threads.
/// A step costs a solve, its gradient and 3 Sinkhorn problems a time, O(cells²) time and memory
/// each; nothing is allocated once warm.
template <DifferentiableField F, ode::Method M, GradientMethod<F, M> G>
class PopulationFit {
 public:
  using Scalar = typename F::Scalar;

  /// Field, populations and workers must outlive this. Throws std::invalid_argument unless there
  /// are two populations or more with increasing times, features of the field's and finite cells,
  /// for weights that cannot be drawn from, negative options or a warm divergence, whose value
  /// would depend on the step before; and as differentiate does.
  template <class Populations>
  PopulationFit(F& field, const Populations& populations, const M& method, const G& gradient,
                const PopulationFitOptions& options, Workers& workers,
                const ode::Options<Scalar>& solve = {})
      : field_(field),
        options_(options),
        workers_(workers),
        sides_(take(populations, field.dims(), options)),
        knots_(knots()),
        cotangents_(knots_.size()),
        run_(field, sides_[0].drawn, knots_, method, gradient, solve, &workers) {}
  PopulationFit(const PopulationFit&) = delete;
  PopulationFit& operator=(const PopulationFit&) = delete;

  [[nodiscard]] Vector<Scalar>& parameters() noexcept { return field_.parameters(); }

  /// L and ∂L/∂θ at the field's parameters of now.
  double value_and_gradient(const Stream& stream, Vector<Scalar>& gradient) {
    const double loss = value(stream);
    parameter_gradient(run_, cotangents_, parameters().size(), gradient_, gradient);
    return loss;
  }
  /// L alone.
  double value(const Stream& stream) {
    const auto count = static_cast<Index>(sides_.size());
    if (options_.batch > 0) {
      workers_.run(count,
                   [&](Index k, int) { side(k).draw(stream.fork(static_cast<std::uint64_t>(k))); });
    }
    run_.forward(sides_[0].drawn, knots_);
    const auto& states = run_.solution().states;
    if (run_.solution().status != Status::ok) return std::numeric_limits<double>::quiet_NaN();
    for (std::size_t j = 0; j < states.size(); ++j) {
      cotangents_[j].setZero(states[j].rows(), states[j].cols());
    }
    workers_.run(count - 1, [&](Index k, int) { compare(side(0), side(k + 1), states); });
    double loss = options_.energy > 0 ? options_.energy * energy(states) : 0;
    for (std::size_t k = 1; k < sides_.size(); ++k) loss += sides_[k].value;
    return loss;
  }

  /// Of the last evaluation: that of the solve, or not_converged if a divergence did not reach its
  /// tolerance, which loss and gradient then do not have either.
  [[nodiscard]] Status status() const {
    if (run_.solution().status != Status::ok) return run_.solution().status;
    for (std::size_t k = 1; k < sides_.size(); ++k) {
      if (sides_[k].divergence.status() != Status::ok) return sides_[k].divergence.status();
    }
    return Status::ok;
  }
  /// Of the last evaluation: the divergence to the k-th population, k ≥ 1.
  [[nodiscard]] double divergence(Index k) const {
    check(k >= 1 && k < static_cast<Index>(sides_.size()), "adjoint::PopulationFit::divergence",
          "got population ", k, " of ", sides_.size());
    return sides_[static_cast<std::size_t>(k)].value;
  }
  /// Of the last evaluation: states at the times, and between them if energy is asked for.
  [[nodiscard]] const ode::Solution<Scalar>& solution() const { return run_.solution(); }
  /// Of the last evaluation: what its solve cost.
  [[nodiscard]] const Report& report() const { return run_.report(); }

 private:
  using S = Scalar;

  // A population, and what is drawn of it; `drawn` is all of it where nothing is drawn.
  struct Side {
    double time = 0;
    const Matrix<S>* cells = nullptr;
    std::span<const double> weights{};  // empty where cells are drawn in proportion to them
    ot::WeightSampler sampler{};
    std::vector<Index> chosen{};
    Matrix<S> drawn{};
    std::size_t knot = 0;
    ot::SinkhornDivergence<S> divergence{};
    double value = 0;

    // Evenly over the weights: batches differ from their population by less than chance.
    void draw(const Stream& stream) {
      sampler.draw_evenly(stream, chosen);
      for (std::size_t i = 0; i < chosen.size(); ++i) {
        drawn.col(static_cast<Index>(i)) = cells->col(chosen[i]);
      }
    }
  };
  [[nodiscard]] Side& side(Index k) { return sides_[static_cast<std::size_t>(k)]; }

  template <class Populations>
  static std::vector<Side> take(const Populations& populations, Index dims,
                                const PopulationFitOptions& o) {
    constexpr auto me = "adjoint::PopulationFit";
    check_not_negative(me, "energy", o.energy);
    check(o.batch >= 0, me, "batch is ", o.batch, ", wanted 1 or more, or 0 for all cells");
    check(o.energy_steps >= 1, me, "energy_steps is ", o.energy_steps, ", wanted 1 or more");
    check(!o.divergence.warm, me, "divergence.warm is set: the same parameters and stream would ",
          "not give the same loss");
    std::vector<Side> sides;
    for (const auto& p : populations) {
      Side s{.time = p.time, .cells = &p.cells};
      if constexpr (requires { std::span<const double>(p.weights); }) s.weights = p.weights;
      check_not_empty(me, "a population", p.cells);
      check_features(me, "a population", p.cells, dims);
      check(all_finite(p.cells), me, "the population at time ", s.time, " holds NaN or infinity");
      check(sides.empty() || sides.back().time < s.time, me, "times must increase, got ", s.time,
            " after ", sides.empty() ? 0. : sides.back().time);
      s.sampler.load(s.weights, p.cells.cols());
      s.drawn = p.cells;
      if (o.batch > 0) {
        s.weights = {};
        s.chosen.resize(static_cast<std::size_t>(o.batch));
        s.drawn.setZero(dims, o.batch);
        s.draw(Stream(0));
      }
      s.knot = sides.size() * static_cast<std::size_t>(o.energy > 0 ? o.energy_steps : 1);
      sides.push_back(std::move(s));
    }
    check(sides.size() >= 2, me, "got ", sides.size(), " populations, wanted 2 or more");
    return sides;
  }
  // The times of the populations, and between them where the energy is measured.
  [[nodiscard]] std::vector<double> knots() const {
    std::vector<double> times{sides_[0].time};
    for (std::size_t k = 1; k < sides_.size(); ++k) {
      const std::size_t pieces = sides_[k].knot - sides_[k - 1].knot;
      const double from = sides_[k - 1].time, length = sides_[k].time - from;
      for (std::size_t j = 1; j < pieces; ++j) {
        times.push_back(from + length * static_cast<double>(j) / static_cast<double>(pieces));
      }
      times.push_back(sides_[k].time);
    }
    return times;
  }

  void compare(const Side& start, Side& to, const std::vector<Matrix<S>>& states) {
    const Matrix<S>& x = states[to.knot];
    to.value = to.divergence.value(x, to.drawn, start.weights, to.weights, options_.divergence);
    to.divergence.add_gradient_x(x, to.drawn, S(1), cotangents_[to.knot]);
  }
  // Σ_i a_i Σ_j |x_i(t_{j+1}) − x_i(t_j)|²/(t_{j+1} − t_j); adds λ times its gradient.
  double energy(const std::vector<Matrix<S>>& states) {
    const Side& start = sides_[0];
    double sum = 0;
    for (std::size_t j = 0; j + 1 < states.size(); ++j) {
      const double length = knots_[j + 1] - knots_[j];
      for (Index i = 0; i < states[j].cols(); ++i) {
        const double w = start.weights.empty()
                             ? 1 / static_cast<double>(states[j].cols())
                             : start.weights[static_cast<std::size_t>(i)] / start.sampler.total();
        const auto step = states[j + 1].col(i) - states[j].col(i);
        sum += w / length * static_cast<double>(step.squaredNorm());
        const auto slope = static_cast<S>(2 * options_.energy * w / length);
        cotangents_[j + 1].col(i) += slope * step;
        cotangents_[j].col(i) -= slope * step;
      }
    }
    return sum;
  }

  F& field_;
  PopulationFitOptions options_;
  Workers& workers_;
  std::vector<Side> sides_;
  std::vector<double> knots_;
  std::vector<Matrix<S>> cotangents_;
  typename G::template Run<F, M> run_;
  Gradient<S> gradient_;
};

}  // namespace cytode::adjoint
