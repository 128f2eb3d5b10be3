// SPDX-License-Identifier: MIT
/// The times at which a way back must stop, with the states it needs there.
#pragma once

#include <cstddef>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ode/options.hpp>
#include <cytode/ode/schedule.hpp>

namespace cytode::adjoint {

/// One stop of a solve.
template <std::floating_point S>
struct Landing {
  double time = 0;
  Index output = -1;              ///< Position in the requested times, or none.
  std::vector<Index> jumps = {};  ///< Positions in Options::jumps.
  Matrix<S> before = {};          ///< States before the jumps, where there are any.
};

/// The start and every stop of a solve, in its order; the start alone where nothing is integrated
/// (one time, or the same twice).
template <std::floating_point S>
class Landings {
 public:
  /// Makes the landings of a solve from x0. The options must outlive this.
  void plan(const ConstBatch<S>& x0, const std::vector<double>& times,
            const ode::Options<S>& options) {
    options_ = &options;
    const ode::Schedule schedule(times, options);
    direction_ = schedule.direction();
    landings_.resize(schedule.still() ? 1 : schedule.stops().size() + 1);
    for (std::size_t k = 0; k < landings_.size(); ++k) {
      const ode::Stop& stop = k == 0 ? schedule.start() : schedule.stops()[k - 1];
      landings_[k].time = stop.time;
      landings_[k].output = stop.output;
      landings_[k].jumps = stop.jumps;
      landings_[k].before.resize(x0.rows(), stop.jumps.empty() ? 0 : x0.cols());
    }
    if (!landings_[0].jumps.empty()) landings_[0].before = x0;
  }

  [[nodiscard]] std::size_t size() const { return landings_.size(); }
  [[nodiscard]] const Landing<S>& operator[](std::size_t k) const { return landings_[k]; }
  [[nodiscard]] const Landing<S>& back() const { return landings_.back(); }
  /// 1 forward in time, −1 backward.
  [[nodiscard]] double direction() const { return direction_; }

  /// Sets the requested times to others, as many; jumps at requested times move with them.
  void move(const std::vector<double>& times) {
    for (Landing<S>& l : landings_) {
      if (l.output >= 0) l.time = times[static_cast<std::size_t>(l.output)];
    }
  }

  /// Keeps the state of a cell that reaches a landing with jumps.
  void keep(std::size_t landing, Index cell, const ConstVectorView<S>& x) {
    if (!landings_[landing].jumps.empty()) landings_[landing].before.col(cell) = x;
  }
  /// States at a landing before its jumps; `states` are those of the solution.
  [[nodiscard]] const Matrix<S>& before(std::size_t landing,
                                        const std::vector<Matrix<S>>& states) const {
    const Landing<S>& l = landings_[landing];
    return l.jumps.empty() ? states[static_cast<std::size_t>(l.output)] : l.before;
  }
  /// Turns cotangents of the state after a landing's jumps into those of the state before.
  void pull_jumps(std::size_t landing, Index cell, VectorView<S> a) const {
    const Landing<S>& l = landings_[landing];
    for (std::size_t k = l.jumps.size(); k-- > 0;) {
      const ode::Jump<S>& jump = options_->jumps[static_cast<std::size_t>(l.jumps[k])];
      if (!jump.pullback) continue;
      Vector<S> x = l.before.col(cell);
      for (std::size_t i = 0; i < k; ++i) {
        options_->jumps[static_cast<std::size_t>(l.jumps[i])].apply(cell, x);
      }
      jump.pullback(cell, x, a);
    }
  }

  /// Bytes of the states kept here.
  [[nodiscard]] std::size_t bytes() const {
    Index numbers = 0;
    for (const Landing<S>& l : landings_) numbers += l.before.size();
    return static_cast<std::size_t>(numbers) * sizeof(S);
  }

 private:
  const ode::Options<S>* options_ = nullptr;
  double direction_ = 1;
  std::vector<Landing<S>> landings_;
};

}  // namespace cytode::adjoint
