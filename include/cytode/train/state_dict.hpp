// SPDX-License-Identifier: MIT
/// A flat parameter vector as the state_dict of a PyTorch module, and back.
#pragma once

#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/parameters.hpp>
#include <cytode/core/types.hpp>
#include <cytode/train/safetensors.hpp>
#include <cytode/train/tensor.hpp>

namespace cytode::train {

/// Tensors and metadata whose names begin so are the library's own, no part of a state_dict.
inline constexpr std::string_view reserved_prefix = "cytode.";

/// Shape of a block in files: [outputs, inputs], or [n] for a vector.
template <class = void>
[[nodiscard]] inline std::vector<Index> file_shape(const ParameterBlock& block) {
  if (block.vector) return {block.rows};
  return {block.rows, block.cols};
}

/// One tensor a block, named "<prefix><block name>", row-major as in PyTorch.
///
/// Throws std::invalid_argument if the vector is not as long as the layout.
template <std::floating_point S>
[[nodiscard]] std::vector<Tensor> to_tensors(const ParameterLayout& layout, const Vector<S>& flat,
                                             std::string_view prefix = {}) {
  check(flat.size() == layout.size(), "train::to_tensors", "the vector has ", flat.size(),
        " coefficients, the layout ", layout.size());
  std::vector<Tensor> tensors;
  for (const ParameterBlock& block : layout.blocks()) {
    const Matrix<S> transposed = view(flat, block).transpose();  // column-major: row-major's bytes
    const Vector<S> row_major = transposed.reshaped();
    tensors.push_back(Tensor::of(std::string(prefix) + block.name, row_major));
    tensors.back().shape = file_shape(block);
  }
  return tensors;
}

/// Checks the tensors named "<prefix>…" of a file against a layout, and returns the flat vector.
///
/// Numbers are rounded or widened to S. Without a prefix, names under "cytode." are passed over.
/// Throws std::runtime_error that lists every name missing, every name unexpected, and every shape
/// that differs, both shapes printed.
template <std::floating_point S>
[[nodiscard]] Vector<S> from_tensors(const ParameterLayout& layout, const Safetensors& file,
                                     std::string_view prefix = {}) {
  std::ostringstream wrong;
  Vector<S> flat(layout.size());
  std::size_t matched = 0;
  for (const ParameterBlock& block : layout.blocks()) {
    const std::string name = std::string(prefix) + block.name;
    const Tensor* t = file.find(name);
    if (t == nullptr) {
      wrong << "; '" << name << "' " << to_string(file_shape(block)) << " is missing";
      continue;
    }
    ++matched;
    if (t->shape != file_shape(block)) {
      wrong << "; '" << name << "' is " << to_string(t->shape) << ", wanted "
            << to_string(file_shape(block));
      continue;
    }
    const Vector<S> row_major = t->values<S>(file.path);
    view(flat, block) = row_major.reshaped(block.cols, block.rows).transpose();
  }
  for (const Tensor& t : file.tensors) {
    const std::string_view name = t.name;
    if (!name.starts_with(prefix)) continue;
    if (prefix.empty() && name.starts_with(reserved_prefix)) continue;
    bool known = false;
    for (const ParameterBlock& block : layout.blocks()) {
      known = known || name.substr(prefix.size()) == block.name;
    }
    if (!known) wrong << "; '" << name << "' " << to_string(t.shape) << " is unexpected";
  }
  if (!wrong.str().empty()) {
    fail_file(file.path, "not the parameters of this model (", matched, " of ",
              layout.blocks().size(), " names found)", wrong.str());
  }
  return flat;
}

/// Writes parameters to a safetensors file that torch.nn.Module.load_state_dict takes.
template <std::floating_point S>
void save_state_dict(const std::string& path, const ParameterLayout& layout, const Vector<S>& flat,
                     std::map<std::string, std::string> metadata = {}) {
  write_safetensors(path, {path, std::move(metadata), to_tensors(layout, flat)});
}

/// Reads parameters that PyTorch or save_state_dict wrote, or those of a checkpoint, into `flat`,
/// and returns the file's metadata. `flat` is untouched if anything is wrong; see from_tensors.
template <std::floating_point S>
std::map<std::string, std::string> load_state_dict(const std::string& path,
                                                   const ParameterLayout& layout, Vector<S>& flat) {
  Safetensors file = read_safetensors(path);
  flat = from_tensors<S>(layout, file);
  return std::move(file.metadata);
}

}  // namespace cytode::train
