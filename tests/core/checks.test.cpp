// SPDX-License-Identifier: MIT
#include <limits>

#include <cytode/core/checks.hpp>
#include <cytode/core/parameters.hpp>
#include <cytode/core/status.hpp>

#include "catch.hpp"

using namespace cytode;

TEST_CASE("checks throw invalid_argument that names function, argument, got and wanted", "[core]") {
  const Matrix<double> m(2, 3), none(2, 0);
  CHECK_NOTHROW(check(true, "f", "never said"));
  CHECK_NOTHROW(check_shape("f", "m", m, 2, 3));
  CHECK_NOTHROW(check_features("f", "m", m, 2));
  CHECK_NOTHROW(check_same_cells("f", "a", m, "b", m));
  CHECK_NOTHROW(check_not_empty("f", "m", m));
  CHECK_THROWS_AS(fail_check("f", "no"), std::invalid_argument);
  CHECK_THROWS_WITH(check(false, "f", "got ", 1, ", wanted ", 2.5), "f: got 1, wanted 2.5");
  CHECK_THROWS_WITH(check_shape("f", "m", m, 3, 3), "f: m is 2 x 3, wanted 3 x 3");
  CHECK_THROWS_WITH(check_shape("f", "m", m, 2, 2), "f: m is 2 x 3, wanted 2 x 2");
  CHECK_THROWS_WITH(check_features("f", "m", m, 3), "f: m has 2 features, wanted 3");
  CHECK_THROWS_WITH(check_same_cells("f", "a", m, "b", none), "f: a has 3 cells, b has 0");
  CHECK_THROWS_WITH(check_not_empty("f", "m", none), "f: m is empty (2 x 0)");
}

TEST_CASE("positive is above zero and finite; not negative may be zero", "[core]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(check_positive("f", "n", Index{1}));
  CHECK_NOTHROW(check_positive("f", "x", std::numeric_limits<double>::denorm_min()));
  CHECK_NOTHROW(check_not_negative("f", "x", 0.0f));
  for (const double bad : {0.0, -1.0, nan, infinity, -infinity}) {
    CHECK_THROWS_AS(check_positive("f", "x", bad), std::invalid_argument);
  }
  for (const double bad : {-1e-300, nan, infinity}) {
    CHECK_THROWS_AS(check_not_negative("f", "x", bad), std::invalid_argument);
  }
  CHECK_THROWS_WITH(check_positive("f", "n", 0), "f: n is 0, wanted a positive number");
  CHECK_THROWS_WITH(check_not_negative("f", "n", -2), "f: n is -2, wanted zero or more");
}

TEST_CASE("every status has its own sentence and only ok does not throw", "[core]") {
  std::vector<std::string_view> said;
  for (const Status s :
       {Status::ok, Status::stopped, Status::step_limit, Status::step_underflow,
        Status::non_finite_state, Status::non_finite_loss, Status::not_converged}) {
    CHECK(std::find(said.begin(), said.end(), message(s)) == said.end());
    said.push_back(message(s));
    if (s == Status::ok) {
      CHECK_NOTHROW(throw_unless_ok(s, "here"));
    } else {
      CHECK_THROWS_WITH(throw_unless_ok(s, "here"), "here: " + std::string(message(s)));
      CHECK_THROWS_AS(throw_unless_ok(s, "here"), std::runtime_error);
    }
  }
}

TEST_CASE("a layout places named blocks one after another in one vector", "[core]") {
  ParameterLayout inner;
  CHECK(inner.add_matrix("weight", 2, 3) == 0);
  CHECK(inner.add_vector("bias", 2) == 6);
  ParameterLayout layout;
  layout.append("0.", inner);
  layout.append("2.", inner);
  REQUIRE(layout.blocks().size() == 4);
  CHECK(layout.size() == 16);
  CHECK(layout.at("2.bias").offset == 14);
  CHECK(layout.at("2.bias").vector);
  CHECK(layout.at("2.weight").cols == 3);
  CHECK_FALSE(layout.at("2.weight").vector);
  CHECK_THROWS_WITH(layout.at("1.bias"), "ParameterLayout::at: no block named '1.bias'");
  CHECK_THROWS_WITH(layout.append("0.", inner), "ParameterLayout: two blocks named '0.weight'");
  CHECK_THROWS_WITH(layout.add_vector("short", -1), "ParameterLayout: block 'short' is -1 x 1");
  CHECK(layout.size() == 16);

  Vector<double> flat = Vector<double>::LinSpaced(16, 0, 15);
  view(flat, layout.at("2.weight"))(1, 2) = -1;  // column-major from offset 8: 8 + 2·2 + 1
  CHECK(flat[13] == -1);
  const Vector<double>& read_only = flat;
  CHECK(view(read_only, layout.at("2.bias"))(1, 0) == 15);
}
