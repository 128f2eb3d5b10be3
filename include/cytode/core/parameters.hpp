// SPDX-License-Identifier: MIT
/// Named matrix views into one flat parameter vector: what optimizers, checkpoints and files share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>

namespace cytode {

/// One named block of a flat parameter vector, stored column-major from `offset` on.
struct ParameterBlock {
  std::string name;     ///< Dotted path in PyTorch's manner, for instance "0.weight".
  Index rows = 0;       ///< Outputs of a weight; length of a bias.
  Index cols = 0;       ///< Inputs of a weight; 1 for a bias.
  Index offset = 0;     ///< First coefficient in the flat vector.
  bool vector = false;  ///< One-dimensional in files (a bias) rather than rows × 1.

  [[nodiscard]] Index size() const noexcept { return rows * cols; }
};

/// Order, names and shapes of the blocks in a flat vector. Holds no numbers.
class ParameterLayout {
 public:
  /// Appends a matrix block and returns its offset.
  template <class = void>
  Index add_matrix(std::string name, Index rows, Index cols) {
    return add({std::move(name), rows, cols, size_, false});
  }
  /// Appends a vector block and returns its offset.
  template <class = void>
  Index add_vector(std::string name, Index size) {
    return add({std::move(name), size, 1, size_, true});
  }
  /// Appends every block of another layout, names prefixed.
  template <class = void>
  void append(std::string_view prefix, const ParameterLayout& other) {
    for (const ParameterBlock& b : other.blocks_) {
      add({std::string(prefix) + b.name, b.rows, b.cols, size_, b.vector});
    }
  }

  [[nodiscard]] const std::vector<ParameterBlock>& blocks() const noexcept { return blocks_; }
  /// Length of the flat vector.
  [[nodiscard]] Index size() const noexcept { return size_; }

  /// The block of that name; throws std::invalid_argument if there is none.
  template <class = void>
  [[nodiscard]] const ParameterBlock& at(std::string_view name) const {
    for (const ParameterBlock& b : blocks_) {
      if (b.name == name) return b;
    }
    fail_check("ParameterLayout::at", "no block named '", name, "'");
  }

 private:
  template <class = void>
  Index add(ParameterBlock block) {
    for (const ParameterBlock& b : blocks_) {
      check(b.name != block.name, "ParameterLayout", "two blocks named '", block.name, "'");
    }
    check(block.rows >= 0 && block.cols >= 0, "ParameterLayout", "block '", block.name, "' is ",
          block.rows, " x ", block.cols);
    size_ += block.size();
    blocks_.push_back(std::move(block));
    return blocks_.back().offset;
  }

  std::vector<ParameterBlock> blocks_;
  Index size_ = 0;
};

/// Writable rows × cols view of a block inside a flat vector.
template <std::floating_point S>
[[nodiscard]] Eigen::Map<Matrix<S>> view(Vector<S>& flat, const ParameterBlock& b) {
  return {flat.data() + b.offset, b.rows, b.cols};
}

/// Read-only rows × cols view of a block inside a flat vector.
template <std::floating_point S>
[[nodiscard]] Eigen::Map<const Matrix<S>> view(const Vector<S>& flat, const ParameterBlock& b) {
  return {flat.data() + b.offset, b.rows, b.cols};
}

}  // namespace cytode
