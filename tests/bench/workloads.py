"""What is compared: the loads, who performs them, and what has to come out."""

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass
class Contender:
    """A command line. {port}, {tls}, {parts_file} and {put_file} stand for what they say; {sdk} and {ali} are programs
    that only some machines have."""
    name: str
    command: str
    cold: bool = False      # the file is dropped from the page cache first
    server: str = ""        # another one than its workload's


@dataclass
class Goal:
    """ours / theirs, or ours alone, in a figure: what it must be, and what is aimed at."""
    ours: str
    theirs: str
    figure: str             # rate, cpu, peak, first, stall, callback_ratio
    order: str              # "<=" or ">="
    must: float
    aim: float
    floor: str = "epoll floor"      # whose figure stands beside ours: what is possible


@dataclass
class Workload:
    name: str
    title: str
    server: str             # of SERVERS
    unit: str               # request or GiB
    contenders: list
    goals: list = field(default_factory=list)
    columns: tuple = ("rate", "cpu", "peak")
    parts: bool = False     # the object goes in parts
    checked: bool = True    # each contender's data is checked first


@dataclass
class Sizes:
    parts_file: int
    put_file: int
    puts: int
    late_puts: int
    clients: int


FULL = Sizes(2048 * MIB, 256 * MIB, 100000, 100000, 400)
SHORT = Sizes(256 * MIB, 64 * MIB, 8000, 20000, 100)
# An odd size, so that the last part is a short one; a file of random bytes. Enough puts to open all connections.
CHECK = Sizes(20 * MIB + 12345, 20 * MIB + 12345, 64, 64, 3)

ALL_AT_ONCE = 1024

# What each kind of server is told; "real" computes the checksum of what it gets. Over TLS all contenders speak one suite,
# the first choice of libcurl and the SDK. ossify's own is AES-128: that has a line of its own.
SERVERS = {"plain": "crc=zeros", "polling": "polls=50", "late": "delay=10000", "real": "crc=real",
           "tls": "suite=TLS_AES_256_GCM_SHA384", "tls-aes128": "suite=TLS_AES_128_GCM_SHA256"}


def workloads(sizes):
    parts = "multipart file={parts_file} part_mib=8 parallel=4"
    small = f"puts requests={sizes.puts} in_flight=64"
    single = f"puts requests={sizes.puts // 2} in_flight=1"
    late = f"puts requests={sizes.late_puts} in_flight={ALL_AT_ONCE}"
    curl = "curl -sS --fail -o {null} -w {curl_figures} -H Expect: -T {put_file} http://127.0.0.1:{port}/bkt/obj"
    return [
        Workload("parts", "a file in parts of 8 MiB, 4 at a time", "polling", "GiB", [
            Contender("ossify", f"ossify-client {parts}"),
            Contender("ossify, sendfile", f"ossify-client {parts} read=sendfile"),
            Contender("ossify, two threads", f"ossify-client {parts} threads=2"),
            Contender("epoll floor", f"epoll-client {parts}"),
            Contender("epoll floor, no CRC", f"epoll-client {parts} crc=0"),
            Contender("epoll floor, sendfile", f"epoll-client {parts} read=sendfile"),
            Contender("epoll floor, sendfile, no CRC", f"epoll-client {parts} read=sendfile crc=0"),
            Contender("libcurl multi, no CRC", f"curl-client {parts}"),
            Contender("libcurl multi, 256 KiB, no CRC", f"curl-client {parts} buffer_kib=256"),
            Contender("libcurl multi, liblzma's CRC", f"curl-client {parts} crc=1"),
            Contender("official C++ SDK", f"{{sdk}} {parts}"),
            Contender("ali-oss, no CRC", f"{{ali}} {parts}"),
        ], [Goal("ossify", "epoll floor", "cpu", "<=", 1.15, 1.0),
            Goal("ossify", "libcurl multi, no CRC", "cpu", "<=", 0.80, 0.60),
            Goal("ossify, sendfile", "libcurl multi, no CRC", "cpu", "<=", 0.60, 0.45,
                 floor="epoll floor, sendfile"),
            Goal("ossify", "official C++ SDK", "cpu", "<=", 1 / 4, 1 / 6.5),
            Goal("ossify", "official C++ SDK", "rate", ">=", 2.5, 3.8),
            Goal("ossify", "", "peak", "<=", 12, 9)], parts=True),
        Workload("put", "a file in one put", "polling", "GiB", [
            Contender("ossify", "ossify-client put file={put_file}"),
            Contender("epoll floor", "epoll-client put file={put_file}"),
            Contender("libcurl multi, no CRC", "curl-client put file={put_file}"),
            Contender("curl -T, no CRC", curl),
            Contender("official C++ SDK", "{sdk} put file={put_file}"),
        ], [Goal("ossify", "curl -T, no CRC", "rate", ">=", 1.0, 1.4)]),
        Workload("puts", "4 KiB puts, 64 in flight, one thread", "plain", "request", [
            Contender("ossify", f"ossify-client {small}"),
            Contender("ossify, callback and variables", f"ossify-client {small} callback=same"),
            Contender("ossify, callback, other values each time", f"ossify-client {small} callback=fresh"),
            Contender("epoll floor", f"epoll-client {small}"),
            Contender("libcurl multi, unsigned, no CRC", f"curl-client {small}"),
            Contender("official C++ SDK, 64 threads", f"{{sdk}} {small}"),
            Contender("ali-oss, no CRC", f"{{ali}} puts requests={sizes.puts // 4} in_flight=64"),
        ], [Goal("ossify", "epoll floor", "rate", ">=", 0.75, 0.9),
            Goal("ossify", "libcurl multi, unsigned, no CRC", "rate", ">=", 2.5, 3.5),
            Goal("ossify", "libcurl multi, unsigned, no CRC", "cpu", "<=", 0.40, 0.28),
            Goal("ossify, callback and variables", "ossify", "cpu", "<=", 1.15, 1.03, floor="")],
            columns=("rate", "cpu", "peak", "allocations")),
        Workload("callback", "4 KiB puts with a callback and without, in turn in one process", "plain", "request", [
            Contender("ossify", f"ossify-client {small} callback=turns"),
        ], [Goal("ossify", "", "callback_ratio", "<=", 1.15, 1.03)], columns=("callback_ratio",), checked=False),
        Workload("single", "4 KiB puts, one after the other", "plain", "request", [
            Contender("ossify", f"ossify-client {single}"),
            Contender("epoll floor", f"epoll-client {single}"),
            Contender("libcurl multi, unsigned, no CRC", f"curl-client {single}"),
        ], checked=False),
        Workload("late", "4 KiB puts, 1,024 in flight, answers 10 ms late, one thread", "late", "request", [
            Contender("ossify", f"ossify-client {late}"),
            Contender("epoll floor", f"epoll-client {late}"),
        ], [Goal("ossify", "", "rate", ">=", 40e3, 54e3), Goal("ossify", "", "peak", "<=", 32, 20)], checked=False),
        Workload("tls-parts", "TLS: a file in parts of 8 MiB, 4 at a time", "tls", "GiB", [
            Contender("ossify", f"ossify-client {parts} tls={{tls}}"),
            Contender("ossify, AES-128", f"ossify-client {parts} tls={{tls}}", server="tls-aes128"),
            Contender("ossify, two threads", f"ossify-client {parts} tls={{tls}} threads=2"),
            Contender("libcurl multi, no CRC", f"curl-client {parts} tls={{tls}}"),
            Contender("official C++ SDK", f"{{sdk}} {parts} tls={{tls}}"),
        ], [Goal("ossify", "libcurl multi, no CRC", "cpu", "<=", 0.80, 0.60)], parts=True),
        Workload("tls-puts", "TLS: 4 KiB puts, 64 in flight", "tls", "request", [
            Contender("ossify", f"ossify-client {small} tls={{tls}}"),
            Contender("ossify, two threads", f"ossify-client {small} tls={{tls}} threads=2"),
            Contender("libcurl multi, unsigned, no CRC", f"curl-client {small} tls={{tls}}"),
        ], [Goal("ossify", "libcurl multi, unsigned, no CRC", "rate", ">=", 2.0, 2.5)]),
        Workload("first", "the first 4 KiB put of a new client", "plain", "request", [
            Contender("ossify", f"ossify-client first clients={sizes.clients}"),
            Contender("libcurl easy, unsigned, no CRC", f"curl-client first clients={sizes.clients}"),
        ], [Goal("ossify", "libcurl easy, unsigned, no CRC", "first", "<=", 1.2, 1.0)], columns=("first", "cpu", "peak")),
        Workload("stall", "how late a timer of 1 ms is beside a file in parts", "plain", "GiB", [
            Contender("ossify, file not in memory", f"ossify-client {parts} ticks=1", cold=True),
            Contender("ossify, file in memory", f"ossify-client {parts} ticks=1"),
            Contender("ossify, file in memory, sendfile", f"ossify-client {parts} ticks=1 read=sendfile"),
            Contender("the timer alone", "ossify-client idle"),
        ], [Goal("ossify, file not in memory", "", "stall", "<=", 5, 1,
                 floor="the timer alone")],
            columns=("rate", "cpu", "stall", "worst"), parts=True, checked=False),
    ]
