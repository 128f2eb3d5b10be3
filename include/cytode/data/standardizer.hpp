// SPDX-License-Identifier: MIT
/// Scaling of features to mean 0 and standard deviation 1, fitted on the cells it is handed.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/snapshots.hpp>

namespace cytode::data {

/// z = (x - mean) / scale for every feature; velocities only divide by the scale.
///
/// Mean and population standard deviation over all cells of the snapshots, every cell counting the
/// same, in two passes in double: what scikit-learn's StandardScaler does. Given the training
/// snapshots only, it cannot know the others.
class Standardizer {
 public:
  /// From known numbers; scales must be positive.
  template <class = void>
  Standardizer(Vector<double> mean, Vector<double> scale)
      : mean_(std::move(mean)), scale_(std::move(scale)) {
    check(mean_.size() == scale_.size(), "Standardizer", "mean has ", mean_.size(),
          " features, scale has ", scale_.size());
    for (Index f = 0; f < scale_.size(); ++f) {
      check(std::isfinite(mean_[f]) && std::isfinite(scale_[f]) && scale_[f] > 0, "Standardizer",
            "feature ", f, " has mean ", mean_[f], " and scale ", scale_[f],
            ", wanted finite numbers and a positive scale");
    }
  }

  /// Fits to the cells of all time points given. Throws std::invalid_argument naming a feature that
  /// is the same in every cell, and one that is not finite.
  template <std::floating_point S>
  [[nodiscard]] static Standardizer fit(const Snapshots<S>& snapshots) {
    auto [mean, variance] = moments(snapshots);
    for (Index f = 0; f < mean.size(); ++f) {
      bool constant = true;
      const S first = snapshots.front().cells(f, 0);
      for (const Snapshot<S>& s : snapshots)
        constant = constant && (s.cells.row(f).array() == first).all();
      check(!constant && variance[f] > 0, "Standardizer::fit", "feature ", f,
            " (counted from 0) is ", first, " in every cell and cannot be scaled; leave it out");
    }
    return {std::move(mean), variance.cwiseSqrt()};
  }
  /// The same with one scale for all features, the root of their mean variance: distances between
  /// cells keep their proportions, so that plans of transport are those of the unscaled cells. For
  /// principal components, whose spread says how much they matter. Throws std::invalid_argument if
  /// all cells are alike, or naming a feature that is not finite.
  template <std::floating_point S>
  [[nodiscard]] static Standardizer fit_one_scale(const Snapshots<S>& snapshots) {
    auto [mean, variance] = moments(snapshots);
    const double scale = std::sqrt(variance.mean());
    check(scale > 0, "Standardizer::fit_one_scale", "all cells are alike and cannot be scaled");
    const Index d = mean.size();
    return {std::move(mean), Vector<double>::Constant(d, scale)};
  }

  [[nodiscard]] Index features() const noexcept { return mean_.size(); }
  [[nodiscard]] const Vector<double>& mean() const noexcept { return mean_; }
  [[nodiscard]] const Vector<double>& scale() const noexcept { return scale_; }

  /// States of shape features × cells to scaled states.
  template <std::floating_point S>
  [[nodiscard]] Matrix<S> apply(const Matrix<S>& x) const {
    check_features("Standardizer::apply", "x", x, features());
    return ((x.template cast<double>().colwise() - mean_).array().colwise() / scale_.array())
        .matrix()
        .template cast<S>();
  }
  /// Scaled states back to states.
  template <std::floating_point S>
  [[nodiscard]] Matrix<S> invert(const Matrix<S>& z) const {
    check_features("Standardizer::invert", "z", z, features());
    return ((z.template cast<double>().array().colwise() * scale_.array()).matrix().colwise() +
            mean_)
        .template cast<S>();
  }
  /// Velocities dx/dt to dz/dt.
  template <std::floating_point S>
  [[nodiscard]] Matrix<S> apply_velocity(const Matrix<S>& v) const {
    check_features("Standardizer::apply_velocity", "v", v, features());
    return (v.template cast<double>().array().colwise() / scale_.array())
        .matrix()
        .template cast<S>();
  }
  /// Velocities dz/dt to dx/dt.
  template <std::floating_point S>
  [[nodiscard]] Matrix<S> invert_velocity(const Matrix<S>& v) const {
    check_features("Standardizer::invert_velocity", "v", v, features());
    return (v.template cast<double>().array().colwise() * scale_.array())
        .matrix()
        .template cast<S>();
  }

  /// Every time point scaled; times, labels, rows and notes stay.
  template <std::floating_point S>
  [[nodiscard]] Snapshots<S> apply(const Snapshots<S>& snapshots) const {
    std::vector<Snapshot<S>> list(snapshots.begin(), snapshots.end());
    for (Snapshot<S>& s : list) s.cells = apply(s.cells);
    return Snapshots<S>(std::move(list), snapshots.notes());
  }
  /// The same in place, for snapshots that are not needed unscaled any more: no second copy.
  template <std::floating_point S>
  [[nodiscard]] Snapshots<S> apply(Snapshots<S>&& snapshots) const {
    std::vector<std::string> notes = snapshots.notes();
    std::vector<Snapshot<S>> list = std::move(snapshots).release();
    for (Snapshot<S>& s : list) {
      check_features("Standardizer::apply", "x", s.cells, features());
      for (Index i = 0; i < s.cells.cols(); ++i) {
        s.cells.col(i) = ((s.cells.col(i).template cast<double>() - mean_).array() / scale_.array())
                             .matrix()
                             .template cast<S>();
      }
    }
    return Snapshots<S>(std::move(list), std::move(notes));
  }

 private:
  struct Moments {
    Vector<double> mean, variance;
  };
  template <std::floating_point S>
  static Moments moments(const Snapshots<S>& snapshots) {
    const auto n = static_cast<double>(snapshots.cells());
    Vector<double> mean = Vector<double>::Zero(snapshots.features());
    Vector<double> variance = mean;
    for (const Snapshot<S>& s : snapshots) {
      mean += s.cells.template cast<double>().rowwise().sum();
    }
    mean /= n;
    for (const Snapshot<S>& s : snapshots) {
      variance += (s.cells.template cast<double>().colwise() - mean).cwiseAbs2().rowwise().sum();
    }
    variance /= n;
    for (Index f = 0; f < mean.size(); ++f) {
      check(std::isfinite(variance[f]), "Standardizer::fit", "feature ", f,
            " (counted from 0) has values that are not finite");
    }
    return {std::move(mean), std::move(variance)};
  }

  Vector<double> mean_, scale_;
};

}  // namespace cytode::data
