"""`pinghome-beat`: reports a job's heartbeats to the bridge. Standard library only, imports nothing of the rest.

Nothing that fails here ever changes the job: it is started first, its streams, its exit code and its signals
are its own, and a report that does not arrive costs one line on stderr.

Environment: PINGHOME_BEAT_URL (the bridge, default http://127.0.0.1:8080), PINGHOME_BEAT_TOKEN.
Exit codes of `run NAME -- CMD`: the job's own; 128 + n if signal n ended it; 126 or 127 if it could not be started.
"""

from __future__ import annotations

import os
import sys
import time

DEFAULT_URL = "http://127.0.0.1:8080"
TIMEOUT = 3.0
EX_USAGE = 64
EX_UNAVAILABLE = 69
RESULTS = ("tick", "run", "complete", "fail")
USAGE = """\
usage: pinghome-beat tick|run|complete|fail NAME [--message TEXT]
       pinghome-beat run NAME -- COMMAND [ARGUMENT...]

Reports to the heartbeat NAME of the bridge at $PINGHOME_BEAT_URL, with the token $PINGHOME_BEAT_TOKEN if it
needs one. The second form runs a job between a `run` and a `complete` or `fail`, and exits as the job did.

Example: pinghome-beat run nightly-backup -- /usr/local/bin/backup --all
"""


def main() -> None:
    """Entry point of the script."""
    sys.exit(command(sys.argv[1:]))


def command(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    if len(arguments) >= 4 and arguments[0] == "run" and arguments[2] == "--":
        return run(arguments[1], arguments[3:])
    message = None
    if len(arguments) == 4 and arguments[2] == "--message":
        message = arguments[3]
        arguments = arguments[:2]
    if len(arguments) != 2 or arguments[0] not in RESULTS:
        sys.stderr.write(USAGE)
        return EX_USAGE
    return 0 if report(arguments[1], arguments[0], message) else EX_UNAVAILABLE


def run(name: str, job: list[str]) -> int:
    """Run a job: it starts first, the reports go beside it, and its exit code is ours."""
    import signal
    import subprocess
    import threading

    started = time.monotonic()
    try:
        process = subprocess.Popen(job)  # noqa: S603 - the user's own command is what this is for
    except OSError as error:
        sys.stderr.write(f"pinghome-beat: {job[0]}: {error.strerror}\n")
        report(name, "fail", f"could not be started: {error.strerror}")
        return 127 if isinstance(error, FileNotFoundError) else 126
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda received, _: process.send_signal(received))
    # A terminal sends Ctrl-C to the job as well as to us: passed on, it would come twice.
    on_terminal = os.isatty(0)
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _: None if on_terminal else process.send_signal(received))
    beginning = threading.Thread(target=report, args=(name, "run", None), daemon=True)
    beginning.start()
    code = process.wait()
    beginning.join(TIMEOUT)
    took = f"after {time.monotonic() - started:.1f} s"
    if code < 0:
        report(name, "fail", f"killed by {signal.Signals(-code).name} {took}")
        return 128 - code
    report(name, "complete" if code == 0 else "fail", f"exit {code} {took}")
    return code


def report(name: str, result: str, message: str | None) -> bool:
    """Send one report within 3 s. Says on stderr what went wrong; raises nothing."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.parse import quote, urlencode
    from urllib.request import Request, urlopen

    base = os.environ.get("PINGHOME_BEAT_URL", DEFAULT_URL).rstrip("/")
    query = {"result": result, **({"message": message} if message else {})}
    token = os.environ.get("PINGHOME_BEAT_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        url = f"{base}/v1/heartbeats/{quote(name, safe='')}?{urlencode(query)}"
        with urlopen(Request(url, method="POST", headers=headers), timeout=TIMEOUT):  # noqa: S310 - the operator's URL
            return True
    except HTTPError as error:
        reason = f"the bridge answered {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        reason = f"the bridge cannot be reached: {getattr(error, 'reason', None) or type(error).__name__}"
    sys.stderr.write(f"pinghome-beat: {name}: {result} was not reported: {reason}\n")
    return False


if __name__ == "__main__":
    main()
