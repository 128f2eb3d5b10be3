// SPDX-License-Identifier: MIT
#include <cstring>
#include <map>
#include <string>

#include <cytode/train/adamw.hpp>
#include <cytode/train/checkpoint.hpp>
#include <cytode/train/sgd.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"
#include "noisy_regression.hpp"

using namespace cytode;
using laws::check_says;
using laws::NoisyRegression;
using train::AdamW;
using train::Sgd;

namespace {

constexpr auto configuration = "hidden: 64,64\ndims: 5\nlr: 0.01";

template <class S>
bool same_bytes(const Vector<S>& a, const Vector<S>& b) {
  if (a.size() != b.size() || a.size() == 0) return a.size() == b.size();
  return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(S)) == 0;
}

template <class S, class P>
void check_resume(const P& rule, const train::FitOptions& options) {
  NoisyRegression<S> straight, first, second;
  train::TrainingState<S, P> whole, part, loaded;
  train::fit(straight, rule, options, whole).or_throw();

  const laws::TemporaryFile file("resume.safetensors");
  train::fit(first, rule, options, part, [](const train::Progress& p) { return p.step < 37; });
  train::save_checkpoint(file.path(), first.layout(), first.parameters(), part, configuration,
                         {{"note", "two\nlines"}});
  const auto metadata = train::load_checkpoint(file.path(), second.layout(), second.parameters(),
                                               loaded, configuration);
  CHECK(metadata == std::map<std::string, std::string>{{"note", "two\nlines"}});
  CHECK(loaded.step == 37);
  CHECK(same_bytes(second.parameters(), first.parameters()));
  const auto result = train::fit(second, rule, options, loaded);
  CHECK(result.steps_done == 100);
  CHECK(same_bytes(second.parameters(), straight.parameters()));
  CHECK(same_bytes(loaded.average, whole.average));
  CHECK(loaded.losses == whole.losses);
  loaded.optimizer.for_each([&](std::string_view name, const Vector<S>& a) {
    whole.optimizer.for_each([&](std::string_view other, const Vector<S>& b) {
      if (name == other) CHECK(same_bytes(a, b));
    });
  });
}

}  // namespace

TEMPLATE_TEST_CASE("a run through a checkpoint gives the bytes of one without", "[train]", float,
                   double) {
  const train::FitOptions plain{.steps = 100, .seed = 5};
  const train::FitOptions full{.steps = 100,
                               .seed = 18446744073709551615u,
                               .schedule = train::WarmupCosine{.warmup = 50},
                               .clip_norm = 1,
                               .ema_decay = 0.99};
  check_resume<TestType>(Sgd{}, plain);
  check_resume<TestType>(Sgd{.momentum = 0.9, .nesterov = true}, full);
  check_resume<TestType>(AdamW{.learning_rate = 0.01}, plain);
  check_resume<TestType>(AdamW{.learning_rate = 0.01}, full);
}

TEST_CASE("a checkpoint before the first step starts the run", "[train]") {
  NoisyRegression<float> straight, resumed;
  const train::FitOptions options{.steps = 10};
  const laws::TemporaryFile file("start.safetensors");
  train::TrainingState<float, AdamW> state;
  train::save_checkpoint(file.path(), resumed.layout(), resumed.parameters(), state, "");
  train::load_checkpoint(file.path(), resumed.layout(), resumed.parameters(), state, "");
  train::fit(resumed, AdamW{}, options, state);
  train::fit(straight, AdamW{}, options);
  CHECK(same_bytes(straight.parameters(), resumed.parameters()));
}

TEST_CASE("a checkpoint is also a state_dict", "[train]") {
  NoisyRegression<double> objective;
  train::TrainingState<double, AdamW> state;
  train::fit(objective, AdamW{}, {.steps = 3, .ema_decay = 0.5}, state);
  const laws::TemporaryFile file("both.safetensors");
  train::save_checkpoint(file.path(), objective.layout(), objective.parameters(), state, "");
  Vector<double> flat;
  train::load_state_dict(file.path(), objective.layout(), flat);
  CHECK(same_bytes(flat, objective.parameters()));
}

TEST_CASE("a checkpoint that does not fit is refused, and nothing is touched", "[train]") {
  NoisyRegression<float> objective;
  const auto layout = objective.layout();
  train::TrainingState<float, AdamW> state;
  train::fit(objective, AdamW{}, {.steps = 4, .ema_decay = 0.5}, state);
  const laws::TemporaryFile file("foreign.safetensors");
  train::save_checkpoint(file.path(), layout, objective.parameters(), state, configuration);
  const std::string bytes = file.bytes();

  Vector<float> parameters = Vector<float>::Zero(2);
  train::TrainingState<float, AdamW> target;
  const auto refuses = [&](const std::string& config, const auto&... texts) {
    check_says<std::runtime_error>(
        [&] { train::load_checkpoint(file.path(), layout, parameters, target, config); },
        file.path(), texts...);
    CHECK(parameters == Vector<float>::Zero(2));
    CHECK(target.step == 0);
  };
  const auto edited = [&](const auto& edit) {
    auto content = train::parse_safetensors(bytes, file.path());
    edit(content);
    file.write(train::to_bytes(content));
  };

  refuses("hidden: 64,64\ndims: 50\nlr: 0.01", "checkpoint of another configuration",
          "the file has 'dims: 5', this run has 'dims: 50'");
  refuses("hidden: 64,64\ndims: 5", "the file has 'lr: 0.01', this run has nothing more");
  edited([](auto& f) { f.metadata["cytode.checkpoint"] = "0"; });
  refuses(configuration, "another version: the file has '0', this run has '1'");
  edited([](auto& f) { f.metadata.erase("cytode.checkpoint"); });
  refuses(configuration, "no checkpoint: metadata lacks 'cytode.checkpoint'");
  edited([](auto& f) { f.metadata["cytode.step"] = "4x"; });
  refuses(configuration, "'cytode.step' is '4x', wanted a whole number");
  edited([](auto& f) { f.metadata["cytode.step"] = "-4"; });
  refuses(configuration, "'cytode.step' is '-4', wanted a whole number");
  edited([](auto& f) { f.metadata["cytode.step"] = "5"; });
  refuses(configuration, "'cytode.losses' is [4], wanted [5]");
  edited([](auto& f) {
    std::erase_if(f.tensors, [](const auto& t) { return t.name == "cytode.optimizer.v"; });
  });
  refuses(configuration, "tensor 'cytode.optimizer.v' is missing");
  edited([](auto& f) {
    std::erase_if(f.tensors, [](const auto& t) { return t.name == "cytode.average.0.bias"; });
  });
  refuses(configuration, "'cytode.average.0.bias' [3] is missing");
  for (std::size_t n = 0; n < bytes.size(); n += 41) {
    file.write(bytes.substr(0, n));
    refuses(configuration);
    CHECK_THROWS_AS(train::load_checkpoint(file.path(), layout, parameters, target, configuration),
                    std::runtime_error);
  }

  file.write(bytes);
  train::TrainingState<float, Sgd> other_optimizer;
  check_says<std::runtime_error>(
      [&] {
        train::load_checkpoint(file.path(), layout, parameters, other_optimizer, configuration);
      },
      "another optimizer: the file has 'adamw', this run has 'sgd'");
  Vector<double> wider = Vector<double>::Zero(2);
  train::TrainingState<double, AdamW> other_type;
  check_says<std::runtime_error>(
      [&] { train::load_checkpoint(file.path(), layout, wider, other_type, configuration); },
      "is F32, this run wants F64");
  ParameterLayout narrower;
  narrower.add_matrix("0.weight", 3, 2);
  narrower.add_vector("0.bias", 3);
  check_says<std::runtime_error>(
      [&] { train::load_checkpoint(file.path(), narrower, parameters, target, configuration); },
      "'0.weight' is [3, 4], wanted [3, 2]");
  CHECK_THROWS_WITH(train::save_checkpoint(file.path(), layout, objective.parameters(), state, "",
                                           {{"cytode.step", "1"}}),
                    "train::save_checkpoint: metadata 'cytode.step' begins with the library's own "
                    "'cytode.'");
}
