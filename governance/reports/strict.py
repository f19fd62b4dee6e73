"""Refuses a template that could print something unbound: the check runs on the parsed template, before any data."""

import re
from collections.abc import Iterable, Iterator

from django.template.base import Node, Template, TextNode, VariableNode
from django.template.defaulttags import CommentNode, ForNode, IfNode, WithNode
from django.template.loader_tags import IncludeNode

from governance.reports import filters
from governance.reports.errors import Unbound

ALLOWED_NODES = (TextNode, VariableNode, ForNode, IfNode, WithNode, IncludeNode, CommentNode)
PRINTING = frozenset(filters.register.filters)
HOLE = "\0"
TAG = re.compile(r"<!--.*?-->|<[^<>]*>", re.DOTALL)
SCRIPTED = re.compile(
    r"<\s*(script|iframe|object|embed|link[^>]*attachment)|\son\w+\s*=|\sstyle\s*=", re.IGNORECASE
)


def check(template: Template) -> None:
    """Raises unless every value goes through one printing filter and no figure stands in the template's own words."""
    where = template.name or "a template"
    for node in _nodes(template.nodelist):
        if not isinstance(node, ALLOWED_NODES):
            raise Unbound(f"{where} uses {type(node).__name__}, which could print something unbound.")
        if isinstance(node, VariableNode):
            _check_variable(node, where)
    source = "".join(_text(template.nodelist))
    if found := SCRIPTED.search(source):
        raise Unbound(
            f"{where} contains {found.group(0)!r}; a report has no scripts, styles or embedded objects."
        )
    if figures := re.search(r"[^\s\0]*\d[^\s\0]*", TAG.sub(" ", source)):
        raise Unbound(f"{where} prints the unbound number {figures.group(0)!r}. Take it from the document.")


def _check_variable(node: VariableNode, where: str) -> None:
    expression = node.filter_expression
    used = [getattr(function, "_filter_name", "") for function, _ in expression.filters]
    if len(used) != 1 or used[0] not in PRINTING:
        raise Unbound(f"{where} prints {{{{ {expression.token} }}}} without exactly one of our filters.")


def _nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, branches of conditions and loops included."""
    for node in nodes:
        yield node
        for name in node.child_nodelists:
            yield from _nodes(getattr(node, name, ()))
        if isinstance(node, IfNode):
            for _, branch in node.conditions_nodelists:
                yield from _nodes(branch)


def _text(nodes: Iterable[Node]) -> Iterator[str]:
    """The template's own words in order, with a hole where a value goes."""
    for node in nodes:
        if isinstance(node, TextNode):
            yield node.s
        elif isinstance(node, VariableNode):
            yield HOLE
        elif isinstance(node, IfNode):
            for _, branch in node.conditions_nodelists:
                yield from _text(branch)
        else:
            for name in node.child_nodelists:
                yield from _text(getattr(node, name, ()))
