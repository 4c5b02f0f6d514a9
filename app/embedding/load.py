"""Whether this machine has a CUDA device, asked of the driver: torch, which knows too, takes seconds to load."""

from __future__ import annotations

import ctypes
import sys
from functools import cache


@cache
def cuda_present() -> bool:
    """Whether the CUDA driver is there and finds a device."""
    if sys.platform == "darwin":
        return False
    try:
        driver = ctypes.WinDLL("nvcuda.dll") if sys.platform == "win32" else ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False
