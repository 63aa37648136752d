"""How the site is served: read by `gunicorn --config python:config.gunicorn config.wsgi`."""

import os
import tempfile
from pathlib import Path

from config import logs

# Before prometheus_client is loaded, which looks for it then: all processes count into these files.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="metrics-"))

bind = os.environ.get("BIND") or "127.0.0.1:8000"
workers = int(os.environ.get("WEB_PROCESSES") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
worker_class = "gthread"
timeout = 120  # a photo over a slow line
graceful_timeout = 30  # what is being answered is answered before a process ends
keepalive = 75  # longer than a proxy keeps its end open, so that none writes into a closed one
max_requests, max_requests_jitter = 10_000, 1_000
limit_request_line = 8190  # bytes, its most: what is too long for the API is refused in the API's own words
control_socket_disable = True  # it would lie in the home folder
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # signs of life; on a busy disk they come late

logconfig_dict = logs.settings(
    level=os.environ.get("LOG_LEVEL") or "INFO",
    form=os.environ.get("LOG_FORMAT") or "line",
)


def child_exit(server, worker) -> None:
    """What a process counted stays counted; what it had at the moment does not."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)
