"""A PBX lab on loopback: real Asterisk instances, sipp phones and carriers, captures.

Python 3.11 standard library only. asterisk-lab, run-scenario and load-test are
the commands on top of it; tests/fixtures/lab.py gives it to the tests:

    lab = pbxlab.Instance("mine", port=17000)
    lab.start()
    try:
        with pbxlab.Ami(lab) as ami: ...
    finally:
        lab.stop()
"""
import atexit
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SERVER, CARRIER, PHONES = "127.0.0.1", "127.0.0.2", "127.0.0.3"
SECRET = "lab-secret"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "switchhook-lab"


class LabError(RuntimeError):
    """Something of the lab does not work, and why."""


def state_dir():
    """Where the instances live: short, since a unix socket's path is limited to 107 bytes."""
    return pathlib.Path(os.environ.get("PBX_LAB_STATE") or f"{tempfile.gettempdir()}/pbx-lab-{os.getuid()}")


class Instance:
    """One Asterisk: a folder of its own, a range of ports of its own."""

    # name: offset from the base port
    PORTS = {"sip": 0, "ami": 1, "ari": 2, "carrier": 4, "caller": 5,
             "p201": 11, "p202": 12, "p203": 13, "p204": 14, "p205": 15, "p250": 50,
             "pacme-101": 16, "pglobex-101": 17,
             "call201": 61, "call202": 62, "call203": 63, "call204": 64, "call205": 65,
             "callacme-101": 66, "callglobex-101": 67}
    RTP = 200

    def __init__(self, name="lab", port=20000, rtp_ports=1700, record=True, noise=100,
                 cdr=True, cel=False, systemname="", cpu=None):
        self.name, self.port, self.cpu = name, port, cpu
        self.dir = state_dir() / name
        self.options = dict(record=record, noise=noise, cdr=cdr, cel=cel,
                            systemname=systemname, rtp_ports=rtp_ports)
        self.root = None
        self._child = None         # the process, when this object started it

    # -- what is on disk ----------------------------------------------------
    @classmethod
    def load(cls, name):
        data = json.loads((state_dir() / name / "instance.json").read_text())
        self = cls(name, data["port"], cpu=data["cpu"], **data["options"])
        self.root = data["root"]
        return self

    @classmethod
    def names(cls):
        return sorted(p.parent.name for p in state_dir().glob("*/instance.json"))

    def p(self, what):
        return self.port + self.PORTS[what]

    def env(self):
        return {
            "PBX_LAB_NAME": self.name, "PBX_LAB_DIR": str(self.dir),
            "PBX_LAB_SIP": f"{SERVER}:{self.p('sip')}",
            "PBX_LAB_AMI": f"{SERVER}:{self.p('ami')}",
            "PBX_LAB_AMI_USER": "connector", "PBX_LAB_AMI_SECRET": "connector-secret",
            "PBX_LAB_ARI": f"http://{SERVER}:{self.p('ari')}/ari",
            "PBX_LAB_ARI_USER": "connector", "PBX_LAB_ARI_SECRET": "connector-secret",
            "PBX_LAB_RECORDINGS": str(self.dir / "spool/monitor"),
        }

    # -- starting -----------------------------------------------------------
    def _render(self):
        for sub in ("etc", "lib", "run", "log", "spool/monitor", "spool/voicemail", "moh", "tmp"):
            (self.dir / sub).mkdir(parents=True, exist_ok=True)
        top = pathlib.Path(self.root)
        moddirs = [d for d in [*top.glob("usr/lib/*/asterisk/modules"), top / "usr/lib/asterisk/modules",
                               top / "usr/lib64/asterisk/modules"] if (d / "pbx_config.so").exists()]
        datadirs = [d for d in (top / "usr/share/asterisk", top / "var/lib/asterisk")
                    if (d / "documentation").exists()]
        if not moddirs or not datadirs:
            raise LabError(f"no Asterisk modules or documentation under {self.root}")
        o = self.options
        yes = lambda b: "yes" if b else "no"
        values = {
            "DIR": self.dir, "MODDIR": moddirs[0], "DATADIR": datadirs[0],
            "SYSTEMNAME": f"systemname = {o['systemname']}" if o["systemname"] else "",
            "SIP_PORT": self.p("sip"), "AMI_PORT": self.p("ami"), "ARI_PORT": self.p("ari"),
            "CARRIER_PORT": self.p("carrier"),
            "RTP_START": self.port + self.RTP, "RTP_END": self.port + self.RTP + o["rtp_ports"] - 1,
            "RECORD": yes(o["record"]), "NOISE": o["noise"],
            "CDR_EVENTS": yes(o["cdr"]), "CEL_EVENTS": yes(o["cel"]),
            **{f"P{n}": self.p(f"p{n}") for n in (201, 202, 203, 204, 205, 250)},
            "PACME101": self.p("pacme-101"), "PGLOBEX101": self.p("pglobex-101"),
            # Asterisk 16 refuses a file with an option that it does not know
            "TENANTID": "tenantid" if b"tenantid" in (moddirs[0] / "res_pjsip.so").read_bytes() else "set_var=TENANT",
        }
        for src in (HERE / "config").glob("*.conf"):
            text = re.sub(r"@([A-Z0-9_]+)@", lambda m: str(values[m[1]]), src.read_text())
            if src.name == "modules.conf":
                text = "".join(line for line in text.splitlines(True)
                               if not (m := re.match(r"load=(\S+)", line)) or (moddirs[0] / m[1]).exists())
            (self.dir / "etc" / src.name).write_text(text)
        again = self.dir / "asterisk"
        again.write_text(f'#!/bin/sh\nexec {shlex.join(self._program())} "$@"\n')
        again.chmod(0o755)
        sounds = [*datadirs[0].glob("sounds/en/demo-congrats.*"), *datadirs[0].glob("sounds/en/*.gsm")]
        if sounds:
            shutil.copy(sounds[0], self.dir / "moh")

    def _program(self):
        """How Asterisk is called: an unpacked one runs with the libraries that were unpacked with it."""
        if self.root == "/":
            return ["/usr/sbin/asterisk"]
        loader = next(pathlib.Path(self.root).glob("usr/lib/*-linux-gnu*/ld-linux*.so.*"))
        program = [str(loader), "--inhibit-cache", "--library-path", f"{loader.parent}:{self.root}/usr/lib"]
        if b"--argv0" in loader.read_bytes():       # glibc 2.33: what `core restart` begins anew
            program += ["--argv0", f"{self.dir}/asterisk"]
        return [*program, f"{self.root}/usr/sbin/asterisk"]

    def _asterisk(self, *args):
        """The command line."""
        return [*self._program(), "-C", f"{self.dir}/etc/asterisk.conf", *args]

    def start(self, wait=30.0):
        if self.pid():
            raise LabError(f"{self.name} runs already")
        got = subprocess.run([HERE / "install-asterisk"], stdout=subprocess.PIPE, text=True, check=True)
        self.root = got.stdout.split()[-1]
        shutil.rmtree(self.dir, ignore_errors=True)
        self._render()
        (self.dir / "instance.json").write_text(json.dumps(
            dict(port=self.port, cpu=self.cpu, options=self.options, root=self.root)))
        self.launch(wait)

    def launch(self, wait=30.0):
        """Starts Asterisk on the folder as it is: after a kill, voicemail and astdb are still there."""
        begun = time.monotonic()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        argv = self._asterisk("-f")
        if self.cpu is not None:
            argv = ["taskset", "-c", str(self.cpu), *argv]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))    # for the child: a call takes some ten files
        with open(self.dir / "log/console", "ab") as out:
            child = self._child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                   start_new_session=True, cwd="/")
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        (self.dir / "pid").write_text(str(child.pid))
        if self._booted(begun + wait):
            return time.monotonic() - begun
        child.kill()
        child.wait()
        tail = (self.dir / "log/console").read_text(errors="replace")[-3000:]
        raise LabError(f"Asterisk did not start\n{tail}")

    def restart(self, wait=30.0):
        """`core restart now`: the same process begins anew. Returns after how many seconds it takes connections."""
        begun = time.monotonic()
        with Ami(self) as ami:
            self.cli("core restart now")
            ami.wait_closed(wait)
        if not self._booted(begun + wait):
            raise LabError("Asterisk did not restart")
        return time.monotonic() - begun

    def _booted(self, end):
        """Waits until Asterisk takes connections; False when it ends, or does not do so in time."""
        while time.monotonic() < end and not (self._child and self._child.poll() is not None):
            with contextlib.suppress(OSError, EOFError):
                with Ami(self, timeout=5) as ami:
                    if ami.wait_event("FullyBooted", 5):
                        return True
            time.sleep(0.05)
        return False

    # -- running ------------------------------------------------------------
    def pid(self):
        try:
            pid = int((self.dir / "pid").read_text())
            cmd = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.dir).encode() in cmd else None

    def cli(self, command):
        return subprocess.run(self._asterisk("-rx", command), capture_output=True, text=True).stdout

    def idle(self, seconds=15):
        """Waits until no channel is left; drops what is left after that."""
        end = time.monotonic() + seconds
        while "\n0 active channels" not in "\n" + self.cli("core show channels count"):
            if time.monotonic() > end:
                self.cli("channel request hangup all")
                end = time.monotonic() + seconds
            time.sleep(0.2)

    def _gone(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.pid() is None:          # gone, or ended and not yet collected
                if self._child:
                    self._child.wait(5)
                return True
            time.sleep(0.02)
        return False

    def kill(self):
        """kill -9: calls, sockets and all are gone at once."""
        if pid := self.pid():
            os.kill(pid, signal.SIGKILL)
            self._gone(5)

    def sweep(self):
        """Ends what a killed run has left of this instance, Asterisk and sipps: all have its folder in their command."""
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{self.dir}/".encode() in entry.read_bytes():
                    os.kill(int(entry.parent.name), signal.SIGKILL)

    def stop(self):
        if self.pid():
            self.cli("core stop now")
            if not self._gone(10):
                self.kill()
        with contextlib.suppress(OSError):
            (self.dir / "pid").unlink()

    def cpu_seconds(self):
        f = pathlib.Path(f"/proc/{self.pid()}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")


# ---- AMI -------------------------------------------------------------------
def parse_ami(data):
    """The messages in raw AMI bytes, each a list of (name, value): a name may come more than once."""
    for block in data.split(b"\r\n\r\n"):
        msg = []
        for line in block.decode("utf-8", "replace").split("\r\n"):
            name, sep, value = line.partition(":")
            if sep:
                msg.append((name, value.removeprefix(" ")))
        if msg:
            yield msg


class Ami:
    """A blocking AMI client that keeps every byte it was sent, and when.

    With keep=False it only counts events and bytes once it is logged in.
    """

    def __init__(self, lab, user="lab", secret=SECRET, timeout=10, events="on", keep=True):
        self.lab, self.raw, self.messages = lab, bytearray(), []
        self.keep, self.count, self.size = True, 0, 0
        self._pending, self._id, self._cond, self.closed = bytearray(), 0, threading.Condition(), None
        self.sock = socket.socket()
        self.sock.settimeout(timeout)
        try:
            self.sock.connect((SERVER, lab.p("ami")))
            banner = b""
            while not banner.endswith(b"\r\n"):
                more = self.sock.recv(1)
                if not more:
                    raise EOFError
                banner += more
        except BaseException:
            self.sock.close()
            raise
        self.raw += banner
        self.sock.settimeout(None)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        answer = self.action("Login", Username=user, Secret=secret, Events=events)
        if answer.get("Response") != "Success":
            raise LabError(f"AMI login: {answer}")
        self.keep = keep

    def _read(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            now = time.time()
            with self._cond:
                if not data:
                    self.closed = now
                    self._cond.notify_all()
                    return
                self.size += len(data)
                self._pending += data
                *whole, rest = self._pending.split(b"\r\n\r\n")
                self._pending = bytearray(rest)
                self.count += sum(block.startswith(b"Event:") for block in whole)
                if self.keep:
                    self.raw += data
                    for block in whole:
                        self.messages += [(now, m) for m in parse_ami(bytes(block))]
                self._cond.notify_all()

    def _find(self, match, seconds, at=0):
        """The first message from number `at` on that matches; each is looked at once."""
        end = time.monotonic() + seconds
        with self._cond:
            while True:
                while at < len(self.messages):
                    if match(d := dict(self.messages[at][1])):
                        return d
                    at += 1
                left = end - time.monotonic()
                if left <= 0 or self.closed:
                    return None
                self._cond.wait(left)

    def send(self, name, **headers):
        self._id += 1
        lines = [f"Action: {name}", f"ActionID: {self._id}", *(f"{k}: {v}" for k, v in headers.items())]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return str(self._id)

    def action(self, name, seconds=10, **headers):
        at = len(self.messages)
        number = self.send(name, **headers)
        found = self._find(lambda d: d.get("ActionID") == number and "Response" in d, seconds, at)
        if found is None:
            raise EOFError(f"no answer to {name}")
        return found

    def listing(self, name, seconds=10, **headers):
        """An action whose answer is a list of events, up to EventList: Complete."""
        at = len(self.messages)
        number = self.send(name, **headers)
        self._find(lambda d: d.get("ActionID") == number and
                   (d.get("EventList") == "Complete" or d.get("Response") == "Error"), seconds, at)
        with self._cond:
            return [dict(m) for _, m in self.messages[at:] if ("ActionID", number) in m]

    def wait_event(self, event, seconds=10, at=0, **headers):
        return self._find(lambda d: d.get("Event") == event and
                          all(d.get(k) == v for k, v in headers.items()), seconds, at)

    def wait_closed(self, seconds):
        """Until Asterisk has ended the connection."""
        with self._cond:
            self._cond.wait_for(lambda: self.closed, seconds)

    def events(self):
        with self._cond:
            return [(t, m) for t, m in self.messages if m[0][0] == "Event"]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self.sock.close()


# ---- ARI -------------------------------------------------------------------
class AriEvents:
    """The ARI event websocket, all events subscribed; keeps each as it came."""

    def __init__(self, lab, app="pbxlab", user="lab", secret=SECRET, subscribe_all=True):
        self.lines, self.closed = [], None
        self.sock = socket.create_connection((SERVER, lab.p("ari")), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        auth = base64.b64encode(f"{user}:{secret}".encode()).decode()
        every = "&subscribeAll=true" if subscribe_all else ""
        self.sock.sendall((
            f"GET /ari/events?app={app}{every} HTTP/1.1\r\nHost: {SERVER}:{lab.p('ari')}\r\n"
            f"Authorization: Basic {auth}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self._buf = b""
        while b"\r\n\r\n" not in self._buf:
            more = self.sock.recv(4096)
            if not more:
                raise EOFError("ARI closed the connection")
            self._buf += more
        head, self._buf = self._buf.split(b"\r\n\r\n", 1)
        want = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        if b" 101 " not in head.split(b"\r\n")[0] or want not in head:
            raise LabError(f"ARI: {head.decode(errors='replace')}")
        self.sock.settimeout(None)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _take(self, n):
        while len(self._buf) < n:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self._buf += more
        out, self._buf = self._buf[:n], self._buf[n:]
        return out

    def _read(self):
        parts = b""
        with contextlib.suppress(OSError, EOFError):
            while True:
                first, second = self._take(2)
                size = second & 127
                if size == 126:
                    size, = struct.unpack(">H", self._take(2))
                elif size == 127:
                    size, = struct.unpack(">Q", self._take(8))
                body = self._take(size)
                code = first & 15
                if code == 8:
                    break
                if code == 9:
                    mask = os.urandom(4)
                    self.sock.sendall(bytes([0x8A, 0x80 | len(body)]) + mask +
                                      bytes(b ^ mask[i % 4] for i, b in enumerate(body)))
                elif code in (0, 1, 2):
                    parts += body
                    if first & 0x80:
                        self.lines.append((time.time(), parts.decode("utf-8", "replace")))
                        parts = b""
        self.closed = time.time()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self.sock.close()


def ari_get(lab, path, user="lab", secret=SECRET):
    auth = base64.b64encode(f"{user}:{secret}".encode()).decode()
    req = urllib.request.Request(f"http://{SERVER}:{lab.p('ari')}/ari/{path}",
                                 headers={"Authorization": f"Basic {auth}"})
    with urllib.request.urlopen(req, timeout=10) as answer:
        return json.load(answer)


# ---- sipp ------------------------------------------------------------------
class Sipp:
    """One sipp process: a phone or the carrier, ended by its own pid only."""

    live = set()

    def __init__(self, lab, xml, ip, port, *, service=None, wait_ms=None, pause_ms=None, calls=1,
                 keys=None, media=None, extra=(), label=None):
        self.lab, self.xml, self.label = lab, xml, label or f"{xml}@{ip}:{port}"
        out = lab.dir / "tmp" / f"{xml}-{ip}-{port}-{time.monotonic_ns()}"
        self.errors = pathlib.Path(f"{out}.err")
        allowed = CACHE / "sipp"                    # the copy that may send DTMF without being root
        argv = [allowed if allowed.exists() else "sipp", f"{SERVER}:{lab.p('sip')}", "-sf", str(HERE / "scenarios" / f"{xml}.xml"),
                "-i", ip, "-p", str(port), "-mi", ip, "-mp", str(media or lab.port + 200 + (port - lab.port) * 20),
                "-m", str(calls), "-nostdin", "-aa", "-timer_resol", "10",
                "-trace_err", "-error_file", str(self.errors)]
        if service:
            argv += ["-s", service]
        if wait_ms is not None:
            argv += ["-recv_timeout", str(wait_ms), "-d", str(wait_ms if pause_ms is None else pause_ms)]
        for k, v in (keys or {}).items():
            argv += ["-key", k, v]
        self.argv = [*argv, *extra]
        self.out = open(f"{out}.out", "wb")
        self.proc = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=self.out,
                                     stderr=subprocess.STDOUT, cwd=HERE / "scenarios")
        Sipp.live.add(self)

    def wait(self, seconds):
        try:
            return self.proc.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            if self.wait(2) is None:
                self.proc.kill()
                self.proc.wait()
        self.out.close()
        Sipp.live.discard(self)
        return self.proc.returncode

    def why(self):
        return self.errors.read_text(errors="replace")[-1500:] if self.errors.exists() else ""


class Originate:
    """A click to call, in the place of a sipp: Asterisk itself calls `channel`, and connects it with `number`."""

    xml = "caller-originate"

    def __init__(self, lab, channel, number):
        self.label, self._ami = f"originate {channel}", Ami(lab)
        self._ami.send("Originate", Channel=channel, Context="from-internal", Exten=number, Priority="1",
                       CallerID="201", Async="true")

    def wait(self, seconds):
        if not (done := self._ami.wait_event("OriginateResponse", seconds)) or done["Response"] != "Success":
            return None
        return 0 if self._ami.wait_event("Hangup", seconds, Uniqueid=done["Uniqueid"]) else None

    def end(self):
        self._ami.close()
        return 0

    def why(self):
        return "Asterisk did not place it"


def ringing_dialog(lab, device):
    """The SIP dialog in which Asterisk rings a phone, as the phone's lamp on other phones tells it: for Replaces."""
    with Ami(lab) as ami:
        rings = next(one for one in ami.listing("CoreShowChannels")
                     if one.get("Channel", "").startswith(f"PJSIP/{device}-") and one["ChannelStateDesc"] == "Ringing")
        told = [ami.action("Getvar", Channel=rings["Channel"], Variable=f"CHANNEL(pjsip,{what})")["Value"]
                for what in ("call-id", "local_tag", "remote_tag")]
    return "{};to-tag={};from-tag={}".format(*told)


def start_parts(lab, parts):
    """Starts the parts of a scenario in turn, each after its delay."""
    running = []
    for delay, label, make in parts:
        time.sleep(delay)
        running.append(make(lab))
        running[-1].label = label
    return running


def finish(parts, seconds=100):
    """Waits for those who call; then those who were called have had their time as well. Says what went wrong."""
    for p in parts:
        if p.xml.startswith("caller"):
            p.wait(seconds)
    failed = []
    for p in parts:
        over = p.wait(3) is not None
        if p.end() or not over:
            failed.append(f"{p.label}: {'' if over else 'not over by itself '}{p.why().strip()}".strip())
    return failed


@atexit.register
def _end_sipps():
    for one in list(Sipp.live):
        one.end()
