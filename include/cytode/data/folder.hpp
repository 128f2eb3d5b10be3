// SPDX-License-Identifier: MIT
/// What is in a folder, and making one.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/data/nearest.hpp>

namespace cytode::data {

template <class = void>
[[nodiscard]] inline bool is_folder(const std::string& path) noexcept {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}
/// True for anything that exists and is no folder.
template <class = void>
[[nodiscard]] inline bool is_file(const std::string& path) noexcept {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && !S_ISDIR(s.st_mode);
}

/// Bytes of a file; −1 if there is none, or no end of it is known, as of a pipe.
template <class = void>
[[nodiscard]] inline long long file_size(const std::string& path) noexcept {
  struct stat s {};
  return stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) ? static_cast<long long>(s.st_size) : -1;
}

/// Names in a folder in alphabetical order, hidden ones left out; none if it cannot be read.
template <class = void>
[[nodiscard]] inline std::vector<std::string> list_folder(const std::string& path) {
  struct Close {
    void operator()(DIR* d) const noexcept { closedir(d); }
  };
  const std::unique_ptr<DIR, Close> folder(opendir(path.c_str()));
  std::vector<std::string> names;
  if (!folder) return names;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Throws std::invalid_argument: there is no such file or folder; lists its neighbours.
template <class = void>
[[noreturn]] inline void fail_missing(const char* function, std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const auto slash = path.rfind('/');
  const std::string parent = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (!is_folder(parent)) fail_missing(function, parent);
  fail_check(function, "no file or folder '", path, "'",
             suggest(slash == path.npos ? path : path.substr(slash + 1), list_folder(parent)));
}

/// Makes a folder and those above it; throws std::runtime_error with the system's reason.
template <class = void>
inline void make_folder(const std::string& path) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const std::string part = path.substr(0, end);
    if (!is_folder(part) && mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      throw std::runtime_error("cannot make folder '" + part + "': " + std::strerror(errno));
    }
  }
}

}  // namespace cytode::data
