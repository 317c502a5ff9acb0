#!/usr/bin/env bash
# SQLite 3.40 with an FTS5 table whose tokenizer is `trigram`: LIKE '%да%' finds no row, although rows hold these letters.
#
# The documentation promises that a LIKE pattern without three characters in a row is answered by a linear scan.
# For Latin letters it is. For two Cyrillic letters 3.40 takes the index, as if two bytes a letter made three
# characters, and two letters are no trigram: the answer is empty and nothing is raised. Debian 12 has SQLite 3.40.1.
# Whoever searches dictated Russian for "да" or "не" is told that nobody ever said it. 3.42 answers rightly.
#
# Versions: pysqlite3-binary 0.5.0 (SQLite 3.40.0) and 0.5.1 (SQLite 3.42.0); wheels up to CPython 3.11.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/look.py" <<'PY'
import sys

import pysqlite3

db = pysqlite3.connect(":memory:")
db.execute("CREATE VIRTUAL TABLE said USING fts5(words, tokenize='trigram')")
db.executemany("INSERT INTO said VALUES (?)", [("молодая дама",), ("да",), ("young dama",), ("da",)])
print("SQLite", pysqlite3.sqlite_version)
seen = []
for letters in ("da", "да", "дам", "я"):
    (by_like,) = db.execute("SELECT count(*) FROM said WHERE words LIKE ?", (f"%{letters}%",)).fetchone()
    (by_instr,) = db.execute("SELECT count(*) FROM said WHERE instr(words, ?)", (letters,)).fetchone()
    print(f"  {letters!r}: LIKE finds {by_like}, instr() finds {by_instr}")
    seen += [by_like, by_instr]
expected = [2, 2, int(sys.argv[1]), 2, 1, 1, 1, 1]
if seen != expected:
    sys.exit(f"changed: expected {expected}, saw {seen}")
PY

for pair in 0.5.0:0 0.5.1:2; do
    python3 -m venv --clear "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
    "$work/venv/bin/pip" install -qq --only-binary :all: "pysqlite3-binary==${pair%:*}" ||
        { echo "pysqlite3-binary ${pair%:*} has no wheel here (CPython 3.11 is needed)"; exit 2; }
    "$work/venv/bin/python" "$work/look.py" "${pair#*:}"
done
