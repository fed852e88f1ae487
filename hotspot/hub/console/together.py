"""Several questions to the API at once: a page that asks one after the other is as slow as their sum."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
_Asked = Coroutine[Any, Any, Any]


@overload
async def together(one: Coroutine[Any, Any, T1], two: Coroutine[Any, Any, T2], /) -> tuple[T1, T2]: ...


@overload
async def together(one: Coroutine[Any, Any, T1], two: Coroutine[Any, Any, T2], three: Coroutine[Any, Any, T3], /) -> tuple[T1, T2, T3]: ...


@overload
async def together(
    one: Coroutine[Any, Any, T1], two: Coroutine[Any, Any, T2], three: Coroutine[Any, Any, T3], four: Coroutine[Any, Any, T4], /
) -> tuple[T1, T2, T3, T4]: ...


@overload
async def together(
    one: Coroutine[Any, Any, T1],
    two: Coroutine[Any, Any, T2],
    three: Coroutine[Any, Any, T3],
    four: Coroutine[Any, Any, T4],
    five: Coroutine[Any, Any, T5],
    /,
) -> tuple[T1, T2, T3, T4, T5]: ...


async def together(*asked: _Asked) -> tuple[Any, ...]:
    """What all of them return. When one raises, the others are cancelled and that is raised, as if it had been asked alone."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asked]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return tuple(task.result() for task in tasks)
