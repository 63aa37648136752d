"""The cache in Redis, which may be away for a while: then nothing is found in it, nothing is kept, and pages go on."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError, TimeoutError

logger = logging.getLogger(__name__)


def _or(instead: Callable[..., Any], name: str):
    """The cache's own method, or what is said where it cannot be asked."""
    own = getattr(RedisCache, name)

    @functools.wraps(own)
    def method(self, *args, **options):
        try:
            return own(self, *args, **options)
        except (ConnectionError, TimeoutError) as error:
            logger.warning("the cache does not answer: %s", type(error).__name__)
            return instead(*args, **options)

    return method


class PatientRedisCache(RedisCache):
    """Redis where it answers; else a cache that has just been emptied."""

    get = _or(lambda key, default=None, version=None: default, "get")
    get_many = _or(lambda *_, **__: {}, "get_many")
    has_key = _or(lambda *_, **__: False, "has_key")
    add = _or(lambda *_, **__: True, "add")  # nobody else has it
    set = _or(lambda *_, **__: None, "set")
    set_many = _or(lambda *_, **__: [], "set_many")
    touch = _or(lambda *_, **__: False, "touch")
    delete = _or(lambda *_, **__: False, "delete")
    delete_many = _or(lambda *_, **__: None, "delete_many")
    incr = _or(lambda key, delta=1, version=None: delta, "incr")
