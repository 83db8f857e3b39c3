"""Jobs in their table: every way from one state to the next, and the queue that follows."""

import json
import pickle
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from attune import InputError
from scoring import job_queue, process
from scoring.access import User
from scoring.job_queue import JobQueue, JsonSerializer, sound_queue
from scoring.jobs import ATTEMPTS, Job, Jobs
from scoring.library import Library
from scoring.uploads import Uploads


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "library")


def running(jobs: Jobs, **parameters) -> str:
    id = jobs.add("Visit", parameters).id
    jobs.claim(id)
    return id


def state(jobs: Jobs, id: str) -> tuple[str, int]:
    job = jobs.get(id)
    return job.state, job.attempts


def test_reading_makes_nothing(tmp_path):
    jobs = Jobs(tmp_path / "library")
    assert jobs.list() == () and jobs.waiting() == () and jobs.uploads_in_use() == set()
    with pytest.raises(LookupError):
        jobs.get("0" * 32)
    assert not (tmp_path / "library").exists()


def test_a_job_on_its_way_to_a_session(jobs):
    upload = Uploads(jobs.folder).begin("visit.mp4", 3)
    added = jobs.add("Visit", {"uploads": [upload.id]})
    assert (added.state, added.progress, added.attempts, added.session) == ("queued", None, 0, None)
    assert jobs.uploads_in_use() == {upload.id}
    claimed = jobs.claim(added.id)
    assert (claimed.state, claimed.attempts) == ("running", 1)
    assert claimed.parameters == {"uploads": [upload.id]}
    jobs.progress(added.id, 0.25)
    assert jobs.get(added.id).progress == 0.25
    jobs.finish(added.id, "visit-0a1b2c3d")
    done = jobs.get(added.id)
    assert (done.state, done.progress, done.session) == ("done", 1, "visit-0a1b2c3d")
    assert Uploads(jobs.folder).list() == ()
    Library(jobs.folder).forget_session("visit-0a1b2c3d")
    assert jobs.list() == ()


def test_the_time_left_follows_from_the_share_done(jobs):
    id = running(jobs)
    jobs.progress(id, 0.25)
    job = replace(jobs.get(id), changed="2020-01-01T00:00:00.000+00:00")
    day = replace(job, progress=0.5).left_s
    assert job.left_s == pytest.approx(3 * day, rel=1e-6)
    assert replace(job, progress=0.01).left_s is None and replace(job, state="queued").left_s is None


def test_only_one_can_claim_a_job(jobs):
    id = jobs.add("Visit", {}).id
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: Jobs(jobs.folder).claim(id), range(16)))
    assert len([job for job in claimed if job]) == 1 and state(jobs, id) == ("running", 1)


def test_a_crash_is_tried_once_more_and_then_has_failed(jobs):
    id = running(jobs)
    for attempt in range(1, ATTEMPTS):
        jobs.crash(id, "It broke.")
        assert state(jobs, id) == ("queued", attempt) and jobs.get(id).reason == "It broke."
        jobs.claim(id)
        assert jobs.get(id).reason == ""
    jobs.crash(id, "It broke again.")
    assert state(jobs, id) == ("failed", ATTEMPTS) and jobs.get(id).reason == "It broke again."


def test_what_is_no_crash_fails_at_once_and_can_be_retried(jobs):
    id = running(jobs)
    jobs.fail(id, "visit.mp4 is no video")
    assert state(jobs, id) == ("failed", 1)
    assert jobs.retry(id).state == "queued" and state(jobs, id) == ("queued", 0)
    assert jobs.get(id).reason == ""
    with pytest.raises(InputError, match="queued"):
        jobs.retry(id)


def test_cancelling(jobs):
    waiting, active = jobs.add("Waits", {}).id, running(jobs)
    assert jobs.cancel(waiting).state == "cancelled" and jobs.claim(waiting) is None
    asked = jobs.cancel(active)
    assert (asked.state, asked.cancelled) == ("running", True)
    jobs.crash(active, "It was stopped.")
    assert state(jobs, active) == ("cancelled", 1) and jobs.get(active).reason == ""
    assert not jobs.retry(active).cancelled
    late = running(jobs)
    jobs.cancel(late)
    jobs.finish(late, "visit-1")
    assert jobs.get(late).state == "done", "its session was there before the cancelling was"


def test_an_ended_job_stays_as_it_is(jobs):
    id = running(jobs)
    jobs.finish(id, "visit-1")
    jobs.crash(id, "x")
    jobs.fail(id, "x")
    jobs.progress(id, 0.1)
    jobs.release()
    assert jobs.cancel(id) == jobs.get(id)
    job = jobs.get(id)
    assert (job.state, job.progress, job.reason, job.attempts) == ("done", 1, "", 1)


def test_dismissing_deletes_the_upload_but_nothing_that_runs(jobs):
    upload = Uploads(jobs.folder).begin("visit.mp4", 3)
    id = running(jobs, uploads=[upload.id])
    with pytest.raises(InputError, match="cancel it first"):
        jobs.dismiss(id)
    jobs.fail(id, "x")
    assert Uploads(jobs.folder).list() == (upload,), "kept for another try"
    jobs.dismiss(id)
    assert jobs.list() == () and Uploads(jobs.folder).list() == ()


def test_a_worker_that_ends_costs_no_attempt_one_that_is_killed_does(jobs):
    id = running(jobs)
    jobs.release()
    assert state(jobs, id) == ("queued", 0)
    jobs.claim(id)
    assert jobs.recover("The worker ended.") and state(jobs, id) == ("queued", 1)
    assert not jobs.recover("The worker ended.")
    jobs.claim(id)
    jobs.cancel(id)
    jobs.recover("The worker ended.")
    assert state(jobs, id) == ("cancelled", 2)


def test_recovering_deletes_uploads_that_a_crash_left(jobs):
    id = running(jobs)
    jobs.finish(id, "visit-1")
    upload = Uploads(jobs.folder).begin("visit.mp4", 3)
    with jobs.library.writing() as connection:
        connection.execute("UPDATE jobs SET parameters = ?", (json.dumps({"uploads": [upload.id]}),))
    jobs.recover("x")
    assert Uploads(jobs.folder).list() == ()


def test_everybody_sees_their_own(tmp_path):
    users = (User("ana", "staff"), User("ben", "staff"), User("t", "trainer"))
    ana, ben, trainer = (Jobs(tmp_path, user) for user in users)
    id = ana.add("Hers", {}).id
    assert [job.id for job in ana.list()] == [job.id for job in trainer.list()] == [id]
    assert ben.list() == ()
    for act in (ben.get, ben.cancel, ben.retry, ben.dismiss):
        with pytest.raises(LookupError):
            act(id)


def test_the_newest_is_listed_first_and_the_oldest_is_next(jobs):
    ids = [jobs.add(f"{k}", {}).id for k in range(5)]
    assert [job.id for job in jobs.list()] == ids[::-1]
    assert list(jobs.waiting()) == ids


def test_a_job_says_what_it_can_not_be():
    job = Job("a", "local", "Visit", "running", {}, None, 0.5, 1, False, "", "2025-01-01", "2025-01-01")
    with pytest.raises(InputError, match="slumbering"):
        replace(job, state="slumbering")
    with pytest.raises(InputError, match="progress"):
        replace(job, progress=1.5)


def test_the_queue_gives_jobs_in_order(jobs):
    ids = [jobs.add(f"{k}", {}).id for k in range(3)]
    done = []
    queue = JobQueue(jobs.folder, done.append)
    assert len(queue) == 3
    queue.refill(reversed(ids))
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)
    assert done == ids[::-1]
    queue.close()


def test_the_queue_never_unpickles(tmp_path):
    with pytest.raises(ValueError):
        JsonSerializer().deserialize(pickle.dumps(("harm",)))


def test_a_broken_queue_is_made_anew_and_adding_does_not_need_it(jobs):
    jobs.add("first", {})
    (jobs.folder / job_queue.FILE).write_bytes(b"no database" * 1000)
    for name in ("-wal", "-shm"):
        (jobs.folder / f"{job_queue.FILE}{name}").unlink(missing_ok=True)
    with pytest.raises(sqlite3.DatabaseError):
        len(JobQueue(jobs.folder))
    id = jobs.add("second", {}).id
    queue = sound_queue(jobs.folder, print)
    queue.refill(jobs.waiting())
    assert len(queue) == 2 and id in jobs.waiting()
    queue.close()


def test_what_nobody_foresaw_is_a_crash_whose_details_are_in_the_log(jobs, own_user_folders):
    id = running(jobs, uploads=[])  # no video is named, which no checked request leaves out
    child = process.start("scoring.run_job", jobs.folder, id)
    try:
        assert child.wait(60) == 0
    finally:
        process.end(child, 0)
    assert state(jobs, id) == ("queued", 1)
    (log,) = own_user_folders.rglob("error-*.txt")
    assert str(log) in jobs.get(id).reason and "KeyError" in log.read_text()
