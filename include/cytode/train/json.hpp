// SPDX-License-Identifier: MIT
/// A strict reader and a writer of the JSON that headers of files are made of [RFC 8259].
///
/// Small on purpose: a JSON library costs every compilation more than the rest of this room, and
/// passes over in silence what a header must not have, such as a name given twice.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/train/tensor.hpp>

namespace cytode::train {

/// A JSON value.
struct Json {
  enum class Kind { null, boolean, number, text, list, object };
  Kind kind = Kind::null;
  std::string text;               ///< A text without its escapes; all else as it stands.
  std::vector<std::string> keys;  ///< Of an object, in the order of the file.
  std::vector<Json> items;        ///< Of a list, or under the keys of an object.

  [[nodiscard]] bool is(Kind k) const noexcept { return kind == k; }
  /// The value under a key of an object, or nullptr.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == key) return &items[i];
    }
    return nullptr;
  }
  /// The number, if it is a whole one without sign, fraction and exponent, and at most 2⁶².
  template <class = void>
  [[nodiscard]] std::optional<std::int64_t> whole() const noexcept {
    std::int64_t n = 0;
    const char* const end = text.data() + text.size();
    if (!is(Kind::number) || text[0] == '-') return std::nullopt;
    const auto [last, error] = std::from_chars(text.data(), end, n);
    if (error != std::errc{} || last != end || n > std::int64_t{1} << 62) return std::nullopt;
    return n;
  }
};

/// Bytes of the UTF-8 character that a text begins with; 0 if it begins with none.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  const std::size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  // Neither a byte that begins nothing, nor a longer spelling, nor a surrogate, nor past U+10FFFF.
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (first < 0xC2 || first > 0xF4 || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < n; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return n;
}

/// The text in quotes, with escapes; nothing if it is not UTF-8.
template <class = void>
[[nodiscard]] inline std::optional<std::string> json_quoted(std::string_view text) {
  constexpr std::string_view plain = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt",
                             digits = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return std::nullopt;
    const auto c = static_cast<unsigned char>(text[0]);
    if (const std::size_t at = plain.find(text[0]); at != plain.npos) {
      out += {'\\', letters[at]};
    } else if (c < 0x20) {
      out += {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n);
  }
  return out + "\"";
}

/// Reads one value after the other off the front of a text. A member returns false, or nothing,
/// where the text is no JSON.
template <class Text = std::string_view>
class JsonReader {
 public:
  /// `path` is for messages.
  JsonReader(Text text, std::string_view path) : text_(text), path_(path) {}

  /// The value that the whole text is, or nothing. Throws std::runtime_error where an object has a
  /// key twice or values stand more than eight deep.
  [[nodiscard]] std::optional<Json> read() {
    Json value;
    if (!read(value, 0)) return std::nullopt;
    skip_space();
    return text_.empty() ? std::optional(std::move(value)) : std::nullopt;
  }

 private:
  using Kind = Json::Kind;

  bool read(Json& value, int depth) {
    if (depth > 8) fail_file(path_, "no safetensors file: the header is nested too deeply");
    skip_space();
    const char c = text_.empty() ? '\0' : text_[0];
    if (c == '{') return read_all(value, Kind::object, depth);
    if (c == '[') return read_all(value, Kind::list, depth);
    if (c == '"') {
      value.kind = Kind::text;
      return read_text(value.text);
    }
    for (const Text word : {"true", "false", "null"}) {
      if (text_.starts_with(word)) {
        value.kind = c == 'n' ? Kind::null : Kind::boolean;
        value.text = word;
        text_.remove_prefix(word.size());
        return true;
      }
    }
    value.kind = Kind::number;
    return read_number(value.text);
  }

  // [value, value, …] or {"key": value, …}.
  bool read_all(Json& value, Kind kind, int depth) {
    value.kind = kind;
    const bool object = kind == Kind::object;
    const char end = object ? '}' : ']';
    text_.remove_prefix(1);
    if (takes(end)) return true;
    do {
      if (object) {
        std::string key;
        skip_space();
        if (!read_text(key)) return false;
        if (std::find(value.keys.begin(), value.keys.end(), key) != value.keys.end()) {
          fail_file(path_, "broken safetensors header: '", key, "' appears twice");
        }
        value.keys.push_back(std::move(key));
        if (!takes(':')) return false;
      }
      if (!read(value.items.emplace_back(), depth + 1)) return false;
    } while (takes(','));
    return takes(end);
  }

  // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  bool read_number(std::string& out) {
    std::size_t n = 0;
    const auto one_of = [&](Text set) {
      const bool found = n < text_.size() && set.find(text_[n]) != set.npos;
      n += found ? 1 : 0;
      return found;
    };
    const auto digits = [&] {
      const std::size_t first = n;
      while (one_of("0123456789")) continue;
      return n > first;
    };
    one_of("-");
    if (!one_of("0") && !digits()) return false;
    if (one_of(".") && !digits()) return false;
    if (one_of("eE")) {
      one_of("+-");
      if (!digits()) return false;
    }
    out = text_.substr(0, n);
    text_.remove_prefix(n);
    return true;
  }

  bool read_text(std::string& out) {
    if (!text_.starts_with('"')) return false;
    text_.remove_prefix(1);
    while (!text_.starts_with('"')) {
      if (text_.starts_with('\\')) {
        if (!read_escape(out)) return false;
        continue;
      }
      const std::size_t n = utf8_length(text_);
      if (n == 0 || static_cast<unsigned char>(text_[0]) < 0x20) return false;
      out += text_.substr(0, n);
      text_.remove_prefix(n);
    }
    text_.remove_prefix(1);
    return true;
  }

  bool read_escape(std::string& out) {
    constexpr Text letters = "\"\\/bfnrt", plain = "\"\\/\b\f\n\r\t";
    if (text_.size() < 2) return false;
    if (const std::size_t at = letters.find(text_[1]); at != letters.npos) {
      out += plain[at];
      text_.remove_prefix(2);
      return true;
    }
    std::optional<std::uint32_t> code = read_code();
    if (!code || (*code >= 0xDC00 && *code < 0xE000)) return false;
    if (*code >= 0xD800 && *code < 0xDC00) {  // the first half of a pair of surrogates
      const auto second = read_code();
      if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*second - 0xDC00);
    }
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
    const auto rest = [&](int shift) { return byte(0x80 | ((*code >> shift) & 0x3F)); };
    if (*code < 0x80) {
      out += byte(*code);
    } else if (*code < 0x800) {
      out += {byte(0xC0 | (*code >> 6)), rest(0)};
    } else if (*code < 0x10000) {
      out += {byte(0xE0 | (*code >> 12)), rest(6), rest(0)};
    } else {
      out += {byte(0xF0 | (*code >> 18)), rest(12), rest(6), rest(0)};
    }
    return true;
  }
  // The number behind \u, of four hexadecimal digits; nothing if it is not there.
  std::optional<std::uint32_t> read_code() {
    std::uint32_t code = 0;
    if (text_.size() < 6 || !text_.starts_with("\\u")) return std::nullopt;
    const char* const end = text_.data() + 6;
    const auto [last, error] = std::from_chars(text_.data() + 2, end, code, 16);
    if (error != std::errc{} || last != end) return std::nullopt;
    text_.remove_prefix(6);
    return code;
  }

  void skip_space() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n\r"), text_.size()));
  }
  bool takes(char c) {
    skip_space();
    const bool found = text_.starts_with(c);
    if (found) text_.remove_prefix(1);
    return found;
  }

  Text text_;
  std::string_view path_;
};

}  // namespace cytode::train
