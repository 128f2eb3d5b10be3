// SPDX-License-Identifier: MIT
/// A file read through one buffer of fixed size, whatever the size of the file.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cytode::data {

/// Moves through a file: [begin(), end()) are the bytes in hand, refill() brings more.
///
/// A UTF-8 byte-order mark at the start is passed over. Files that are text in no readable way
/// (gzip, zip, UTF-16) are refused. Throws std::runtime_error with path and the system's reason.
class ByteReader {
 public:
  template <class = void>
  explicit ByteReader(std::string path, std::size_t size = std::size_t{1} << 20)
      : path_(std::move(path)), buffer_(size < 16 ? 16 : size) {
    file_.reset(std::fopen(path_.c_str(), "rb"));
    if (!file_) fail();
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
    rewind();
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const char* begin() const noexcept { return begin_; }
  [[nodiscard]] const char* end() const noexcept { return end_; }
  /// True once the last byte of the file is in hand or passed.
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }
  /// Bytes of memory in use.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.size(); }
  /// Place of a byte in hand, counted from the start of the file.
  [[nodiscard]] long long offset(const char* p) const noexcept {
    return read_ - static_cast<long long>(end_ - p);
  }

  /// Keeps the bytes from `from` on, moves them to the front and fills the rest of the buffer,
  /// which doubles if they are all of it. False at the end of the file.
  template <class = void>
  bool refill(const char* from) {
    const auto kept = static_cast<std::size_t>(end_ - from);
    std::memmove(buffer_.data(), from, kept);
    if (!at_end_ && kept == buffer_.size()) buffer_.resize(2 * kept);
    begin_ = buffer_.data();
    end_ = begin_ + kept;
    if (at_end_) return false;
    const std::size_t free = buffer_.size() - kept;
    const std::size_t got = std::fread(buffer_.data() + kept, 1, free, file_.get());
    if (got < free) {
      if (std::ferror(file_.get()) != 0) fail();
      at_end_ = true;
    }
    end_ += got;
    read_ += static_cast<long long>(got);
    return got > 0;
  }

  /// Starts again at the first byte.
  template <class = void>
  void rewind() {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) fail();
    at_end_ = false;
    read_ = 0;
    begin_ = end_ = buffer_.data();
    refill(end_);
    const std::string_view text(begin_, static_cast<std::size_t>(end_ - begin_));
    if (text.starts_with("\xEF\xBB\xBF")) begin_ += 3;
    refuse(text.starts_with("\x1F\x8B"), "is compressed by gzip; unpack it first");
    refuse(text.starts_with("PK\x03\x04"), "is a zip archive or workbook; save it as CSV first");
    refuse(text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"),
           "is UTF-16 text; save it as UTF-8 first");
    refuse(text.starts_with("\x89HDF"), "is HDF5 (h5ad); export it as CSV first");
  }

 private:
  struct Close {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };

  template <class = void>
  [[noreturn]] void fail() const {
    throw std::runtime_error("cannot read '" + path_ + "': " + std::strerror(errno));
  }
  void refuse(bool foreign, const char* why) const {
    if (foreign) throw std::runtime_error("cannot read '" + path_ + "': it " + why);
  }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  const char *begin_ = nullptr, *end_ = nullptr;
  long long read_ = 0;
  bool at_end_ = false;
};

}  // namespace cytode::data
