// SPDX-License-Identifier: MIT
/// Reading the parameters of a job.
#include <charconv>
#include <filesystem>

#include <cytode/core/checks.hpp>

#include "job.hpp"

namespace compare {

std::string Parameters::text(const std::string& key) const {
  const auto found = values_.find(key);
  check(found != values_.end(), "compare", "no parameter '", key, "'");
  return found->second;
}

Index Parameters::number(const std::string& key) const {
  const std::string value = text(key);
  Index n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  check(error == std::errc{} && end == value.data() + value.size(), "compare", "parameter '", key,
        "' is '", value, "', wanted a whole number");
  return n;
}

Index Parameters::number(const std::string& key, Index otherwise) const {
  return values_.contains(key) ? number(key) : otherwise;
}

std::string Parameters::file(const std::string& name) const {
  const std::filesystem::path folder = text("data");
  std::filesystem::create_directories(folder);
  return (folder / name).string();
}

}  // namespace compare
