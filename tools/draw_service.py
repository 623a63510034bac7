"""Draw the page of the reference service, docs/img/service.png, with a popup open.

    python tools/draw_service.py

Needs chromium and, from Debian, fonts-noto-cjk and fonts-noto-color-emoji.
"""

import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chromium import Chromium
from served import served

PICTURE: Final = Path(__file__).parents[1] / "docs" / "img" / "service.png"
SIZE: Final = (1280, 1060)
COLOURS: Final = 256  # makes a small file


def main() -> None:
    """Play the story until a friend is asked to join."""
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as service,
        Chromium(Path(folder) / "profile", *SIZE) as page,
    ):
        page.visit(f"{service.address}/?lang=zh-Hans")
        for name in ("mint", "copy", "take", "paste"):
            page.click(f"[data-act={name}]")
        page.wait_for("!!document.querySelector('.popup')")
        page.run("scrollTo(0, 0)")
        time.sleep(1)  # until the popup has risen
        drawn = Image.open(BytesIO(page.picture(whole=False))).convert("RGB")
    drawn.quantize(COLOURS).save(PICTURE, optimize=True)
    print(PICTURE, PICTURE.stat().st_size)


if __name__ == "__main__":
    main()
