// SPDX-License-Identifier: MIT
/// A small kinetic model, written once as a function of a number type, as a vector field.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/concepts.hpp>
#include <cytode/core/dual.hpp>

namespace cytode::fields {

/// v(t, x) cell by cell from a function of one cell, with parameters θ; dual numbers derive the
/// four operations. x: dims × n.
///
/// The function takes (t, x, p, dx): the time, the state and the parameters of one cell to read
/// and its derivative to write, as spans over one number type. It is called with several types of
/// dual numbers, so `auto` everywhere, and functions without std:: (exp, pow, tanh, max, ...):
///
///     auto toggle = fields::kinetics<double>(2, theta, [](auto t, auto x, auto p, auto dx) {
///       dx[0] = p[0] / (1.0 + x[1] * x[1]) - x[0];
///       dx[1] = p[1] / (1.0 + x[0] * x[0]) - x[1];
///     });
///
/// dx starts at zero, so += is fine and what is not written is 0. The function must not remember
/// anything between calls.
///
/// Cost in calls of the function: forward one, jvp one with 1 tangent, vjp ⌈(1 + dims + |θ|)/8⌉
/// with 8 (of θ alone ⌈|θ|/8⌉), jvp_vjp as many with 17. A call with 8 tangents costs 5 to 10 plain
/// ones. Made for tens of states and parameters, not for networks.
///
/// Throws std::invalid_argument on batches of the wrong shape and parameters of the wrong number.
template <std::floating_point S, class Function>
class Kinetics {
  static constexpr int block = 8;  // directions a sweep

  /// One cell in one number type.
  template <class D>
  struct Cell {
    D t;
    std::vector<D> x, p, dx;
  };
  using Value = Dual<S, 0>;
  using Tangent = Dual<S, 1>;
  using Block = Dual<S, block>;
  using Second = Dual<Block, 1>;  // tangents of (v, v̇)

 public:
  using Scalar = S;
  struct Cache {
    Cell<Value> value;
    Cell<Tangent> tangent;
    Cell<Block> sweep;
    Cell<Second> second;
  };

  /// A field of so many dimensions; names, if any, one a parameter, go into the layout.
  Kinetics(Index dims, Vector<S> theta, Function function, std::vector<std::string> names = {})
      : dims_(dims),
        count_(theta.size()),
        theta_(std::move(theta)),
        names_(std::move(names)),
        function_(std::move(function)) {
    check(dims > 0, "fields::Kinetics", "dims is ", dims, ", wanted 1 or more");
    check(names_.empty() || static_cast<Index>(names_.size()) == count_, "fields::Kinetics",
          names_.size(), " names for ", count_, " parameters");
    static_cast<void>(layout());  // names that occur twice
  }

  [[nodiscard]] Index dims() const noexcept { return dims_; }
  [[nodiscard]] Vector<S>& parameters() noexcept { return theta_; }
  [[nodiscard]] const Vector<S>& parameters() const noexcept { return theta_; }
  /// One block "parameters", or one a name; nothing without parameters.
  [[nodiscard]] ParameterLayout layout() const {
    ParameterLayout all;
    for (const std::string& name : names_) all.add_vector(name, 1);
    if (names_.empty() && count_ > 0) all.add_vector("parameters", count_);
    return all;
  }

  /// dx = v(t, x).
  void forward(Times<S> t, const ConstBatch<S>& x, Batch<S> dx, Cache& cache) const {
    check_batch("fields::Kinetics::forward", t, x, "dx", dx);
    Cell<Value>& cell = sized(cache.value);
    for (Index j = 0; j < x.cols(); ++j) {
      load(cell, t[j], x.col(j));
      call(cell);
      for (Index i = 0; i < dims_; ++i) dx(i, j) = cell.dx[pos(i)].value;
    }
  }
  /// atheta += (∂v/∂θ)ᵀ a.
  void vjp(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, VectorView<S> atheta,
           Cache& cache) const {
    check_batch("fields::Kinetics::vjp", t, x, "a", a);
    check_theta("fields::Kinetics::vjp", atheta);
    pull(t, x, a, dims_ + 1, cache,
         [&](Index, Index k, S slope) { atheta[k - dims_ - 1] += slope; });
  }
  /// The same, at += (∂v/∂t)ᵀ a cell by cell, and ax += (∂v/∂x)ᵀ a.
  void vjp(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, RowView<S> at, Batch<S> ax,
           VectorView<S> atheta, Cache& cache) const {
    constexpr auto where = "fields::Kinetics::vjp";
    check_batch(where, t, x, "a", a);
    check_batch(where, t, x, "ax", ax);
    check_shape(where, "at", at, 1, x.cols());
    check_theta(where, atheta);
    pull(t, x, a, 0, cache,
         [&](Index j, Index k, S slope) { cotangent(j, k, at, ax, atheta) += slope; });
  }
  /// out = (∂v/∂x) ẋ + (∂v/∂t) ṫ.
  void jvp(Times<S> t, const ConstBatch<S>& x, Times<S> tdot, const ConstBatch<S>& xdot,
           Batch<S> out, Cache& cache) const {
    constexpr auto where = "fields::Kinetics::jvp";
    check_batch(where, t, x, "xdot", xdot);
    check_batch(where, tdot, x, "out", out);
    Cell<Tangent>& cell = sized(cache.tangent);
    for (Index j = 0; j < x.cols(); ++j) {
      load(cell, t[j], x.col(j));
      cell.t.tangent[0] = tdot[j];
      for (Index i = 0; i < dims_; ++i) cell.x[pos(i)].tangent[0] = xdot(i, j);
      call(cell);
      for (Index i = 0; i < dims_; ++i) out(i, j) = cell.dx[pos(i)].tangent[0];
    }
  }
  /// Adds the vjp of (θ, t, x, ẋ) ↦ (v, v̇) at cotangents (a, b).
  void jvp_vjp(Times<S> t, const ConstBatch<S>& x, Times<S> tdot, const ConstBatch<S>& xdot,
               const ConstBatch<S>& a, const ConstBatch<S>& b, RowView<S> at, Batch<S> ax,
               Batch<S> axdot, VectorView<S> atheta, Cache& cache) const {
    constexpr auto where = "fields::Kinetics::jvp_vjp";
    check_batch(where, t, x, "xdot", xdot);
    check_batch(where, tdot, x, "a", a);
    check_batch(where, t, x, "b", b);
    check_batch(where, t, x, "ax", ax);
    check_batch(where, t, x, "axdot", axdot);
    check_shape(where, "at", at, 1, x.cols());
    check_theta(where, atheta);
    Cell<Second>& cell = sized(cache.second);
    for (Index j = 0; j < x.cols(); ++j) {
      load(cell, t[j], x.col(j));
      cell.t.tangent[0] = tdot[j];
      for (Index i = 0; i < dims_; ++i) cell.x[pos(i)].tangent[0] = xdot(i, j);
      sweep(cell, 0, directions(), [&](Index k, std::size_t e) {
        S slope = 0, along = 0;  // ∂/∂k of a·v + b·v̇, and of b·v, which is ∂/∂k̇ of b·v̇
        for (Index i = 0; i < dims_; ++i) {
          const Second& d = cell.dx[pos(i)];
          slope += a(i, j) * d.value.tangent[e] + b(i, j) * d.tangent[0].tangent[e];
          along += b(i, j) * d.value.tangent[e];
        }
        cotangent(j, k, at, ax, atheta) += slope;
        if (k > 0 && k <= dims_) axdot(k - 1, j) += along;
      });
    }
  }
  /// All Jacobians ∂v/∂x, one after the other: out is dims × (dims · n), cell j at columns
  /// [dims · j, dims · (j + 1)).
  void jacobian(Times<S> t, const ConstBatch<S>& x, Batch<S> out, Cache& cache) const {
    check_batch("fields::Kinetics::jacobian", t, x, "x", x);
    check_shape("fields::Kinetics::jacobian", "out", out, dims_, dims_ * x.cols());
    Cell<Block>& cell = sized(cache.sweep);
    for (Index j = 0; j < x.cols(); ++j) {
      load(cell, t[j], x.col(j));
      sweep(cell, 1, 1 + dims_, [&](Index k, std::size_t e) {
        for (Index i = 0; i < dims_; ++i) {
          out(i, dims_ * j + k - 1) = cell.dx[pos(i)].tangent[e];
        }
      });
    }
  }
  /// The function itself: v(t, x) of one cell in any type of numbers, with these parameters.
  template <class D>
  void evaluate(const D& t, std::span<const D> x, std::span<const D> p, std::span<D> dx) const {
    std::fill(dx.begin(), dx.end(), D());
    function_(t, x, p, dx);
  }

 private:
  static std::size_t pos(Index i) noexcept { return static_cast<std::size_t>(i); }
  /// Directions are numbered t, x, θ.
  [[nodiscard]] Index directions() const noexcept { return 1 + dims_ + count_; }

  template <class D>
  [[nodiscard]] D& input(Cell<D>& cell, Index k) const {
    return k == 0 ? cell.t : k <= dims_ ? cell.x[pos(k - 1)] : cell.p[pos(k - dims_ - 1)];
  }
  S& cotangent(Index j, Index k, RowView<S>& at, Batch<S>& ax, VectorView<S>& atheta) const {
    return k == 0 ? at[j] : k <= dims_ ? ax(k - 1, j) : atheta[k - dims_ - 1];
  }
  /// A cell of the right sizes with θ as constants.
  template <class D>
  Cell<D>& sized(Cell<D>& cell) const {
    cell.x.resize(pos(dims_));
    cell.dx.resize(pos(dims_));
    cell.p.resize(pos(count_));
    for (Index i = 0; i < count_; ++i) cell.p[pos(i)] = theta_[i];
    return cell;
  }
  template <class D, class Column>
  void load(Cell<D>& cell, S t, const Column& x) const {
    cell.t = t;
    for (Index i = 0; i < dims_; ++i) cell.x[pos(i)] = x[i];
  }
  template <class D>
  void call(Cell<D>& cell) const {
    const D& t = cell.t;
    evaluate(t, std::span<const D>(cell.x), std::span<const D>(cell.p), std::span<D>(cell.dx));
  }
  static S& seed(Block& d, std::size_t e) noexcept { return d.tangent[e]; }
  static S& seed(Second& d, std::size_t e) noexcept { return d.value.tangent[e]; }
  /// Calls the function for the directions [from, to) of a loaded cell, a block at a time, and
  /// visit(k, e) for each, when the derivative along direction k is in place e of its tangents.
  template <class D, class Visit>
  void sweep(Cell<D>& cell, Index from, Index to, Visit&& visit) const {
    for (Index first = from; first < to; first += block) {
      const Index end = std::min(to, first + block);
      for (Index k = first; k < end; ++k) seed(input(cell, k), pos(k - first)) = 1;
      call(cell);
      for (Index k = first; k < end; ++k) {
        seed(input(cell, k), pos(k - first)) = 0;
        visit(k, pos(k - first));
      }
    }
  }
  /// Hands a·∂v/∂k to add(cell, k, slope) for the directions from `from` on.
  template <class Add>
  void pull(Times<S> t, const ConstBatch<S>& x, const ConstBatch<S>& a, Index from, Cache& cache,
            Add&& add) const {
    Cell<Block>& cell = sized(cache.sweep);
    for (Index j = 0; j < x.cols(); ++j) {
      load(cell, t[j], x.col(j));
      sweep(cell, from, directions(), [&](Index k, std::size_t e) {
        S slope = 0;
        for (Index i = 0; i < dims_; ++i) slope += a(i, j) * cell.dx[pos(i)].tangent[e];
        add(j, k, slope);
      });
    }
  }

  template <class Other>
  void check_batch(std::string_view where, const Times<S>& t, const ConstBatch<S>& x,
                   std::string_view name, const Other& other) const {
    check_features(where, "x", x, dims_);
    check(t.fits(x.cols()), where, "x has ", x.cols(), " cells, t another number of times");
    check_shape(where, name, other, dims_, x.cols());
    check(theta_.size() == count_, where, "parameters() has ", theta_.size(), " entries, wanted ",
          count_);
  }
  void check_theta(std::string_view where, const VectorView<S>& atheta) const {
    check(atheta.size() == count_, where, "atheta has ", atheta.size(), " entries, wanted ",
          count_);
  }

  Index dims_, count_;
  Vector<S> theta_;
  std::vector<std::string> names_;
  Function function_;
};

/// The field of a function (t, x, p, dx) of one cell: fields::kinetics<double>(dims, theta, f).
template <std::floating_point S, class Function>
[[nodiscard]] Kinetics<S, Function> kinetics(Index dims, Vector<S> theta, Function function,
                                             std::vector<std::string> names = {}) {
  return {dims, std::move(theta), std::move(function), std::move(names)};
}

}  // namespace cytode::fields
