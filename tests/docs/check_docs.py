#!/usr/bin/env python3
"""Every block of C++ in the documentation stands, word for word, in a file that is compiled.

usage: check_docs.py ROOT
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
compiled = [p.read_text() for folder in ("tests/docs", "examples") for p in sorted((root / folder).rglob("*.[ch]pp"))]
documents = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
bad = blocks = 0
for document in documents:
    text = document.read_text()
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, re.M | re.S):
        blocks += 1
        if not any(match[1].strip() in source for source in compiled):
            line = text[: match.start()].count("\n") + 1
            print(f"{document.relative_to(root)}:{line}: this block stands in no compiled file")
            bad += 1
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        if not (document.parent / target).exists():
            print(f"{document.relative_to(root)}: link to {target}, which is not there")
            bad += 1
print(f"{blocks} blocks in {len(documents)} documents")
sys.exit(1 if bad or not blocks else 0)
