#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/storage/atomic_file.hpp>

#include "support/temporary_folder.hpp"

namespace rk::storage {
namespace {

namespace fs = std::filesystem;

class write_file_test : public testing::Test {
 protected:
  [[nodiscard]] fs::path at(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(at(name));
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }

 private:
  rk::test::temporary_folder folder_;
};

TEST_F(write_file_test, writes_and_replaces_and_leaves_nothing_else_behind) {
  write_file(at("f"), "one");
  write_file(at("f"), "two");
  EXPECT_EQ(content("f"), "two");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(write_file_test, writes_an_empty_file) {
  write_file(at("f"), "");
  EXPECT_TRUE(fs::is_regular_file(at("f")));
  EXPECT_EQ(fs::file_size(at("f")), 0U);
}

TEST_F(write_file_test, takes_any_name_that_a_file_can_have) {
  const std::string longest(255, 'n');
  write_file(at(longest), "text");
  EXPECT_EQ(content(longest), "text");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(write_file_test, refuses_a_name_that_none_can_have_before_anything_is_written) {
  try {
    const atomic_file file(at(std::string(256, 'n')));
    FAIL() << "no exception";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), ENAMETOOLONG);
  }
}

TEST_F(write_file_test, what_the_dead_left_under_its_temporary_names_is_in_nobodys_way) {
  for (int i = 0; i < 100; ++i) {
    const std::string left = "f.tmp" + std::to_string(::getpid()) + "-" + std::to_string(i);
    std::ofstream(at(left)) << "left";
  }
  write_file(at("f"), "text");
  EXPECT_EQ(content("f"), "text");
  EXPECT_EQ(entries(), 101U);
}

TEST_F(write_file_test, says_where_a_folder_is_missing) {
  try {
    write_file(at("none/f"), "text");
    FAIL() << "no exception";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), ENOENT);
    EXPECT_NE(std::string(e.what()).find("none/f"), std::string::npos) << e.what();
  }
}

TEST_F(write_file_test, leaves_the_old_file_where_the_new_one_does_not_fit) {
  write_file(at("f"), "old");
  const fs::path limited = at("f");
  // A limit on the size of files stands in for a full device: the write fails in the middle.
  const auto child = [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &small);
    try {
      write_file(limited, std::string(100'000, 'x'));
    } catch (const system_error& e) {
      std::_Exit(e.code() == EFBIG ? 7 : 8);
    }
    std::_Exit(9);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(7), "");
  EXPECT_EQ(content("f"), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(write_file_test, refuses_a_folder_in_the_files_place) {
  fs::create_directory(at("f"));
  EXPECT_THROW(write_file(at("f"), "text"), system_error);
  EXPECT_TRUE(fs::is_directory(at("f")));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(write_file_test, refuses_a_folder_that_may_not_be_written) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  fs::create_directory(at("locked"));
  ::chmod(at("locked").c_str(), 0500);
  EXPECT_THROW(write_file(at("locked/f"), "text"), system_error);
}

TEST_F(write_file_test, keeps_a_link_and_replaces_the_file_behind_it) {
  write_file(at("real"), "old");
  fs::create_symlink("real", at("link"));
  write_file(at("link"), "new");
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(content("real"), "new");
}

TEST_F(write_file_test, reports_a_full_device) {
  // Through a link: a mistake here must not take the machine's own device away.
  fs::create_symlink("/dev/full", at("full"));
  EXPECT_THROW(write_file(at("full"), "text"), system_error);
  EXPECT_TRUE(fs::is_character_file(at("full")));
}

TEST_F(write_file_test, writes_into_a_pipe_and_puts_no_file_in_its_place) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  const int reader = ::open(at("pipe").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  write_file(at("pipe"), "text");
  std::string got(16, '\0');
  const ssize_t size = ::read(reader, got.data(), got.size());
  ::close(reader);
  EXPECT_EQ(got.substr(0, size < 0 ? 0 : static_cast<std::size_t>(size)), "text");
  EXPECT_TRUE(fs::is_fifo(at("pipe")));
  EXPECT_EQ(entries(), 1U);
}

}  // namespace
}  // namespace rk::storage
