// SPDX-License-Identifier: MIT
/// Anderson's mixing: the next point of a fixed-point iteration from the last few.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include <cytode/core/buffer.hpp>
#include <cytode/core/types.hpp>

namespace cytode::ot {

/// Accelerates x ← x + F(x), F → 0: the next point is where the linear model through the last
/// `memory` steps makes Σ w F² smallest [Anderson 1965, Walker & Ni 2011].
///
/// On a linear iteration this is GMRES, so it takes about √k steps where the plain iteration takes
/// k. O(memory · n) a step; allocates only when n or memory is larger than ever before. It knows
/// nothing of what it solves, so the caller decides whether to accept the point.
template <std::floating_point Real = double>
class Anderson {
 public:
  /// Forgets everything; points will have n numbers.
  void reset(Index n, Index memory) {
    n_ = n;
    memory_ = memory;
    steps_.shape(n, memory);
    changes_.shape(n, memory);
    gram_.shape(memory, memory);
    factor_.shape(memory, memory);
    for (auto* v : {&last_x_, &last_f_}) {
      if (v->size() < n) v->resize(n);
    }
    if (right_.size() < memory) right_.resize(memory);
    forget();
  }
  /// Forgets the points, keeps the sizes.
  void forget() noexcept { points_ = 0; }

  /// Writes the point to try after x, where the residual is f. w ≥ 0.
  void next(const ConstVectorView<Real>& w, const ConstVectorView<Real>& x,
            const ConstVectorView<Real>& f, VectorView<Real> out) {
    if (points_ > 0 && memory_ > 0) learn(w, x, f);
    last_x_.head(n_) = x;
    last_f_.head(n_) = f;
    ++points_;
    out = x + f;
    const Index k = std::min(points_ - 1, memory_);
    if (k < 1) return;
    auto steps = steps_.view().leftCols(k), changes = changes_.view().leftCols(k);
    for (Index i = 0; i < k; ++i) {
      right_[i] = (w.array() * changes.col(i).array() * f.array()).sum();
    }
    if (!solve(k)) return forget();
    for (Index i = 0; i < k; ++i) out -= right_[i] * (steps.col(i) + changes.col(i));
  }

 private:
  /// Takes the step to x and the change of the residual into the oldest place.
  void learn(const ConstVectorView<Real>& w, const ConstVectorView<Real>& x,
             const ConstVectorView<Real>& f) {
    const Index at = (points_ - 1) % memory_, k = std::min(points_, memory_);
    auto changes = changes_.view();
    auto gram = gram_.view();
    steps_.view().col(at) = x - last_x_.head(n_);
    changes.col(at) = f - last_f_.head(n_);
    for (Index i = 0; i < k; ++i) {
      gram(at, i) = (w.array() * changes.col(i).array() * changes.col(at).array()).sum();
      gram(i, at) = gram(at, i);
    }
  }

  /// right_ ← (G + δ diag G)⁻¹ right_ by Cholesky's factorisation of the k × k Gram matrix.
  /// Relative to the diagonal, because steps near the end are many orders smaller than those
  /// before.
  bool solve(Index k) {
    static constexpr double shift = 1e-12;
    const auto gram = gram_.view();
    auto l = factor_.view();
    for (Index j = 0; j < k; ++j) {
      double d = gram(j, j) * (1 + shift);
      for (Index p = 0; p < j; ++p) d -= l(j, p) * l(j, p);
      if (!(d > 0)) return false;
      l(j, j) = std::sqrt(d);
      for (Index i = j + 1; i < k; ++i) {
        double s = gram(i, j);
        for (Index p = 0; p < j; ++p) s -= l(i, p) * l(j, p);
        l(i, j) = s / l(j, j);
      }
    }
    for (Index i = 0; i < k; ++i) {
      for (Index p = 0; p < i; ++p) right_[i] -= l(i, p) * right_[p];
      right_[i] /= l(i, i);
    }
    for (Index i = k - 1; i >= 0; --i) {
      for (Index p = i + 1; p < k; ++p) right_[i] -= l(p, i) * right_[p];
      right_[i] /= l(i, i);
    }
    return right_.head(k).allFinite();
  }

  Index n_ = 0, memory_ = 0, points_ = 0;
  Buffer<Real> steps_, changes_, gram_, factor_;
  Vector<Real> last_x_, last_f_, right_;
};

}  // namespace cytode::ot
