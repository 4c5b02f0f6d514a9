"""A sound card made of nothing: a private PulseAudio server whose microphones hear what is played into them.

    with VirtualSound() as sound:
        subprocess.Popen([sys.executable, "test.py", "--terminal"], env=sound.env)
        sound.play("speech.wav")

PortAudio reads its surroundings once, when it is loaded: what listens must be another process, started with ``env``.
As a program (or as virtual_mic.sh) it runs a command in such surroundings; ``paplay -d mic X.wav`` then plays to it.
Needs, from apt: pulseaudio pulseaudio-utils libasound2-plugins libportaudio2. Imports nothing of app/.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PROGRAMS = ("pulseaudio", "pactl", "paplay")
ALSA_PLUGIN = "alsa-lib/libasound_module_pcm_pulse.so"

# What a program sees: three devices, whether or not their sources exist. The default follows the server's.
DEVICES = """
pcm.!default { type pulse hint { show on description "Default" } }
pcm.builtin_mic { type pulse device "mic.monitor" hint { show on description "Built-in mic" } }
pcm.usb_headset { type pulse device "usb.monitor" hint { show on description "USB headset" } }
"""

FOUR = "front-left,front-right,rear-left,rear-right"
"""The order that ALSA has; channels go by their names, not their numbers."""


def missing() -> str:
    """Why there can be no virtual sound here, in one line; empty if there can."""
    lacking = [program for program in PROGRAMS if not shutil.which(program)]
    folders = [Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib")]
    if not any(next(folder.glob(f"{deep}{ALSA_PLUGIN}"), None) for folder in folders for deep in ("", "*/")):
        lacking.append("libasound2-plugins")
    return f"no virtual sound card: {', '.join(lacking)} not installed" if lacking else ""


class VirtualSound:
    """A PulseAudio server of its own. Each source has a name, by which sound is played into it, and a rate in Hz.

    ``mic`` is heard through the ALSA device builtin_mic, ``usb`` through usb_headset, the server's default source
    (the first one) through default.
    """

    def __init__(self, sources: Mapping[str, int] | None = None):
        self.sources = dict(sources or {"mic": 48_000})
        self.env: dict[str, str] = {}
        self._server: subprocess.Popen | None = None
        self._modules: dict[str, str] = {}
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> VirtualSound:
        # A short path: the name of a socket can have some hundred characters only.
        self.folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="sound.", dir="/tmp")))
        self._closing.callback(self.kill)
        home = self.folder / "user"
        (home / ".config").mkdir(parents=True)
        (home / ".asoundrc").write_text(DEVICES)
        ours = ("PULSE_", "ALSA_", "XDG_CONFIG_HOME", "JACK_")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_RUNTIME_PATH": str(self.folder / "pulse"),
            "PULSE_SERVER": f"unix:{self.folder / 'native'}",
        }
        try:
            self.start()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.close()

    def start(self, sources: Mapping[str, int] | None = None) -> None:
        """Start the server, with its sources or with others."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["-L", f"module-native-protocol-unix socket={self.folder / 'native'} auth-anonymous=1"]
        self._server = subprocess.Popen(
            [*command, f"--log-target=newfile:{self.folder / 'log'}"],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while subprocess.run(["pactl", "info"], env=self.env, capture_output=True).returncode:
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"pulseaudio does not start: see {self.folder / 'log'}")
            time.sleep(0.05)
        self._modules.clear()
        for name, rate in (self.sources if sources is None else sources).items():
            self.plug(name, rate)

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """Stop the server where it stands, as a hang does: calls to it do not return."""
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._server.send_signal(signal.SIGCONT)

    def plug(self, name: str, rate: int = 44_100, channels: int = 1) -> None:
        """Add a source. Without norewinds an idle one is heard one or two seconds late."""
        made = ("module-null-sink", f"sink_name={name}", f"rate={rate}", f"channels={channels}", "norewinds=1")
        if channels == 4:
            made += (f"channel_map={FOUR}",)
        described = f"sink_properties=device.description={name}"
        self._modules[name] = self._pactl("load-module", *made, described)

    def play_through(self, name: str, microphone: str = "mic") -> None:
        """What programs play goes into this sink from now on, and ``microphone`` stays the default source."""
        self._pactl("set-default-sink", name)
        self._pactl("set-default-source", f"{microphone}.monitor")

    def couple(self, speakers: str, microphone: str, latency_ms: int = 80) -> None:
        """Let a microphone hear a loudspeaker, so much later, as it is without a headset."""
        way = (f"source={speakers}.monitor", f"sink={microphone}", f"latency_msec={latency_ms}", "adjust_time=0")
        self._pactl("load-module", "module-loopback", *way)

    def unplug(self, name: str) -> None:
        """Take a source away. While there is another, the server moves what listens to it there."""
        self._pactl("unload-module", self._modules.pop(name))

    def play(self, sound, into: str = "mic", *, rate: int = 16_000) -> None:
        """Play a file, or samples (n,) or (n, channels) float at ``rate`` Hz, until its end."""
        with self.playing(sound, into, rate=rate) as player:
            if player.wait():
                raise RuntimeError(f"paplay ended with {player.returncode}")

    @contextlib.contextmanager
    def playing(self, sound, into: str = "mic", *, rate: int = 16_000) -> Iterator[subprocess.Popen]:
        """The same in the background; it is cut off at the end of the block."""
        path = sound if isinstance(sound, str | os.PathLike) else self._write(sound, rate)
        names = [f"--channel-map={FOUR}"] if getattr(sound, "shape", (0,))[1:] == (4,) else []
        player = subprocess.Popen(["paplay", *names, "-d", into, path], env=self.env, stderr=subprocess.DEVNULL)
        try:
            yield player
        finally:
            player.kill()
            player.wait()

    def _write(self, samples, rate: int) -> Path:
        import soundfile

        handle, path = tempfile.mkstemp(suffix=".wav", dir=self.folder)
        os.close(handle)
        soundfile.write(path, samples, rate, subtype="PCM_16")
        return Path(path)

    def _pactl(self, *arguments: str) -> str:
        done = subprocess.run(["pactl", *arguments], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"pactl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: virtual_mic.sh COMMAND ...", file=sys.stderr)
        return 2
    if problem := missing():
        print(problem, file=sys.stderr)
        return 1
    with VirtualSound() as sound:
        return subprocess.run(sys.argv[1:], env=sound.env).returncode


if __name__ == "__main__":
    sys.exit(main())
