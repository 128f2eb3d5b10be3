// SPDX-License-Identifier: MIT
/// Views that take only matrices of their own shape.
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <Eigen/Core>

namespace cytode {

/// A matrix of another shape was assigned to a view, or added to it.
class ShapeError : public std::invalid_argument {
 public:
  ShapeError(Eigen::Index rows, Eigen::Index cols, Eigen::Index wanted_rows,
             Eigen::Index wanted_cols)
      : std::invalid_argument("Batch: assigned " + text(rows, cols) + ", wanted " +
                              text(wanted_rows, wanted_cols)),
        got(text(rows, cols)),
        wanted(text(wanted_rows, wanted_cols)) {}

  std::string got, wanted;  ///< Both as "rows x cols".

 private:
  static std::string text(Eigen::Index rows, Eigen::Index cols) {
    return std::to_string(rows) + " x " + std::to_string(cols);
  }
};

/// A view of Eigen's (a Ref, a block, the array of one) that throws a ShapeError where it is
/// assigned or added a matrix of another shape, in every build, and whose parts do so too. Eigen
/// itself only asserts this: under NDEBUG it reads and writes on. As with Eigen, a row may be
/// assigned to a column of as many numbers.
///
/// Else it is the view. What stays with Eigen's assertions: places outside of the view, lists of
/// numbers (`<<`), indices in braces, reshaped and reversed views, swap, and products `*=` with a
/// matrix.
template <class View>
class CheckedView : public View {
  static constexpr bool is_array =
      std::is_same_v<typename Eigen::internal::traits<View>::XprKind, Eigen::ArrayXpr>;

 public:
  using typename View::Scalar;

  using View::View;
  CheckedView(const View& view) : View(view) {}  // NOLINT: it is that view
  CheckedView(const CheckedView&) = default;
  ~CheckedView() = default;

  CheckedView& operator=(const CheckedView& other) {
    return *this = static_cast<const View&>(other);
  }
  template <class Other>
  CheckedView& operator=(const Eigen::EigenBase<Other>& other) {
    fits(other);
    View::operator=(other.derived());
    return *this;
  }
  template <class Other>
  CheckedView& operator+=(const Eigen::EigenBase<Other>& other) {
    fits(other);
    View::operator+=(other.derived());
    return *this;
  }
  template <class Other>
  CheckedView& operator-=(const Eigen::EigenBase<Other>& other) {
    fits(other);
    View::operator-=(other.derived());
    return *this;
  }
  using View::operator*=;
  template <class Other>
  CheckedView& operator*=(const Eigen::ArrayBase<Other>& other) {
    fits(other);
    View::operator*=(other.derived());
    return *this;
  }
  using View::operator/=;
  template <class Other>
  CheckedView& operator/=(const Eigen::ArrayBase<Other>& other) {
    fits(other);
    View::operator/=(other.derived());
    return *this;
  }
  /// Arrays take a number for all of theirs.
  CheckedView& operator=(const Scalar& number) requires is_array {
    View::operator=(number);
    return *this;
  }
  CheckedView& operator+=(const Scalar& number) requires is_array {
    View::operator+=(number);
    return *this;
  }
  CheckedView& operator-=(const Scalar& number) requires is_array {
    View::operator-=(number);
    return *this;
  }

  /// For products that do not overlap this: `dx.noalias() = a * x`.
  class NoAlias {
   public:
    explicit NoAlias(CheckedView& view) : view_(view) {}
    template <class Other>
    void operator=(const Eigen::MatrixBase<Other>& other) {
      checked(other).noalias() = other.derived();
    }
    template <class Other>
    void operator+=(const Eigen::MatrixBase<Other>& other) {
      checked(other).noalias() += other.derived();
    }
    template <class Other>
    void operator-=(const Eigen::MatrixBase<Other>& other) {
      checked(other).noalias() -= other.derived();
    }

   private:
    template <class Other>
    View& checked(const Eigen::MatrixBase<Other>& other) {
      view_.fits(other);
      return view_;
    }
    CheckedView& view_;
  };
  [[nodiscard]] NoAlias noalias() { return NoAlias(*this); }

  /// Vectors for every column, or every row: `dx.colwise() = v`, `+=` and so on.
  template <class Vectors, bool column>
  class Broadcast : public Vectors {
   public:
    Broadcast(const Vectors& vectors, const CheckedView& view)
        : Vectors(vectors), rows_(column ? view.rows() : 1), cols_(column ? 1 : view.cols()) {}
    template <class Other>
    void operator=(const Eigen::DenseBase<Other>& other) {
      checked(other) = other.derived();
    }
    template <class Other>
    void operator+=(const Eigen::DenseBase<Other>& other) {
      checked(other) += other.derived();
    }
    template <class Other>
    void operator-=(const Eigen::DenseBase<Other>& other) {
      checked(other) -= other.derived();
    }
    template <class Other>
    void operator*=(const Eigen::DenseBase<Other>& other) {
      checked(other) *= other.derived();
    }
    template <class Other>
    void operator/=(const Eigen::DenseBase<Other>& other) {
      checked(other) /= other.derived();
    }

   private:
    template <class Other>
    Vectors& checked(const Eigen::DenseBase<Other>& other) {
      if (other.rows() != rows_ || other.cols() != cols_) {
        throw ShapeError(other.rows(), other.cols(), rows_, cols_);
      }
      return *this;
    }
    Eigen::Index rows_, cols_;
  };
  [[nodiscard]] auto colwise() {
    return Broadcast<typename View::ColwiseReturnType, true>(View::colwise(), *this);
  }
  [[nodiscard]] auto colwise() const { return View::colwise(); }
  [[nodiscard]] auto rowwise() {
    return Broadcast<typename View::RowwiseReturnType, false>(View::rowwise(), *this);
  }
  [[nodiscard]] auto rowwise() const { return View::rowwise(); }

  [[nodiscard]] auto array() { return part(View::array()); }
  [[nodiscard]] auto array() const { return View::array(); }
  [[nodiscard]] auto matrix() { return part(View::matrix()); }
  [[nodiscard]] auto matrix() const { return View::matrix(); }
  [[nodiscard]] auto transpose() { return part(View::transpose()); }
  [[nodiscard]] auto transpose() const { return View::transpose(); }
  [[nodiscard]] auto diagonal() { return part(View::diagonal()); }
  [[nodiscard]] auto diagonal() const { return View::diagonal(); }
  [[nodiscard]] auto row(Eigen::Index i) { return part(View::row(i)); }
  [[nodiscard]] auto row(Eigen::Index i) const { return View::row(i); }
  [[nodiscard]] auto col(Eigen::Index j) { return part(View::col(j)); }
  [[nodiscard]] auto col(Eigen::Index j) const { return View::col(j); }

// Eigen's blocks, of sizes given as arguments or, before them, as template arguments.
#define CYTODE_PART(name)                                  \
  template <int... sizes, class... Places>                 \
  [[nodiscard]] auto name(Places... places) {              \
    return part(View::template name<sizes...>(places...)); \
  }                                                        \
  template <int... sizes, class... Places>                 \
  [[nodiscard]] auto name(Places... places) const {        \
    return View::template name<sizes...>(places...);       \
  }
  CYTODE_PART(block)
  CYTODE_PART(topRows)
  CYTODE_PART(middleRows)
  CYTODE_PART(bottomRows)
  CYTODE_PART(leftCols)
  CYTODE_PART(middleCols)
  CYTODE_PART(rightCols)
  CYTODE_PART(topLeftCorner)
  CYTODE_PART(topRightCorner)
  CYTODE_PART(bottomLeftCorner)
  CYTODE_PART(bottomRightCorner)
  CYTODE_PART(head)
  CYTODE_PART(segment)
  CYTODE_PART(tail)
#undef CYTODE_PART

  using View::operator();
  /// Rows and columns by ranges: `dx(Eigen::seq(0, 2), Eigen::all)`.
  template <class Rows, class Cols>
  requires(!std::convertible_to<Rows, Eigen::Index> || !std::convertible_to<Cols, Eigen::Index>)
      [[nodiscard]] auto
      operator()(const Rows& rows, const Cols& cols) {
    return part(View::operator()(rows, cols));
  }

 private:
  template <class Part>
  static CheckedView<Part> part(const Part& part) {
    return part;
  }
  template <class Other>
  void fits(const Eigen::EigenBase<Other>& other) const {
    const Eigen::Index rows = other.rows(), cols = other.cols();
    if constexpr (is_vector<View> && is_vector<Other>) {
      if (rows * cols == this->size()) return;
    } else {
      if (rows == this->rows() && cols == this->cols()) return;
    }
    refuse(rows, cols);
  }
  template <class Any>
  static constexpr bool is_vector = Eigen::internal::traits<Any>::RowsAtCompileTime == 1 ||
                                    Eigen::internal::traits<Any>::ColsAtCompileTime == 1;
  [[noreturn, gnu::noinline, gnu::cold]] void refuse(Eigen::Index rows, Eigen::Index cols) const {
    throw ShapeError(rows, cols, this->rows(), this->cols());
  }
};

}  // namespace cytode
