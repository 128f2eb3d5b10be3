// SPDX-License-Identifier: MIT
/// A solve done again with the same accepted steps: the function that an exact gradient derives.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <cytode/adjoint/forward_pass.hpp>
#include <cytode/ode/round.hpp>

namespace cytode::adjoint {

/// The computed solution as a smooth function of θ, x0 and the times: its accepted steps are kept
/// as fractions of the intervals between stops and made again, nothing is controlled. For any
/// method and clock; without events. Memory: 40 bytes a step and cell or shared clock.
template <DifferentiableField F, ode::Method M>
class FrozenSolve {
 public:
  using S = typename F::Scalar;
  using Step = ode::StepOf<M, S>;

  /// Solves once to find the steps; throws as ode::solve, and std::runtime_error if that fails.
  FrozenSolve(const F& field, const ConstBatch<S>& x0, const std::vector<double>& times,
              const M& method, ode::Options<S> options, Workers& workers)
      : field_(field),
        pass_("adjoint::FrozenSolve", field_, method, std::move(options), workers),
        step_(M::tableau) {
    from_.assign(static_cast<std::size_t>(x0.cols()), 0);
    pass_.listener = [this](const ode::RoundRecord<S>& record) { keep(record); };
    pass_.run(x0, times);
    pass_.solution().or_throw();
    step_.reserve(x0.rows(), x0.cols());
  }
  FrozenSolve(const FrozenSolve&) = delete;
  FrozenSolve& operator=(const FrozenSolve&) = delete;

  /// The solve that the steps are from.
  [[nodiscard]] const ode::Solution<S>& solution() const { return pass_.solution(); }

  /// States at `times`, as many as before, by the same steps. A jump at a requested time moves with
  /// it, others stay.
  const std::vector<Matrix<S>>& states(const Vector<S>& theta, const ConstBatch<S>& x0,
                                       const std::vector<double>& times) {
    field_.parameters() = theta;
    check(times.size() == solution().times.size(), "adjoint::FrozenSolve::states", times.size(),
          " times, wanted ", solution().times.size());
    landings_ = pass_.landings();
    landings_.move(times);
    states_.resize(times.size());
    for (Matrix<S>& x : states_) x.resize(x0.rows(), x0.cols());
    x_ = x0;
    for (Index j = 0; j < x_.cols(); ++j) land(0, j);
    if (landings_.size() == 1) {
      for (Matrix<S>& x : states_) x = x_;
    }
    for (std::size_t r = 0; r + 1 < rounds_.size(); ++r) advance(rounds_[r], rounds_[r + 1]);
    return states_;
  }

 private:
  struct Part {
    Index cell;
    std::size_t from;    // landing at the start of the interval
    double place, size;  // (t − s)/(e − s) and h/(e − s)
    bool lands;
  };

  void keep(const ode::RoundRecord<S>& record) {
    const auto& landings = pass_.landings();
    if (rounds_.empty()) {
      rounds_.push_back(0);
      shared_ = record.round.shared;
    }
    for (Index slot = 0; slot < record.round.cells; ++slot) {
      const auto s = static_cast<std::size_t>(slot);
      if (!record.accepted[s]) continue;
      std::size_t& from = from_[static_cast<std::size_t>(record.cells[s])];
      const double start = landings[from].time, span = landings[from + 1].time - start;
      parts_.push_back({record.cells[s], from, (record.round.time(slot) - start) / span,
                        record.round.size(slot) / span, record.landed[s] >= 0});
      if (record.landed[s] >= 0) ++from;
    }
    if (parts_.size() > rounds_.back()) rounds_.push_back(parts_.size());
  }
  void advance(std::size_t first, std::size_t end) {
    const Index m = static_cast<Index>(end - first), d = x_.rows();
    for (Matrix<S>* b : {&at_, &slope_, &next_, &next_slope_, &error_}) b->resize(d, m);
    t_.resize(end - first);
    h_.resize(end - first);
    moved_.assign(end - first, 1);
    row_.resize(m);
    for (Index j = 0; j < m; ++j) {
      const Part& p = parts_[first + static_cast<std::size_t>(j)];
      const double start = landings_[p.from].time, span = landings_[p.from + 1].time - start;
      t_[static_cast<std::size_t>(j)] = start + p.place * span;
      h_[static_cast<std::size_t>(j)] = p.size * span;
      at_.col(j) = x_.col(p.cell);
    }
    const ode::Round round{m, shared_, t_.data(), h_.data(), moved_.data()};
    pass_.system().evaluate(ode::stage_times(round, 0, row_), at_, slope_);
    step_.trial(pass_.system(), round, at_, slope_, next_, next_slope_, error_);
    for (Index j = 0; j < m; ++j) {
      const Part& p = parts_[first + static_cast<std::size_t>(j)];
      x_.col(p.cell) = next_.col(j);
      if (p.lands) land(p.from + 1, p.cell);
    }
  }
  void land(std::size_t landing, Index cell) {
    const Landing<S>& l = landings_[landing];
    for (const Index jump : l.jumps) {
      pass_.options().jumps[static_cast<std::size_t>(jump)].apply(cell, x_.col(cell));
    }
    if (l.output >= 0) states_[static_cast<std::size_t>(l.output)].col(cell) = x_.col(cell);
  }

  F field_;
  ForwardPass<F, M> pass_;
  Step step_;
  bool shared_ = true;
  std::vector<Part> parts_;          // accepted steps of cells
  std::vector<std::size_t> rounds_;  // where in them rounds begin
  std::vector<std::size_t> from_;
  Landings<S> landings_;
  std::vector<Matrix<S>> states_;
  Matrix<S> x_, at_, slope_, next_, next_slope_, error_;
  std::vector<double> t_, h_;
  std::vector<unsigned char> moved_;
  Row<S> row_;
};

}  // namespace cytode::adjoint
