// SPDX-License-Identifier: MIT
/// Every kind of field once, in double, for laws that want "any field": a new field adds a line.
#pragma once

#include <tuple>

#include <cytode/fields/autonomous.hpp>
#include <cytode/fields/carried.hpp>
#include <cytode/fields/guided.hpp>
#include <cytode/fields/kinetics.hpp>
#include <cytode/fields/linear.hpp>
#include <cytode/fields/neural.hpp>
#include <cytode/fields/neural_map.hpp>

namespace catalogue {

/// 3 → 8 → 6 → 3 with tanh and the time as input: smooth.
struct NeuralTanh {
  static constexpr const char* name = "neural, tanh";
  static auto make() {
    return cytode::fields::neural<double>(3, {8, 6}, cytode::Stream(1), cytode::nn::tanh);
  }
};

/// The same with SELU: its second derivative jumps at 0.
struct NeuralSelu {
  static constexpr const char* name = "neural, SELU";
  static auto make() {
    return cytode::fields::neural<double>(3, {8, 6}, cytode::Stream(2), cytode::nn::selu);
  }
};

/// Two genes that repress each other, with production, decay and leak as parameters: autonomous.
struct Toggle {
  static constexpr const char* name = "kinetics, toggle switch";
  static auto make() {
    return cytode::fields::kinetics<double>(
        2, cytode::Vector<double>{{4.0, 3.5, 1.0, 0.9, 0.1}}, [](auto, auto x, auto p, auto dx) {
          dx[0] = p[4] + p[0] / (1.0 + x[1] * x[1]) - p[2] * x[0];
          dx[1] = p[4] + p[1] / (1.0 + x[0] * x[0]) - p[3] * x[1];
        });
  }
};

/// A damped oscillator under a time-dependent force: the time enters, and a function of it.
struct Driven {
  static constexpr const char* name = "kinetics, with time";
  static auto make() {
    return cytode::fields::kinetics<double>(2, cytode::Vector<double>{{0.3, 1.2, 0.8, 1.7}},
                                            [](const auto& t, auto x, auto p, auto dx) {
                                              dx[0] = x[1];
                                              dx[1] = -p[0] * x[1] - p[1] * sin(x[0]) +
                                                      p[2] * cos(p[3] * t) + 0.1 * t * x[0];
                                            });
  }
};

/// A damped rotation towards a point.
struct Linear {
  static constexpr const char* name = "linear";
  static auto make() {
    const cytode::Matrix<double> a{{-0.3, 1.0, 0.2}, {-1.1, -0.2, 0.0}, {0.1, 0.4, -0.7}};
    return cytode::fields::Linear<double>(a, cytode::Vector<double>{{0.5, -0.2, 0.3}});
  }
};

/// 3 → 8 → 3 with tanh, blind to the time.
struct Autonomous {
  static constexpr const char* name = "autonomous, tanh";
  static auto make() {
    return cytode::fields::autonomous<double>(3, {8}, cytode::Stream(3), cytode::nn::tanh);
  }
};

/// Velocity, growth and score of a map of 2 features and a condition, as the field of [x; ℓ; c].
struct Carried {
  static constexpr const char* name = "carried";
  static auto make() {
    using namespace cytode::fields;
    constexpr Heads heads{.dims = 2, .conditions = 1, .growth = true, .score = true};
    static auto map = neural_map<double>(heads.inputs(), heads.outputs(), {8}, cytode::Stream(4),
                                         cytode::nn::tanh);  // carried fields refer to a map
    return cytode::fields::Carried(map, heads, {.carry_mass = true, .score_factor = 0.3});
  }
};

/// The same, pushed along its condition.
struct Guided {
  static constexpr const char* name = "guided";
  static auto make() { return cytode::fields::Guided(Carried::make(), 1, 1.5); }
};

/// Types with `make()` and `name`, for TEMPLATE_LIST_TEST_CASE.
using Fields = std::tuple<NeuralTanh, NeuralSelu, Toggle, Driven, Linear>;

/// And those that are views of others or of a network: copies of the last two share parameters.
using AllFields =
    std::tuple<NeuralTanh, NeuralSelu, Toggle, Driven, Linear, Autonomous, Carried, Guided>;

/// Those that can be evaluated in dual numbers.
using DualFields = std::tuple<NeuralTanh, NeuralSelu, Toggle, Driven, Linear, Autonomous>;

/// Those whose derivatives of every order are continuous: for laws of order.
using SmoothFields = std::tuple<NeuralTanh, Toggle, Driven, Linear>;

}  // namespace catalogue
