"""Check the docstrings of all public names: ``python docs/docstrings.py``.

By the validator of numpydoc, without exempting a name. Left out of its checks are:

- PR04, types of parameters: they stand in signatures, where mypy reads them;
- PR03, the order of parameters: those that are as in another function stand in one entry;
- ES01, EX01, SA01, sections that not every name has something to say in;
- RT01 of properties: their first line says what they are;
- PR01 of dataclasses and exceptions: parameters of the first are their attributes, documented as
  such, and exceptions are raised here and only caught elsewhere.

What is not public is held to the same form by ``python -m numpydoc lint``, file by file
(``[tool.numpydoc_validation]`` of pyproject.toml).
"""

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property

from numpydoc.validate import validate

import boxreach as br

LEFT_OUT = {"PR04", "PR03", "ES01", "EX01", "SA01"}


def list_names() -> Iterator[tuple[str, object]]:
    """Yield all public names and the public members of public classes, with what they name."""
    for room, module in (("boxreach", br), ("boxreach.location", br.location)):
        for name in module.__all__:
            found = getattr(module, name)
            if callable(found):
                yield f"{room}.{name}", found
            if inspect.isclass(found):
                for member in vars(found):
                    value = inspect.getattr_static(found, member)
                    documented = (property, cached_property, classmethod, staticmethod)
                    if not member.startswith("_") and (
                        isinstance(value, documented) or inspect.isfunction(value)
                    ):
                        yield f"{room}.{name}.{member}", value


def find_faults() -> Iterator[str]:
    """Yield what is wrong, a line each."""
    for name, found in list_names():
        left_out = set(LEFT_OUT)
        if isinstance(found, property | cached_property):
            left_out |= {"RT01"}
        if dataclasses.is_dataclass(found) or (
            inspect.isclass(found) and issubclass(found, Exception)
        ):
            left_out |= {"PR01"}
        for code, said in validate(name)["errors"]:
            if code not in left_out:
                yield f"{name}: {code} {said}"


if __name__ == "__main__":
    faults = sorted(set(find_faults()))
    sys.exit("\n".join(faults) if faults else 0)
