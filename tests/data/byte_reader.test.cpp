// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <cytode/data/byte_reader.hpp>

#include "catch.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode::data;
using namespace cytode::laws;

TEST_CASE("a file passes through a buffer that does not grow with it", "[data]") {
  const TemporaryFolder folder("bytes");
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + '\n';
  ByteReader reader(folder.write("a", text), 64);
  std::string seen;
  bool places = true;
  // Lines are taken whole: what follows the last line end stays in the buffer.
  for (bool more = true; more;) {
    const char* stop = reader.end();
    if (!reader.at_end()) {
      while (stop[-1] != '\n') --stop;
    }
    places = places && reader.offset(reader.begin()) == static_cast<long long>(seen.size());
    seen.append(reader.begin(), stop);
    more = reader.refill(stop);
  }
  CHECK(seen == text);
  CHECK(places);
  CHECK(reader.capacity() == 64);
  reader.rewind();
  CHECK(reader.offset(reader.begin()) == 0);
  CHECK(*reader.begin() == '0');
}

TEST_CASE("the buffer grows for a record that does not fit, and only for that", "[data]") {
  const TemporaryFolder folder("bytes");
  ByteReader reader(folder.write("a", std::string(1000, 'x')), 64);
  while (reader.refill(reader.begin())) {
  }
  CHECK(std::string(reader.begin(), reader.end()) == std::string(1000, 'x'));
  CHECK(reader.capacity() == 1024);
}
