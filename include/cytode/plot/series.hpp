// SPDX-License-Identifier: MIT
/// Series: the numbers of a mark, taken from a vector, a list or any Eigen expression.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode::plot {

/// Numbers to draw, owned. Converts implicitly, so that `Points{.x = cells.row(0)}` reads well.
/// A matrix is read column after column.
class Series {
 public:
  Series() = default;
  Series(std::initializer_list<double> values) : values_(values) {}
  Series(std::vector<double> values) noexcept : values_(std::move(values)) {}
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, double>) Series(const std::vector<T>& values)
      : values_(values.begin(), values.end()) {}
  template <class Derived>
  Series(const Eigen::DenseBase<Derived>& expression) {
    const typename Derived::PlainObject m = expression.derived();
    values_.reserve(static_cast<std::size_t>(m.size()));
    for (Index j = 0; j < m.cols(); ++j) {
      for (Index i = 0; i < m.rows(); ++i) values_.push_back(static_cast<double>(m(i, j)));
    }
  }

  template <class = void>
  void push_back(double value) {
    values_.push_back(value);
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] double operator[](std::size_t i) const noexcept { return values_[i]; }
  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] auto end() const noexcept { return values_.end(); }

 private:
  std::vector<double> values_;
};

/// Throws std::invalid_argument unless b has as many numbers as a.
template <class = void>
inline void check_same_length(std::string_view function, std::string_view a_name, const Series& a,
                              std::string_view b_name, const Series& b) {
  check(a.size() == b.size(), function, a_name, " has ", a.size(), " numbers, ", b_name, " has ",
        b.size());
}

}  // namespace cytode::plot
