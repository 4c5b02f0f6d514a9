"""What this program is: its version. The package, the command line and the window say it from here."""

VERSION = "0.9.0"
