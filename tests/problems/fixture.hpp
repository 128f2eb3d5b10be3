// SPDX-License-Identifier: MIT
/// Reader of tests/fixtures/ode/solutions.csv, solutions and gradients by torchdiffeq and diffrax,
/// and the fields they belong to.
#pragma once

#include <charconv>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/neural.hpp>

namespace cytode::problems {

/// A problem of the fixture: "spiral", "lotka_volterra" (one cell of 2), "mlp" (3 cells of 3).
struct PeerProblem {
  Vector<double> times;  ///< Output times; the first is the start.
  Matrix<double> x0;     ///< dims × cells
  Vector<double> theta;
  Matrix<double> velocity;  ///< The field at (times[0], x0).
};

/// What a package computed; the gradient is that of `loss`, the sum of squares of all states.
struct PeerRun {
  std::vector<Matrix<double>> states;  ///< One dims × cells an output time, the first is x0.
  bool has_gradient = false;
  double loss = 0;
  Matrix<double> gradient_x0;
  Vector<double> gradient_theta;
};

/// The whole fixture, read once.
class Peers {
 public:
  Peers() : Peers(std::string(CYTODE_FIXTURES) + "/ode/solutions.csv") {}
  explicit Peers(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("problems::Peers: cannot read " + path);
    for (std::string line; std::getline(in, line);) add(line);
  }

  [[nodiscard]] PeerProblem problem(const std::string& name) const {
    const auto get = [&](const char* what) { return at(name + ",,,," + what); };
    const std::vector<double> times = get("times"), x0 = get("x0");
    const Index dims = name == "mlp" ? 3 : 2;
    return {vector(times), matrix(x0, 0, dims, static_cast<Index>(x0.size()) / dims),
            vector(get("theta")),
            matrix(get("velocity"), 0, dims, static_cast<Index>(x0.size()) / dims)};
  }
  /// A run by package ("torchdiffeq", "diffrax"), method ("dopri5") and setting ("1e-06",
  /// "h=0.0625"); throws std::out_of_range if there is none.
  [[nodiscard]] PeerRun run(const std::string& name, const std::string& package,
                            const std::string& method, const std::string& setting) const {
    const std::string key = name + "," + package + "," + method + "," + setting + ",";
    const PeerProblem p = problem(name);
    const std::vector<double> all = at(key + "states");
    PeerRun run;
    for (Index k = 0; k < p.times.size(); ++k) {
      run.states.push_back(matrix(all, k * p.x0.size(), p.x0.rows(), p.x0.cols()));
    }
    run.has_gradient = rows_.contains(key + "loss");
    if (run.has_gradient) {
      run.loss = at(key + "loss").front();
      run.gradient_x0 = matrix(at(key + "gradient_x0"), 0, p.x0.rows(), p.x0.cols());
      run.gradient_theta = vector(at(key + "gradient_theta"));
    }
    return run;
  }

 private:
  /// Five fields name a line, the rest is numbers.
  void add(const std::string& line) {
    std::size_t end = 0;
    for (int commas = 0; commas < 5; ++end) {
      if (end == line.size()) throw std::runtime_error("problems::Peers: short line " + line);
      commas += line[end] == ',' ? 1 : 0;
    }
    std::vector<double>& numbers = rows_[line.substr(0, end - 1)];
    const char* next = line.data() + end;
    const char* const stop = line.data() + line.size();
    while (next < stop) {
      double value = 0;
      const auto [after, error] = std::from_chars(next, stop, value);
      if (error != std::errc()) throw std::runtime_error("problems::Peers: bad number in " + line);
      numbers.push_back(value);
      next = after + 1;  // past the comma
    }
  }
  [[nodiscard]] const std::vector<double>& at(const std::string& key) const {
    const auto row = rows_.find(key);
    if (row == rows_.end()) throw std::out_of_range("problems::Peers: no line " + key);
    return row->second;
  }
  static Vector<double> vector(const std::vector<double>& v) {
    return Eigen::Map<const Vector<double>>(v.data(), static_cast<Index>(v.size()));
  }
  static Matrix<double> matrix(const std::vector<double>& v, Index first, Index rows, Index cols) {
    if (first + rows * cols > static_cast<Index>(v.size())) {
      throw std::runtime_error("problems::Peers: a line is too short");
    }
    return Eigen::Map<const Matrix<double>>(v.data() + first, rows, cols);
  }

  std::map<std::string, std::vector<double>> rows_;
};

/// x' = A x³ (coefficient by coefficient), θ = A by columns: torchdiffeq's spiral.
[[nodiscard]] inline auto spiral(const Vector<double>& theta) {
  return fields::kinetics<double>(2, theta, [](auto, auto x, auto p, auto dx) {
    const auto u = x[0] * x[0] * x[0], v = x[1] * x[1] * x[1];
    dx[0] = p[0] * u + p[2] * v;
    dx[1] = p[1] * u + p[3] * v;
  });
}

/// Prey and predator: x' = p0 x − p1 x y, y' = −p2 y + p3 x y.
[[nodiscard]] inline auto lotka_volterra(const Vector<double>& theta) {
  return fields::kinetics<double>(2, theta, [](auto, auto x, auto p, auto dx) {
    dx[0] = p[0] * x[0] - p[1] * x[0] * x[1];
    dx[1] = -p[2] * x[1] + p[3] * x[0] * x[1];
  });
}

/// The tanh network 4 → 8 → 3 on [x; t].
[[nodiscard]] inline auto mlp(const Vector<double>& theta) {
  auto field = fields::neural<double>(3, {8}, Stream(0), nn::tanh);
  field.parameters() = theta;
  return field;
}

}  // namespace cytode::problems
