"""Start a program that must not outlive this process' parent: `guard.py PARENT_PID PROGRAM ARGS…`.

Runs on the bare interpreter (`python -I -S`), apart from the package, so that it starts fast. On
Linux the kernel kills the program when the parent is gone, however it went. Elsewhere this process
stays and watches its standard input, which ends with the parent.
"""

import os
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1
SIGKILL = 9


def main() -> int:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != parent:  # it died before the kernel knew
            return 1
        os.execv(command[0], command)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def watch() -> None:
        sys.stdin.buffer.read()
        program.kill()

    threading.Thread(target=watch, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
