#!/usr/bin/env python3
"""Checks what no compiler checks: check_source.py PROJECT_ROOT. Prints `file:line: rule: text` and exits 1 on a finding.

The rules are listed in RULES; check_source_test.py has a sample for each. Run by Meson as the test `source`.
"""

import os
import re
import sys

RULES = {
    "floor": "a header includes its own folder and lower floors only",
    "asio": "no Asio below floor 6; granular headers above it",
    "third-party": "a library of others is included by its named headers only",
    "include-form": "own headers as <ossify/...>, C headers by their C++ names, no umbrella from inside",
    "include-order": "own library, other libraries, standard library",
    "guard": "OSSIFY_<FOLDER>_<FILE>_HPP around the whole header",
    "listed": "every header is in include/meson.build, every unit test in its folder's meson.build",
    "first": "a unit test includes its own header first",
    "long": "a header has at most 400 lines",
    "open-end": "no notes about work left to do",
    "blank": "no tabs, no spaces at the end of a line, no carriage returns, one newline at the end of the file",
    "path": "no path of somebody's machine",
    "version": "meson.build and version.hpp name the same version",
    "lambda": "no coroutine lambda with captures (in tests and examples: none by value)",
    "detached": "asio::detached only in examples, tests and testing/",
    "assertion": "no co_await inside an assertion: await first, then check",
    "await-temporary": "no aggregate and no capturing lambda made inside a co_await statement (GCC 12)",
}

# Folder of include/ossify (or header beside them) -> floor. A header may include its own folder and all lower floors.
FLOORS = {
    "version.hpp": 0, "fwd.hpp": 0, "core": 0,
    "codec": 1,
    "http": 2,
    "auth": 3, "callback": 3,
    "operation": 4,
    "multipart": 5, "retry": 5, "presign": 5,
    "async": 6,  # the first with Asio
    "transport": 7, "body": 7,
    "session": 8,
    "upload": 9, "receiver": 9, "server": 9,
    "client.hpp": 10, "emulator": 10,
    "testing": 11,
    "ossify.hpp": 12, "src.hpp": 12,
}
ASIO_FLOOR = 6
# Neighbours on one floor that may see each other: from -> to.
NEIGHBOURS = {"receiver": {"server"}, "client.hpp": set(), "emulator": set()}
UMBRELLA = "ossify/ossify.hpp"

CPU = r"(imm|wmm|smm|tmm|nmm|x86|arm_)\w*\.h$|cpuid\.h$|asm/hwcap\.h$|sys/auxv\.h$"
POSIX = r"(sys|netinet|arpa|linux)/|(unistd|fcntl|netdb|poll|pthread|dirent)\.h$"
# Include prefix -> the headers that may include it (None: any from ASIO_FLOOR on).
THIRD_PARTY = [
    (r"asio/ssl", []),
    (r"asio/", None),
    (r"openssl/", [r"codec/(base64|digest|public_key|random)\.hpp", r"transport/tls(_engine|_sessions)?\.hpp"]),
    (r"boost/json", [r"codec/json\.hpp"]),
    (r"boost/url", [r"codec/url\.hpp"]),
    (r"boost/(describe|mp11)", [r"codec/describe\.hpp"]),
    (r"boost/(system|assert)/", [r".*"]),  # the vocabulary of results
    (r"pugixml", [r"codec/xml\.hpp"]),
    (CPU, [r"codec/(detail/)?crc64\w*\.hpp"]),
    (POSIX, None),
]

C_HEADERS = {f"{n}.h" for n in "assert ctype errno float inttypes limits locale math setjmp signal stdarg stddef stdint "
             "stdio stdlib string time wchar".split()}

TEXT = re.compile(r"\.(hpp|cpp|in|py|sh|md|build|txt|wrap|js|mjs|json|yml|html|css)$|(^|/)\.?[^./]+$")
CODE = re.compile(r"\.(hpp|cpp)$")
NOT_OURS = {".git", ".cache", "node_modules", "__pycache__"}
GENERATED_OR_DATA = ("tests/data/", "tests/fuzz/corpus/")


class findings(list):
    def add(self, path, line, rule, text):
        assert rule in RULES, rule
        self.append((path, line, rule, text))


# --- reading ---------------------------------------------------------------------------------------------------------

def our_files(root):
    """Paths below root, without build folders, fetched subprojects and what tools leave behind."""
    for folder, folders, files in os.walk(root):
        here = os.path.relpath(folder, root).replace(os.sep, "/")
        folders[:] = sorted(f for f in folders if f not in NOT_OURS and not (here == "." and f.startswith("build"))
                            and not (here == "subprojects" and f != "packagefiles"))
        for name in sorted(files):
            yield name if here == "." else f"{here}/{name}"


TOKEN = re.compile(r'''//[^\n]*|/\*.*?\*/|\bR"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+\'''',
                   re.S)


def without_text(code):
    """The code with comments and the inside of literals blanked; every line keeps its number."""
    def blank(match):
        found = match.group()
        inside = re.sub(r"[^\n]", " ", found)
        return inside if found[0] == "/" else '"' + inside[1:-1] + '"'
    return TOKEN.sub(blank, code)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def folder_of(header):
    """'ossify/codec/hex.hpp' -> 'codec'; 'ossify/client.hpp' -> 'client.hpp'."""
    return header.split("/")[1]


# --- headers ---------------------------------------------------------------------------------------------------------

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)


def check_includes(path, text, found):
    """Floors, libraries and forms of one public header; path is 'include/ossify/...'."""
    header = path.removeprefix("include/")
    mine = folder_of(header)
    if mine not in FLOORS:
        found.add(path, 1, "floor", f"the folder {mine} has no floor yet: give it one in tests/tools/check_source.py")
        return
    floor, last_group = FLOORS[mine], 0
    for match in INCLUDE.finditer(text):
        line, quote, name = line_of(text, match.start()), match.group(1), match.group(2)
        if quote == '"':
            found.add(path, line, "include-form", f'"{name}": write <ossify/...>')
            continue
        group = 1 if name.startswith("ossify/") else 3
        if group == 1:
            check_own_include(path, line, mine, floor, name, found)
        elif name in C_HEADERS:
            found.add(path, line, "include-form", f"<{name}>: write <c{name[:-2]}>")
        elif name == "asio.hpp":
            found.add(path, line, "asio", "<asio.hpp>: include the granular headers")
        elif name.startswith("doctest"):
            found.add(path, line, "third-party", "doctest in a public header")
        else:
            for prefix, homes in THIRD_PARTY:
                if not re.match(prefix, name):
                    continue
                group = last_group if prefix in (CPU, POSIX) else 2
                rule = "asio" if name.startswith("asio/") else "third-party"
                if homes is None:
                    if floor < ASIO_FLOOR:
                        found.add(path, line, rule, f"<{name}> on floor {floor}; it starts at floor {ASIO_FLOOR}")
                elif not any(re.fullmatch(home, header.removeprefix("ossify/")) for home in homes):
                    found.add(path, line, rule, f"<{name}> is for " + (", ".join(homes).replace("\\", "") or "nobody"))
                break
            else:
                if "/" in name or "." in name:
                    found.add(path, line, "third-party", f"<{name}>: a library that no header may include yet")
        if group < last_group and not inside_condition(text, match.start()):
            found.add(path, line, "include-order", f"<{name}> comes too late: {RULES['include-order']}")
        last_group = max(group, last_group)


def check_own_include(path, line, mine, floor, name, found):
    if name == UMBRELLA:
        found.add(path, line, "include-form", "the umbrella header is for users")
        return
    other = folder_of(name)
    if other not in FLOORS:
        found.add(path, line, "floor", f"<{name}>: unknown folder")
    elif other != mine and FLOORS[other] >= floor and other not in NEIGHBOURS.get(mine, ()):
        found.add(path, line, "floor", f"{mine} (floor {floor}) includes <{name}> (floor {FLOORS[other]})")


def inside_condition(text, position):
    """True inside an #if other than the header guard."""
    before = text[:position]
    opened = len(re.findall(r"^[ \t]*#[ \t]*if", before, re.M)) - len(re.findall(r"^[ \t]*#[ \t]*endif", before, re.M))
    return opened > 1


def guard_of(path):
    return re.sub(r"[^A-Za-z0-9]", "_", path.removeprefix("include/")).upper()


def check_guard(path, text, found):
    lines = [line.rstrip() for line in without_text(text).splitlines() if line.strip()]
    name = guard_of(path)
    if lines[:2] != [f"#ifndef {name}", f"#define {name}"] or lines[-1] != "#endif":
        found.add(path, 1, "guard", f"the header must be wrapped in #ifndef {name}, #define {name} ... #endif")


def check_listed(root, paths, found):
    listed = set(re.findall(r"'(ossify/[^']+\.hpp)'", read(root, "include/meson.build")))
    there = {p.removeprefix("include/") for p in paths if p.startswith("include/") and p.endswith(".hpp")}
    for header in sorted(there - listed):
        found.add("include/" + header, 1, "listed", "not in the list of include/meson.build")
    for header in sorted(listed - there):
        found.add("include/meson.build", 1, "listed", f"{header} does not exist")
    for path in paths:
        if re.match(r"tests/unit/.*\.cpp$", path):
            folder, name = os.path.split(path)
            if f"'{name}'" not in read(root, folder + "/meson.build"):
                found.add(path, 1, "listed", f"not in {folder}/meson.build: nobody runs it")


def check_first(path, text, headers, found):
    """A unit test that has a header proves that the header compiles alone: it must come first."""
    header = re.sub(r"^tests/unit/(.*)\.cpp$", r"ossify/\1.hpp", path)
    if "include/" + header not in headers:
        return
    first = INCLUDE.search(text)
    if not first or first.group(2) != header:
        found.add(path, 1, "first", f"the first include must be <{header}>")


def check_version(root, found):
    meson = re.search(r"version: '(\d+)\.(\d+)\.(\d+)'", read(root, "meson.build"))
    text = read(root, "include/ossify/version.hpp")
    wanted = meson and (str(int(meson[1]) * 10000 + int(meson[2]) * 100 + int(meson[3])), f'"{meson[1]}.{meson[2]}.{meson[3]}"')
    have = tuple(m[1] for m in (re.search(rf"#define {n} (\S+)", text) for n in ("OSSIFY_VERSION", "OSSIFY_VERSION_STRING")) if m)
    if not wanted or have != wanted:
        found.add("include/ossify/version.hpp", 1, "version", f"{' '.join(have)} here, {' '.join(wanted or [])} in meson.build")


# --- every file ------------------------------------------------------------------------------------------------------

OPEN_END = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
HOME = re.compile(r"(?<![\w./-])/(home|Users)/\w")


def check_text(root, path, text, found):
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if OPEN_END.search(line):
            found.add(path, number, "open-end", "finish it, or describe it where work is planned")
        if "\t" in line or line.endswith((" ", "\r")):
            found.add(path, number, "blank", "a tab, or a space or carriage return at the end")
        if HOME.search(line) or (len(root) > 5 and root in line):
            found.add(path, number, "path", "a path of one machine")
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        found.add(path, len(lines), "blank", "the file must end with one newline")
    if path.startswith("include/") and path.endswith(".hpp") and len(lines) - 1 > 400:
        found.add(path, 401, "long", f"{len(lines) - 1} lines: it probably holds two ideas")


# --- coroutines ------------------------------------------------------------------------------------------------------

LAMBDA = re.compile(r"(?<=[(,={?:&|\s])\[(?!\[)([^\[\]]*)\](?=\s*[({<]|\s*(?:mutable|noexcept|->))")
TO_AWAITABLE = re.compile(r"\s*(mutable\s*)?(noexcept\s*)?->\s*(\w+::)*awaitable\s*<")
ASSERTION = re.compile(r"\b(?:CHECK|REQUIRE|WARN)(?:_[A-Z]+)*\s*\(")


def lambdas(code, start=0, end=None):
    """(position, captures) of each lambda expression."""
    for match in LAMBDA.finditer(code, start, len(code) if end is None else end):
        if not re.search(r"[\w)\]]\s*$", code[max(0, match.start() - 40):match.start()]) or \
                re.search(r"\b(return|co_return|co_await|co_yield)\s*$", code[max(0, match.start() - 40):match.start()]):
            yield match.start(), match.group(1).strip(), match.end()


def by_value(captures):
    """The captures that a lambda keeps as members with something to destroy, as far as text tells."""
    return [c.strip() for c in captures.split(",") if c.strip() and not c.strip().startswith("&") and c.strip() != "this"]


def past_bracket(code, position):
    """The position after the bracket that closes the one at `position`."""
    depth = 0
    for i in range(position, len(code)):
        depth += code[i] in "([{"
        depth -= code[i] in ")]}"
        if depth == 0:
            return i + 1
    return len(code)


def check_coroutines(path, text, found):
    code = without_text(text)
    in_library = path.startswith("include/")

    for start, captures, end in lambdas(code):
        after = end
        if (opened := re.match(r"\s*\(", code[end:])):
            after = past_bracket(code, end + opened.end() - 1)
        if not TO_AWAITABLE.match(code, after):
            continue
        if captures if in_library else by_value(captures):
            found.add(path, line_of(code, start), "lambda",
                      f"[{captures}] -> awaitable: the captures die with the lambda; pass them as parameters")

    if not path.startswith(("examples/", "tests/", "include/ossify/testing/")):
        for match in re.finditer(r"\basio::detached\b", code):
            found.add(path, line_of(code, match.start()), "detached", "nobody would own this coroutine")

    for match in ASSERTION.finditer(code):
        inside = code[match.end() - 1:past_bracket(code, match.end() - 1)]
        if re.search(r"\bco_(await|yield)\b", inside) and not re.search(r"[;]", inside):
            found.add(path, line_of(code, match.start()), "assertion", "await into a variable first")

    for match in re.finditer(r"\bco_await\b", code):
        line, statement = line_of(code, match.start()), statement_with(code, match.start())
        if re.search(r"[{,]\s*\.\w+\s*[={]", statement):
            found.add(path, line, "await-temporary", "name the aggregate in a statement of its own")
        for _, captures, _ in lambdas(statement):
            if by_value(captures):
                found.add(path, line, "await-temporary", f"name the lambda [{captures}] in a statement of its own")


OPENS_BODY = re.compile(r"(\)|\]|>|\bmutable|\bnoexcept)\s*$")


def statement_with(code, position):
    """The statement that holds the co_await at `position`: back to the last of `;{}` (an opening brace, perhaps that of
    an initialiser, is kept), on to its end; without the bodies of lambdas that it hands over."""
    begin = max(code.rfind(c, 0, position) for c in ";{}")
    parts, start, depth, i = [], begin + (begin < 0 or code[begin] != "{"), 0, position
    while i < len(code) and not (code[i] == ";" and depth <= 0):
        if code[i] == "{" and OPENS_BODY.search(code, max(0, i - 12), i):
            if depth <= 0:
                break  # of an if or a loop
            parts.append(code[start:i + 1])
            start = i = past_bracket(code, i)
            continue
        depth += (code[i] in "([{") - (code[i] in ")]}")
        i += 1
    return "".join(parts) + code[start:i]


# --- all together ----------------------------------------------------------------------------------------------------

def read(root, path):
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def check(root):
    root = os.path.realpath(root)
    found = findings()
    paths = [p for p in our_files(root) if TEXT.search(p) and not p.startswith(GENERATED_OR_DATA)]
    headers = {p for p in paths if p.startswith("include/ossify/") and p.endswith(".hpp")}
    for path in paths:
        try:
            text = read(root, path)
        except UnicodeDecodeError:
            found.add(path, 1, "blank", "not UTF-8")
            continue
        check_text(root, path, text, found)
        if path in headers:
            check_includes(path, text, found)
            check_guard(path, text, found)
        if CODE.search(path):
            check_coroutines(path, text, found)
        if path.startswith("tests/unit/"):
            check_first(path, text, headers, found)
    check_listed(root, paths, found)
    check_version(root, found)
    return found


def main():
    found = check(sys.argv[1])
    for path, line, rule, text in found:
        print(f"{path}:{line}: {rule}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
