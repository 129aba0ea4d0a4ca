"""The Windows counterparts of POSIX calls: file locks, consoles, and an id of the boot."""

from __future__ import annotations

import sys

assert sys.platform == "win32"

import ctypes
import msvcrt
import winreg

_FAIL_IMMEDIATELY, _EXCLUSIVE_LOCK = 1, 2
_OVERLAPPED_BYTES = 32
_VOLATILE = 1
_STARTED_KEY = r"Software\inbox-tui started"


def lock_file(descriptor: int, *, exclusive: bool) -> None:
    """Lock a file until it is closed, as `flock` does elsewhere.

    Waits for a shared lock; raises `BlockingIOError` if an exclusive lock is not free.
    """
    handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))
    flags = _FAIL_IMMEDIATELY | _EXCLUSIVE_LOCK if exclusive else 0
    from_start = ctypes.create_string_buffer(_OVERLAPPED_BYTES)
    if not ctypes.windll.kernel32.LockFileEx(handle, flags, 0, 1, 0, from_start):
        raise BlockingIOError


def is_console(descriptor: int) -> bool:
    """Return whether a file descriptor belongs to a console."""
    handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))
    return bool(ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(ctypes.c_ulong())))


def boot_id() -> str:
    """Return an id that stays the same until the user logs off or the machine restarts.

    It is the time at which a registry key was created that Windows drops then. Windows has no boot
    id, and the boot time that it reports moves with the clock.
    """
    made = ctypes.c_void_p()
    failed = ctypes.windll.advapi32.RegCreateKeyExW(
        ctypes.c_void_p(winreg.HKEY_CURRENT_USER),
        _STARTED_KEY,
        0,
        None,
        _VOLATILE,
        winreg.KEY_READ,
        None,
        ctypes.byref(made),
        None,
    )
    if failed:
        raise ctypes.WinError(failed)
    ctypes.windll.advapi32.RegCloseKey(made)
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _STARTED_KEY) as key:
        _, _, last_changed = winreg.QueryInfoKey(key)
    return str(last_changed)
