// SPDX-License-Identifier: MIT
/// Delimited text, record by record, as RFC 4180 has it and as spreadsheets bend it.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/data/byte_reader.hpp>

namespace cytode::data {

/// A place in a text file, for messages: the first line and column are 1, the first byte is 0.
struct TextPlace {
  long long line = 1;
  long long column = 1;  ///< Field of the record, not character of the line.
  long long byte = 0;
};

/// Throws std::runtime_error "<path>, line l, column c (byte b): <what>".
[[noreturn]] inline void fail_text(const std::string& path, const TextPlace& place,
                                   const std::string& what) {
  throw std::runtime_error(path + ", line " + std::to_string(place.line) + ", column " +
                           std::to_string(place.column) + " (byte " + std::to_string(place.byte) +
                           "): " + what);
}

/// The separator most frequent in a header line outside quotes: tab, semicolon or comma; '\0' if
/// the line has none of them.
template <class = void>
[[nodiscard]] inline char guess_separator(std::string_view line) noexcept {
  std::size_t tabs = 0, semicolons = 0, commas = 0;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    tabs += c == '\t' ? 1u : 0u;
    semicolons += c == ';' ? 1u : 0u;
    commas += c == ',' ? 1u : 0u;
  }
  if (tabs + semicolons + commas == 0) return '\0';
  if (tabs >= semicolons && tabs >= commas) return '\t';
  return semicolons >= commas ? ';' : ',';
}

struct CsvScannerOptions {
  char separator = '\0';                              ///< '\0' guesses from the first line.
  std::size_t buffer = std::size_t{1} << 20;          ///< Bytes in memory at a time.
  std::size_t longest_record = std::size_t{1} << 30;  ///< An open quote must not eat the memory.
};

/// Reads one record after the other: quoted fields with doubled quotes, separators and line breaks
/// inside; LF or CRLF; with or without a last line end; with or without a byte-order mark.
///
/// A quote inside an unquoted field, a lone CR and a leading # are text. An empty line is a record
/// of one empty field. Memory: the buffer and one record. Throws std::runtime_error naming file,
/// line, column and byte for text behind a closing quote and for a quote never closed.
class CsvScanner {
 public:
  template <class = void>
  explicit CsvScanner(std::string path, const CsvScannerOptions& options = {})
      : bytes_(std::move(path), options.buffer), longest_(options.longest_record) {
    separator_ = found_separator_ = options.separator;
    if (separator_ == '\0') {
      const std::string_view head(bytes_.begin(),
                                  static_cast<std::size_t>(bytes_.end() - bytes_.begin()));
      found_separator_ = guess_separator(head);
      separator_ = found_separator_ == '\0' ? ',' : found_separator_;
    }
    at_ = bytes_.begin();
  }

  /// Moves to the next record; false at the end of the file.
  template <class = void>
  bool next() {
    text_.clear();
    ends_.clear();
    place_ = {next_line_, 1, bytes_.offset(at_)};
    if (at_ == bytes_.end() && !more()) return false;
    while (read_field()) {
    }
    ++next_line_;
    return true;
  }

  /// Fields of the record.
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  /// Field i of the record, valid until next().
  [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t from = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(from, ends_[i] - from);
  }
  /// True for a line with nothing on it, not even quotes.
  [[nodiscard]] bool blank() const noexcept {
    return ends_.size() == 1 && !quoted_ && text_.empty();
  }
  /// Where the record starts.
  [[nodiscard]] const TextPlace& place() const noexcept { return place_; }
  [[nodiscard]] const std::string& path() const noexcept { return bytes_.path(); }
  [[nodiscard]] char separator() const noexcept { return separator_; }
  /// False if the first line had no separator to guess from, and a comma was assumed.
  [[nodiscard]] bool separator_known() const noexcept { return found_separator_ != '\0'; }

  /// Throws for field i of this record.
  [[noreturn]] void fail(std::size_t i, const std::string& what) const {
    fail_text(path(), {place_.line, static_cast<long long>(i) + 1, place_.byte}, what);
  }

 private:
  template <class = void>
  bool more() {
    const bool got = bytes_.refill(at_);
    at_ = bytes_.begin();
    return got;
  }
  /// The next byte without taking it; -1 at the end of the file.
  template <class = void>
  int peek() {
    return at_ == bytes_.end() && !more() ? -1 : static_cast<unsigned char>(*at_);
  }

  /// True if another field of this record follows.
  template <class = void>
  bool read_field() {
    quoted_ = peek() == '"';
    if (quoted_) read_quoted();
    for (;;) {
      const char* p = at_;
      while (p < bytes_.end() && *p != separator_ && *p != '\n' && *p != '\r') ++p;
      const std::size_t taken = static_cast<std::size_t>(p - at_);
      if (quoted_ && taken > 0) {
        const std::string field = text_.substr(ends_.empty() ? 0 : ends_.back());
        fail(ends_.size(), "text after the closing quote: \"" + field + "\" is followed by '" +
                               std::string(at_, p).substr(0, 40) + "'");
      }
      text_.append(at_, taken);
      check_length();
      at_ = p;
      const int c = peek();
      if (c == '\r') {
        ++at_;
        if (peek() == '\n') continue;
        text_ += '\r';
        continue;
      }
      if (at_ < bytes_.end() && c != separator_ && c != '\n') continue;  // only refilled
      ends_.push_back(text_.size());
      if (c == -1) return false;
      ++at_;
      return c == static_cast<unsigned char>(separator_);
    }
  }

  template <class = void>
  void read_quoted() {
    const TextPlace open{next_line_, static_cast<long long>(ends_.size()) + 1, bytes_.offset(at_)};
    ++at_;
    for (;;) {
      if (peek() == -1) fail_text(path(), open, "the quote that opens here is never closed");
      const auto left = static_cast<std::size_t>(bytes_.end() - at_);
      const auto* quote = static_cast<const char*>(std::memchr(at_, '"', left));
      const char* const stop = quote != nullptr ? quote : bytes_.end();
      for (const char* p = at_; p < stop; ++p) next_line_ += *p == '\n';
      text_.append(at_, stop);
      check_length();
      at_ = stop;
      if (quote == nullptr) continue;
      ++at_;
      if (peek() != '"') return;
      text_ += '"';
      ++at_;
    }
  }
  void check_length() const {
    if (text_.size() > longest_) {
      fail_text(path(), place_,
                "the record is longer than " + std::to_string(longest_) +
                    " bytes; is a quote left open?");
    }
  }

  ByteReader bytes_;
  std::size_t longest_;
  const char* at_ = nullptr;
  std::string text_;
  std::vector<std::size_t> ends_;
  TextPlace place_;
  long long next_line_ = 1;
  char separator_ = ',', found_separator_ = '\0';
  bool quoted_ = false;
};

}  // namespace cytode::data
