"""A bounded reader of Thrift's compact protocol, enough to look at Parquet's own statements about a file
before any native code believes them."""

from __future__ import annotations

import struct
from typing import Any

_MOST_DEPTH = 16
_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)


class Malformed(ValueError):
    """The bytes are not a structure of the compact protocol."""


class Cut(Malformed):
    """The bytes end inside a structure."""


class CompactReader:
    """Reads one structure as field number -> value; numbers, bytes, lists and nested structures."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def read_struct(self, depth: int = 0) -> dict[int, Any]:
        """The fields of a structure; unknown ones are kept, nothing is assumed about them."""
        if depth > _MOST_DEPTH:
            raise Malformed("nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != _STOP:
            delta, kind = head >> 4, head & 0x0F
            number = number + delta if delta else self._zigzag()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _STRUCT:
            return self.read_struct(depth + 1)
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        if kind == _MAP:
            return self._map(depth)
        raise Malformed(f"unknown type {kind}")

    def _list(self, depth: int) -> list[Any]:
        if depth > _MOST_DEPTH:
            raise Malformed("nested too deeply")
        head = self._byte()
        size, kind = head >> 4, head & 0x0F
        if size == 15:
            size = self._varint()
        self._refuse_longer_than_data(size)
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> dict[Any, Any]:
        if depth > _MOST_DEPTH:
            raise Malformed("nested too deeply")
        size = self._varint()
        if size == 0:
            return {}
        self._refuse_longer_than_data(size)
        kinds = self._byte()
        pairs = [
            (self._value(kinds >> 4, depth + 1), self._value(kinds & 15, depth + 1)) for _ in range(size)
        ]
        return {key: value for key, value in pairs if isinstance(key, int | bytes)}

    def _refuse_longer_than_data(self, size: int) -> None:
        if size > len(self.data) - self.at:
            raise Cut("a list is longer than the data")

    def _byte(self) -> int:
        if self.at >= len(self.data):
            raise Cut("the data ends")
        value = self.data[self.at]
        self.at += 1
        return value

    def _take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise Cut("the data ends")
        value = self.data[self.at : self.at + size]
        self.at += size
        return value

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise Malformed("a number is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
