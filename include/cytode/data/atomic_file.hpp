// SPDX-License-Identifier: MIT
/// A file that appears whole or not at all: written beside its place, then renamed.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace cytode::data {

/// Writes bytes to `<path>.tmp` in the same folder; commit() puts them in place of `path`.
///
/// Readers see the old file or the new one, never a part. Without commit() the temporary file is
/// removed and `path` is left as it was. The folder must exist. One writer a path at a time.
/// Throws std::runtime_error with the path and the system's reason (no such folder, permission,
/// disk full).
class AtomicFile {
 public:
  explicit AtomicFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".tmp") {
    file_ = std::fopen(temporary_.c_str(), "wbe");
    if (file_ == nullptr) fail("cannot write");
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() { discard(); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Appends bytes.
  void write(std::string_view bytes) {
    if (file_ == nullptr) {
      throw std::logic_error("AtomicFile::write: '" + path_ + "' is already committed or lost");
    }
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
      fail("cannot write");
    }
  }

  /// Flushes, waits until the disk has the bytes, and renames; nothing can be written after.
  void commit() {
    if (file_ == nullptr) {
      throw std::logic_error("AtomicFile::commit: '" + path_ + "' is already committed or lost");
    }
    // A pipe or device cannot be synced (EINVAL); a file that cannot is a failure.
    if (std::fflush(file_) != 0 || (fsync(fileno(file_)) != 0 && errno != EINVAL)) {
      fail("cannot write");
    }
    if (std::fclose(std::exchange(file_, nullptr)) != 0 ||
        std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      const int reason = errno;
      std::remove(temporary_.c_str());
      errno = reason;
      fail("cannot put in place");
    }
  }

 private:
  void discard() noexcept {
    if (file_ == nullptr) return;
    std::fclose(std::exchange(file_, nullptr));
    std::remove(temporary_.c_str());
  }
  [[noreturn]] void fail(const char* what) {
    const int reason = errno;
    discard();
    throw std::runtime_error(std::string(what) + " '" + path_ + "': " + std::strerror(reason));
  }

  std::string path_, temporary_;
  std::FILE* file_ = nullptr;
};

}  // namespace cytode::data
