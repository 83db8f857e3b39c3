"""What the tests have guarded workers do; in a module of its own, for other processes to import."""

import errno
import os
import signal
import time


def double(number, progress):
    progress(0.5)
    print("noise on stdout is no answer")
    return 2 * number


def fail(progress):
    from attune import InputError

    raise InputError("the file is empty")


def fill(progress):
    raise OSError(errno.ENOSPC, "No space left on device")


def run_out_of_time(progress):
    raise TimeoutError("the task's own")


def hang(progress):
    time.sleep(600)


def die(progress):
    os.kill(os.getpid(), signal.SIGKILL)


def eat(progress):
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))
        time.sleep(0.05)


def say_pid(path, progress):
    with open(path, "w") as file:  # noqa: PTH123
        file.write(str(os.getpid()))
    time.sleep(600)


def own_pid(progress):
    return os.getpid()
