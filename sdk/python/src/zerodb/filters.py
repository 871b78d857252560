"""Builds filters: ``all_(gte("year", 2020), in_("kind", ["bird"]))``. ZeroDB's page on filters says what each means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Filter = dict[str, Any]
Scalar = str | int | float | bool | None


def eq(field: str, value: Scalar) -> Filter:
    return {field: {"$eq": value}}


def ne(field: str, value: Scalar) -> Filter:
    return {field: {"$ne": value}}


def gt(field: str, value: float | str) -> Filter:
    return {field: {"$gt": value}}


def gte(field: str, value: float | str) -> Filter:
    return {field: {"$gte": value}}


def lt(field: str, value: float | str) -> Filter:
    return {field: {"$lt": value}}


def lte(field: str, value: float | str) -> Filter:
    return {field: {"$lte": value}}


def in_(field: str, values: Sequence[Scalar]) -> Filter:
    return {field: {"$in": list(values)}}


def nin(field: str, values: Sequence[Scalar]) -> Filter:
    return {field: {"$nin": list(values)}}


def exists(field: str, is_there: bool = True) -> Filter:
    return {field: {"$exists": is_there}}


def contains(field: str, values: Sequence[Scalar]) -> Filter:
    return {field: {"$contains": list(values)}}


def text(field: str, words: str) -> Filter:
    return {field: {"$text": words}}


def elem_match(field: str, matching: Filter) -> Filter:
    return {field: {"$elemMatch": matching}}


def all_(*filters: Filter) -> Filter:
    """Without a filter: everything."""
    return {"$and": list(filters)} if filters else {}


def any_(first: Filter, *others: Filter) -> Filter:
    return {"$or": [first, *others]}


def not_(negated: Filter) -> Filter:
    return {"$not": negated}


def path(*keys: str) -> str:
    """The path to a field below others. A dot in a key is escaped: ``path("files", "a.txt")``."""
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in keys)
