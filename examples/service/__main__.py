"""Start the service with a key of its own, a demo group and the page, for a look.

python examples/service
python examples/service --port 9000 --folder /tmp/demo
"""

import argparse
import os
import secrets
from pathlib import Path

import uvicorn

from passphrase import Keyring


def secret_file(path: Path, made: str) -> str:
    """Return what a file holds. If it does not exist, write it, readable by its owner only."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
    return path.read_text("ascii")


def main() -> None:
    """Read the arguments, make what is missing, and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="The reference service with its demo page.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=Path("service-data"), help="keys, database")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    key = Keyring({1: secrets.token_bytes(32)}).reveal()
    given = {
        "APP_NAME": "Huddle",
        "DEMO": "1",
        "DATABASE_URL": str(folder / "invites.db"),
        "PASSPHRASE_AUDIENCE": "demo",
        "PASSPHRASE_KEYS": secret_file(folder / "invites.keys", key),
        "SESSION_SECRET": secret_file(folder / "sessions.secret", secrets.token_hex(32)),
    }
    for name, value in given.items():
        os.environ.setdefault(name, value)
    print(f"The page: http://{arguments.host}:{arguments.port}/ (Ctrl-C ends)", flush=True)
    uvicorn.run(
        "service.app:create_app",
        factory=True,
        app_dir=str(Path(__file__).parents[1]),
        host=arguments.host,
        port=arguments.port,
        log_config=None,  # the app has its own
        access_log=False,
    )


if __name__ == "__main__":
    main()
