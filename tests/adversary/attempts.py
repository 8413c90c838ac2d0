"""What a hijacked parser tries: a table of small programs, each of which does its harm where no wall stands.

Names that they use: `victim` and `folder` are another's document and the folder around it, `parent` is the server,
`ports` and `places` are listening servers, `call` makes a system call by number.
"""

NETWORK = {
    "TCP": "import socket; socket.create_connection(('127.0.0.1', ports[0]), 2)",
    "TCP over IPv6": "import socket; socket.create_connection(('::1', ports[1]), 2)",
    "UDP": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', ports[2]))",
    "a socket's file": "import socket; socket.socket(socket.AF_UNIX).connect(places[0])",
    "an abstract socket": "import socket; socket.socket(socket.AF_UNIX).connect('\\0' + places[1])",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "a pair of sockets": "import socket; socket.socketpair()",
    "the socket it has": "import socket, sys; socket.socket(fileno=os.dup(int(sys.argv[1]))).send(b'x')",
}
FILES = {
    "the users": "open('/etc/passwd').read()",
    "its environment": "open('/proc/self/environ', 'rb').read()",
    "the server's environment": "open(f'/proc/{parent}/environ', 'rb').read()",
    "its memory": "open('/proc/self/mem', 'rb')",
    "its descriptors": "os.listdir('/proc/self/fd')",
    "another's document": "open(victim).read()",
    "the folder of documents": "os.listdir(folder)",
    "a document through a link": "os.open(link, os.O_RDONLY)",
    "the document for writing": "open(f'/proc/self/fd/{source.file.fileno()}', 'r+b')",
    "a new file": "open(folder + '/new', 'w')",
    "a file beside the program": "open(os.path.dirname(os.path.abspath(os.__file__)) + '/pincite-probe.tmp', 'w')",
    "a new folder": "os.mkdir(folder + '/new-folder')",
    "a new link": "os.symlink(victim, folder + '/new-link')",
    "a second name": "os.link(victim, folder + '/second')",
    "another name": "os.rename(victim, folder + '/other')",
    "removal": "os.unlink(victim)",
    "truncation": "os.truncate(victim, 0)",
    "rights by name": "os.chmod(victim, 0o777)",
    "rights by descriptor": "os.fchmod(source.file.fileno(), 0)",
    "times": "os.utime(victim, (0, 0))",
    "owner": "os.chown(victim, -1, os.getgid())",
    "a pipe with a name": "os.mkfifo(folder + '/pipe')",
    "shared memory": "open('/dev/shm/pincite-probe', 'w')",
    "memory with a descriptor": "os.memfd_create('x')",
    "memory that outlives it": "libc.shmget.restype = int; n = libc.shmget(0, 4096, 0o1600)\nif n == -1: raise OSError"
    "\nlibc.shmctl(n, 0, None)",
    "another folder": "os.chdir(folder)",
}  # fmt: skip
PROCESSES = {
    "a child": "pid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)",
    "a program": "import subprocess; subprocess.run(['/bin/true'], check=True)",
    "a spawned program": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "a thread": "import threading; t = threading.Thread(target=lambda: None); t.start(); t.join()",
    "a signal": "os.kill(parent, 0)",
    "a signal to all": "os.killpg(os.getpgid(parent), 0)",
    "a signal to a thread": "call(234, parent, parent, 0)",
    "a signal by a descriptor": "import fcntl, signal; r, w = os.pipe(); fcntl.fcntl(r, 8, parent); "
    "fcntl.fcntl(r, 10, signal.SIGURG); fcntl.fcntl(r, 4, os.O_ASYNC | os.O_NONBLOCK); os.write(w, b'x')",
    "a signal by a socket": "import fcntl, array, sys\n"
    "fcntl.ioctl(int(sys.argv[1]), 0x8901, array.array('i', [parent]))",
    "the server's limits": "import resource; resource.prlimit(parent, resource.RLIMIT_NOFILE)",
    "the server's priority": "os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent))",
    "the server's processors": "os.sched_setaffinity(parent, os.sched_getaffinity(parent))",
    "a descriptor of the server": "os.close(os.pidfd_open(parent))",
    "to outlive the server": "r = libc.prctl(1, 0, 0, 0, 0)\nif r: raise OSError",
    "to be looked into": "r = libc.prctl(4, 1, 0, 0, 0)\nif r: raise OSError",
}  # fmt: skip
LIMITS = {
    "more memory": "import mmap; mmap.mmap(-1, 300 << 20)",
    "more descriptors": "import contextlib\nwith contextlib.ExitStack() as held:\n    for _ in range(200):\n"
    "        held.callback(os.close, os.dup(0))",
}
RAISED = {
    "the limit of memory": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "the limit of descriptors": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))",
    "the limit of files": "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))",
    "another user": "os.setuid(12345)",
    "a program in its place": "os.execv('/bin/true', ['true'])",
    "a program out of memory": "fd = os.memfd_create('x', 0); os.execve(fd, ['x'], {})",
    "raw packets": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "frames": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)",
    "the machine around it": "import socket; socket.socket(40, socket.SOCK_STREAM)",
    "a root of its own": "os.chroot('/')",
}
"""What the owner of a machine may do anywhere, and others nowhere; or what ends who succeeds."""

# By number on x86-64, source: arch/x86/entry/syscalls/syscall_64.tbl.
CALLS = {
    "sendfile": 40, "connect": 42, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50, "vfork": 58, "semget": 64,
    "msgget": 68, "flock": 73, "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "creat": 85, "link": 86,
    "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "ptrace": 101, "syslog": 103,
    "setuid": 105, "setgid": 106, "setpgid": 109, "setsid": 112, "capset": 126, "rt_sigqueueinfo": 129, "mknod": 133,
    "personality": 135, "setpriority": 141, "sched_setscheduler": 144, "mlock": 149, "modify_ldt": 154,
    "pivot_root": 155, "chroot": 161, "sync": 162, "acct": 163, "mount": 165, "swapon": 167, "reboot": 169,
    "sethostname": 170, "iopl": 172, "ioperm": 173, "init_module": 175, "quotactl": 179, "setxattr": 188, "tkill": 200,
    "sched_setaffinity": 203, "io_setup": 206, "remap_file_pages": 216, "timer_create": 222, "clock_settime": 227,
    "utimes": 235, "mbind": 237, "set_mempolicy": 238, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "ioprio_set": 251, "inotify_init": 253, "migrate_pages": 256, "fchmodat": 268,
    "unshare": 272, "splice": 275, "vmsplice": 278, "move_pages": 279, "signalfd": 282, "timerfd_create": 283,
    "fallocate": 285, "accept4": 288, "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "sendmmsg": 307, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "sched_setattr": 314, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320,
    "bpf": 321, "execveat": 322, "userfaultfd": 323, "copy_file_range": 326, "pkey_alloc": 330, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "pidfd_open": 434, "clone3": 435, "openat2": 437, "pidfd_getfd": 438, "process_madvise": 440,
    "landlock_create_ruleset": 444, "memfd_secret": 447, "process_mrelease": 448, "fchmodat2": 452,
    "mount_setattr": 442, "x32 write": 1 << 30 | 1,
}  # fmt: skip
