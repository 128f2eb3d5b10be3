// SPDX-License-Identifier: MIT
// A torch.nn.Sequential that PyTorch saved is an nn::Mlp here: same parameters, same outputs.
#include <string>

#include <cytode/nn/mlp.hpp>
#include <cytode/train/state_dict.hpp>

#include "catalogue.hpp"
#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;

namespace {

const std::string fixtures = CYTODE_FIXTURES "/train/";

/// A tensor of PyTorch's cells × features, row-major, as a batch: the same bytes.
template <class S>
Matrix<S> batch(const train::Safetensors& file, const char* name) {
  const train::Tensor* t = file.find(name);
  REQUIRE(t != nullptr);
  const Vector<S> values = t->values<S>(file.path);
  return values.reshaped(t->shape.at(1), t->shape.at(0));
}

/// Largest deviation from PyTorch's outputs of the network computed here in S.
template <class S, class A>
double deviation(const std::string& name) {
  const auto io = train::read_safetensors(fixtures + "net_" + name + "_io.safetensors");
  const Matrix<S> x = batch<S>(io, "inputs");
  const Matrix<double> wanted = batch<double>(io, "outputs");
  const Index width = x.rows() == 6 ? 64 : 8;  // make_torch.py: 6-64-64-5 and 3-8-8-2
  const nn::Mlp<S, A> net({x.rows(), {width, width}, wanted.rows()});
  Vector<S> theta;
  train::load_state_dict(fixtures + "net_" + name + ".safetensors", net.layout(), theta);
  Matrix<S> y(wanted.rows(), x.cols());
  typename nn::Mlp<S, A>::Cache cache;
  net.forward(theta, x, y, cache);
  return (y.template cast<double>() - wanted).cwiseAbs().maxCoeff();
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("PyTorch's networks give PyTorch's outputs", "[nn]",
                        catalogue::Activations) {
  const std::string name(TestType::name);
  if (name == "identity") return;  // torch.nn.Identity has no layer of its own to save
  // The fixture of tanh is in double, the others in float; outputs are about 1.
  CHECK(deviation<float, TestType>(name) < 1e-6);
  CHECK(deviation<double, TestType>(name) < (name == "tanh" ? 1e-14 : 5e-7));
}

TEST_CASE("parameters go out to a file and come back to the last bit", "[nn]") {
  const nn::Mlp<float> net({6, {64, 64}, 5});
  const std::string source = fixtures + "net_selu.safetensors";
  const laws::TemporaryFile copy("net.safetensors");
  Vector<float> theta, again;
  train::load_state_dict(source, net.layout(), theta);
  train::save_state_dict(copy.path(), net.layout(), theta);
  train::load_state_dict(copy.path(), net.layout(), again);
  CHECK(theta == again);
  // PyTorch's own file and ours hold the same tensors, byte for byte.
  const auto theirs = train::read_safetensors(source), ours = train::read_safetensors(copy.path());
  REQUIRE(theirs.tensors.size() == ours.tensors.size());
  for (const train::Tensor& t : theirs.tensors) {
    const train::Tensor* mine = ours.find(t.name);
    REQUIRE(mine != nullptr);
    CHECK(mine->shape == t.shape);
    CHECK(mine->data == t.data);
  }
}

TEST_CASE("a network of another shape is refused by name and shapes", "[nn]") {
  const nn::Mlp<float> net({6, {64, 32}, 5});
  Vector<float> theta;
  laws::check_says<std::runtime_error>(
      [&] { train::load_state_dict(fixtures + "net_selu.safetensors", net.layout(), theta); },
      "'2.weight' is [64, 64], wanted [32, 64]");
  CHECK(theta.size() == 0);
}
