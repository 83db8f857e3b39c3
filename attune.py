"""Attune's version and its one family of errors; ``python -m attune`` is the command line."""

import os

__version__ = "0.1.0"

# From 1.29 on, onnxruntime writes down what it does, under an identifier that it leaves on the machine, to
# send it to its maker (its Privacy.md), unless this is set before it is imported. Attune requires an older
# one; this is for whoever installs a newer one all the same.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


class AttuneError(Exception):
    """Base of every error Attune raises on purpose.

    The message is one plain sentence that names the file or field, what is wrong and what to do;
    the command line prints it as it is.
    """


class InputError(AttuneError):
    """An input (video, table, session, profile) can't be used."""


class OutputError(AttuneError):
    """A result can't be written."""


class UsageError(AttuneError):
    """The command was called wrongly; exit status 2."""


class ModelError(AttuneError):
    """A model file doesn't match its card, or an array doesn't match the model."""


if __name__ == "__main__":
    from scoring.cli import main

    main()
