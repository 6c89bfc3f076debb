#include <ossify/upload/checkpoint_file.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using namespace ossify;

namespace {

class temporary_folder {
public:
    temporary_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "ossify-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path); }

    std::size_t entries() const
    {
        std::filesystem::directory_iterator const all(path);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    std::filesystem::path path;
};

}  // namespace

TEST_CASE("a checkpoint that was never saved is no checkpoint")
{
    temporary_folder const folder;
    auto const loaded = checkpoint_file(folder.path / "a.ckpt").load();
    REQUIRE(loaded.has_value());
    CHECK_FALSE(loaded->has_value());
}

TEST_CASE("the text that was saved last is loaded, and nothing lies beside it")
{
    temporary_folder const folder;
    checkpoint_file const file(folder.path / "a.ckpt");
    REQUIRE(file.save(std::string(200'000, 'x')).has_value());
    REQUIRE(file.save("second").has_value());
    CHECK(*file.load().value() == "second");
    CHECK(folder.entries() == 1);
}

TEST_CASE("only the owner may read a checkpoint")
{
    temporary_folder const folder;
    checkpoint_file const file(folder.path / "a.ckpt");
    REQUIRE(file.save("x").has_value());
    auto const mode = std::filesystem::status(folder.path / "a.ckpt").permissions();
    CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
}

TEST_CASE("a save that was cut short leaves the former checkpoint")
{
    temporary_folder const folder;
    checkpoint_file const file(folder.path / "a.ckpt");
    REQUIRE(file.save("whole").has_value());
    std::ofstream(folder.path / "a.ckpt.new") << "ha";  // as a killed process leaves it
    CHECK(*file.load().value() == "whole");
    REQUIRE(file.save("next").has_value());
    CHECK(*file.load().value() == "next");
    CHECK(folder.entries() == 1);
}

TEST_CASE("removing takes everything, also what does not exist")
{
    temporary_folder const folder;
    checkpoint_file const file(folder.path / "a.ckpt");
    REQUIRE(file.save("x").has_value());
    CHECK(file.remove().has_value());
    CHECK(file.remove().has_value());
    CHECK(folder.entries() == 0);
}

TEST_CASE("a checkpoint that cannot be written says where")
{
    temporary_folder const folder;
    auto const saved = checkpoint_file(folder.path / "none" / "a.ckpt").save("x");
    REQUIRE(saved.has_error());
    CHECK(saved.error() == errc::checkpoint_failed);
    CHECK(saved.error().message().find("a.ckpt.new") != std::string::npos);
}

TEST_CASE("a checkpoint that cannot be read says what was done, where, and the system's reason")
{
    temporary_folder const folder;
    auto const of_folder = checkpoint_file(folder.path).load();
    REQUIRE(of_folder.has_error());
    CHECK(of_folder.error() == errc::checkpoint_failed);
    CHECK(to_string(of_folder.error()) ==
          "the checkpoint cannot be used: reading \"" + folder.path.string() + "\" failed: Is a directory");
    auto const loop = folder.path / "a.ckpt";
    std::filesystem::create_symlink(loop, loop);
    auto const of_loop = checkpoint_file(loop).load();
    REQUIRE(of_loop.has_error());
    CHECK(of_loop.error().message() == "reading \"" + loop.string() + "\" failed: Too many levels of symbolic links");
}
