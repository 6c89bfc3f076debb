#ifndef OSSIFY_TESTS_SUPPORT_VECTORS_HPP
#define OSSIFY_TESTS_SUPPORT_VECTORS_HPP

#include <ossify/codec/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ossify::testing_support {

/// One entry of tests/data/vectors.json. Missing names throw: a test must not pass because its data is gone.
class test_vector {
public:
    explicit test_vector(json::object const& all) : all_(&all) {}

    std::string id() const { return text(*all_, "id"); }
    json::object const& inputs() const { return object("inputs"); }
    json::object const& expected() const { return object("expected"); }

    /// A text among the inputs or the expected results.
    std::string input(std::string_view name) const { return text(inputs(), name); }
    std::string expect(std::string_view name) const { return text(expected(), name); }

    static std::string text(json::object const& from, std::string_view name)
    {
        auto const* const value = from.if_contains(json::string_view(name.data(), name.size()));
        if (value == nullptr || !value->is_string())
            throw std::runtime_error("vectors.json: no text \"" + std::string(name) + '"');
        return std::string(value->get_string());
    }

private:
    json::object const& object(char const* name) const { return all_->at(name).as_object(); }

    json::object const* all_;
};

/// The file, read once. The environment variable OSSIFY_TEST_DATA names its folder.
inline json::value const& vector_file()
{
    static json::value const file = [] {
        char const* const folder = std::getenv("OSSIFY_TEST_DATA");
        if (folder == nullptr)
            throw std::runtime_error("set OSSIFY_TEST_DATA to the folder tests/data");
        std::ifstream in(std::string(folder) + "/vectors.json", std::ios::binary);
        std::string const text(std::istreambuf_iterator<char>(in), {});
        return codec::parse_json(text).value();
    }();
    return file;
}

/// All vectors of a kind. Throws when there is none, or not as many as the file says.
inline std::vector<test_vector> vectors_of(std::string_view kind)
{
    std::vector<test_vector> out;
    for (json::value const& entry : vector_file().at("vectors").as_array())
        if (test_vector::text(entry.as_object(), "kind") == kind)
            out.emplace_back(entry.as_object());
    auto const& counts = vector_file().at("counts").as_object();
    auto const* const count = counts.if_contains(json::string_view(kind.data(), kind.size()));
    if (out.empty() || count == nullptr || count->to_number<std::size_t>() != out.size())
        throw std::runtime_error("vectors.json: not all vectors of kind " + std::string(kind));
    return out;
}

}  // namespace ossify::testing_support

#endif
