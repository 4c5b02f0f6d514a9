"""Where the bundled app begins: the command ``heard``, whose window is what a double click opens."""

import multiprocessing

from heard.cli.program.heard import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
