// SPDX-License-Identifier: MIT
/// Matrix aliases: a batch of cells is a matrix of shape features × cells, one column a cell.
///
/// Convention of all rooms: a function without a type parameter of its own whose body is more than
/// a line or so is `template <class = void>`. Compilers instantiate what an inline function calls
/// wherever it is included, and what a template calls only where it is used. Expressions of types
/// that are fixed within a template are built where it is read, though: hence `deferred`.
#pragma once

#include <concepts>

#include <Eigen/Core>

#include <cytode/core/checked_view.hpp>

namespace cytode {

/// Signed size type of Eigen; every count, row and column in the library.
using Index = Eigen::Index;

/// Column-major matrix; as a batch, features × cells: a column is a cell, contiguous in memory.
template <std::floating_point S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

/// Column vector, for instance all parameters of a model.
template <std::floating_point S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;

/// Row vector, for instance one time a cell (1 × cells).
template <std::floating_point S>
using Row = Eigen::Matrix<S, 1, Eigen::Dynamic>;

/// Read-only view of a batch. Binds matrices, maps and column blocks without a copy; an expression
/// is evaluated into a hidden temporary, so evaluate it yourself in hot code.
template <std::floating_point S>
using ConstBatch = Eigen::Ref<const Matrix<S>>;

/// Writable view of a batch; never copies. A matrix of another shape is not assigned or added to it
/// or to its parts, in any build: ShapeError.
template <std::floating_point S>
using Batch = CheckedView<Eigen::Ref<Matrix<S>>>;

/// Read-only view of a vector.
template <std::floating_point S>
using ConstVectorView = Eigen::Ref<const Vector<S>>;

/// Writable view of a vector.
template <std::floating_point S>
using VectorView = Eigen::Ref<Vector<S>>;

/// Read-only view of a row.
template <std::floating_point S>
using ConstRowView = Eigen::Ref<const Row<S>>;

/// Writable view of a row.
template <std::floating_point S>
using RowView = Eigen::Ref<Row<S>>;

/// T, in a template on D: what is done with a variable of this type is compiled where the template
/// is used, not wherever it is included.
template <class T, class D>
struct Deferred {
  using type = T;
};
template <class T, class D>
using deferred_t = typename Deferred<T, D>::type;

/// x itself, to the same effect.
template <class D, class X>
[[nodiscard]] constexpr X& deferred(X& x) noexcept {
  return x;
}

}  // namespace cytode
