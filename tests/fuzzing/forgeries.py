"""What a fuzzer makes of arrays and of JSON that are kept with hashes: bytes are read as a script.

Changed bytes would be refused by their hash, and nothing behind it be tried. So a script says
which values are changed, and the hashes are made right again.
"""

import hashlib
import json
import shutil

import numpy as np

NUMBERS = (-1, 0, 1, 2, -5, 100, 10**6, 2**31 - 1, -(2**31), 2**53, 0.5, 1e308, float("nan"))
TEXTS = ("", "x", "people", "no such", "\ud83d", "2026-13-45", "a/b/../c", "٤٤", "=1+1", "<b>")
_LONGEST = 4
"""Changes of one script."""


class Script:
    """Choices that are read from bytes; the first of each where these are at an end."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def number(self, below):
        """Return a number from 0 to below a limit."""
        many = 1 if below <= 256 else 3
        found = int.from_bytes(self._data[self._at : self._at + many], "little")
        self._at += many
        return found % max(1, below)

    def pick(self, some):
        """Return one of several."""
        return some[self.number(len(some))]

    def changes(self):
        """Return how many changes there are, at least one."""
        return range(1 + self.number(_LONGEST))


def change_array(array, script):
    """Return an array that is changed in one way."""
    way = script.number(10)
    if way < 5 and array.size:
        array = array.copy()
        place = script.number(array.size)
        value = array.flat[script.number(array.size)] if way == 4 else script.pick(NUMBERS)
        with np.errstate(all="ignore"):
            array.flat[place] = np.array(value).astype(array.dtype)
        return array
    if way == 5:
        return array[:-1] if array.ndim else array
    if way == 6:
        return np.concatenate([array, array[-1:]]) if array.ndim else array
    if way == 7:
        kinds = ("float32", "int64", "uint8", "complex64", "bool")
        with np.errstate(all="ignore"):
            return array.astype(script.pick(kinds)) if array.dtype.kind in "biufc" else array
    return array[::-1] if way == 8 and array.ndim else array.reshape(1, *array.shape)


def change_value(value, script):
    """Return a JSON value that is changed in one way."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return script.pick(NUMBERS)
    if isinstance(value, str):
        return script.pick((*TEXTS, value + "x"))
    if isinstance(value, list):
        return script.pick(([], value[:-1], value + value[-1:], value[::-1], None))
    if isinstance(value, dict):
        return script.pick(({}, None, {"x": 1}, {key: value[key] for key in [*value][1:]}))
    return script.pick((0, "x", [], {}))


def change_json(tree, script):
    """Change one value somewhere in JSON; the tree is a list of one, so that all may be changed."""
    home, key = tree, 0
    while True:
        value = home[key]
        inner = [*value] if isinstance(value, dict) else [*range(len(value))] if isinstance(
            value, list
        ) else []  # fmt: skip
        if not inner or script.number(8) == 7:
            home[key] = change_value(value, script)
            return
        home, key = value, script.pick(inner)


def forge_network(saved, folder, data):
    """Write a saved network that is changed, with right hashes, and return where."""
    script, work = Script(data), folder / "forged"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(saved, work)
    contents = json.loads((work / "contents.json").read_text(encoding="utf-8"))
    names = sorted(contents["arrays"])
    for _ in script.changes():
        if script.number(5) == 4:
            tree = [contents["parameters"]]
            change_json(tree, script)
            contents["parameters"] = tree[0]
            continue
        file = work / f"{script.pick(names)}.npy"
        np.save(file, change_array(np.load(file), script))
        contents["arrays"][file.stem] = hashlib.sha256(file.read_bytes()).hexdigest()
    text = json.dumps(contents)
    (work / "contents.json").write_text(text, encoding="utf-8")
    home = folder / hashlib.sha256(text.encode()).hexdigest()[:32]
    shutil.rmtree(home, ignore_errors=True)
    return work.rename(home)


def forge_run(out, folder, data):
    """Write the outputs of a run whose record, summary or evidence is changed; return where."""
    script, work = Script(data), folder / "out"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(out, work)
    for _ in script.changes():
        name = script.pick(("evidence.npz", "evidence.npz", "facts", "run.json", "summary.json"))
        if name.endswith(".json"):
            tree = [json.loads((work / name).read_text(encoding="utf-8"))]
            change_json(tree, script)
            (work / name).write_text(json.dumps(tree[0]), encoding="utf-8")
            continue
        with np.load(work / "evidence.npz") as kept:
            arrays = dict(kept)
        texts = sorted(one for one in arrays if one == "facts" or one.startswith("text."))
        if name == "facts":
            one = script.pick(texts)
            tree = [json.loads(arrays[one].tobytes())]
            change_json(tree, script)
            text = json.dumps(tree[0]).encode()
            arrays[one] = np.frombuffer(text, dtype=np.uint8)
        else:
            one = script.pick(sorted(arrays.keys() - texts))
            arrays[one] = change_array(arrays[one], script)
        np.savez(work / "evidence.npz", **arrays)
    return work


def forge_report(report, data):
    """Return the bytes of a report of which some values are changed."""
    script, tree = Script(data), [json.loads(report)]
    for _ in script.changes():
        change_json(tree, script)
    return json.dumps(tree[0]).encode()
