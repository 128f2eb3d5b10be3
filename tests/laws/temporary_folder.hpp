// SPDX-License-Identifier: MIT
/// A folder or a file for one test, removed at its end; whole-file reads and writes.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace cytode::laws {

/// The whole file as bytes.
inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("test: cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A new empty folder under the system's place for temporary files.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name) {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("cytode-" + name + "-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return *this / name;
  }
  std::string read(std::string_view name) const { return read_bytes(*this / name); }

 private:
  std::filesystem::path path_;
};

/// A file in a folder of its own.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name) : folder_("file"), name_(name) {}

  std::string path() const { return folder_ / name_; }
  std::string bytes() const { return folder_.read(name_); }
  void write(std::string_view bytes) const { folder_.write(name_, bytes); }

 private:
  TemporaryFolder folder_;
  std::string name_;
};

}  // namespace cytode::laws
