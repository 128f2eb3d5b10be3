// SPDX-License-Identifier: MIT
/// A job of the comparison: what is timed, and what it says of itself.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <cytode/core/types.hpp>

namespace compare {

using namespace cytode;

/// Parameters of a job, "key=value" each, as the runner sends them to us and to every peer.
class Parameters {
 public:
  explicit Parameters(std::map<std::string, std::string> values) : values_(std::move(values)) {}

  /// The value; throws std::invalid_argument naming the key if it is missing or no number.
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] Index number(const std::string& key) const;
  /// The value, or `otherwise` if it is not given.
  [[nodiscard]] Index number(const std::string& key, Index otherwise) const;
  /// Where an input of this job lies that all programs read: <data>/<name>.
  [[nodiscard]] std::string file(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

/// Figures beside the time, by name: "evaluations", "flops", "bytes", "error", "w1" …
using Figures = std::map<std::string, double>;

/// What is timed, once prepared.
struct Job {
  std::function<void()> call;
  std::function<Figures()> figures = [] { return Figures{}; };  ///< Of the last call.
};

using Maker = std::function<Job(const Parameters&)>;

/// Makers by family. Preparing writes the inputs that peers read.
using Families = std::map<std::string, Maker>;
void add_training(Families& families);
void add_solves(Families& families);
void add_transport(Families& families);
void add_noise(Families& families);
void add_files(Families& families);
void add_limits(Families& families);

}  // namespace compare
