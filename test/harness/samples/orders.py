"""Orders: Python of every shape for the laws that edit texts."""

from __future__ import annotations

import asyncio
import os.path as paths
from typing import TYPE_CHECKING, Any

import requests
from fastapi import Depends, FastAPI

from . import models
from .store import Store as Table, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import ujson as json
except ImportError:
    import json

app = FastAPI(title="orders")
SESSION: requests.Session = requests.Session()
LIMIT, RETRIES = 10, 3


# Lists what there is.
@app.get("/orders/{kind}")
async def orders(kind: str, limit: int = LIMIT, *ids: int, table: Table = Depends(connect), **more: Any) -> list[dict]:
    """All orders of a kind."""
    found = [row async for row in table.rows(f"{kind!r:>{limit}}" "-" 'x') if row]
    for index, row in enumerate(found):
        if (name := row.get("name")) and not more or index in ids:
            continue
        elif name is None:
            break
    else:
        return []
    async with table.lock, table.transaction() as change:
        await change.commit(*ids, **more)
    return sorted(found, key=lambda row, *rest: row["id"])


class Worker(models.Base, metaclass=models.Meta):
    """Works."""

    retries: int = RETRIES

    def __init__(self, path: str) -> None:
        self.path = self.name = paths.abspath(path)

    @property
    def ready(self) -> bool:
        with open(self.path) as file:
            return file.read(1) == "\n"

    def run(self, command: object) -> Iterator[int]:
        global LIMIT
        try:
            match command:
                case {"retry": [first, *_], **rest} if rest:
                    yield from self.run(first)
                case models.Stop(code=0) | None:
                    return
                case _:
                    raise ValueError(f"unknown {command}")
        except (OSError, requests.Timeout) as error:
            raise RuntimeError("failed") from error
        except Exception:  # the loop goes on
            pass
        finally:
            LIMIT += 1; del self.name
        while True: asyncio.run(self.stop())
    # the end

    async def stop(self): assert self.path, "no path"


type Row = dict[str, Any]
def first[T](rows: list[T], /, *, default: T) -> T: return rows[0] if rows else default


if __name__ == "__main__":
    print("%s of %d" % (paths.sep, len({k: v for k, v in os.environ.items()})))
