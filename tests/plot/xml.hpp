// SPDX-License-Identifier: MIT
/// A small strict XML reader for tests: whatever it accepts is well formed.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace xml {

struct Element {
  std::string name{};
  std::map<std::string, std::string> attributes{};
  std::string text{};  // all text directly inside
  std::vector<Element> children{};

  /// This element and all below it with that name, in document order.
  [[nodiscard]] std::vector<const Element*> all(std::string_view tag) const {
    std::vector<const Element*> found;
    if (name == tag) found.push_back(this);
    for (const Element& child : children) {
      for (const Element* e : child.all(tag)) found.push_back(e);
    }
    return found;
  }
  [[nodiscard]] std::string at(const std::string& attribute) const {
    const auto i = attributes.find(attribute);
    return i == attributes.end() ? "" : i->second;
  }
};

/// Reads one document; throws std::runtime_error at the first fault.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Element document() {
    for (const unsigned char c : text_) {
      if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') fail("control character");
    }
    if (skip("<!DOCTYPE html>")) blanks();
    Element root = element();
    blanks();
    if (at_ != text_.size()) fail("text after the root");
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " at byte " + std::to_string(at_) + ": " +
                             std::string(text_.substr(at_ < 20 ? 0 : at_ - 20, 60)));
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool skip(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!skip(token)) fail("wanted '" + std::string(token) + "'");
  }
  void blanks() {
    while (peek() == ' ' || peek() == '\n') ++at_;
  }
  std::string word() {
    const std::size_t start = at_;
    while ((peek() >= 'a' && peek() <= 'z') || (peek() >= 'A' && peek() <= 'Z') || peek() == '-' ||
           (peek() >= '0' && peek() <= '9' && at_ > start)) {
      ++at_;
    }
    if (at_ == start) fail("wanted a name");
    return std::string(text_.substr(start, at_ - start));
  }
  std::string content(std::string_view forbidden) {
    std::string out;
    while (at_ < text_.size() && forbidden.find(peek()) == std::string_view::npos) {
      if (peek() == '&') {
        out += skip("&amp;")    ? '&'
               : skip("&lt;")   ? '<'
               : skip("&gt;")   ? '>'
               : skip("&quot;") ? '"'
               : skip("&#39;")  ? '\''
                                : (fail("bad entity"), ' ');
      } else {
        out += text_[at_++];
      }
    }
    return out;
  }
  Element element() {
    expect("<");
    Element e;
    e.name = word();
    while (peek() == ' ') {
      ++at_;
      const std::string name = word();
      expect("=\"");
      if (!e.attributes.emplace(name, content("\"<")).second) fail("attribute twice: " + name);
      expect("\"");
    }
    if (skip("/>")) return e;
    expect(">");
    for (;;) {
      e.text += content("<");
      if (skip("</")) break;
      e.children.push_back(element());
    }
    if (word() != e.name) fail("wanted </" + e.name);
    expect(">");
    return e;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline Element parse(std::string_view text) {
  return Reader(text).document();
}

/// How often a piece of text occurs.
inline std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t n = 0;
  for (std::size_t i = text.find(piece); i != std::string_view::npos; i = text.find(piece, i + 1)) {
    ++n;
  }
  return n;
}

}  // namespace xml
