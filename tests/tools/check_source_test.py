#!/usr/bin/env python3
"""Every rule of check_source.py must fire on its bad samples and stay silent on the good ones."""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
import check_source  # noqa: E402


def header(path, body=""):
    guard = check_source.guard_of(path)
    return f"#ifndef {guard}\n#define {guard}\n\n{body}\n#endif\n"


BASE = {
    "meson.build": "project('ossify', 'cpp', version: '1.2.3')\n",
    "include/ossify/version.hpp": header("include/ossify/version.hpp",
                                         '#define OSSIFY_VERSION 10203\n#define OSSIFY_VERSION_STRING "1.2.3"\n'),
}

# rule, path, text; a public header gets its guard and its line in include/meson.build
BAD = [
    ("floor", "include/ossify/http/a.hpp", "#include <ossify/auth/b.hpp>\n"),
    ("floor", "include/ossify/auth/a.hpp", "#include <ossify/callback/b.hpp>\n"),
    ("floor", "include/ossify/async/a.hpp", "#include <ossify/client.hpp>\n"),
    ("floor", "include/ossify/server/a.hpp", "#include <ossify/receiver/b.hpp>\n"),
    ("floor", "include/ossify/core/a.hpp", "#include <ossify/nowhere/b.hpp>\n"),
    ("floor", "include/ossify/nowhere/a.hpp", "\n"),
    ("asio", "include/ossify/retry/a.hpp", "#include <asio/steady_timer.hpp>\n"),
    ("asio", "include/ossify/session/a.hpp", "#include <asio.hpp>\n"),
    ("asio", "include/ossify/transport/tls.hpp", "#include <asio/ssl/stream.hpp>\n"),
    ("third-party", "include/ossify/auth/a.hpp", "#include <openssl/evp.h>\n"),
    ("third-party", "include/ossify/http/a.hpp", "#include <boost/json.hpp>\n"),
    ("third-party", "include/ossify/codec/json.hpp", "#include <boost/url.hpp>\n"),
    ("third-party", "include/ossify/codec/a.hpp", "#include <pugixml.hpp>\n"),
    ("third-party", "include/ossify/callback/a.hpp", "#include <boost/describe.hpp>\n"),
    ("third-party", "include/ossify/testing/a.hpp", "#include <doctest/doctest.h>\n"),
    ("third-party", "include/ossify/emulator/a.hpp", "#include <boost/beast.hpp>\n"),
    ("third-party", "include/ossify/core/a.hpp", "#include <unistd.h>\n"),
    ("include-form", "include/ossify/codec/a.hpp", '#include "b.hpp"\n'),
    ("include-form", "include/ossify/codec/a.hpp", "#include <string.h>\n"),
    ("include-form", "include/ossify/testing/a.hpp", "#include <ossify/ossify.hpp>\n"),
    ("include-order", "include/ossify/codec/a.hpp", "#include <string>\n\n#include <ossify/core/b.hpp>\n"),
    ("include-order", "include/ossify/session/a.hpp", "#include <string>\n\n#include <asio/post.hpp>\n"),
    ("guard", "include/ossify/core/a.hpp", None),
    ("listed", "tests/unit/core/a.cpp", "int main() {}\n"),
    ("long", "include/ossify/core/a.hpp", "\n" * 400),
    ("open-end", "tools/x", "# TO" "DO: later\n"),
    ("open-end", "tests/x.cpp", "// FIX" "ME\n"),
    ("blank", "tests/x.cpp", "int x;\t\n"),
    ("blank", "tests/x.cpp", "int x; \n"),
    ("blank", "tests/x.cpp", "int x;\r\n"),
    ("blank", "tests/x.cpp", "int x;"),
    ("blank", "tests/x.cpp", "int x;\n\n"),
    ("blank", "tests/x.cpp", b"\xff\n"),
    ("path", "tests/x.py", "folder = '/ho" "me/somebody'\n"),
    ("path", "README.md", "cd ROOT/build\n"),
    ("version", "meson.build", "project('ossify', 'cpp', version: '1.2.4')\n"),
    ("lambda", "include/ossify/session/a.hpp", "auto f = [&]() -> awaitable<void> { co_return; };\n"),
    ("lambda", "include/ossify/session/a.hpp", "run(ex, [this] -> asio::awaitable<int> { co_return 1; });\n"),
    ("lambda", "tests/x.cpp", "auto f = [=](int a, g<int()> b) mutable -> ossify::awaitable<void> { co_return; };\n"),
    ("lambda", "examples/x.cpp", "auto f = [&a, b = std::move(c)]() -> awaitable<void> { co_return; };\n"),
    ("detached", "include/ossify/client.hpp", "asio::co_spawn(ex, f(), asio::detached);\n"),
    ("assertion", "tests/x.cpp", "CHECK(co_await f() == 1);\n"),
    ("assertion", "tests/x.cpp", "REQUIRE_MESSAGE(g(1,\n  co_await f(2)), \"text; with a semicolon\");\n"),
    ("await-temporary", "tests/x.cpp", "auto r = co_await f({.a = 1});\n"),
    ("await-temporary", "tests/x.cpp", "auto r = co_await f(g(options{\n    .a = 1, .b = 2}));\n"),
    ("await-temporary", "tests/x.cpp", "options o{.a = co_await f(), .b = 2};\n"),
    ("await-temporary", "tests/x.cpp", "if (co_await f(options{.a = 1})) { g(); }\n"),
    ("await-temporary", "tests/x.cpp", "co_await f([text] { g(text); });\n"),
    ("await-temporary", "tests/x.cpp", "co_await f(1, [=](int) { g(text); }, 2);\n"),
]

GOOD = [
    ("include/ossify/session/a.hpp", "#include <ossify/auth/b.hpp>\n#include <ossify/callback/b.hpp>\n\n"
                                     "#include <asio/post.hpp>\n\n#include <string>\n#include <sys/uio.h>\n"),
    ("include/ossify/receiver/a.hpp", "#include <ossify/server/b.hpp>\n"),
    ("include/ossify/codec/json.hpp", "#include <boost/json.hpp>\n"),
    ("include/ossify/transport/tls.hpp", "#include <openssl/ssl.h>\n"),
    ("include/ossify/async/a.hpp", "#include <string>\n\n#if ASIO_VERSION >= 1\n#include <asio/as_tuple.hpp>\n#endif\n"),
    ("include/ossify/session/a.hpp", "auto f = [](int a) -> awaitable<void> { co_return; };\n"),
    ("include/ossify/session/a.hpp", "// asio::detached; [=]() -> awaitable<void>; CHECK(co_await x)\n"),
    ("tests/x.cpp", "run([&]() -> awaitable<void> {\n    auto r = co_await f();\n    CHECK(r == 1);\n});\n"),
    ("tests/x.cpp", "int const big = 1'000'000; char const c = '\"'; auto x = a[i] (b);\n"),
    ("tests/x.cpp", "auto o = options{.a = 1};\nauto r = co_await f(o);\nvalue v{.b = 2};\n"),
    ("tests/x.cpp", "co_await asio::co_spawn(ex, []() -> awaitable<void> {\n    options o{.a = 1};\n    co_await f(o);\n}, t);\n"),
    ("tests/x.cpp", "while (co_await f()) {\n    options o{.a = 1};\n    auto g = [o] { return o; };\n}\n"),
    ("tests/x.cpp", "for (auto& [k, v] : m) co_await f(std::string{\"a\"}, [&](int) { return k; });\n"),
    ("tests/x.cpp", "char const* s = R\"(TAB [=]() -> awaitable<void> { CHECK(co_await f({.a = 1})); })\";\n"),
    ("examples/x.cpp", "asio::co_spawn(ex, f(), asio::detached);\n"),
]


def rules_for(files):
    """The rules that fire in a tree with these files: {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        files = {**BASE, **files}
        headers = [p.removeprefix("include/") for p in files if p.startswith("include/")]
        files.setdefault("include/meson.build", "".join(f"'{h}',\n" for h in headers))
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if isinstance(text, str):
                text = text.replace("ROOT", os.path.realpath(root)).encode()
            with open(full, "wb") as file:
                file.write(text)
        return sorted({rule for _, _, rule, _ in check_source.check(root)})


def tree(path, text):
    if text is None:
        return {path: "int x;\n"}
    public = path.startswith("include/") and path not in BASE
    return {path: header(path, text) if public else text}


def main():
    wrong, samples = [], len(BAD) + len(GOOD)
    for rule, path, text in BAD:
        if (got := rules_for(tree(path, text))) != [rule]:
            wrong.append(f"expected {rule}, got {got or 'nothing'}: {path}: {text!r}")
    for path, text in GOOD:
        if got := rules_for(tree(path, text)):
            wrong.append(f"expected nothing, got {got}: {path}: {text!r}")

    # these need more than one file
    a_header = {"include/ossify/core/a.hpp": header("include/ossify/core/a.hpp")}
    a_unit = {**a_header, "tests/unit/core/meson.build": "'a.cpp'\n"}
    for expected, files in (
        ([], {**a_unit, "tests/unit/core/a.cpp": "#include <ossify/core/a.hpp>\n"}),
        (["first"], {**a_unit, "tests/unit/core/a.cpp": "#include <string>\n\n#include <ossify/core/a.hpp>\n"}),
        (["listed"], {**a_header, "include/meson.build": "'ossify/version.hpp',\n"}),
        (["listed"], {"include/meson.build": "'ossify/version.hpp',\n'ossify/core/gone.hpp',\n"}),
    ):
        samples += 1
        if (got := rules_for(files)) != expected:
            wrong.append(f"expected {expected}, got {got}: {sorted(files)}")
    untested = set(check_source.RULES) - {rule for rule, _, _ in BAD} - {"first"}
    wrong += [f"no sample for the rule {rule}" for rule in sorted(untested)]

    print("\n".join(wrong))
    print(f"{samples - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
