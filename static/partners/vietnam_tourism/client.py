"""The client."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from .answers import (
    Batch,
    Category,
    Changes,
    Export,
    Found,
    Image,
    Landmark,
    LandmarkRecord,
    Province,
    Search,
    SearchFacts,
    built,
)
from .refusals import NotReached, Problem, seconds_to_wait

Photo = str | os.PathLike[str] | bytes | BinaryIO  # a path, the bytes themselves, or an open file
Point = tuple[float, float]  # latitude, longitude in degrees
Box = tuple[float, float, float, float]  # left, top, right, bottom
BoundingBox = tuple[float, float, float, float]  # west, south, east, north in degrees

API = "/api/v1/"
TRIED_AGAIN = {429, 502, 503, 504}
LONGEST_WAIT = 25.0  # seconds that the platform is asked to wait with one answer

T = TypeVar("T")


class Client:
    """The platform at an address, asked with a key; without one, as a visitor may.

    site: as in "https://example.org". language: of names, attributions and refusals. retries: how often a call is made
    again that cannot be answered for the moment. longest_pause: seconds; what would have to wait longer is a Problem at
    once, as when the day's quota is used. timeout: seconds that one answer may take. http: an httpx.Client of your
    own, for a proxy or certificates; it is not closed.
    """

    def __init__(
        self,
        site: str,
        *,
        key: str | None = None,
        language: Literal["vi", "en"] = "en",
        retries: int = 4,
        longest_pause: float = 60.0,
        timeout: float = 60.0,
        http: httpx.Client | None = None,
    ) -> None:
        self.site = site.rstrip("/")
        self.retries, self.longest_pause, self.timeout = retries, longest_pause, timeout
        self._headers = {"Accept-Language": language, "User-Agent": "vietnam-tourism-python/1"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._is_own = http is None
        self._http = http or httpx.Client()
        self._sleep: Callable[[float], None] = time.sleep

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._is_own:
            self._http.close()

    # Searching

    def search(
        self,
        *photos: Photo,
        image: int | None = None,
        box: Box | None = None,
        box_unit: Literal["fraction", "pixel"] = "fraction",
        method: str | None = None,
        verifier: str | None = None,
        k: int | None = None,
        province: str | None = None,
        category: str | None = None,
        words: str | None = None,
        bbox: BoundingBox | None = None,
        near: Point | None = None,
        within_km: float | None = None,
        explain: bool = False,
        private: bool = False,
        webhook: str | None = None,
        webhook_secret: str | None = None,
        patience: float = 120.0,
    ) -> Search:
        """Ask which place up to five photos show, or a photo of the catalogue (`image`), and wait for the answer.

        After `patience` seconds what there is comes back, with `is_done` false: `read` it later, or name a `webhook`.
        A search that failed says so in `state` and `message`. Raises Problem, NotReached.
        """
        asked = {
            "image": image, "box": box, "box_unit": box_unit if box else None, "method": method, "verifier": verifier,
            "k": k, "province": province, "category": category, "words": words, "bbox": bbox, "near": near,
            "within_km": within_km, "explain": explain or None, "private": private or None, "webhook": webhook,
            "webhook_secret": webhook_secret, "wait": min(patience, LONGEST_WAIT),
        }  # fmt: skip
        ends = time.monotonic() + patience
        response = self._ask("searches/", asked, photos={"photo": photos})
        return self._when_done(Search, response, ends=ends, explain=explain or None)

    def read(self, search: SearchFacts | str, *, explain: bool = False, patience: float = 120.0) -> Search:
        """A search by itself or by its address, waited for as `search` does."""
        address = search if isinstance(search, str) else search.url
        ends = time.monotonic() + patience
        asked = {"explain": explain or None, "wait": min(patience, LONGEST_WAIT)}
        response = self._send("GET", address, params=_plain(asked))
        return self._when_done(Search, response, ends=ends, explain=explain or None)

    def delete(self, search: SearchFacts | Batch | str) -> None:
        """Delete a search or a batch with its photos; what waits is not answered any more."""
        self._send("DELETE", search if isinstance(search, str) else search.url)

    def correct(
        self,
        search: SearchFacts,
        said: Literal["right", "wrong", "in_fact"],
        *,
        landmark: str | None = None,
        note: str = "",
    ) -> None:
        """Say that an answer is right, wrong, or in fact another place (its slug)."""
        asked = {"said": said, "landmark": landmark, "note": note}
        self._ask(f"searches/{search.id}/correction/", asked)

    def by_words(
        self,
        words: str,
        *,
        k: int | None = None,
        province: str | None = None,
        category: str | None = None,
        bbox: BoundingBox | None = None,
        near: Point | None = None,
        within_km: float | None = None,
    ) -> Found:
        """Places by words alone, as travellers type them, the likeliest first."""
        asked = {
            "words": words, "k": k, "province": province, "category": category, "bbox": bbox, "near": near,
            "within_km": within_km,
        }  # fmt: skip
        return built(Found, self._send("GET", "searches/by-words/", params=_plain(asked)).json())

    def batch(
        self,
        photos: Iterable[Photo],
        *,
        method: str | None = None,
        k: int | None = None,
        province: str | None = None,
        category: str | None = None,
        words: str | None = None,
        bbox: BoundingBox | None = None,
        near: Point | None = None,
        within_km: float | None = None,
        private: bool = False,
        webhook: str | None = None,
        webhook_secret: str | None = None,
        patience: float = 0.0,
    ) -> Batch:
        """A search for each of up to a hundred photos. It comes back at once; with `patience`, when all are answered."""
        asked = {
            "method": method, "k": k, "province": province, "category": category, "words": words, "bbox": bbox,
            "near": near, "within_km": within_km, "private": private or None, "webhook": webhook,
            "webhook_secret": webhook_secret,
        }  # fmt: skip
        ends = time.monotonic() + patience
        response = self._ask("batches/", asked, photos={"photos": tuple(photos)})
        return self._when_done(Batch, response, ends=ends)

    def read_batch(self, batch: Batch | str, *, patience: float = 0.0) -> Batch:
        """How far a batch is; with `patience`, once it is finished or the patience ends."""
        ends = time.monotonic() + patience
        response = self._send("GET", batch if isinstance(batch, str) else batch.url)
        return self._when_done(Batch, response, ends=ends)

    # The catalogue

    def landmarks(
        self,
        *,
        q: str | None = None,
        province: str | None = None,
        region: str | None = None,
        category: str | None = None,
        kind: str | None = None,
        unesco: str | None = None,
        near: Point | None = None,
        within_km: float | None = None,
        bbox: BoundingBox | None = None,
        has_photos: bool | None = None,
        updated_since: datetime | None = None,
        ordering: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Landmark]:
        """The places of the catalogue, page after page as they are read."""
        asked = {
            "q": q, "province": province, "region": region, "category": category, "kind": kind, "unesco": unesco,
            "near": near, "within_km": within_km, "bbox": bbox, "has_photos": has_photos,
            "updated_since": updated_since, "ordering": ordering, "page_size": page_size,
        }  # fmt: skip
        return self._pages(Landmark, "landmarks/", asked)

    def landmark(self, slug: str) -> LandmarkRecord:
        """All that is known of a place; one that was renamed or merged leads to what it is now."""
        return built(LandmarkRecord, self._send("GET", f"landmarks/{quote(slug, safe='')}/").json())

    def nearby(self, slug: str, *, within_km: float | None = None) -> Iterator[Landmark]:
        """The places around one, the nearest first."""
        return self._pages(Landmark, f"landmarks/{quote(slug, safe='')}/nearby/", {"within_km": within_km})

    def images(
        self,
        *,
        landmark: str | None = None,
        province: str | None = None,
        region: str | None = None,
        category: str | None = None,
        licence: str | None = None,
        is_rendered: bool | None = None,
        updated_since: datetime | None = None,
        ordering: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Image]:
        """The published photos, each with whom to thank for it."""
        asked = {
            "landmark": landmark, "province": province, "region": region, "category": category, "licence": licence,
            "is_rendered": is_rendered, "updated_since": updated_since, "ordering": ordering, "page_size": page_size,
        }  # fmt: skip
        return self._pages(Image, "images/", asked)

    def provinces(self) -> Iterator[Province]:
        return self._pages(Province, "provinces/", {})

    def categories(self) -> list[Category]:
        return [built(Category, each) for each in self._send("GET", "categories/").json()]

    def changes(
        self,
        cursor: str | None = None,
        *,
        since: datetime | None = None,
        kinds: Iterable[str] = (),
        page_size: int = 100,
    ) -> Iterator[Changes]:
        """What is new, other or gone after a cursor or a moment; without either, the whole catalogue as if new.

        Page after page, until there is no more for now. A Problem with the code cursor_expired means to begin anew.
        """
        asked = {"cursor": cursor, "since": since, "page_size": page_size}
        while True:
            params = [*_plain(asked), *(("kind", kind) for kind in kinds)]
            page = built(Changes, self._send("GET", "changes/", params=params).json())
            yield page
            if not page.has_more:
                return
            asked = {"cursor": page.cursor, "page_size": page_size}

    def export(self, to: str | os.PathLike[str], *, patience: float = 3600.0) -> Export:
        """Fetch the dataset as a zip into a file, made anew where something changed; for keys and roles that may.

        Raises TimeoutError where it is not ready in time: ask again later. Raises Problem, NotReached, ValueError (it
        could not be made, or what came is not what was made; then there is no file).
        """
        ends = time.monotonic() + patience
        response = self._ask("exports/", {})
        while (export := built(Export, response.json())).state in ("waiting", "running"):
            if (left := ends - time.monotonic()) <= 0:
                raise TimeoutError("the archive is not ready yet")
            self._sleep(min(seconds_to_wait(response) or 2.0, left))
            response = self._send("GET", export.url)
        if not export.download:
            raise ValueError(f"the archive could not be made: {export.reason}")
        self._fetch(export.download, Path(to), sha256=export.sha256)
        return export

    def _fetch(self, address: str, to: Path, *, sha256: str) -> None:
        part, hashed = to.with_name(to.name + ".part"), hashlib.sha256()
        try:
            with (
                self._http.stream("GET", self._at_home(address), headers=self._headers, timeout=self.timeout) as came,
                part.open("wb") as file,
            ):  # fmt: skip
                if came.is_error:
                    came.read()
                    raise Problem(came)
                for piece in came.iter_bytes():
                    hashed.update(piece)
                    file.write(piece)
            if hashed.hexdigest() != sha256:
                raise ValueError("what came is not the archive that was made")
            part.replace(to)
        except httpx.TransportError as error:
            raise NotReached(f"{self.site} does not answer: {error}") from error
        finally:
            part.unlink(missing_ok=True)

    # How it is asked

    def _ask(
        self, address: str, asked: Mapping[str, Any], *, photos: Mapping[str, tuple[Photo, ...]] | None = None
    ) -> httpx.Response:
        """A question, sent under a key of its own, so that it is asked once however often it is sent."""
        files = [(name, _file(photo)) for name, group in (photos or {}).items() for photo in group]
        once = {"Idempotency-Key": str(uuid.uuid4())}
        if files:
            return self._send("POST", address, data=dict(_plain(asked)), files=files, headers=once)
        said = {name: value for name, value in asked.items() if value is not None}
        if isinstance(said.get("near"), tuple):
            said["near"] = _text(said["near"])
        return self._send("POST", address, json=said, headers=once)

    def _when_done(
        self, kind: type[T], response: httpx.Response, *, ends: float, explain: bool | None = None
    ) -> T:
        while response.status_code == 202 and (left := ends - time.monotonic()) > 0:
            self._sleep(min(seconds_to_wait(response) or 1.0, left))
            left = max(ends - time.monotonic(), 0.0)
            waited = {"wait": min(left, LONGEST_WAIT), "explain": explain} if kind is Search else {}
            response = self._send("GET", response.json()["url"], params=_plain(waited))
        return built(kind, response.json())

    def _pages(self, kind: type[T], address: str, asked: Mapping[str, Any]) -> Iterator[T]:
        params = _plain(asked)
        page: Any = self._send("GET", address, params=params).json()
        while True:
            yield from (built(kind, each) for each in page["results"])
            if not page["next"]:
                return
            page = self._send("GET", page["next"]).json()

    def _send(
        self,
        method: str,
        address: str,
        *,
        params: list[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        address = self._at_home(address)
        attempt = 0
        while True:
            attempt += 1
            pause = 0.5 * 2**attempt
            response: httpx.Response | None = None
            try:
                response = self._http.request(
                    method, httpx.URL(address).copy_merge_params(params or []), headers=self._headers | dict(headers or {}),
                    timeout=self.timeout, follow_redirects=True, **body,
                )  # fmt: skip
            except httpx.TransportError as error:
                if attempt > self.retries:
                    raise NotReached(f"{self.site} does not answer: {error}") from error
            if response is not None:
                if response.status_code not in TRIED_AGAIN or attempt > self.retries:
                    break
                pause = pause if (asked := seconds_to_wait(response)) is None else asked
                if pause > self.longest_pause:
                    break
            self._sleep(pause)
        if response.is_error:
            raise Problem(response)
        if "Deprecation" in response.headers:
            ends = response.headers.get("Sunset", "a day that is not set yet")
            warnings.warn(
                f"{method} {urlsplit(address).path} is deprecated, and ends on {ends}",
                DeprecationWarning,
                stacklevel=3,
            )
        return response

    def _at_home(self, address: str) -> str:
        """An address at this very platform, whatever host it names: the key is sent to no other."""
        parts = urlsplit(address)
        path = parts.path if parts.path.startswith("/") else API + parts.path
        return self.site + path + (f"?{parts.query}" if parts.query else "")


def _file(photo: Photo) -> tuple[str, bytes]:
    """Its name, and its bytes, which can be sent again."""
    if isinstance(photo, bytes):
        return "photo", photo
    if isinstance(photo, str | os.PathLike):
        return Path(photo).name, Path(photo).read_bytes()
    return Path(str(getattr(photo, "name", "photo"))).name, photo.read()


def _plain(asked: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, _text(value)) for name, value in asked.items() if value is not None]


def _text(value: Any) -> str:
    """A value as forms and addresses have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return ",".join(map(_text, value))
    return str(value)
