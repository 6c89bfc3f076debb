#!/usr/bin/env python3
"""Writes a text file as a C++ header with one constant: embed.py INPUT OUTPUT NAME"""
import sys

source, target, name = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    text = file.read()
assert ')embedded"' not in text
with open(target, "w", encoding="utf-8") as file:
    file.write(f'#include <string_view>\n\ninline constexpr std::string_view {name} = R"embedded({text})embedded";\n')
