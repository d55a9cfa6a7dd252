"""Mutants: functions of boxreach with one small thing changed, as a slip of the pen would.

What is changed is what mutmut changes and what decides: comparisons, sums, whole numbers and
fractions, truth values, words, conditions forced one way, statements and named arguments left out.
Words that people read, in errors and warnings, are left: other tests hold their texts.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Final

Function = ast.FunctionDef | ast.AsyncFunctionDef
Change = tuple[str, Callable[[], None]]
"""What becomes of a node in words, and the deed."""

_SIGNS: Final[dict[type[ast.AST], type[ast.AST]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd,
    ast.MatMult: ast.Mult, ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd,
}  # fmt: skip
_SAID: Final = {"Fault", "InputError", "InfeasibleError", "warn", "warning", "cast"}
"""Calls whose words people read, or that are there for the types alone."""


@dataclass(frozen=True)
class Mutant:
    """One change to one function.

    Attributes
    ----------
    module, function
        Where: `boxreach.routing.search`, `Search.run`.
    number
        Which of the changes to this function, from 0.
    line
        Line of the file, from 1.
    change
        What becomes of what: `a < b` to `a <= b`.
    """

    module: str
    function: str
    number: int
    line: int
    change: str

    @property
    def name(self) -> str:
        """Return a name that outlives changes elsewhere in the file."""
        return f"{self.module.removeprefix('boxreach.')}:{self.function}: {self.change}"


def list_mutants(module: str, source: str) -> list[Mutant]:
    r"""Return all mutants of a module, in the order of its text.

    Examples
    --------
    >>> for mutant in list_mutants("boxreach.one", "def f(a):\n    return a < 3\n"):
    ...     print(mutant.name)
    one:f: `a < 3` to `a <= 3`
    one:f: `3` to `4` in `return a < 3`
    """
    return [
        Mutant(module, name, number, line, change)
        for name, function in _list_functions(ast.parse(source))
        for number, (line, change, _) in enumerate(_list_changes(function))
    ]


def compile_mutant(mutant: Mutant, source: str, path: str) -> CodeType:
    """Return the code of a function with its change.

    Raises
    ------
    LookupError
        If the source has no such function or change.
    """
    tree = ast.parse(source)
    function = dict(_list_functions(tree))[mutant.function]
    _, _, change = list(_list_changes(function))[mutant.number]
    change()
    whole = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
    return _find_code(whole, mutant.function)


def _find_code(whole: CodeType, name: str) -> CodeType:
    """Return the code of a function of a module; the last of a name is the one in force."""
    first, _, rest = name.partition(".")
    codes = [one for one in whole.co_consts if isinstance(one, CodeType) and one.co_name == first]
    return _find_code(codes[-1], rest) if rest else codes[-1]


def _list_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Yield the functions of a module and the methods of its classes, with their names."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function):
                    yield f"{node.name}.{inner.name}", inner


def _list_changes(function: Function) -> Iterator[tuple[int, str, Callable[[], None]]]:
    """Yield line, words and deed of every change to a function."""
    seen: dict[str, int] = {}
    for node, statement, is_said in _walk(function):
        for words, change in _change(node, statement, is_said=is_said):
            # Of several like changes to a function each is told apart.
            seen[words] = nth = seen.get(words, 0) + 1
            yield node.lineno, words if nth == 1 else f"{words}, time {nth}", change


def _walk(function: Function) -> Iterator[tuple[ast.expr | ast.stmt, ast.stmt, bool]]:
    """Yield what may be changed in a function, its statement, and whether it is said to people."""

    def go(node: ast.AST, statement: ast.stmt, is_said: bool) -> Iterator[
        tuple[ast.expr | ast.stmt, ast.stmt, bool]
    ]:  # fmt: skip
        is_said = is_said or isinstance(node, ast.Raise) or _names_call(node) in _SAID
        if isinstance(node, ast.stmt):
            statement = node
        if isinstance(node, ast.expr | ast.stmt):
            yield node, statement, is_said
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "decorator_list", "args"} and not isinstance(
                node, ast.Call
            ):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from go(child, statement, is_said or isinstance(node, ast.JoinedStr))

    for statement in function.body:
        if not _is_docstring(statement):
            yield from go(statement, statement, is_said=False)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _names_call(node: ast.AST) -> str:
    """Return the name of what is called, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _change(node: ast.expr | ast.stmt, statement: ast.stmt, *, is_said: bool) -> Iterator[Change]:
    """Yield the changes to one node."""
    yield from _change_signs(node)
    if isinstance(node, ast.Constant):
        yield from _change_constant(node, statement, is_said=is_said)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        doubled = ast.UnaryOp(node.op, node.operand)
        yield _replace(node, "operand", doubled)
    if isinstance(node, ast.If | ast.IfExp):
        for forced in (True, False):
            yield _replace(node, "test", ast.Constant(forced))
    if isinstance(node, ast.Call) and not is_said:
        for nth, keyword in enumerate(node.keywords):
            if keyword.arg:
                _, change = _replace(
                    node, "keywords", node.keywords[:nth] + node.keywords[nth + 1 :]
                )
                yield f"`{keyword.arg}=` left out of `{_write(node)}`", change
    if isinstance(node, ast.stmt):
        yield from _change_statement(node, is_said=is_said)


def _change_signs(node: ast.expr | ast.stmt) -> Iterator[Change]:
    """Yield the node with one sign for another."""
    if isinstance(node, ast.Compare):
        for nth, sign in enumerate(node.ops):
            if type(sign) in _SIGNS:
                others = [*node.ops[:nth], _SIGNS[type(sign)](), *node.ops[nth + 1 :]]
                yield _replace(node, "ops", others)
    elif (
        isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.AugAssign)
        and type(node.op) in _SIGNS
    ):
        yield _replace(node, "op", _SIGNS[type(node.op)]())


def _change_constant(node: ast.Constant, statement: ast.stmt, *, is_said: bool) -> Iterator[Change]:
    """Yield another number, truth value or word."""
    value, where = node.value, f" in `{_write(statement)}`"
    if isinstance(value, bool):
        words, change = _replace(node, "value", not value)
    elif isinstance(value, int | float) and value + 1 != value:
        words, change = _replace(node, "value", value + 1)
    elif isinstance(value, str) and not is_said:
        words, change = _replace(node, "value", f"XX{value}")
    else:
        return
    yield words + where, change


def _change_statement(node: ast.stmt, *, is_said: bool) -> Iterator[Change]:
    """Yield the statement left out, or cut short."""

    def become(other: ast.stmt) -> Callable[[], None]:
        def change() -> None:
            node.__class__ = type(other)  # type: ignore[assignment]
            vars(node).update(vars(other))

        return change

    if isinstance(node, ast.Break | ast.Continue):
        other = ast.Continue() if isinstance(node, ast.Break) else ast.Break()
        yield f"`{_write(node)}` to `{_write(other)}`", become(other)
    elif isinstance(node, ast.AugAssign):
        plain = ast.Assign([node.target], node.value)
        yield f"`{_write(node)}` to `{_write(plain)}`", become(plain)
    elif isinstance(node, ast.Expr | ast.Assign) and _can_go(node, is_said=is_said):
        yield f"`{_write(node)}` left out", become(ast.Pass())


def _can_go(node: ast.Expr | ast.Assign, *, is_said: bool) -> bool:
    """Return whether a function without a statement is still one: names are not lost by it."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and not is_said
    return isinstance(node.targets[0], ast.Subscript | ast.Attribute)


def _replace(node: ast.AST, field: str, value: object) -> Change:
    """Return the change of one field of a node, in words and as a deed."""
    changed = copy.copy(node)
    setattr(changed, field, value)
    return f"`{_write(node)}` to `{_write(changed)}`", lambda: setattr(node, field, value)


def _write(node: ast.AST) -> str:
    """Write a node in one line, cut where it is long."""
    line = ast.unparse(ast.fix_missing_locations(node)).partition("\n")[0]
    return line if len(line) <= 80 else line[:77] + "..."
