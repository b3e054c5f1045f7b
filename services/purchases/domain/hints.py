"""Kind hints about a valid purchase: circular 510/378-DKUM asks for a post; nothing is refused for want of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.contracts.submissions import Post, PurchaseSubmission
from shared.reference.folding import fold
from shared.reference.model import Programme, Reference

NEAR = 2  # letters that may differ; a tag that begins as the wanted one and stops short is near as well
SHORTEST_STEM = 8
PRIVATE = re.compile(r"/(?:stories|story|direct|messages?|inbox|drafts?|saved|archive|settings)(/|$)", re.IGNORECASE)
PRIVATE_HOSTS = ("localhost", "wa.me", "web.whatsapp.com", "chat.whatsapp.com", "t.me", "drive.google.com")

TEXTS = {
    "NO_POST": "Belum ada tautan unggahan. Bila sudah diunggah di media sosial, tambahkan tautannya.",
    "MISSING_HASHTAG": "Tagar #{wanted} belum ada di unggahan ini.",
    "NEAR_HASHTAG": "#{told} hampir sama dengan #{wanted}. Periksa ejaannya.",
    "PRIVATE_LINK": "Tautan ini tampaknya tidak dapat dibuka umum. Pakai tautan unggahan yang terbuka.",
}
SHORT = {  # of many purchases together
    "NO_POST": "tanpa tautan unggahan",
    "MISSING_HASHTAG": "kurang tagar",
    "NEAR_HASHTAG": "tagarnya hampir benar",
    "PRIVATE_LINK": "tautannya tampak tertutup",
}
_POSTS = TypeAdapter(tuple[Post, ...])


class Hint(BaseModel):
    """Something that could be better: a code, the path of the field, and a sentence in Bahasa Indonesia."""

    model_config = ConfigDict(frozen=True)

    code: str
    path: str
    message: str


def hints_of(raw: dict[str, Any], city: Reference) -> tuple[Hint, ...]:
    """What could be better about the posts of a purchase as it was told; nothing where it cannot be understood."""
    code = raw.get("programme", PurchaseSubmission.model_fields["programme"].default)
    programme = city.programmes.get(code) if isinstance(code, str) else None
    try:
        posts = _POSTS.validate_python(raw.get("posts", ()))
    except ValidationError:
        return ()
    return hints(posts, programme) if programme else ()


def hints(posts: Sequence[Post], programme: Programme) -> tuple[Hint, ...]:
    """What could be better about the posts of a purchase. Hashtags count when one post has all of them."""
    if not posts:
        return (Hint(code="NO_POST", path="posts", message=TEXTS["NO_POST"]),)
    of_posts = [list(_of_hashtags(post, f"posts.{number}.hashtags", programme)) for number, post in enumerate(posts)]
    found = [] if not all(of_posts) else of_posts[0]
    for number, post in enumerate(posts):
        if _is_private(post.url):
            found.append(Hint(code="PRIVATE_LINK", path=f"posts.{number}.url", message=TEXTS["PRIVATE_LINK"]))
    return tuple(found)


def distance(one: str, other: str) -> int:
    """Levenshtein distance: letters to add, drop or change."""
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, against in enumerate(other, start=1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != against)))
        above = line
    return above[-1]


def _of_hashtags(post: Post, path: str, programme: Programme) -> Iterator[Hint]:
    told = {fold(tag.lstrip("#＃")): tag.lstrip("#＃") for tag in post.hashtags}
    for wanted in sorted(programme.hashtags):
        if fold(wanted) in told:
            continue
        near = next((tag for key, tag in sorted(told.items()) if _is_near(key, fold(wanted))), None)
        code = "MISSING_HASHTAG" if near is None else "NEAR_HASHTAG"
        yield Hint(code=code, path=path, message=TEXTS[code].format(wanted=wanted, told=near))


def _is_near(told: str, wanted: str) -> bool:
    short, long = sorted((told, wanted), key=len)
    begins_so = len(short) >= SHORTEST_STEM and long.startswith(short)
    return begins_so or distance(told, wanted) <= NEAR


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    return host in PRIVATE_HOSTS or "." not in host or bool(PRIVATE.match(parts.path))
