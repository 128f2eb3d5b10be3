// SPDX-License-Identifier: MIT
#include <string>

#include <cytode/core/random.hpp>
#include <cytode/data/numeric_csv.hpp>
#include <cytode/data/pca.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// Cells whose features have falling scales, mixed by a product of reflections, off centre.
template <class S>
Matrix<S> cloud(Index features, Index cells, Index rank) {
  Matrix<double> z(rank, cells), mix(features, rank);
  Stream(3).fork(0).fill_normal(0, z.data(), z.size());
  Stream(3).fork(1).fill_normal(0, mix.data(), mix.size());
  for (Index r = 0; r < rank; ++r) z.row(r) *= 8 * std::pow(0.7, static_cast<double>(r));
  return ((mix * z).colwise() + Vector<double>::LinSpaced(features, -3, 5)).template cast<S>();
}

template <class S>
double distance_to_identity(const Matrix<S>& c) {
  return static_cast<double>(
      (c.transpose() * c - Matrix<S>::Identity(c.cols(), c.cols())).cwiseAbs().maxCoeff());
}

}  // namespace

TEMPLATE_TEST_CASE("PCA: orthonormal, decorrelated, complete, whichever side is longer", "[data]",
                   float, double) {
  using S = TestType;
  const double eps = std::numeric_limits<S>::epsilon();
  for (const auto& [features, cells] : {std::pair<Index, Index>{7, 60}, {60, 7}, {12, 13}}) {
    CAPTURE(features, cells);
    const Index full = std::min(features, cells - 1);
    const Matrix<S> x = cloud<S>(features, cells, full);
    const auto pca = data::fit_pca(x, full);
    const double size = static_cast<double>(x.cwiseAbs().maxCoeff());
    CHECK(distance_to_identity(pca.components) < 20 * eps);
    const Matrix<S> z = pca.transform(x);
    // All components that the cells span: nothing is lost. Sums of up to 60 products.
    CHECK((pca.inverse(z) - x).cwiseAbs().maxCoeff() < 100 * eps * size);
    CHECK(static_cast<double>(pca.variance_ratio.sum()) == Approx(1).margin(20 * eps));
    // The covariance of z is the diagonal of variances: brute force, cell by cell.
    Matrix<double> covariance = Matrix<double>::Zero(full, full);
    for (Index i = 0; i < cells; ++i) {
      const Vector<double> zi = z.col(i).template cast<double>();
      covariance += zi * zi.transpose() / static_cast<double>(cells - 1);
    }
    covariance.diagonal() -= pca.variance.template cast<double>();
    CHECK(covariance.cwiseAbs().maxCoeff() < 100 * eps * size * size);
    for (Index k = 0; k < full; ++k) {
      if (k > 0) CHECK(pca.variance[k] <= pca.variance[k - 1]);
      Index at = 0;
      CHECK(pca.components.col(k).cwiseAbs().maxCoeff(&at) > 0);
      CHECK(pca.components(at, k) > 0);
    }
  }
}

TEST_CASE("PCA does not care for the order of cells, shifts, or which Gram matrix it took",
          "[data]") {
  const Matrix<double> x = cloud<double>(9, 30, 9);
  const auto pca = data::fit_pca(x, 4);
  const auto turned = data::fit_pca(x.rowwise().reverse(), 4);
  CHECK((turned.components - pca.components).cwiseAbs().maxCoeff() < 1e-10);
  const auto shifted = data::fit_pca((x.array() + 100).matrix(), 4);
  CHECK((shifted.components - pca.components).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((shifted.mean - pca.mean).isApproxToConstant(100, 1e-12));
  // Features that are always zero make the cells the smaller side; the components only grow zeros.
  Matrix<double> padded = Matrix<double>::Zero(50, 30);
  padded.topRows(9) = x;
  const auto tall = data::fit_pca(padded, 4);
  CHECK((tall.components.topRows(9) - pca.components).cwiseAbs().maxCoeff() < 1e-10);
  CHECK(tall.components.bottomRows(41).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((tall.variance - pca.variance).norm() < 1e-10 * pca.variance.norm());
}

TEST_CASE("PCA of cells with less variance than dims still gives orthonormal components",
          "[data]") {
  for (const auto& [features, cells] : {std::pair<Index, Index>{40, 12}, {12, 40}}) {
    const auto flat = data::fit_pca(cloud<double>(features, cells, 2), 6);
    CHECK(distance_to_identity(flat.components) < 1e-12);
    CHECK(flat.variance_ratio.head(2).sum() == Approx(1).margin(1e-12));
    const auto still = data::fit_pca(Matrix<double>::Ones(features, cells), 3);
    CHECK(distance_to_identity(still.components) < 1e-12);
    CHECK(still.variance_ratio == Vector<double>::Zero(3));
  }
}

TEST_CASE("PCA names what is wrong", "[data]") {
  Matrix<double> x = cloud<double>(3, 5, 3);
  CHECK_THROWS_WITH(data::fit_pca(x, 4),
                    "data::fit_pca: dims is 4, wanted 1 to 3 for 3 features and 5 cells");
  CHECK_THROWS_WITH(data::fit_pca(x.leftCols(1), 1),
                    "data::fit_pca: x has 1 cells, wanted 2 or more");
  CHECK_THROWS_WITH(data::fit_pca(x, 2).transform(x.topRows(2)),
                    "Pca::transform: x has 2 features, wanted 3");
  x(1, 2) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(data::fit_pca(x, 2), std::invalid_argument);
}

TEST_CASE("PCA of real counts gives the published components", "[data]") {
  const std::string folder = CYTODE_DATA;
  if (folder.empty()) {
    WARN("skipped: CYTODE_DATA is not set");
    return;
  }
  const auto numbers = [&](const std::string& file, bool header) {
    return data::read_numeric_csv<double>(folder + "/semrau_ra/" + file, {.header = header}).values;
  };
  // Components and scores are numbers of six digits, made from the same counts by numpy's SVD.
  const Matrix<double> x = numbers("X.csv", false).array().log1p().matrix();
  const Matrix<double> loadings = numbers("varm.csv", true);  // components × genes
  const Matrix<double> scores = numbers("obsm.csv", true);
  const auto pca = data::fit_pca(x, 10);
  CHECK((pca.mean - numbers("uns/pca_mean.csv", false).transpose()).cwiseAbs().maxCoeff() < 1e-5);
  CHECK((pca.variance_ratio - numbers("uns/pca_variance_ratio.csv", false).transpose())
            .cwiseAbs()
            .maxCoeff() < 1e-6);
  const Matrix<double> z = pca.transform(x);
  for (Index k = 0; k < 10; ++k) {  // up to sign
    const double sign = loadings.row(k).dot(pca.components.col(k)) > 0 ? 1 : -1;
    CHECK((sign * pca.components.col(k) - loadings.row(k).transpose()).cwiseAbs().maxCoeff() <
          1e-4);
    CHECK((sign * z.row(k) - scores.row(k)).cwiseAbs().maxCoeff() < 1e-3);
  }
}
