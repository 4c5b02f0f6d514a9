"""Every text of the window, in one place, ready for translation. ``{}`` fields keep their names in any language."""

from app.window.strings.common import *  # noqa: F403
from app.window.strings.files import *  # noqa: F403
from app.window.strings.live import *  # noqa: F403
from app.window.strings.menus import *  # noqa: F403
from app.window.strings.people import *  # noqa: F403
from app.window.strings.sealing import *  # noqa: F403
from app.window.strings.threshold import *  # noqa: F403
from app.window.strings.timeline import *  # noqa: F403
from app.window.strings.wording import *  # noqa: F403
