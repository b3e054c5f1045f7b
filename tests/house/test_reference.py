"""The generated pages are what the code says now; `make docs` writes them."""

from __future__ import annotations

import asyncpg

from docs.generate import REFERENCE, TABLES, pages, tables
from docs.icons import icons
from tests.support.servers import World


def test_the_generated_pages_are_up_to_date() -> None:
    stale = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_the_icons_show_what_the_drawing_shows() -> None:
    assert [path.name for path, picture in icons().items() if path.read_bytes() != picture] == [], "run `make docs`"


async def test_the_page_of_the_views_says_what_their_comments_say(world: World) -> None:
    connection = await asyncpg.connect(world.database_url)
    try:
        assert TABLES.read_text(encoding="utf-8") == await tables(connection), "run `make docs`"
    finally:
        await connection.close()


def test_nothing_written_by_hand_lies_among_the_generated_pages() -> None:
    assert set(REFERENCE.iterdir()) == {path for path in (*pages(), TABLES) if path.parent == REFERENCE}
