// SPDX-License-Identifier: MIT
/// The safetensors file format: named tensors with a JSON header, as PyTorch users exchange them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/core/types.hpp>
#include <cytode/data/atomic_file.hpp>
#include <cytode/train/json.hpp>
#include <cytode/train/tensor.hpp>

namespace cytode::train {

/// The bytes of a file: 8 bytes of header length, JSON header padded to 8, data without holes.
///
/// Wide numbers come first so that all are aligned. Throws std::invalid_argument on duplicate or
/// reserved names, text that is not UTF-8, or data that does not match its shape.
template <class = void>
[[nodiscard]] inline std::string to_bytes(const Safetensors& file) {
  static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");
  constexpr auto here = "train::write_safetensors";
  std::vector<const Tensor*> order;
  for (const Tensor& t : file.tensors) order.push_back(&t);
  std::stable_sort(order.begin(), order.end(),
                   [](auto* a, auto* b) { return size_of(a->dtype) > size_of(b->dtype); });
  const auto in_quotes = [&](std::string_view text) {
    auto quotes = json_quoted(text);
    check(quotes.has_value(), here, "a name or metadata is not UTF-8 text: '", text, "'");
    return *std::move(quotes);
  };
  std::map<std::string, std::string> entries;  // of the header, in the order of their names
  std::string& metadata = entries["__metadata__"];
  for (const auto& [key, value] : file.metadata) {
    metadata += (metadata.empty() ? "{" : ",") + in_quotes(key) + ":" + in_quotes(value);
  }
  metadata += "}";
  std::size_t offset = 0;
  for (const Tensor* t : order) {
    check(byte_count(t->dtype, t->shape) == static_cast<Index>(t->data.size()), here, "tensor '",
          t->name, "' has ", t->data.size(), " bytes for shape ", to_string(t->shape), " of ",
          to_string(t->dtype));
    check(!entries.contains(t->name), here, "tensor name '", t->name,
          "' is reserved or used twice");
    const std::size_t end = offset + t->data.size();
    std::string& entry = entries[t->name];
    entry = "{\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end);
    entry += "],\"dtype\":\"" + std::string(to_string(t->dtype)) + "\",\"shape\":[";
    for (std::size_t i = 0; i < t->shape.size(); ++i) {
      entry += (i > 0 ? "," : "") + std::to_string(t->shape[i]);
    }
    entry += "]}";
    offset = end;
  }
  if (file.metadata.empty()) entries.erase("__metadata__");
  std::string text;
  for (const auto& [name, entry] : entries) {
    text += (text.empty() ? "{" : ",") + in_quotes(name) + ":" + entry;
  }
  text += text.empty() ? "{}" : "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  bytes += text;
  for (const Tensor* t : order) bytes += t->data;
  return bytes;
}

/// The list of whole numbers under a key of a header entry.
template <class = void>
[[nodiscard]] inline std::vector<Index> parse_sizes(const Json& entry, std::string_view key,
                                                    std::string_view path, std::string_view name) {
  const Json* const list = entry.find(key);
  if (list == nullptr || !list->is(Json::Kind::list)) {
    fail_file(path, "broken safetensors header: '", name, "' has no list ", key);
  }
  std::vector<Index> sizes;
  for (const Json& n : list->items) {
    const auto size = n.whole();
    if (!size) {
      fail_file(path, "broken safetensors header: '", name, "' has a ", key, " that is no whole ",
                "number");
    }
    sizes.push_back(*size);
  }
  return sizes;
}

/// The tensor of one header entry, its bytes copied, and the offset where they begin.
template <class = void>
[[nodiscard]] inline std::pair<std::size_t, Tensor> parse_entry(const std::string& name,
                                                                const Json& entry,
                                                                std::string_view data,
                                                                std::string_view path) {
  const auto broken = [&](const auto&... parts) {
    fail_file(path, "broken safetensors header: '", name, "' ", parts...);
  };
  if (!entry.is(Json::Kind::object)) broken("is no JSON object");
  const Json* const type = entry.find("dtype");
  if (type == nullptr || !type->is(Json::Kind::text)) broken("has no dtype");
  const auto dtype = dtype_named(type->text);
  if (!dtype) broken("has dtype ", *json_quoted(type->text), ", wanted F32, F64, I64 or U8");
  Tensor t{name, *dtype, parse_sizes(entry, "shape", path, name), {}};
  const auto offsets = parse_sizes(entry, "data_offsets", path, name);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) broken("has no ascending data_offsets");
  const auto first = static_cast<std::size_t>(offsets[0]);
  const auto last = static_cast<std::size_t>(offsets[1]);
  if (last > data.size()) {
    broken("ends at byte ", last, " of the data, but there are ", data.size(),
           "; is the file truncated?");
  }
  if (byte_count(t.dtype, t.shape) != offsets[1] - offsets[0]) {
    broken("has ", last - first, " bytes for shape ", to_string(t.shape), " of ",
           to_string(t.dtype));
  }
  t.data = data.substr(first, last - first);
  return {first, std::move(t)};
}

/// Parses the bytes of a file; `path` is for messages.
///
/// Throws std::runtime_error saying what is wrong: too short, header longer than the file, no JSON,
/// duplicate names, unknown dtype, offsets that overlap, leave holes or pass the end, shape that
/// does not match the bytes.
template <class = void>
[[nodiscard]] inline Safetensors parse_safetensors(std::string_view bytes, std::string path) {
  if (bytes.size() < 8) {
    fail_file(path, "no safetensors file: ", bytes.size(), " bytes, wanted at least 8");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > bytes.size() - 8) {
    fail_file(path, "no safetensors file, or truncated: the header should have ", length,
              " bytes, but ", bytes.size() - 8, " follow");
  }
  const std::optional<Json> header = JsonReader(bytes.substr(8, length), path).read();
  if (!header || !header->is(Json::Kind::object)) {
    fail_file(path, "no safetensors file: the header is no JSON object");
  }
  const std::string_view data = bytes.substr(8 + length);

  std::vector<std::pair<std::size_t, Tensor>> placed;
  Safetensors file{std::move(path), {}, {}};
  for (std::size_t i = 0; i < header->items.size(); ++i) {
    const std::string& name = header->keys[i];
    const Json& entry = header->items[i];
    if (name != "__metadata__") {
      placed.push_back(parse_entry(name, entry, data, file.path));
      continue;
    }
    if (!entry.is(Json::Kind::object)) {
      fail_file(file.path, "broken safetensors header: '__metadata__' is no JSON object");
    }
    for (std::size_t k = 0; k < entry.keys.size(); ++k) {
      if (!entry.items[k].is(Json::Kind::text)) {
        fail_file(file.path, "broken safetensors header: metadata '", entry.keys[k],
                  "' is no text");
      }
      file.metadata[entry.keys[k]] = entry.items[k].text;
    }
  }

  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.data.size()) < std::pair(b.first, b.second.data.size());
  });
  std::size_t end = 0;
  for (auto& [first, tensor] : placed) {
    if (first != end) {
      fail_file(file.path, "broken safetensors header: '", tensor.name, "' begins at byte ", first,
                " of the data, wanted ", end, ", where the tensor before it ends");
    }
    end += tensor.data.size();
    file.tensors.push_back(std::move(tensor));
  }
  if (end != data.size()) {
    fail_file(file.path, "broken safetensors file: its tensors take ", end, " bytes, there are ",
              data.size());
  }
  return file;
}

/// Reads a file; throws std::runtime_error with the path and what is wrong.
template <class = void>
[[nodiscard]] inline Safetensors read_safetensors(const std::string& path) {
  struct Close {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  const std::unique_ptr<std::FILE, Close> in(std::fopen(path.c_str(), "rb"));
  if (!in) fail_file(path, "cannot be opened: is it there, and readable?");
  std::string bytes, piece(std::size_t{1} << 16, '\0');
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), in.get())) {
    bytes.append(piece, 0, got);
  }
  if (std::ferror(in.get()) != 0) fail_file(path, "cannot be read: is it a file?");
  return parse_safetensors(bytes, path);
}

/// Writes a file that appears whole or not at all; throws std::runtime_error if it cannot.
template <class = void>
inline void write_safetensors(const std::string& path, const Safetensors& file) {
  const std::string bytes = to_bytes(file);
  data::AtomicFile out(path);
  out.write(bytes);
  out.commit();
}

}  // namespace cytode::train
