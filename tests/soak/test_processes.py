"""What the processes of the soak say of themselves is read as it stands in their logs."""

import json

from tests.soak.processes import SERVICES, Platform


def test_the_services_are_those_of_compose_with_our_servers_in_place_of_its(tmp_path):
    platform = Platform(tmp_path)
    platform.database.home.mkdir()
    (platform.database.home / "password").write_text("word")
    web, worker = (platform.environment(name) for name in ("web", "worker-describe"))
    assert web["DJANGO_SETTINGS_MODULE"] == "config.settings.production"
    assert web["DATABASE_URL"].startswith(
        f"postgres://vietnam_tourism:word@127.0.0.1:{platform.database.port}/"
    )
    assert (web["S3_ENDPOINT_URL"], web["S3_SECRET_KEY"]) == (platform.store.url, "soak-secret")
    assert web["SECRET_KEY"] == worker["SECRET_KEY"]
    assert worker["INFERENCE_THREADS"] == "1"
    assert not [name for name in platform.environment(keeps="files") if name.startswith("S3_")]
    assert set(platform.children) == set(SERVICES)
    assert platform.children["worker-describe"].command[1:3] == ("-m", "celery")
    assert platform.children["worker-describe"].command[-3:-2] == ("1",)  # processes, as compose.yaml has it


def test_tracebacks_and_processes_that_were_killed_are_found_behind_a_mark(tmp_path):
    platform = Platform(tmp_path)
    log = platform.children["web"].log
    fault = {"message": "Internal Server Error: /", "traceback": "Traceback ...\nValueError: ours"}
    log.write_text(json.dumps(fault | {"message": "before"}) + "\n")
    marks = platform.marks()
    with open(log, "a") as file:
        file.write(
            json.dumps(fault) + "\n" + json.dumps(fault) + "\n" + '{"message": "GET home 200"}\nplain\n'
        )
        file.write("{\"message\": \"Process 'ForkPoolWorker-1' pid:7 exited with 'signal 9 (SIGKILL)'\"}\n")
    assert platform.complaints(since=marks) == ["web: Internal Server Error: /: ValueError: ours"]
    assert len(platform.complaints(since={})) == 2
    assert len(platform.deaths(since=marks)) == 1
