"""The size of a YAML file once its aliases are written out."""

from typing import Final

import yaml

# A file of some kB can stand for more than fits into any memory.
_MOST: Final = 100_000


def is_too_much(node: yaml.Node) -> bool:
    """Return whether a file stands for more than any house has."""
    return _grown(node, {}) > _MOST


def _grown(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many nodes a file comes to once its aliases are written out."""
    if id(node) in known:
        return known[id(node)]
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        inner = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [one for pair in node.value for one in pair]
    # An alias of what it stands in has no end.
    known[id(node)] = _MOST
    known[id(node)] = 1 + sum(_grown(one, known) for one in inner)
    return known[id(node)]
