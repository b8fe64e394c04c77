#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <rk/protocol/socket.hpp>

#include "libinspect/support/child_process.hpp"
#include "libinspect/support/test_environment.hpp"

namespace rk::protocol {
namespace {

namespace fs = std::filesystem;
using test::environment_variable;
using test::has;
using test::refusal;
using test::temporary_folder;

[[nodiscard]] unsigned mode_of(const fs::path& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) throw system_error("stat", errno);
  return s.st_mode & 0777u;
}

TEST(runtime_directory, our_variable_comes_before_that_of_the_desktop) {
  const temporary_folder top;
  const environment_variable ours("RK_RUNTIME_DIR", (top.path() / "ours").string());
  const environment_variable xdg("XDG_RUNTIME_DIR", (top.path() / "xdg").string());
  EXPECT_EQ(runtime_directory(), top.path() / "ours");
  EXPECT_FALSE(fs::exists(top.path() / "xdg"));
}

TEST(runtime_directory, the_desktop_s_folder_gets_one_of_ours) {
  const temporary_folder top;
  const environment_variable ours("RK_RUNTIME_DIR", std::nullopt);
  const environment_variable xdg("XDG_RUNTIME_DIR", top.path().string());
  EXPECT_EQ(runtime_directory(), top.path() / "rk-inspect");
  EXPECT_EQ(mode_of(top.path() / "rk-inspect"), 0700u);
  const environment_variable empty("RK_RUNTIME_DIR", "");
  EXPECT_EQ(runtime_directory(), top.path() / "rk-inspect");
}

TEST(runtime_directory, without_either_there_is_a_folder_of_this_user) {
  const temporary_folder top;
  const environment_variable ours("RK_RUNTIME_DIR", std::nullopt);
  const environment_variable xdg("XDG_RUNTIME_DIR", std::nullopt);
  const environment_variable temporary("TMPDIR", top.path().string());
  const std::string uid = std::to_string(::geteuid());
  const fs::path expected = fs::is_directory("/run/user/" + uid)
                                ? fs::path("/run/user") / uid / "rk-inspect"
                                : top.path() / ("rk-inspect-" + uid);
  EXPECT_EQ(runtime_directory(), expected);
}

TEST(runtime_directory, it_is_made_with_its_parents_for_this_user_alone) {
  const temporary_folder top;
  for (const std::string name : {"a/b/c", "with/slash/"}) {
    const environment_variable ours("RK_RUNTIME_DIR", (top.path() / name).string());
    const fs::path made = runtime_directory();
    EXPECT_TRUE(fs::is_directory(made));
    EXPECT_TRUE(made.has_filename());
    EXPECT_EQ(mode_of(made), 0700u);
    EXPECT_EQ(runtime_directory(), made);
  }
}

TEST(runtime_directory, one_that_is_open_to_others_is_refused_with_the_remedy) {
  const temporary_folder top;
  const environment_variable ours("RK_RUNTIME_DIR", top.path().string());
  for (const unsigned mode : {0755u, 0770u, 0701u}) {
    ::chmod(top.path().c_str(), mode);
    EXPECT_TRUE(has(refusal([] { static_cast<void>(runtime_directory()); }), "chmod 700"));
  }
  ::chmod(top.path().c_str(), 0700);
  EXPECT_NO_THROW(static_cast<void>(runtime_directory()));
}

TEST(runtime_directory, one_of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const temporary_folder top;
  const environment_variable ours("RK_RUNTIME_DIR", top.path().string());
  ASSERT_EQ(::chown(top.path().c_str(), 54'321, 54'321), 0);
  EXPECT_TRUE(
      has(refusal([] { static_cast<void>(runtime_directory()); }), "belongs to user 54321"));
}

TEST(runtime_directory, what_is_no_folder_is_refused_as_that) {
  const temporary_folder top;
  std::ofstream(top.path() / "file") << "x";
  ::chmod((top.path() / "file").c_str(), 0600);
  fs::create_directory_symlink(top.path(), top.path() / "link");
  fs::create_symlink(top.path() / "nowhere", top.path() / "dangling");
  for (const std::string name : {"file", "link", "dangling"}) {
    const environment_variable ours("RK_RUNTIME_DIR", (top.path() / name).string());
    EXPECT_TRUE(has(refusal([] { static_cast<void>(runtime_directory()); }), "is not a folder"))
        << name;
  }
  const environment_variable below("RK_RUNTIME_DIR", (top.path() / "file" / "below").string());
  EXPECT_THROW(static_cast<void>(runtime_directory()), system_error);
}

TEST(runtime_directory, one_that_cannot_be_read_is_told_as_that) {
  // In a child that is not root, for whom no folder is closed.
  test::child_process child([](const test::child_process::line&) {
    if (::geteuid() == 0 && ::setuid(54'321) != 0) return 3;
    const temporary_folder top;
    const environment_variable ours("RK_RUNTIME_DIR", (top.path() / "closed").string());
    const fs::path closed = runtime_directory();
    ::chmod(closed.c_str(), 0);
    const std::string read =
        refusal<system_error>([&] { static_cast<void>(list_sessions(closed)); });
    const std::string claim = refusal<system_error>([&] { name_claim(closed, "a"); });
    const environment_variable below("RK_RUNTIME_DIR", (closed / "below").string());
    const std::string make = refusal<system_error>([] { static_cast<void>(runtime_directory()); });
    ::chmod(closed.c_str(), 0700);
    return has(read, "ermission") && has(claim, "ermission") && has(make, "ermission") ? 0 : 1;
  });
  EXPECT_EQ(child.exit_code(), 0);
}

TEST(session_name, only_what_is_safe_in_a_path_and_in_a_shell_is_one) {
  for (const std::string good : {"a", "A-1_b.c", "0"}) EXPECT_TRUE(is_valid_name(good)) << good;
  EXPECT_TRUE(is_valid_name(std::string(64, 'a')));
  for (const std::string bad :
       {"", ".", "..", ".hidden", "-v", "a/b", "a b", "a\n", "\xc3\xa4", "a$"}) {
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  }
  EXPECT_FALSE(is_valid_name(std::string(65, 'a')));
  EXPECT_FALSE(is_valid_name(std::string_view("a\0b", 3)));
}

TEST(name_claim, a_name_that_is_no_name_is_refused_and_leaves_no_file) {
  const temporary_folder top;
  for (const std::string bad : {"", "../a", ".a", "-a"}) {
    EXPECT_THROW(name_claim(top.path(), bad), invalid_argument) << bad;
  }
  EXPECT_TRUE(fs::is_empty(top.path()));
}

TEST(name_claim, a_name_is_held_once_until_it_is_given_up) {
  const temporary_folder top;
  {
    const name_claim first(top.path(), "a");
    EXPECT_EQ(first.socket(), top.path() / "a.session");
    EXPECT_TRUE(has(refusal([&] { name_claim(top.path(), "a"); }),
                    "(process " + std::to_string(::getpid()) + ")"));
    EXPECT_NO_THROW(name_claim(top.path(), "b"));
    // The failed try took nothing away.
    EXPECT_THROW(name_claim(top.path(), "a"), rk::error);
  }
  EXPECT_NO_THROW(name_claim(top.path(), "a"));
  EXPECT_TRUE(fs::is_empty(top.path()));
}

TEST(name_claim, a_claim_that_moved_is_given_up_once) {
  const temporary_folder top;
  {
    name_claim first(top.path(), "a");
    const name_claim second(std::move(first));
    EXPECT_THROW(name_claim(top.path(), "a"), rk::error);
  }
  EXPECT_NO_THROW(name_claim(top.path(), "a"));
}

/// A process that holds `name` and listens, until it is killed.
[[nodiscard]] auto holder_of(const fs::path& folder, const std::string& name) {
  return [folder, name](const test::child_process::line& parent) {
    const name_claim claim(folder, name);
    const file_descriptor listener = listen_unix(claim.socket());
    parent.signal();
    return parent.await() ? 0 : 1;
  };
}

TEST(name_claim, what_a_killed_process_left_is_swept_by_the_next_of_the_name) {
  const temporary_folder top;
  test::child_process child(holder_of(top.path(), "a"));
  ASSERT_TRUE(child.await());
  EXPECT_THROW(name_claim(top.path(), "a"), rk::error);
  child.kill_now();
  EXPECT_TRUE(fs::exists(top.path() / "a.session"));
  const name_claim claim(top.path(), "a");
  EXPECT_FALSE(fs::exists(top.path() / "a.session"));
  EXPECT_NO_THROW(static_cast<void>(listen_unix(claim.socket())));
}

TEST(name_claim, a_file_of_somebody_else_under_its_name_is_not_deleted) {
  const temporary_folder top;
  std::ofstream(top.path() / "a.session") << "a desktop's own";
  {
    const name_claim claim(top.path(), "a");
    EXPECT_THROW(static_cast<void>(listen_unix(claim.socket())), system_error);
  }
  EXPECT_TRUE(fs::exists(top.path() / "a.session"));
}

TEST(name_claim, a_lock_that_is_a_link_is_not_followed) {
  const temporary_folder top;
  std::ofstream(top.path() / "victim") << "precious";
  fs::create_symlink(top.path() / "victim", top.path() / "a.lock");
  EXPECT_THROW(name_claim(top.path(), "a"), system_error);
  std::string text;
  std::ifstream(top.path() / "victim") >> text;
  EXPECT_EQ(text, "precious");
}

TEST(name_claim, one_who_sweeps_does_not_make_a_name_look_taken) {
  const temporary_folder top;
  test::child_process child(holder_of(top.path(), "a"));
  ASSERT_TRUE(child.await());
  child.kill_now();
  // The dead session's lock is held for moments, over and over, while the name is claimed.
  std::jthread sweeper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      static_cast<void>(list_sessions(top.path()));
      const file_descriptor listener(listen_unix(top.path() / "b.session"));
    }
  });
  for (int i = 0; i < 200; ++i) {
    EXPECT_NO_THROW({
      const name_claim claim(top.path(), "a");
      const file_descriptor listener = listen_unix(claim.socket());
    });
  }
}

TEST(claim_service, one_runs_for_each_folder) {
  const temporary_folder top;
  {
    const file_descriptor first = claim_service(top.path(), "rk-agent");
    const std::string text =
        refusal([&] { static_cast<void>(claim_service(top.path(), "rk-agent")); });
    EXPECT_TRUE(has(text, "rk-agent runs already")) << text;
    EXPECT_TRUE(has(text, std::to_string(::getpid()))) << text;
  }
  EXPECT_NO_THROW(static_cast<void>(claim_service(top.path(), "rk-agent")));
}

TEST(list_sessions, the_living_are_listed_by_name_and_the_dead_are_swept) {
  const temporary_folder top;
  test::child_process dead(holder_of(top.path(), "dead"));
  ASSERT_TRUE(dead.await());
  test::child_process living(holder_of(top.path(), "living"));
  ASSERT_TRUE(living.await());
  dead.kill_now();
  const name_claim mine(top.path(), "a-mine");
  const file_descriptor listener = listen_unix(mine.socket());
  const auto found = list_sessions(top.path());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "a-mine");
  EXPECT_EQ(found[0].pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(found[1].name, "living");
  EXPECT_EQ(found[1].pid, static_cast<std::uint64_t>(living.pid()));
  EXPECT_EQ(found[1].socket, top.path() / "living.session");
  EXPECT_FALSE(fs::exists(top.path() / "dead.session"));
  EXPECT_FALSE(fs::exists(top.path() / "dead.lock"));
  living.signal();
  EXPECT_EQ(living.exit_code(), 0);
}

TEST(list_sessions, files_that_are_no_session_s_are_left_alone) {
  const temporary_folder top;
  for (const char* name : {"notes.session", "notes.lock", "x.txt", ".hidden.session"}) {
    std::ofstream(top.path() / name) << "x";
  }
  fs::create_directory(top.path() / "folder.session");
  // A session's socket beside something that can be no lock hides none of the others.
  const file_descriptor odd = listen_unix(top.path() / "odd.session");
  fs::create_directory(top.path() / "odd.lock");
  const name_claim mine(top.path(), "mine");
  const file_descriptor listener = listen_unix(mine.socket());
  const auto found = list_sessions(top.path());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "mine");
  for (const char* name : {"notes.session", "notes.lock", "x.txt", ".hidden.session",
                           "folder.session", "odd.session"}) {
    EXPECT_TRUE(fs::exists(top.path() / name)) << name;
  }
}

TEST(list_sessions, a_folder_that_is_not_there_is_an_error_of_ours) {
  const temporary_folder top;
  EXPECT_TRUE(list_sessions(top.path()).empty());
  EXPECT_THROW(static_cast<void>(list_sessions(top.path() / "nowhere")), system_error);
}

}  // namespace
}  // namespace rk::protocol
