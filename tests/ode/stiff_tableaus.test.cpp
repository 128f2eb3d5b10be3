// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ode/esdirk3.hpp>
#include <cytode/ode/esdirk4.hpp>
#include <cytode/ode/esdirk5.hpp>
#include <cytode/ode/rodas3p.hpp>
#include <cytode/ode/rodas4.hpp>
#include <cytode/ode/rodas5p.hpp>

#include "catch.hpp"

using namespace cytode;

namespace {

/// A rooted tree: its branches, each a tree. One order condition a tree [Hairer 1993, II.2].
struct Tree {
  std::vector<Tree> branches;
  bool operator<(const Tree& other) const { return branches < other.branches; }
  [[nodiscard]] int order() const {
    int n = 1;
    for (const Tree& b : branches) n += b.order();
    return n;
  }
  [[nodiscard]] double density() const {
    double g = order();
    for (const Tree& b : branches) g *= b.density();
    return g;
  }
};

/// All trees of this order: every tree of one node less, with a leaf grown on every node.
void grow(const Tree& tree, std::vector<Tree>& out) {
  Tree here = tree;
  here.branches.push_back({});
  out.push_back(here);
  for (std::size_t i = 0; i < tree.branches.size(); ++i) {
    std::vector<Tree> grown;
    grow(tree.branches[i], grown);
    for (const Tree& branch : grown) {
      out.push_back(tree);
      out.back().branches[i] = branch;
    }
  }
}
std::set<Tree> trees(int order) {
  if (order == 1) return {Tree{}};
  std::set<Tree> found;
  for (const Tree& small : trees(order - 1)) {
    std::vector<Tree> grown;
    grow(small, grown);
    for (Tree& t : grown) {
      const auto sort = [](auto&& self, Tree& tree) -> void {
        for (Tree& b : tree.branches) self(self, b);
        std::sort(tree.branches.begin(), tree.branches.end());
      };
      sort(sort, t);
      found.insert(t);
    }
  }
  return found;
}

/// Elementary weights a stage. A node with one branch meets the whole matrix β = α + Γ, a node with
/// more the matrix α alone [Hairer 1996, IV.7]; for Runge–Kutta methods both are A.
Vector<double> weights(const Tree& tree, const Matrix<double>& alpha, const Matrix<double>& beta) {
  Vector<double> w = Vector<double>::Ones(alpha.rows());
  if (tree.branches.size() == 1) return beta * weights(tree.branches[0], alpha, beta);
  for (const Tree& b : tree.branches) w = w.cwiseProduct(alpha * weights(b, alpha, beta));
  return w;
}

/// Largest violation of the conditions of an order by the weights b(θ).
double violation(int order, double theta, const Vector<double>& b, const Matrix<double>& alpha,
                 const Matrix<double>& beta) {
  double worst = 0;
  for (const Tree& t : trees(order)) {
    const double got = b.dot(weights(t, alpha, beta));
    worst = std::max(worst, std::abs(got - std::pow(theta, order) / t.density()));
  }
  return worst;
}

/// R(∞) = lim R(z), z → −∞, of a method: 0 for an L-stable one.
double at_infinity(const Vector<double>& b, const Matrix<double>& beta) {
  const double z = -1e9;
  const Index s = b.size();
  const Matrix<double> m = Matrix<double>::Identity(s, s) - z * beta;
  Vector<double> k = Vector<double>::Ones(s);  // m is lower triangular: forward substitution
  for (Index i = 0; i < s; ++i) k[i] = (k[i] - m.row(i).head(i).dot(k.head(i))) / m(i, i);
  return 1 + z * b.dot(k);
}

template <class Square>
Matrix<double> square(const Square& values, int s) {
  Matrix<double> m(s, s);
  for (int i = 0; i < s; ++i) {
    for (int j = 0; j < s; ++j) {
      m(i, j) = values[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  }
  return m;
}
template <class Weights>
Vector<double> vector(const Weights& values, int s) {
  return Eigen::Map<const Vector<double>>(values.data(), s);
}

}  // namespace

TEST_CASE("there are as many trees as there are order conditions", "[ode]") {
  const std::size_t counts[] = {1, 1, 2, 4, 9};
  for (int order = 1; order <= 5; ++order) CHECK(trees(order).size() == counts[order - 1]);
}

TEST_CASE("every order condition of the Rosenbrock methods holds", "[ode]") {
  // The published numbers have 16 digits and are up to 100 large: conditions hold to 1e-13.
  for (const ode::RosenbrockTableau& t :
       {ode::tableaus::rodas3p, ode::tableaus::rodas4, ode::tableaus::rodas5p}) {
    CAPTURE(t.name);
    const Matrix<double> gamma = square(t.gamma_matrix(), t.stages);
    const Matrix<double> alpha = square(t.a, t.stages) * gamma, beta = alpha + gamma;
    const Vector<double> m = vector(t.m, t.stages), e = vector(t.e, t.stages);
    const Vector<double> b = gamma.transpose() * m, embedded = gamma.transpose() * (m - e);
    for (int order = 1; order <= t.order; ++order) {
      CHECK(violation(order, 1, b, alpha, beta) < 1e-13);
      if (order <= t.error_order) CHECK(violation(order, 1, embedded, alpha, beta) < 1e-13);
    }
    CHECK(violation(t.order + 1, 1, b, alpha, beta) > 1e-4);
    CHECK(violation(t.error_order + 1, 1, embedded, alpha, beta) > 1e-4);
    CHECK(std::abs(at_infinity(b, beta)) < 1e-6);
    CHECK(std::abs(at_infinity(embedded, beta)) < 1e-6);
    for (const double theta : {0.0, 0.1, 0.35, 0.7, 0.95, 1.0}) {
      Vector<double> weight = m;
      double power = 1 - theta;
      for (int r = 0; r < t.dense_rows; ++r, power *= theta) {
        weight += power * vector(t.dense[static_cast<std::size_t>(r)], t.stages);
      }
      weight = gamma.transpose() * (theta * weight);
      for (int order = 1; order <= t.dense_order; ++order) {
        CHECK(violation(order, theta, weight, alpha, beta) < 1e-13);
      }
    }
    CHECK(t.dense_order >= t.order - 1);
  }
}

TEST_CASE("every order condition of the ESDIRK methods holds", "[ode]") {
  for (const ode::EsdirkTableau& t :
       {ode::tableaus::esdirk3, ode::tableaus::esdirk4, ode::tableaus::esdirk5}) {
    CAPTURE(t.name);
    const int s = t.stages;
    Matrix<double> a = square(t.a, s);
    for (Index i = 1; i < s; ++i) a(i, i) = t.gamma;
    const Vector<double> b = a.row(s - 1), e = vector(t.e, s), c = vector(t.c, s);
    for (int order = 1; order <= t.order; ++order) {
      CHECK(violation(order, 1, b, a, a) < 1e-15);
      if (order <= t.error_order) CHECK(violation(order, 1, b - e, a, a) < 1e-15);
    }
    CHECK(violation(t.order + 1, 1, b, a, a) > 1e-4);
    CHECK(violation(t.error_order + 1, 1, b - e, a, a) > 1e-4);
    CHECK(std::abs(at_infinity(b, a)) < 1e-6);
    for (const double theta : {0.0, 0.1, 0.35, 0.7, 0.95, 1.0}) {
      const double bump = theta * theta * (1 - theta) * (1 - theta);
      Vector<double> weight = theta * theta * (3 - 2 * theta) * b + bump * vector(t.w, s);
      weight[0] += theta * (1 - theta) * (1 - theta);
      weight[s - 1] += theta * theta * (theta - 1);
      for (int order = 1; order <= t.dense_order; ++order) {
        CHECK(violation(order, theta, weight, a, a) < 1e-14);
      }
    }
    CHECK(t.dense_order >= t.order - 1);
    // The first guesses: order 2 from the third stage on, 3 from the fifth on.
    const Matrix<double> p = square(t.p, s);
    CHECK((p * Vector<double>::Ones(s) - c).cwiseAbs().maxCoeff() < 1e-15);
    CHECK((p * c - c.cwiseAbs2() / 2).tail(s - 2).cwiseAbs().maxCoeff() < 1e-15);
    const Vector<double> third = p * c.cwiseAbs2() - c.cwiseProduct(c.cwiseAbs2()) / 3;
    CHECK(third.tail(s - 4).cwiseAbs().maxCoeff() < 1e-15);
  }
}
