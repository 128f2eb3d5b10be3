// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdlib>
#include <functional>

#include <cytode/train/state_dict.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using laws::check_says;

namespace {

const std::string fixtures = CYTODE_FIXTURES "/train/";

/// Names of torch.nn.Sequential(Linear, activation, Linear, activation, Linear).
ParameterLayout sequential(const std::vector<Index>& widths) {
  ParameterLayout layout;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    layout.add_matrix(std::to_string(2 * i) + ".weight", widths[i + 1], widths[i]);
    layout.add_vector(std::to_string(2 * i) + ".bias", widths[i + 1]);
  }
  return layout;
}

using Activation = std::function<double(double)>;

/// The network by plain loops, in double.
template <class S>
std::vector<double> evaluate(const ParameterLayout& layout, const Vector<S>& flat,
                             std::vector<double> x, const Activation& activation) {
  for (std::size_t l = 0; l < layout.blocks().size(); l += 2) {
    const auto weight = view(flat, layout.blocks()[l]), bias = view(flat, layout.blocks()[l + 1]);
    std::vector<double> y;
    for (Index i = 0; i < weight.rows(); ++i) {
      double sum = static_cast<double>(bias(i, 0));
      for (Index j = 0; j < weight.cols(); ++j) {
        sum += static_cast<double>(weight(i, j)) * x[static_cast<std::size_t>(j)];
      }
      y.push_back(l + 2 < layout.blocks().size() ? activation(sum) : sum);
    }
    x = y;
  }
  return x;
}

/// Loads net_<name> into S and returns the largest deviation from PyTorch's outputs.
template <class S>
double output_error(const std::string& name, const Activation& activation) {
  const bool large = name == "selu";
  const auto layout =
      sequential(large ? std::vector<Index>{6, 64, 64, 5} : std::vector<Index>{3, 8, 8, 2});
  Vector<S> flat;
  train::load_state_dict(fixtures + "net_" + name + ".safetensors", layout, flat);
  const auto io = train::read_safetensors(fixtures + "net_" + name + "_io.safetensors");
  const auto inputs = io.find("inputs")->values<double>(io.path);
  const auto outputs = io.find("outputs")->values<double>(io.path);
  const Index cells = io.find("inputs")->shape.at(0), d = inputs.size() / cells;
  const Index k = outputs.size() / cells;
  double worst = 0;
  for (Index c = 0; c < cells; ++c) {  // PyTorch's cells × features, row-major: a cell is a run
    const double* x = inputs.data() + c * d;
    const auto y = evaluate(layout, flat, {x, x + d}, activation);
    for (Index i = 0; i < k; ++i) {
      worst = std::max(worst, std::abs(y[static_cast<std::size_t>(i)] - outputs[c * k + i]));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("networks saved by PyTorch load and give its outputs", "[train]") {
  const double l = 1.0507009873554805, a = 1.6732632423543772;  // torch.nn.SELU's constants
  const auto selu = [=](double x) { return x > 0 ? l * x : l * a * std::expm1(x); };
  CHECK(output_error<float>("selu", selu) < 1e-6);
  CHECK(output_error<double>("selu", selu) < 1e-6);
  CHECK(output_error<float>("silu", [](double x) { return x / (1 + std::exp(-x)); }) < 1e-6);
  CHECK(output_error<double>("tanh", [](double x) { return std::tanh(x); }) < 1e-14);
  CHECK(output_error<float>("tanh", [](double x) { return std::tanh(x); }) < 1e-6);
  CHECK(output_error<float>("softplus", [](double x) { return std::log1p(std::exp(x)); }) < 1e-6);
  CHECK(output_error<float>("relu", [](double x) { return std::max(x, 0.0); }) < 1e-6);
  CHECK(output_error<float>("elu", [](double x) { return x > 0 ? x : std::expm1(x); }) < 1e-6);
  CHECK(output_error<float>(
            "gelu", [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }) < 1e-6);
}

TEST_CASE("a file for PyTorch holds what PyTorch's own file holds", "[train]") {
  // With CYTODE_KEEP set to a path, the file stays there for make_torch.py --check.
  const char* keep = std::getenv("CYTODE_KEEP");
  const laws::TemporaryFile scratch("state_dict.safetensors");
  const std::string path = keep != nullptr ? keep : scratch.path();
  const std::string theirs = fixtures + "net_selu.safetensors";
  const auto layout = sequential({6, 64, 64, 5});
  Vector<float> flat;
  CHECK(train::load_state_dict(theirs, layout, flat).at("format") == "pt");
  train::save_state_dict(path, layout, flat, {{"format", "pt"}});
  const auto ours = train::read_safetensors(path), reference = train::read_safetensors(theirs);
  REQUIRE(ours.tensors.size() == reference.tensors.size());
  for (const train::Tensor& t : reference.tensors) {
    INFO(t.name);
    REQUIRE(ours.find(t.name) != nullptr);
    CHECK(ours.find(t.name)->shape == t.shape);
    CHECK(ours.find(t.name)->data == t.data);
  }
}

TEST_CASE("files are row-major, memory is column-major", "[train]") {
  ParameterLayout layout;
  layout.add_matrix("w", 2, 3);
  layout.add_vector("b", 2);
  Vector<double> flat(8);
  flat << 11, 21, 12, 22, 13, 23, 1, 2;
  const auto tensors = train::to_tensors(layout, flat, "net.");
  CHECK(tensors[0].name == "net.w");
  CHECK(tensors[0].shape == std::vector<Index>{2, 3});
  Vector<double> rows(6);
  rows << 11, 12, 13, 21, 22, 23;
  CHECK(tensors[0].values<double>("memory") == rows);
  CHECK(tensors[1].shape == std::vector<Index>{2});
  CHECK(train::from_tensors<double>(layout, {"memory", {}, tensors}, "net.") == flat);
  CHECK(train::from_tensors<float>(layout, {"memory", {}, tensors}, "net.") == flat.cast<float>());
  CHECK_THROWS_WITH(train::to_tensors(layout, Vector<double>(flat.head(7))),
                    "train::to_tensors: the vector has 7 coefficients, the layout 8");
}

TEST_CASE("a state_dict that does not fit is refused with everything that differs", "[train]") {
  const std::string path = fixtures + "net_silu.safetensors";
  auto layout = sequential({4, 8, 8});
  layout.add_vector("6.scale", 2);
  Vector<float> flat = Vector<float>::Constant(3, 7);
  check_says<std::runtime_error>([&] { train::load_state_dict(path, layout, flat); }, path,
                                 "not the parameters of this model (4 of 5 names found)",
                                 "'6.scale' [2] is missing", "'0.weight' is [8, 3], wanted [8, 4]",
                                 "'4.weight' [2, 8] is unexpected", "'4.bias' [2] is unexpected");
  CHECK(flat == Vector<float>::Constant(3, 7));
}
