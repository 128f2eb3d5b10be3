// SPDX-License-Identifier: MIT
/// The threads of a run: somebody else's, or the caller's alone.
#pragma once

#include <optional>

#include <cytode/core/workers.hpp>

namespace cytode::adjoint {

/// Refers to the given workers, or owns a crew of one.
class Crew {
 public:
  template <class = void>
  explicit Crew(Workers* workers) : workers_(workers) {
    if (workers_ == nullptr) workers_ = &alone_.emplace(1);
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  Workers& operator()() { return *workers_; }

 private:
  std::optional<Workers> alone_;
  Workers* workers_;
};

}  // namespace cytode::adjoint
