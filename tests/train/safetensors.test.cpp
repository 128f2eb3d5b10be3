// SPDX-License-Identifier: MIT
#include <cstring>
#include <limits>
#include <string>

#include <cytode/train/safetensors.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using laws::check_says;
using train::Dtype;
using train::Safetensors;
using train::Tensor;

namespace {

/// The bytes of a file with this header and so many bytes of data.
std::string with_header(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\1');
}

Safetensors example() {
  Vector<float> f(3);
  f << 1.5f, -2, std::numeric_limits<float>::infinity();
  Vector<double> d(2);
  d << 0.1, -1e300;
  return {"memory",
          {{"note", "äöü \"quoted\" \n"}, {"empty", ""}},
          {Tensor::of("a.weight", f),
           Tensor::of("b", d),
           {"scalar", Dtype::u8, {}, "x"},
           {"none", Dtype::f32, {0, 4}, ""},
           {"count", Dtype::i64, {1}, std::string(8, '\2')}}};
}

void check_equal(const Safetensors& a, const Safetensors& b) {
  CHECK(a.metadata == b.metadata);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (const Tensor& t : a.tensors) {
    INFO(t.name);
    const Tensor* other = b.find(t.name);
    REQUIRE(other != nullptr);
    CHECK(t.dtype == other->dtype);
    CHECK(t.shape == other->shape);
    CHECK(t.data == other->data);
  }
}

void refuses(const std::string& bytes, const std::string& text) {
  check_says<std::runtime_error>([&] { (void)train::parse_safetensors(bytes, "f"); }, text);
}

}  // namespace

TEST_CASE("safetensors survive the way out and back, through memory and file", "[train]") {
  const Safetensors file = example();
  const std::string bytes = train::to_bytes(file);
  check_equal(file, train::parse_safetensors(bytes, "memory"));
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  CHECK(header % 8 == 0);  // data is aligned, wide numbers first

  const laws::TemporaryFile scratch("round_trip.safetensors");
  train::write_safetensors(scratch.path(), file);
  CHECK(scratch.bytes() == bytes);
  check_equal(file, train::read_safetensors(scratch.path()));
  check_equal({"", {}, {}}, train::parse_safetensors(train::to_bytes({"", {}, {}}), "no tensors"));
}

TEST_CASE("a file by the safetensors package is read, and written again to the same content",
          "[train]") {
  const auto file = train::read_safetensors(CYTODE_FIXTURES "/train/net_selu.safetensors");
  CHECK(file.metadata.at("format") == "pt");
  CHECK(file.tensors.size() == 6);
  CHECK(file.find("2.weight")->shape == std::vector<Index>{64, 64});
  CHECK(file.find("nothing") == nullptr);
  check_equal(file, train::parse_safetensors(train::to_bytes(file), "again"));
}

TEST_CASE("a file cut anywhere is refused", "[train]") {
  const std::string bytes = train::to_bytes(example());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CHECK_THROWS_AS(train::parse_safetensors(bytes.substr(0, n), "cut"), std::runtime_error);
  }
  CHECK_THROWS_AS(train::parse_safetensors(bytes + "x", "longer"), std::runtime_error);
}

TEST_CASE("a changed header gives an error or a file that holds together", "[train]") {
  const std::string bytes = train::to_bytes(example());
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  int refused = 0, taken = 0;
  for (std::size_t i = 0; i < 8 + header; ++i) {
    for (const char flip : {'\x01', '\x02', '\x10', '\x40', '\x7f'}) {
      std::string broken = bytes;
      broken[i] = static_cast<char>(broken[i] ^ flip);
      try {
        const Safetensors file = train::parse_safetensors(broken, "flipped");
        ++taken;  // a letter of a name or of the metadata
        std::size_t total = 0;
        for (const Tensor& t : file.tensors) {
          CHECK(train::byte_count(t.dtype, t.shape) == static_cast<Index>(t.data.size()));
          total += t.data.size();
        }
        CHECK(total == bytes.size() - 8 - header);
      } catch (const std::runtime_error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > taken);
}

TEST_CASE("what is wrong with a file is said", "[train]") {
  refuses("short", "f: no safetensors file: 5 bytes, wanted at least 8");
  refuses(std::string(8, '\xff') + "{}",
          "the header should have 18446744073709551615 bytes, but 2");
  refuses("cell,gene1,gene2\n1,2,3\n", "no safetensors file, or truncated");
  refuses(with_header("[]", 0), "the header is no JSON object");
  refuses(with_header("{\"a\":", 0), "the header is no JSON object");
  refuses(with_header(std::string(100000, '['), 0), "nested too deeply");
  const auto one = [](const std::string& entry) { return with_header("{\"a\":" + entry + "}", 8); };
  refuses(one("3"), "'a' is no JSON object");
  refuses(one(R"({"shape":[2],"data_offsets":[0,8]})"), "'a' has no dtype");
  refuses(one(R"({"dtype":"BF16","shape":[4],"data_offsets":[0,8]})"),
          "'a' has dtype \"BF16\", wanted F32, F64, I64 or U8");
  refuses(one(R"({"dtype":"F32","data_offsets":[0,8]})"), "'a' has no list shape");
  refuses(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"),
          "'a' has a shape that is no");
  refuses(one(R"({"dtype":"F32","shape":[2.5],"data_offsets":[0,8]})"),
          "'a' has a shape that is no");
  refuses(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "no ascending data_offsets");
  refuses(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "no ascending data_offsets");
  refuses(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,12]})"),
          "'a' ends at byte 12 of the data, but there are 8; is the file truncated?");
  refuses(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
          "'a' has 8 bytes for shape [3] of F32");
  refuses(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
          "'a' has 8 bytes for shape [4294967296, 4294967296] of F32");
  refuses(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"),
          "its tensors take 4 bytes, there are 8");
  refuses(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"),
          "'a' begins at byte 4 of the data, wanted 0");
  const std::string half = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  refuses(one(half + ",\"b\":" + half), "'b' begins at byte 0 of the data, wanted 4");
  refuses(one(half + ",\"a\":" + half), "'a' appears twice");
  refuses(one(R"({"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,8]})"),
          "'dtype' appears twice");
  refuses(one(half + R"(,"__metadata__":{"k":1})"), "metadata 'k' is no text");
  refuses(one(half + R"(,"__metadata__":[])"), "'__metadata__' is no JSON object");
  check_says<std::runtime_error>([] { (void)train::read_safetensors("/nowhere/x"); },
                                 "/nowhere/x: cannot be");
  check_says<std::runtime_error>([] { (void)train::read_safetensors("/"); }, "/: cannot be read");
}

TEST_CASE("what cannot be written is said, and nothing is left behind", "[train]") {
  const auto unwritable = [](const Safetensors& file, const std::string& text) {
    check_says<std::invalid_argument>([&] { (void)train::to_bytes(file); }, text);
  };
  const Tensor x{"x", Dtype::u8, {1}, "1"};
  unwritable({"", {}, {x, x}},
             "train::write_safetensors: tensor name 'x' is reserved or used twice");
  unwritable({"", {}, {{"__metadata__", Dtype::u8, {1}, "1"}}}, "reserved");
  unwritable({"", {}, {{"x", Dtype::f32, {2}, "1234"}}}, "'x' has 4 bytes for shape [2] of F32");
  unwritable({"", {{"note", "\xff"}}, {}}, "not UTF-8 text");
  CHECK_THROWS_AS(train::write_safetensors("/nowhere/x", example()), std::runtime_error);
}

TEST_CASE("numbers are converted between F32 and F64 and no further", "[train]") {
  const Safetensors file = example();
  CHECK(file.find("a.weight")->values<double>("f")[1] == -2);
  CHECK(file.find("a.weight")->values<double>("f")[2] == std::numeric_limits<double>::infinity());
  CHECK(file.find("b")->values<double>("f")[0] == 0.1);
  CHECK_THROWS_WITH(file.find("b")->values<float>("f"),
                    "f: tensor 'b' holds -1e+300, beyond the range of F32");
  CHECK_THROWS_WITH(file.find("count")->values<float>("f"),
                    "f: tensor 'count' is I64, wanted F32 or F64");
}
