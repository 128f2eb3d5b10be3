// SPDX-License-Identifier: MIT
/// Checkpoints: a whole training run in one safetensors file, to go on from bit for bit.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/parameters.hpp>
#include <cytode/core/types.hpp>
#include <cytode/train/safetensors.hpp>
#include <cytode/train/state_dict.hpp>
#include <cytode/train/tensor.hpp>
#include <cytode/train/trainer.hpp>

namespace cytode::train {

/// Version of the file layout below; files of another version are refused.
inline constexpr std::string_view checkpoint_version = "1";

/// Says how two texts differ, line by line: what only the file has, what only this run has.
template <class = void>
[[nodiscard]] inline std::string difference(std::string_view in_file, std::string_view wanted) {
  const auto only_in = [](std::string_view a, std::string_view b) {
    std::string lines;
    while (!a.empty()) {
      const std::string_view line = a.substr(0, a.find('\n'));
      a.remove_prefix(std::min(a.size(), line.size() + 1));
      bool shared = line.empty();
      for (std::string_view rest = b; !shared && !rest.empty();) {
        const std::string_view other = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), other.size() + 1));
        shared = other == line;
      }
      if (!shared) lines += (lines.empty() ? "'" : ", '") + std::string(line) + "'";
    }
    return lines.empty() ? "nothing more" : lines;
  };
  return "the file has " + only_in(in_file, wanted) + ", this run has " + only_in(wanted, in_file);
}

/// Writes parameters, optimizer state, average, loss history, step and seed to one file, which
/// appears whole or not at all.
///
/// Parameters stand under their state_dict names, so PyTorch and load_state_dict read them too; all
/// else stands under "cytode.". `configuration` is the caller's text of everything a run must share
/// to go on from here, best one "key: value" a line. `metadata` is the caller's, for load to
/// return.
template <std::floating_point S, Optimizer<S> P>
void save_checkpoint(const std::string& path, const ParameterLayout& layout,
                     const Vector<S>& parameters, const TrainingState<S, P>& state,
                     std::string_view configuration,
                     std::map<std::string, std::string> metadata = {}) {
  for (const auto& [key, value] : metadata) {
    check(!key.starts_with(reserved_prefix), "train::save_checkpoint", "metadata '", key,
          "' begins with the library's own '", reserved_prefix, "'");
  }
  Safetensors file{path, std::move(metadata), to_tensors(layout, parameters)};
  file.metadata["cytode.checkpoint"] = checkpoint_version;
  file.metadata["cytode.configuration"] = configuration;
  file.metadata["cytode.optimizer"] = P::name;
  file.metadata["cytode.optimizer.step"] = std::to_string(state.optimizer.step);
  file.metadata["cytode.step"] = std::to_string(state.step);
  file.metadata["cytode.seed"] = std::to_string(state.seed);
  state.optimizer.for_each([&](std::string_view name, const Vector<S>& values) {
    file.tensors.push_back(Tensor::of("cytode.optimizer." + std::string(name), values));
  });
  if (state.average.size() > 0) {
    for (Tensor& t : to_tensors(layout, state.average, "cytode.average.")) {
      file.tensors.push_back(std::move(t));
    }
  }
  const Vector<double> losses = Eigen::Map<const Vector<double>>(
      state.losses.data(), static_cast<Index>(state.losses.size()));
  file.tensors.push_back(Tensor::of("cytode.losses", losses));
  write_safetensors(path, file);
}

/// A metadata entry that must be there.
template <class = void>
[[nodiscard]] inline const std::string& metadata_at(const Safetensors& file,
                                                    const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    fail_file(file.path, "no checkpoint: metadata lacks '", key, "'");
  return found->second;
}

/// A metadata entry that must be a whole number, zero or more.
template <std::integral T>
[[nodiscard]] T metadata_number(const Safetensors& file, const std::string& key) {
  const std::string& text = metadata_at(file, key);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < T{}) {
    fail_file(file.path, "broken checkpoint: '", key, "' is '", text, "', wanted a whole number");
  }
  return number;
}

/// A tensor of a checkpoint that must be there, of type S exactly and one of these lengths.
template <std::floating_point S>
[[nodiscard]] Vector<S> checkpoint_vector(const Safetensors& file, const std::string& name,
                                          std::initializer_list<Index> lengths) {
  const Tensor* t = file.find(name);
  if (t == nullptr) fail_file(file.path, "broken checkpoint: tensor '", name, "' is missing");
  constexpr Dtype wanted = sizeof(S) == 4 ? Dtype::f32 : Dtype::f64;
  if (t->dtype != wanted) {
    fail_file(file.path, "tensor '", name, "' is ", to_string(t->dtype), ", this run wants ",
              to_string(wanted));
  }
  for (const Index n : lengths) {
    if (t->shape == std::vector<Index>{n}) return t->values<S>(file.path);
  }
  fail_file(file.path, "broken checkpoint: tensor '", name, "' is ", to_string(t->shape),
            ", wanted [", *(lengths.end() - 1), "]");
}

/// Reads a checkpoint into parameters and state and returns the caller's metadata.
///
/// Throws std::runtime_error, parameters and state untouched, if the file is missing, truncated, no
/// checkpoint, of another version, optimizer, number type or model, or of another configuration,
/// and then says which lines differ.
template <std::floating_point S, Optimizer<S> P>
std::map<std::string, std::string> load_checkpoint(const std::string& path,
                                                   const ParameterLayout& layout,
                                                   Vector<S>& parameters,
                                                   TrainingState<S, P>& state,
                                                   std::string_view configuration) {
  const Safetensors file = read_safetensors(path);
  const auto same = [&](const std::string& key, std::string_view wanted, std::string_view what) {
    const std::string& found = metadata_at(file, key);
    if (found != wanted) {
      fail_file(path, "checkpoint of another ", what, ": ", difference(found, wanted));
    }
  };
  same("cytode.checkpoint", checkpoint_version, "version");
  same("cytode.configuration", configuration, "configuration");
  same("cytode.optimizer", P::name, "optimizer");

  Vector<S> loaded_parameters = from_tensors<S>(layout, file);
  const Index n = layout.size();
  TrainingState<S, P> loaded;
  loaded.step = metadata_number<long>(file, "cytode.step");
  loaded.seed = metadata_number<std::uint64_t>(file, "cytode.seed");
  loaded.optimizer.step = metadata_number<long>(file, "cytode.optimizer.step");
  loaded.optimizer.for_each([&](std::string_view name, Vector<S>& values) {
    values = checkpoint_vector<S>(file, "cytode.optimizer." + std::string(name), {0, n});
  });
  const auto losses = checkpoint_vector<double>(file, "cytode.losses", {loaded.step});
  loaded.losses.assign(losses.data(), losses.data() + losses.size());
  bool averages = false;
  for (const Tensor& t : file.tensors) averages |= t.name.starts_with("cytode.average.");
  if (averages) loaded.average = from_tensors<S>(layout, file, "cytode.average.");

  parameters = std::move(loaded_parameters);
  state = std::move(loaded);
  std::map<std::string, std::string> metadata = file.metadata;
  std::erase_if(metadata, [](const auto& e) { return e.first.starts_with(reserved_prefix); });
  return metadata;
}

}  // namespace cytode::train
