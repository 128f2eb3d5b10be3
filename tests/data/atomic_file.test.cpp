// SPDX-License-Identifier: MIT
#include <filesystem>
#include <sys/stat.h>

#include <cytode/data/atomic_file.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode::data;
using namespace cytode::laws;
namespace fs = std::filesystem;

TEST_CASE("a file appears whole at commit and not before", "[data]") {
  const TemporaryFolder folder("atomic");
  const std::string path = folder / "a.txt";
  folder.write("a.txt", "old");
  {
    AtomicFile file(path);
    file.write("new ");
    file.write("bytes");
    CHECK(folder.read("a.txt") == "old");
    file.commit();
    CHECK(folder.read("a.txt") == "new bytes");
    CHECK_THROWS_AS(file.write("more"), std::logic_error);
  }
  CHECK(folder.read("a.txt") == "new bytes");
  CHECK_FALSE(fs::exists(path + ".tmp"));
}

TEST_CASE("a file that is not committed leaves the old one and no trace", "[data]") {
  const TemporaryFolder folder("atomic");
  folder.write("a.txt", "old");
  try {
    AtomicFile file(folder / "a.txt");
    file.write(std::string(100000, 'x'));
    throw 1;
  } catch (int) {
  }
  CHECK(folder.read("a.txt") == "old");
  CHECK_FALSE(fs::exists(folder / "a.txt.tmp"));
}

TEST_CASE("an unwritable place is named together with the reason", "[data]") {
  const TemporaryFolder folder("atomic");
  CHECK_THROWS_WITH(AtomicFile(folder / "nowhere/a.txt"),
                    "cannot write '" + (folder / "nowhere/a.txt") + "': No such file or directory");
  fs::create_directory(folder / "taken");
  folder.write("taken/inside", "");
  AtomicFile file(folder / "taken");  // a folder stands where the file should go
  const std::string message = message_of([&] { file.commit(); });
  CHECK(has(message, "cannot put in place '" + (folder / "taken") + "': "));
  CHECK_FALSE(fs::exists(folder / "taken.tmp"));
}

TEST_CASE("a full disk is reported and leaves the old file", "[data]") {
  if (!fs::exists("/dev/full")) {
    WARN("skipped: no /dev/full here");
    return;
  }
  const TemporaryFolder folder("atomic");
  folder.write("a.txt", "old");
  fs::create_symlink("/dev/full", folder / "a.txt.tmp");  // every byte written there hits ENOSPC
  AtomicFile file(folder / "a.txt");
  CHECK_THROWS_WITH(
      [&] {
        file.write(std::string(1 << 20, 'x'));
        file.commit();
      }(),
      "cannot write '" + (folder / "a.txt") + "': No space left on device");
  CHECK(folder.read("a.txt") == "old");
  CHECK_FALSE(fs::exists(fs::symlink_status(folder / "a.txt.tmp")));
}
