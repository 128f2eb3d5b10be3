// SPDX-License-Identifier: MIT
// The fixture of solutions by other packages: its fields are ours, and its numbers are consistent.
#include "catch.hpp"
#include "problems/fixture.hpp"

using namespace cytode;

namespace {

template <class Field>
Matrix<double> velocity_at_start(const Field& field, const problems::PeerProblem& p) {
  typename Field::Cache cache;
  Matrix<double> dx(p.x0.rows(), p.x0.cols());
  field.forward(Times<double>(p.times[0]), p.x0, dx, cache);
  return dx;
}

template <class Field>
void check_velocity(const Field& field, const problems::PeerProblem& p) {
  CHECK(field.parameters().size() == p.theta.size());
  CHECK((velocity_at_start(field, p) - p.velocity).cwiseAbs().maxCoeff() <= 1e-14 * 16);
}

}  // namespace

TEST_CASE("the fields of the fixture are those the packages solved", "[ode]") {
  const problems::Peers peers;
  const auto spiral = peers.problem("spiral");
  check_velocity(problems::spiral(spiral.theta), spiral);
  const auto prey = peers.problem("lotka_volterra");
  check_velocity(problems::lotka_volterra(prey.theta), prey);
  const auto mlp = peers.problem("mlp");
  CHECK(mlp.x0.cols() == 3);
  check_velocity(problems::mlp(mlp.theta), mlp);
}

TEST_CASE("two packages agree on solutions, losses and gradients", "[ode]") {
  const problems::Peers peers;
  for (const auto& [name, fine] :
       {std::pair{"spiral", "h=0.001953125"}, std::pair{"lotka_volterra", "h=0.00390625"},
        std::pair{"mlp", "h=0.015625"}}) {
    CAPTURE(name);
    const auto truth = peers.run(name, "diffrax", "dopri8", fine);
    const auto torch = peers.run(name, "torchdiffeq", "dopri5", "1e-09");
    REQUIRE(truth.has_gradient);
    REQUIRE(torch.has_gradient);
    double loss = 0;
    for (std::size_t k = 0; k < truth.states.size(); ++k) {
      CHECK((truth.states[k] - torch.states[k]).cwiseAbs().maxCoeff() <= 1e-7);
      loss += truth.states[k].squaredNorm();
    }
    CHECK(truth.loss == Approx(loss).epsilon(1e-13));
    CHECK((truth.gradient_x0 - torch.gradient_x0).norm() <= 1e-7 * truth.gradient_x0.norm());
    CHECK((truth.gradient_theta - torch.gradient_theta).norm() <=
          1e-7 * truth.gradient_theta.norm());
    CHECK(truth.states.front() == peers.problem(name).x0);
  }
  CHECK(!peers.run("spiral", "torchdiffeq", "bosh3", "1e-06").has_gradient);
  CHECK_THROWS_AS(peers.run("spiral", "torchdiffeq", "tsit5", "1e-06"), std::out_of_range);
}
