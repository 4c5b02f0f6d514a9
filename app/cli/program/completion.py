"""Completion of verbs, options and file names for bash, zsh and fish."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from importlib import import_module

from app.cli import VERBS
from app.cli.program.examples import examples

COMMAND = "heard"


class _Found(Exception):
    """Ends a verb where it would read its command line."""

    def __init__(self, parser: argparse.ArgumentParser):
        self.parser = parser


def run(argv: list[str]) -> int:
    """Print the script of one shell."""
    parser = argparse.ArgumentParser(prog="python -m app completion", description=__doc__, **examples("completion"))
    parser.add_argument("shell", choices=SHELLS)
    shell = parser.parse_args(argv).shell
    print(SHELLS[shell]({verb: list(options_of(parser_of(verb))) for verb in VERBS}), end="")
    return 0


def parser_of(verb: str) -> argparse.ArgumentParser:
    """The parser that a verb makes, taken where it is used for the first time."""

    def found(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        raise _Found(parser)

    before = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = found
    try:
        with contextlib.suppress(SystemExit):
            import_module(VERBS[verb]).run([])
    except _Found as end:
        return end.parser
    finally:
        argparse.ArgumentParser.parse_known_args = before
    raise AssertionError(f"{verb} reads no command line")


def options_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(option or "" for a word, what may follow, help) of a parser, those of its own verbs included."""
    for action in parser._actions:  # argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction):
            yield "", tuple(action.choices), ""
            for below in action.choices.values():
                yield from (one for one in options_of(below) if one[0])
            continue
        choices = tuple(map(str, action.choices or ()))
        text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
        if action.option_strings:
            yield from ((option, choices, text) for option in action.option_strings if option.startswith("--"))
        elif choices:
            yield "", choices, text


Verbs = dict[str, list[tuple[str, tuple[str, ...], str]]]


def _words(options: list) -> str:
    """Options and words of a verb, each once."""
    return " ".join(dict.fromkeys(word for option, choices, _ in options for word in ([option] if option else choices)))


def _bash(verbs: Verbs) -> str:
    cases = "".join(f"        {verb}) words={_quoted(_words(options))} ;;\n" for verb, options in verbs.items())
    return f"""_{COMMAND}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {_quoted(" ".join([*verbs, "--help", "--version"]))} -- "$current"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{cases}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _{COMMAND} {COMMAND}
"""


def _zsh(verbs: Verbs) -> str:
    cases = "".join(f"        {verb}) compadd -- {_words(options)}; _files ;;\n" for verb, options in verbs.items())
    return f"""#compdef {COMMAND}
_{COMMAND}() {{
    if (( CURRENT == 2 )); then
        compadd -- {" ".join([*verbs, "--help", "--version"])}
        return
    fi
    case $words[2] in
{cases}    esac
}}
compdef _{COMMAND} {COMMAND}
"""


def _fish(verbs: Verbs) -> str:
    lines = [f"complete -c {COMMAND} -n __fish_use_subcommand -f -a {_quoted(' '.join(verbs))}"]
    lines.append(f"complete -c {COMMAND} -n __fish_use_subcommand -l version -l help")
    for verb, options in verbs.items():
        inside = f'complete -c {COMMAND} -n "__fish_seen_subcommand_from {verb}"'
        for option, choices, text in dict.fromkeys(options):
            what = f" -l {option[2:]}" if option else ""
            then = f" -x -a {_quoted(' '.join(choices))}" if choices else ""
            lines.append(f"{inside}{what}{then}{f' -d {_quoted(text)}' if text and option else ''}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """In single quotes, as every one of these shells reads them."""
    return "'" + text.replace("\n", " ").replace("'", "’") + "'"


SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
